//! Keys and what they do, in columns.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{left, line, row, skip};
use super::rich::Rich;
use crate::console::theme::{Look, Role};
use crate::model::text::width;

/// Keys of one kind, for the help.
#[derive(Clone, Debug, Default)]
pub struct HelpGroup<'a> {
    /// The kind.
    pub title: Cow<'a, str>,
    /// Keys and what they do.
    pub keys: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Draws groups of keys in as many columns as fit, from line `scroll` on, and returns how many lines there are.
pub fn help(buf: &mut Buffer, area: Rect, look: &Look<'_>, groups: &[HelpGroup<'_>], scroll: usize) -> usize {
    let all = || groups.iter().flat_map(|g| &g.keys);
    let keys = all().map(|(k, _)| width(k)).max().unwrap_or(0).min(20) as u16;
    let texts = all().map(|(_, t)| width(t)).max().unwrap_or(0).min(60) as u16;
    let column = (keys + 2 + texts).max(1);
    let count = ((area.width + 3) / (column + 3)).clamp(1, 4);
    let column = if count == 1 { area.width } else { column };
    let heights: Vec<usize> = groups.iter().map(|g| g.keys.len() + 2).collect();
    let starts = balance(&heights, usize::from(count));
    let mut lines = 0;
    for (c, groups_here) in (0..).zip(starts.windows(2)) {
        let place = left(skip(area, c * (column + 3)), column);
        let mut y = 0usize;
        for group in groups.get(groups_here[0]..groups_here[1]).unwrap_or_default() {
            let mut at = |rich: &[(u16, Rich<'_>)]| {
                if let Some(y) = y.checked_sub(scroll).filter(|y| *y < usize::from(area.height)) {
                    for (x, r) in rich {
                        line(buf, skip(row(place, y as u16), *x), look, r);
                    }
                }
                y += 1;
            };
            at(&[(0, Rich::of(&*group.title, Role::Title))]);
            for (key, text) in &group.keys {
                at(&[(0, Rich::of(&**key, Role::FooterKey)), (keys + 2, Rich::from(&**text))]);
            }
            at(&[]);
        }
        lines = lines.max(y.saturating_sub(1));
    }
    lines
}

/// Where each column begins, for groups in order and columns about as high as each other; one end more.
fn balance(heights: &[usize], columns: usize) -> Vec<usize> {
    let fits = |most: usize| {
        let mut starts = vec![0];
        let mut used = 0;
        for (i, h) in heights.iter().enumerate() {
            if used > 0 && used + h > most {
                starts.push(i);
                used = 0;
            }
            used += h;
        }
        starts.push(heights.len());
        starts
    };
    let total: usize = heights.iter().sum();
    (total / columns.max(1)..=total).map(fits).find(|s| s.len() <= columns + 1).unwrap_or_else(|| fits(total))
}
