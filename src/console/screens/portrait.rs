//! A guest's screen as a picture: two pixels a cell where the terminal has the colours for it, else characters as bright
//! as the picture.

use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::Canvas;
use crate::console::app::calendar::Local;
use crate::console::app::portrait::{Portrait, displays, ssh_address};
use crate::console::theme::{ColorDepth, Glyphs, Role};
use crate::console::widgets::{Rich, draw};
use crate::model::picture::{Picture, Rgb, brightness, fitting};

/// From dark to bright.
const RAMP: &[&str] = &[" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"];

/// Draws the screen.
pub(super) fn draw(c: &mut Canvas<'_>, portrait: &Portrait, area: Rect) {
    head(c, portrait, draw::row(area, 0));
    let field = Rect { y: area.y + 1, height: area.height - 3, ..area };
    match (&portrait.shown, &portrait.trouble) {
        (Some((picture, _)), _) => paint(c, picture, field),
        (None, Some(why)) => {
            let again = if portrait.follows { "It is tried again." } else { "r tries again." };
            said(c, field, &[Rich::of(why.clone(), Role::Warning), Rich::of(again, Role::Dim)]);
        }
        (None, None) => {
            said(c, field, &[Rich::of(format!("Looking at the screen of {} …", portrait.name), Role::Dim)]);
        }
    }
    ways(c, draw::row(area, area.height - 2));
    foot(c, portrait, draw::row(area, area.height - 1));
}

/// Whose screen, how large, how old.
fn head(c: &mut Canvas<'_>, portrait: &Portrait, area: Rect) {
    let mut line = Rich::of(format!(" {} ", portrait.name), Role::Strong);
    line.push(" screen ", Role::Label);
    if let Some((picture, at)) = &portrait.shown {
        let (width, height) = picture.size();
        line.push(format!(" {width} × {height} "), Role::Text);
        line.push(format!(" as of {} ", of_day(Local::at(*at, c.app.utc_offset))), Role::Dim);
        if let Some(why) = &portrait.trouble {
            line.push(format!(" {why}"), Role::Warning);
        }
    }
    if portrait.follows {
        line.push("  again every 2 s", Role::Accent);
    }
    c.line(area, &line);
}

/// How one gets there.
fn ways(c: &mut Canvas<'_>, area: Rect) {
    let mut line = Rich::of(" graphics ", Role::Label);
    let displays = displays(c.app);
    if displays.is_empty() {
        line.push("none that listens on a port", Role::Dim);
    }
    for (i, display) in displays.iter().enumerate() {
        if i > 0 {
            line.push(", ", Role::Dim);
        }
        line.push(display.address.clone(), Role::Text);
        if let Some(host) = &display.only_on {
            let host = crate::model::text::clean(host);
            line.push(format!(" (on {host} only)"), Role::Dim);
        }
    }
    line.push("   SSH ", Role::Label);
    match ssh_address(c.app) {
        Some(address) => line.push(address.to_string(), Role::Text),
        None => line.push("no address known", Role::Dim),
    }
    c.line(area, &line);
}

fn foot(c: &mut Canvas<'_>, portrait: &Portrait, area: Rect) {
    let mut line = Rich::of(" ", Role::Text);
    for (key, word, _) in c.app.footer() {
        line.push(format!(" {key}"), Role::FooterKey);
        line.push(format!(" {word} "), Role::FooterText);
    }
    if portrait.waits && portrait.shown.is_some() {
        line.push("  looking …", Role::Dim);
    }
    c.line(area, &line);
}

fn said(c: &mut Canvas<'_>, field: Rect, lines: &[Rich<'_>]) {
    let top = field.height.saturating_sub(lines.len() as u16) / 2;
    for (y, line) in (top..field.height).zip(lines) {
        draw::line_in(c.buf, draw::row(field, y), c.look, line, draw::Align::Center);
    }
}

fn paint(c: &mut Canvas<'_>, picture: &Picture, field: Rect) {
    let depth = c.view.depth.unwrap_or(ColorDepth::True);
    let half = matches!(depth, ColorDepth::True | ColorDepth::C256) && *c.look.glyphs != *Glyphs::ASCII;
    // A cell is about twice as high as wide.
    let (columns, halves) = fitting(picture.size(), (u32::from(field.width), u32::from(field.height) * 2));
    let rows = halves.div_ceil(2);
    let at = Rect {
        x: field.x + (field.width - columns as u16) / 2,
        y: field.y + (field.height - rows as u16) / 2,
        width: columns as u16,
        height: rows as u16,
    };
    if half {
        halves_of(c, depth, at, &picture.scaled(columns, halves));
    } else {
        shades_of(c, at, &picture.scaled(columns, rows));
    }
}

fn halves_of(c: &mut Canvas<'_>, depth: ColorDepth, at: Rect, pixels: &[Rgb]) {
    let color = |rgb: &Rgb| depth.convert(Color::Rgb(rgb[0], rgb[1], rgb[2])).unwrap_or(Color::Reset);
    let width = usize::from(at.width);
    for (y, two) in (at.y..).zip(pixels.chunks(width * 2)) {
        let (upper, lower) = two.split_at(width.min(two.len()));
        for (x, upper) in upper.iter().enumerate() {
            let lower = lower.get(x).unwrap_or(&[0; 3]);
            if let Some(cell) = c.buf.cell_mut((at.x + x as u16, y)) {
                cell.set_symbol("▀").set_style(Style::reset().fg(color(upper)).bg(color(lower)));
            }
        }
    }
}

/// The brightest of the picture gets the brightest character: a screen of text is dark all over.
fn shades_of(c: &mut Canvas<'_>, at: Rect, pixels: &[Rgb]) {
    let most = pixels.iter().map(|p| brightness(*p)).max().unwrap_or(0).max(1);
    for (y, row) in (at.y..).zip(pixels.chunks(usize::from(at.width))) {
        for (x, pixel) in row.iter().enumerate() {
            let step = usize::from(brightness(*pixel)) * (RAMP.len() - 1) / usize::from(most);
            if let (Some(cell), Some(symbol)) = (c.buf.cell_mut((at.x + x as u16, y)), RAMP.get(step)) {
                cell.set_symbol(symbol).set_style(Style::reset());
            }
        }
    }
}

/// `14:05:09`
fn of_day(local: Local) -> String {
    format!("{}:{:02}", local.clock(), local.second % 60)
}
