//! Tables: columns of stable width, rows drawn as given.
//!
//! Widths follow from the columns and the room alone, never from the contents, so that nothing jumps. The screen
//! hands over the visible rows only and learns where everything stands, for the mouse.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{Align, below, left, line, line_in, put, row, skip, tint};
use super::rich::Rich;
use crate::console::theme::{Look, Role};
use crate::model::text;

/// Width of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Always this wide.
    Fixed(u16),
    /// At least `min`, and a share by `weight` of what is left, up to `max`.
    Flex {
        /// Least width.
        min: u16,
        /// Share of what is left; 0 takes none.
        weight: u16,
        /// Greatest width.
        max: u16,
    },
}

impl Width {
    /// The least width.
    pub const fn min(self) -> u16 {
        match self {
            Self::Fixed(w) => w,
            Self::Flex { min, .. } => min,
        }
    }
}

/// Which way a column is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortDir {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSpec<'a> {
    /// Its header.
    pub title: Cow<'a, str>,
    /// Its width.
    pub width: Width,
    /// Where header and cells stand.
    pub align: Align,
    /// Whether the table is sorted by it.
    pub sorted: Option<SortDir>,
    /// Where room is scarce, the column with the lowest goes first; among equals the rightmost.
    pub priority: u8,
}

impl<'a> ColumnSpec<'a> {
    /// A left-aligned column.
    pub fn left(title: impl Into<Cow<'a, str>>, width: Width, priority: u8) -> Self {
        Self { title: title.into(), width, align: Align::Left, sorted: None, priority }
    }

    /// A right-aligned column, for numbers.
    pub fn right(title: impl Into<Cow<'a, str>>, width: Width, priority: u8) -> Self {
        Self { align: Align::Right, ..Self::left(title, width, priority) }
    }

    /// The same, sorted or not.
    #[must_use]
    pub const fn sorted(mut self, sorted: Option<SortDir>) -> Self {
        self.sorted = sorted;
        self
    }
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub enum Row<'a> {
    /// The heading of a group, over the whole width.
    Group(Rich<'a>),
    /// One cell a column, in the order of the columns; missing ones are empty.
    Cells {
        /// The cells.
        cells: Vec<Rich<'a>>,
        /// Whether the row is marked.
        marked: bool,
    },
}

impl<'a> Row<'a> {
    /// A row that is not marked.
    pub const fn new(cells: Vec<Rich<'a>>) -> Self {
        Self::Cells { cells, marked: false }
    }

    /// A row that may be marked.
    pub const fn marked(cells: Vec<Rich<'a>>, marked: bool) -> Self {
        Self::Cells { cells, marked }
    }
}

/// A table.
#[derive(Clone, Debug)]
pub struct TableSpec<'a> {
    /// The columns.
    pub columns: &'a [ColumnSpec<'a>],
    /// The visible rows only.
    pub rows: &'a [Row<'a>],
    /// Which of `rows` is under the cursor.
    pub cursor: Option<usize>,
    /// Whether the pane has the keys: the row under the cursor stands out more.
    pub focused: bool,
    /// Whether column titles are drawn, in a row of their own.
    pub header: bool,
    /// Whether two columns at the left are kept for the cursor's bar and marks.
    pub gutter: bool,
    /// Columns between two columns.
    pub gap: u16,
}

impl<'a> TableSpec<'a> {
    /// A focused table with header, gutter and one column between columns; no row under the cursor.
    pub const fn new(columns: &'a [ColumnSpec<'a>], rows: &'a [Row<'a>]) -> Self {
        Self { columns, rows, cursor: None, focused: true, header: true, gutter: true, gap: 1 }
    }

    const fn gutter_width(&self) -> u16 {
        if self.gutter { 2 } else { 0 }
    }
}

/// Where the parts of a drawn table stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableAreas {
    /// The header of each column, in the order of the columns; `None` for dropped ones.
    pub headers: Vec<Option<Rect>>,
    /// Each drawn row, in the order of the rows.
    pub rows: Vec<Rect>,
}

/// How many rows fit into a table of this height.
pub const fn visible_rows(height: u16, header: bool) -> usize {
    height.saturating_sub(header as u16) as usize
}

