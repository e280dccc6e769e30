//! What lies over a chart: the cursor, and what happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::theme::{Look, Role};
use crate::console::widgets::draw::{put, row, skip};
use crate::model::time::Timestamp;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    /// When.
    pub at: Timestamp,
    /// What it means.
    pub role: Role,
}

/// Signs on the time axis; of several in one column the last one is seen.
pub(super) fn markers(
    buf: &mut Buffer,
    plot: Rect,
    look: &Look<'_>,
    markers: &[Marker],
    column: impl Fn(Timestamp) -> Option<usize>,
) {
    let axis = row(plot, plot.height.saturating_sub(1));
    for marker in markers {
        if let Some(x) = column(marker.at).and_then(|x| u16::try_from(x).ok()).filter(|x| *x < plot.width) {
            let sign = if look.glyphs.ascii { "^" } else { "▲" };
            put(buf, Rect { width: 1, ..skip(axis, x) }, look, sign, look.style(marker.role));
        }
    }
}

/// A line down the plot; where a line of the chart is, that takes its colour.
pub(super) fn cursor(buf: &mut Buffer, plot: Rect, look: &Look<'_>, x: usize) {
    let Some(x) = u16::try_from(x).ok().filter(|x| *x < plot.width) else { return };
    let style = look.style(Role::Strong);
    for y in 0..plot.height {
        let place = Rect { width: 1, ..skip(row(plot, y), x) };
        let Some(cell) = buf.cell_mut((place.x, place.y)) else { continue };
        if cell.symbol() == " " || cell.symbol() == look.glyphs.grid {
            put(buf, place, look, look.glyphs.corners.vertical, style);
        } else {
            cell.set_style(style);
        }
    }
}
