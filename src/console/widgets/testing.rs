//! Buffers as text, so that one snapshot pins characters and styles.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use crate::console::theme::{Glyphs, Look, Theme};

/// Draws into a fresh buffer of this size, in the default theme with Unicode, and returns it.
pub(crate) fn draw(width: u16, height: u16, f: impl FnOnce(&mut Buffer, Rect, &Look<'_>)) -> Buffer {
    draw_in(&Theme::default(), Glyphs::UNICODE, width, height, f)
}

/// [`draw`] in ASCII.
pub(crate) fn draw_ascii(width: u16, height: u16, f: impl FnOnce(&mut Buffer, Rect, &Look<'_>)) -> Buffer {
    draw_in(&Theme::default(), Glyphs::ASCII, width, height, f)
}

/// [`draw`] in a given theme and set of characters.
pub(crate) fn draw_in(
    theme: &Theme,
    glyphs: &'static Glyphs,
    width: u16,
    height: u16,
    f: impl FnOnce(&mut Buffer, Rect, &Look<'_>),
) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    f(&mut buf, area, &Look::new(theme, glyphs));
    buf
}

/// The characters, one line a row, without blanks at the ends of lines.
pub(crate) fn text(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let mut line = String::new();
        let mut x = buf.area.left();
        while x < buf.area.right() {
            let symbol = buf[(x, y)].symbol();
            line.push_str(symbol);
            x += symbol.width().max(1) as u16;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The characters, then the styles: for each row with any, runs of cells as `from-to style`.
pub(crate) fn snapshot(buf: &Buffer) -> String {
    let mut out = text(buf);
    out.push_str("---\n");
    for y in buf.area.top()..buf.area.bottom() {
        let mut runs = String::new();
        let mut x = buf.area.left();
        while x < buf.area.right() {
            let style = buf[(x, y)].style();
            let from = x;
            while x < buf.area.right() && buf[(x, y)].style() == style {
                x += 1;
            }
            let name = style_name(style);
            if !name.is_empty() {
                let _ = write!(runs, " {from}-{} {name};", x - 1);
            }
        }
        if !runs.is_empty() {
            let _ = writeln!(out, "{y}:{}", runs.trim_end_matches(';'));
        }
    }
    out
}

fn style_name(style: Style) -> String {
    let color = |c: Option<Color>| c.filter(|c| *c != Color::Reset).map(|c| c.to_string().to_lowercase());
    let mut parts = Vec::new();
    parts.extend(color(style.fg));
    parts.extend(color(style.bg).map(|c| format!("on {c}")));
    for (modifier, name) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::ITALIC, "italic"),
        (Modifier::UNDERLINED, "underline"),
        (Modifier::REVERSED, "reverse"),
    ] {
        if style.add_modifier.contains(modifier) {
            parts.push(name.to_owned());
        }
    }
    parts.join(" ")
}