/// The width of each column, `None` where there is no room for it. `gap` columns stand between two.
///
/// Depends on nothing but the arguments. As long as there is any room, the most important column is there.
pub fn fit(columns: &[ColumnSpec<'_>], width: u16, gap: u16) -> Vec<Option<u16>> {
    let mut widths: Vec<_> = columns.iter().map(|c| Some(c.width.min())).collect();
    let needed = |widths: &[Option<u16>]| {
        let kept = widths.iter().flatten().count() as u32;
        let sum: u32 = widths.iter().flatten().map(|w| u32::from(*w)).sum();
        sum + kept.saturating_sub(1) * u32::from(gap)
    };
    let room = u32::from(width);
    while needed(&widths) > room {
        let kept = columns.iter().enumerate().filter(|(i, _)| widths[*i].is_some());
        let Some(least) = kept.min_by_key(|(i, c)| (c.priority, usize::MAX - i)).map(|(i, _)| i) else {
            break;
        };
        let alone = widths.iter().flatten().count() == 1;
        widths[least] = (alone && width > 0).then_some(width);
    }
    let mut spare = room.saturating_sub(needed(&widths));
    // What one column may not take any more goes to the others, hence more than one round.
    while spare > 0 {
        let wants = |i: usize| match (columns[i].width, widths[i]) {
            (Width::Flex { weight, max, .. }, Some(w)) if w < max => u32::from(weight),
            _ => 0,
        };
        let shares: Vec<u32> = (0..columns.len()).map(wants).collect();
        let total: u32 = shares.iter().sum();
        if total == 0 {
            break;
        }
        let before = spare;
        for (i, share) in shares.iter().enumerate().filter(|(_, s)| **s > 0) {
            if let (Width::Flex { max, .. }, Some(w)) = (columns[i].width, &mut widths[i]) {
                // At least one, or rounding could leave the last columns over.
                let part = (before * share / total).clamp(1, spare.max(1)).min(spare);
                let part = part.min(u32::from(max - *w));
                *w += part as u16;
                spare -= part;
            }
        }
    }
    widths
}

/// The offset of the first visible row that brings the cursor into view with the least movement.
pub fn scroll_to_show(cursor: usize, height: usize, offset: usize, len: usize) -> usize {
    let last = len.saturating_sub(height);
    let offset = offset.min(last);
    if cursor < offset {
        cursor
    } else if height > 0 && cursor >= offset + height {
        (cursor + 1 - height).min(last)
    } else {
        offset
    }
}

/// Draws the table and says where its parts stand.
pub fn table(buf: &mut Buffer, area: Rect, look: &Look<'_>, spec: &TableSpec<'_>) -> TableAreas {
    let area = area.intersection(buf.area);
    let gutter = spec.gutter_width();
    let widths = fit(spec.columns, area.width.saturating_sub(gutter), spec.gap);
    let mut areas = TableAreas::default();
    if spec.header {
        let head = skip(row(area, 0), gutter);
        for (column, place) in spec.columns.iter().zip(places(&widths, spec.gap, head)) {
            if let Some(place) = place {
                header(buf, place, look, column);
            }
            areas.headers.push(place);
        }
    }
    let body = if spec.header { below(area, 1) } else { area };
    for ((i, y), content) in (0..).zip(0..body.height).zip(spec.rows) {
        let place = row(body, y);
        let under_cursor = spec.cursor == Some(i);
        match content {
            Row::Group(title) => group(buf, skip(place, gutter), look, title),
            Row::Cells { cells, marked } => {
                let inside = skip(place, gutter);
                for ((column, place), cell) in
                    spec.columns.iter().zip(places(&widths, spec.gap, inside)).zip(cells)
                {
                    if let Some(place) = place {
                        line_in(buf, place, look, cell, column.align);
                    }
                }
                if *marked && spec.gutter {
                    put(buf, left(skip(place, 1), 1), look, look.glyphs.mark, look.style(Role::Mark));
                }
            }
        }
        if under_cursor {
            let role = if spec.focused { Role::Selection } else { Role::SelectionIdle };
            tint(buf, place, look.style(role));
            if spec.gutter && spec.focused {
                put(buf, left(place, 1), look, look.glyphs.cursor, look.style(Role::Cursor));
            }
        }
        areas.rows.push(place);
    }
    areas
}

/// Where each column stands in the row.
fn places(widths: &[Option<u16>], gap: u16, row: Rect) -> impl Iterator<Item = Option<Rect>> {
    let mut x = 0u16;
    widths.iter().map(move |width| {
        width.map(|width| {
            let rest = skip(row, x);
            x = x.saturating_add(width).saturating_add(gap);
            left(rest, width)
        })
    })
}

fn header(buf: &mut Buffer, area: Rect, look: &Look<'_>, column: &ColumnSpec<'_>) {
    let role = if column.sorted.is_some() { Role::TableSorted } else { Role::TableHeader };
    let sign = match column.sorted {
        None => "",
        Some(SortDir::Ascending) => look.glyphs.ascending,
        Some(SortDir::Descending) => look.glyphs.descending,
    };
    let room = usize::from(area.width).saturating_sub(text::width(sign));
    let title = match text::width(&column.title) {
        _ if sign.is_empty() => column.title.to_string(),
        w if w < room => format!("{} ", column.title),
        // A cut title needs no ellipsis: the sign after it counts for more.
        _ => cut(&column.title, room),
    };
    line_in(buf, area, look, &Rich::of(title, role).and(sign, role), column.align);
}

fn cut(text: &str, max: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if text::width(&out) > max {
            out.pop();
            break;
        }
    }
    out
}

fn group(buf: &mut Buffer, area: Rect, look: &Look<'_>, title: &Rich<'_>) {
    let title = title.clone().plain_as(Role::TableGroup);
    line(buf, area, look, &title);
}
