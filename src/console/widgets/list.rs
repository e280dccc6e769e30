//! Lists to choose from: the palette's commands, menus with check boxes.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::{left, line, put, row, skip, tint};
use super::rich::Rich;
use super::table::scroll_to_show;
use crate::console::theme::{Look, Role};

/// An entry of the palette.
#[derive(Clone, Debug, Default)]
pub struct PaletteItem<'a> {
    /// What it does.
    pub title: Cow<'a, str>,
    /// Which characters of the title matched, counted from 0.
    pub matched: &'a [u32],
    /// Its key, at the right.
    pub key: Cow<'a, str>,
    /// Why it cannot be done now; empty when it can.
    pub refused: Cow<'a, str>,
}

/// Draws the visible part of a list of commands and returns each row's place with its index.
pub fn palette(
    buf: &mut Buffer,
    area: Rect,
    look: &Look<'_>,
    items: &[PaletteItem<'_>],
    cursor: usize,
) -> Vec<(usize, Rect)> {
    let area = area.intersection(buf.area);
    list(buf, area, look, items.len(), cursor, |buf, place, i| {
        let item = &items[i];
        let key = if item.refused.is_empty() {
            Rich::of(&*item.key, Role::FooterKey)
        } else {
            Rich::of(&*item.refused, Role::Dim)
        };
        let role = if item.refused.is_empty() { Role::Text } else { Role::Dim };
        let title = matched(&item.title, item.matched, role);
        let used = line(buf, place, look, &title);
        let rest = skip(place, used + 2);
        let wanted = (key.width() as u16).min(rest.width);
        line(buf, skip(rest, rest.width - wanted), look, &key);
    })
}

/// The text with matched characters, counted from 0, in [`Role::Match`].
pub fn matched<'a>(text: &str, at: &[u32], role: Role) -> Rich<'a> {
    let mut out = Rich::new();
    let mut run = String::new();
    let mut current = role;
    for (i, c) in (0u32..).zip(text.chars()) {
        let role = if at.contains(&i) { Role::Match } else { role };
        if role != current {
            out.push(std::mem::take(&mut run), current);
            current = role;
        }
        run.push(c);
    }
    out.push(run, current);
    out
}

/// An entry of a list with check boxes.
#[derive(Clone, Debug, Default)]
pub struct MenuItem<'a> {
    /// Whether it is chosen; `None` where that is not asked.
    pub checked: Option<bool>,
    /// What it is.
    pub label: Rich<'a>,
    /// More about it, after the labels.
    pub detail: Rich<'a>,
}

/// Draws the visible part of a list to choose from and returns each row's place with its index.
pub fn menu(
    buf: &mut Buffer,
    area: Rect,
    look: &Look<'_>,
    items: &[MenuItem<'_>],
    cursor: usize,
) -> Vec<(usize, Rect)> {
    let area = area.intersection(buf.area);
    let labels = items.iter().map(|i| i.label.width()).max().unwrap_or(0).min(40) as u16;
    list(buf, area, look, items.len(), cursor, |buf, place, i| {
        let item = &items[i];
        let mut rest = place;
        if let Some(on) = item.checked {
            let (sign, role) =
                if on { (look.glyphs.checked, Role::Mark) } else { (look.glyphs.unchecked, Role::Dim) };
            put(buf, rest, look, sign, look.style(role));
            rest = skip(rest, 4);
        }
        let used = line(buf, rest, look, &item.label);
        line(buf, skip(rest, used.max(labels) + 2), look, &item.detail);
    })
}

/// The rows of a list around its cursor, one column kept for the cursor's bar.
fn list(
    buf: &mut Buffer,
    area: Rect,
    look: &Look<'_>,
    len: usize,
    cursor: usize,
    draw: impl Fn(&mut Buffer, Rect, usize),
) -> Vec<(usize, Rect)> {
    let height = usize::from(area.height);
    // As much after the cursor as before it, so that the list need not remember where it was.
    let offset = scroll_to_show(cursor, height, cursor.saturating_sub(height / 2), len);
    let mut places = Vec::new();
    for (y, i) in (0..area.height).zip(offset..len) {
        let place = row(area, y);
        draw(buf, skip(place, 2), i);
        if i == cursor {
            tint(buf, place, look.style(Role::Selection));
            put(buf, left(place, 1), look, look.glyphs.cursor, look.style(Role::Cursor));
        }
        places.push((i, place));
    }
    places
}
