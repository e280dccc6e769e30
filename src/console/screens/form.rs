//! Forms: labels, what is typed, chosen or ticked, and what is wrong with it.

use ratatui::layout::Rect;

use super::Canvas;
use super::overlays::byte_cursor;
use crate::console::app::form::{Field, Form, Value};
use crate::console::app::msg::Target;
use crate::console::theme::{Glyphs, Role};
use crate::console::widgets::{Dialog, Input, Rich, draw as cellwise, wrap};
use crate::model::text::{clean, width};

/// Columns of a form.
const COLUMNS: u16 = 72;

/// Draws the form. What its focused field means stands below, or what is wrong.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect, form: &Form) {
    let fields: Vec<(usize, &Field)> = form.shown().collect();
    let columns = usize::from(COLUMNS.min(area.width.saturating_sub(4)));
    let below: Vec<Rich<'static>> = below(form, columns);
    // Room for two lines below, so that the form does not grow and shrink while it is filled in.
    let foot = below.len().max(2) as u16 + 1;
    let mut shown = Dialog::new(Rich::of(clean(&form.title).into_owned(), Role::Title), Vec::new());
    shown.min_width = columns as u16;
    shown.extra = fields.len() as u16 + foot;
    let areas = shown.draw(c.buf, area, c.look);
    c.view.hits.push(areas.whole, Target::Overlay);
    let rows = areas.extra.height.saturating_sub(foot).max(1);
    let at = fields.iter().position(|(i, _)| *i == form.focus).unwrap_or(0);
    let first = (at + 1).saturating_sub(usize::from(rows));
    let label = fields.iter().map(|(_, f)| width(f.label)).max().unwrap_or(0) + 2;
    for (y, (i, field)) in (0..rows).zip(fields.iter().skip(first)) {
        let place = cellwise::row(areas.extra, y);
        c.view.hits.push(place, Target::Entry(*i));
        row(c, place, field, label as u16, *i == form.focus, form);
    }
    for (y, line) in (rows + 1..areas.extra.height).zip(&below) {
        c.line(cellwise::row(areas.extra, y), line);
    }
}

fn row(c: &mut Canvas<'_>, place: Rect, field: &Field, label: u16, focused: bool, form: &Form) {
    let g = c.look.glyphs;
    let is_wrong = form.told().is_some_and(|wrong| wrong.field == field.key);
    let role = if is_wrong {
        Role::InputError
    } else if focused {
        Role::Accent
    } else {
        Role::Label
    };
    let sign = if focused { g.cursor } else { " " };
    c.line(place, &Rich::of(format!("{sign} {}", field.label), role));
    let rest = cellwise::skip(place, label + 2);
    match &field.value {
        Value::Text { input, otherwise, .. } => {
            if input.value().is_empty() && !focused {
                return c.line(rest, &Rich::of(otherwise.clone(), Role::InputPlaceholder));
            }
            Input {
                text: input.value(),
                cursor: if focused { byte_cursor(input) } else { 0 },
                placeholder: otherwise,
                focused,
                ..Input::default()
            }
            .draw(c.buf, rest, c.look);
        }
        Value::Choice { words, at } => {
            let word = words.get(*at).map_or_else(|| "–".into(), |w| clean(w));
            let line = if focused {
                Rich::of("< ", Role::Accent)
                    .and(word.into_owned(), Role::Strong)
                    .and(" >", Role::Accent)
                    .and(format!("  {}/{}", at + 1, words.len()), Role::Dim)
            } else {
                Rich::of(word.into_owned(), Role::Text)
            };
            c.line(rest, &line);
        }
        Value::Tick(on) => c.line(rest, &tick(*on, g)),
    }
}

fn tick(on: bool, g: &Glyphs) -> Rich<'static> {
    if on { Rich::of(g.checked, Role::Mark) } else { Rich::of(g.unchecked, Role::Dim) }
}

/// What is wrong; else what could be typed, and what the field means.
fn below(form: &Form, columns: usize) -> Vec<Rich<'static>> {
    if let Some(wrong) = form.told() {
        return wrap(&Rich::of(clean(&wrong.why).into_owned(), Role::InputError), columns);
    }
    let Some(field) = form.focused() else { return Vec::new() };
    let mut lines = wrap(&Rich::of(field.hint.clone(), Role::Dim), columns);
    if field.hint.is_empty() {
        lines.clear();
    }
    if let Some((first, more)) = field.could_be() {
        let count = if more > 1 { format!("  (1 of {more})") } else { String::new() };
        lines.push(
            Rich::of("Ctrl-n ", Role::FooterKey)
                .and(clean(first).into_owned(), Role::Text)
                .and(count, Role::Dim),
        );
    }
    lines
}
