//! The few ways anything gets into a buffer. All of them clip to the area given and to the buffer, draw no
//! control character, and in ASCII mode nothing but ASCII.

use std::borrow::Cow;

use ratatui::buffer::{Buffer, CellWidth as _};
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::rich::Rich;
use crate::console::theme::{Look, Role};
use crate::model::text;

/// Where a line stands in its area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At the left end.
    #[default]
    Left,
    /// At the right end.
    Right,
    /// In the middle.
    Center,
}

/// The row of the area `y` rows down, one high; empty when there is none.
pub fn row(area: Rect, y: u16) -> Rect {
    if y < area.height { Rect { y: area.y + y, height: 1, ..area } } else { Rect { height: 0, ..area } }
}

/// The area without its first `columns` columns.
pub fn skip(area: Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    Rect { x: area.x + columns, width: area.width - columns, ..area }
}

/// The first `columns` columns of the area, or all it has.
pub fn left(area: Rect, columns: u16) -> Rect {
    Rect { width: columns.min(area.width), ..area }
}

/// The area without its first `rows` rows.
pub fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}

/// The area less `x` columns at both sides and `y` rows at top and bottom.
pub fn inset(area: Rect, x: u16, y: u16) -> Rect {
    let (x, y) = (x.min(area.width / 2), y.min(area.height / 2));
    Rect { x: area.x + x, y: area.y + y, width: area.width - 2 * x, height: area.height - 2 * y }
}

/// Draws text at the left of the area's first row and returns the columns used. What does not fit is not drawn.
pub fn put(buf: &mut Buffer, area: Rect, look: &Look<'_>, text: &str, style: Style) -> u16 {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return 0;
    }
    let end = area.right();
    let mut x = area.x;
    if text.is_ascii() {
        for (i, b) in text.bytes().enumerate() {
            if x >= end {
                break;
            }
            if (0x20..0x7f).contains(&b) {
                set(buf, x, area.y, &text[i..=i], style);
                x += 1;
            }
        }
        return x - area.x;
    }
    for cluster in text::clean(text).graphemes(true) {
        let cluster = if look.glyphs.ascii { to_ascii(cluster) } else { Cow::Borrowed(cluster) };
        // The same measure ratatui skips hidden cells by.
        let width = if cluster.is_empty() { 0 } else { cluster.cell_width() };
        if width == 0 {
            continue;
        }
        if width > end - x {
            break;
        }
        if width == 1 || !cluster.is_ascii() {
            set(buf, x, area.y, &cluster, style);
            for hidden in x + 1..x + width {
                set(buf, hidden, area.y, " ", style);
            }
        } else {
            for (i, c) in (0..).zip(cluster.graphemes(true)) {
                set(buf, x + i, area.y, c, style);
            }
        }
        x += width;
    }
    x - area.x
}

fn set(buf: &mut Buffer, x: u16, y: u16, symbol: &str, style: Style) {
    if let Some(cell) = buf.cell_mut((x, y)) {
        cell.set_symbol(symbol).set_style(style);
    }
}

/// What stands for a character where the font has only ASCII, of the same width.
fn to_ascii(cluster: &str) -> Cow<'_, str> {
    if cluster.is_ascii() {
        return Cow::Borrowed(cluster);
    }
    let known = match cluster {
        "–" | "—" | "−" | "·" | "•" | "─" | "░" | "○" => "-",
        "…" => "~",
        "µ" | "μ" => "u",
        "→" | "▸" => ">",
        "←" | "◂" => "<",
        "↑" | "▴" | "▲" => "^",
        "↓" | "▾" | "▼" => "v",
        "×" | "✕" => "x",
        "│" => "|",
        "✓" | "●" => "*",
        "█" => "#",
        "‘" | "’" => "'",
        "“" | "”" => "\"",
        "\u{a0}" => " ",
        _ => return Cow::Owned("?".repeat(cluster.width())),
    };
    Cow::Borrowed(known)
}

/// Draws a line at the left of the area's first row, the last column being `…` where it is cut, and returns the
/// columns used.
pub fn line(buf: &mut Buffer, area: Rect, look: &Look<'_>, rich: &Rich<'_>) -> u16 {
    line_in(buf, area, look, rich, Align::Left)
}

/// [`line()`], aligned. What does not fit is cut at its end.
pub fn line_in(buf: &mut Buffer, area: Rect, look: &Look<'_>, rich: &Rich<'_>, align: Align) -> u16 {
    let area = row(area, 0).intersection(buf.area);
    if area.is_empty() {
        return 0;
    }
    let wanted = rich.width();
    let room = usize::from(area.width);
    let spare = u16::try_from(room.saturating_sub(wanted)).unwrap_or(0);
    let area = match align {
        Align::Left => area,
        Align::Right => skip(area, spare),
        Align::Center => skip(area, spare / 2),
    };
    // One column is kept for the ellipsis.
    let text_area = if wanted > room { left(area, area.width - 1) } else { area };
    let mut used = 0;
    let mut role = Role::Text;
    for run in &rich.runs {
        role = run.role;
        let rest = skip(text_area, used);
        let drawn = put(buf, rest, look, &run.text, look.style(run.role));
        used += drawn;
        if usize::from(drawn) < text::width(&run.text) {
            break;
        }
    }
    if wanted > room {
        used += put(buf, skip(area, used), look, look.glyphs.ellipsis, look.style(role));
    }
    used
}

/// Fills the area with one symbol.
pub fn fill(buf: &mut Buffer, area: Rect, symbol: &str, style: Style) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            set(buf, x, y, symbol, style);
        }
    }
}

/// Empties the area, so that something can be drawn over what is there.
pub fn clear(buf: &mut Buffer, area: Rect, style: Style) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        // A wide character cut in half would push the whole row aside.
        if let Some(cell) = area.left().checked_sub(1).and_then(|x| buf.cell_mut((x, y)))
            && cell.symbol().width() > 1
        {
            cell.set_symbol(" ");
        }
        for x in area.left()..area.right() {
            if let Some(cell) = buf.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }
}

/// Lays a style over the area's cells.
pub fn tint(buf: &mut Buffer, area: Rect, style: Style) {
    buf.set_style(area, style);
}
