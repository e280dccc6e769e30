//! Trees: rows with guides, an expand mark, a label and a detail at the right.
//!
//! ```text
//! ▾ eth0
//! ╰╴▾ br0
//!   ├╴web01                    10.99.0.21
//!   ╰╴mail
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{left, line, put, row, skip, tint};
use super::rich::Rich;
use crate::console::theme::{Look, Role};

/// The lines before a row: for each level whether more follows there. Levels from the 64th on have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeGuides {
    depth: u16,
    follows: u64,
}

impl TreeGuides {
    pub(super) fn has_following(self, level: u16) -> bool {
        level < 64 && self.follows >> level & 1 == 1
    }
}

/// The lines of every row of a tree, given the rows' depths from the top down; roots have depth 0.
///
/// It needs all rows, the visible ones alone do not tell what follows below.
pub fn tree_guides(depths: &[u16]) -> Vec<TreeGuides> {
    let mut out = vec![TreeGuides::default(); depths.len()];
    // Bit n: further down, before anything shallower, there is a row of depth n.
    let mut open = 0u64;
    for (guides, depth) in out.iter_mut().zip(depths).rev() {
        let up_to = |n: u16| 1u64.checked_shl(u32::from(n)).map_or(u64::MAX, |b| b.wrapping_sub(1));
        *guides = TreeGuides { depth: *depth, follows: open & up_to(depth.saturating_add(1)) };
        open = open & up_to(*depth) | 1u64.checked_shl(u32::from(*depth)).unwrap_or(0);
    }
    out
}

/// A row of a tree.
#[derive(Clone, Debug, Default)]
pub struct TreeRow<'a> {
    /// Its lines, from [`tree_guides`].
    pub guides: TreeGuides,
    /// Whether it is open; `None` for a leaf.
    pub open: Option<bool>,
    /// What it is.
    pub label: Rich<'a>,
    /// More about it, at the right; cut, then dropped, where there is no room.
    pub detail: Rich<'a>,
}

/// Draws the visible rows and returns where each stands. `cursor` is one of `rows`.
pub fn tree(
    buf: &mut Buffer,
    area: Rect,
    look: &Look<'_>,
    rows: &[TreeRow<'_>],
    cursor: Option<usize>,
    focused: bool,
) -> Vec<Rect> {
    let area = area.intersection(buf.area);
    let mut places = Vec::new();
    for ((i, y), content) in (0..).zip(0..area.height).zip(rows) {
        let place = row(area, y);
        tree_row(buf, place, look, content);
        if cursor == Some(i) {
            // In a pane that merely follows another one, a mark is enough, and few bytes to move.
            if focused {
                tint(buf, place, look.style(Role::Selection));
            }
            let role = if focused { Role::Cursor } else { Role::Dim };
            put(buf, left(place, 1), look, look.glyphs.cursor, look.style(role));
        }
        places.push(place);
    }
    places
}

fn tree_row(buf: &mut Buffer, place: Rect, look: &Look<'_>, content: &TreeRow<'_>) {
    let lines = &look.glyphs.guides;
    let style = look.style(Role::TreeGuide);
    // The first column belongs to the cursor.
    let mut rest = skip(place, 1);
    let depth = content.guides.depth;
    for level in 1..=depth.min(place.width) {
        let follows = content.guides.has_following(level);
        let guide = match (level == depth, follows) {
            (true, true) => lines.branch,
            (true, false) => lines.last,
            (false, true) => lines.through,
            (false, false) => "  ",
        };
        put(buf, rest, look, guide, style);
        rest = skip(rest, 2);
    }
    if let Some(open) = content.open {
        let sign = if open { look.glyphs.open } else { look.glyphs.closed };
        put(buf, rest, look, sign, style);
        rest = skip(rest, 2);
    }
    let used = line(buf, rest, look, &content.label);
    let rest = skip(rest, used.saturating_add(2));
    let wanted = content.detail.width();
    if !content.detail.is_empty() && rest.width >= 4 {
        let spare = usize::from(rest.width).saturating_sub(wanted) as u16;
        line(buf, skip(rest, spare), look, &content.detail);
    }
}
