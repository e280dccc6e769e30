//! A guest's serial console, over the whole screen but its last line.

use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::Canvas;
use crate::console::app::serial::{Cell, Paint, Serial};
use crate::console::theme::{ColorDepth, Role};
use crate::console::widgets::{Rich, draw};
use crate::engine::consoles::ConsoleState;

/// Draws the console.
pub(super) fn draw(c: &mut Canvas<'_>, serial: &Serial, area: Rect) {
    let screen = Rect { height: area.height - 1, ..area };
    let (look, depth) = (c.look, c.view.depth.unwrap_or(ColorDepth::True));
    let buf = &mut *c.buf;
    serial.emulator.each_cell(|row, column, cell| {
        if row < screen.height && column < screen.width {
            let width = if cell.wide { 2 } else { 1 };
            let at = Rect { x: screen.x + column, y: screen.y + row, width, height: 1 }.intersection(screen);
            let text = if cell.text.is_empty() { " " } else { cell.text.as_str() };
            draw::put(buf, at, look, text, style(cell, depth));
        }
    });
    if let Some((row, column)) = serial.emulator.cursor().filter(|_| serial.takes_keys())
        && row < screen.height
        && let Some(cell) = buf.cell_mut((screen.x + column.min(screen.width - 1), screen.y + row))
    {
        cell.modifier.toggle(Modifier::REVERSED);
    }
    if let Some(lines) = message(serial) {
        let top = screen.height.saturating_sub(lines.len() as u16 + 1) / 2;
        for (y, line) in (top..screen.height).zip(&lines) {
            let row = draw::row(screen, y);
            draw::put(c.buf, row, look, &" ".repeat(usize::from(row.width)), Style::reset());
            draw::line_in(c.buf, row, look, line, draw::Align::Center);
        }
    }
    footer(c, serial, draw::row(area, area.height - 1));
}

/// What is to be said over the screen.
fn message(serial: &Serial) -> Option<Vec<Rich<'static>>> {
    match &serial.state {
        ConsoleState::Open => None,
        ConsoleState::Opening => {
            Some(vec![Rich::of(format!("Opening the console of {} …", serial.name), Role::Dim)])
        }
        ConsoleState::Ended(ending) => {
            let mut lines = vec![Rich::of(ending.sentence.clone(), Role::Warning)];
            if !ending.remedy.is_empty() {
                lines.push(Rich::of(ending.remedy.clone(), Role::Text));
            }
            lines.push(Rich::of("Enter opens it again, f takes it over, Esc leaves.", Role::Dim));
            Some(lines)
        }
    }
}

/// Whose it is, and how to leave it.
fn footer(c: &mut Canvas<'_>, serial: &Serial, area: Rect) {
    let scope = c.app.scope();
    let mut line = Rich::of(format!(" {} ", serial.name), Role::Strong);
    for (key, word, _) in c.app.footer() {
        line.push(format!(" {key}"), Role::FooterKey);
        line.push(format!(" {word} "), Role::FooterText);
    }
    let back = serial.emulator.back();
    if back > 0 {
        line.push(format!("  {back} lines back "), Role::Warning);
    } else if scope == crate::console::app::place::Scope::Serial {
        line.push("  all other keys are the guest's", Role::Dim);
    }
    if serial.dropped > 0 {
        line.push(format!("  {} bytes left out", serial.dropped), Role::Warning);
    }
    c.line(area, &line);
}

fn style(cell: &Cell, depth: ColorDepth) -> Style {
    let color = |paint| match paint {
        Paint::Usual => None,
        Paint::Index(i) => depth.convert(Color::Indexed(i)),
        Paint::Rgb(r, g, b) => depth.convert(Color::Rgb(r, g, b)),
    };
    let mut style = Style::reset();
    style.fg = color(cell.fg).or(style.fg);
    style.bg = color(cell.bg).or(style.bg);
    let attributes = [
        (cell.bold, Modifier::BOLD),
        (cell.dim, Modifier::DIM),
        (cell.italic, Modifier::ITALIC),
        (cell.underline, Modifier::UNDERLINED),
        (cell.inverse, Modifier::REVERSED),
    ];
    attributes.into_iter().filter(|(on, _)| *on).fold(style, |style, (_, m)| style.add_modifier(m))
}
