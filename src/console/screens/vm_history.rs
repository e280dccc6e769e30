//! What was done to a VM, by whom, and the definitions that it had.

use ratatui::layout::Rect;

use super::{Canvas, audit};
use crate::console::app::msg::Target;
use crate::console::app::vm_page::{EntryKey, Past};
use crate::console::theme::Role;
use crate::console::widgets::{
    ColumnSpec, Rich, Row, TableSpec, Width, draw as cellwise, scroll_to_show, table, visible_rows,
};
use crate::model::held::Revision;
use crate::model::text::clean;

/// Draws the tab.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let Some(page) = &c.app.page else { return };
    let past = match &page.past.got {
        _ if c.app.past.is_some() => {
            return c.empty(area, &["What was done is told as of now.", "Esc returns to now."]);
        }
        None => return c.empty(area, &["Reading what was done …"]),
        Some(Err(why)) => {
            let why = clean(why).into_owned();
            return c.empty(area, &["What was done could not be read.", &why, "Ctrl-r tries again."]);
        }
        Some(Ok(past)) => past,
    };
    let keys = past.rows();
    if keys.is_empty() {
        return c.empty(
            area,
            &[
                "Nothing was done to it with NovaCron yet.",
                "Whatever is done appears here, with each definition it had: e edits it, N takes a snapshot.",
            ],
        );
    }
    let [list, foot] = [
        Rect { height: area.height.saturating_sub(1), ..area },
        cellwise::row(area, area.height.saturating_sub(1)),
    ];
    let height = visible_rows(list.height, true);
    let index = page.entry.index().min(keys.len().saturating_sub(1));
    let first = scroll_to_show(index, height, index.saturating_sub(height / 2), keys.len());
    let shown = &keys[first..(first + height).min(keys.len())];
    let rows: Vec<Row<'_>> = shown.iter().map(|key| row(c, past, *key)).collect();
    let columns = columns();
    let spec = TableSpec {
        cursor: Some(index - first),
        focused: true,
        gutter: true,
        ..TableSpec::new(&columns, &rows)
    };
    let areas = table(c.buf, list, c.look, &spec);
    for (i, place) in areas.rows.iter().enumerate() {
        c.view.hits.push(*place, Target::PageRow(first + i));
    }
    c.view.drawn.page = height;
    let hint = match keys.get(index) {
        Some(EntryKey::Revision(_)) => "Enter shows what changed with this definition, b goes back to it.",
        _ => "Enter shows its steps and what changed.",
    };
    c.line(cellwise::inset(foot, 2, 0), &Rich::of(hint, Role::Dim));
}

fn columns() -> [ColumnSpec<'static>; 5] {
    [
        ColumnSpec::left("TIME", Width::Fixed(16), 95),
        ColumnSpec::left("WHAT", Width::Flex { min: 18, weight: 1, max: 26 }, 100),
        ColumnSpec::left("BY", Width::Flex { min: 8, weight: 1, max: 16 }, 60),
        ColumnSpec::left("RESULT", Width::Fixed(11), 80),
        ColumnSpec::left("OUTCOME", Width::Flex { min: 16, weight: 4, max: u16::MAX }, 90),
    ]
}

fn row(c: &Canvas<'_>, past: &Past, key: EntryKey) -> Row<'static> {
    match key {
        EntryKey::Record(number) => match past.record(number) {
            Some(chained) => {
                let r = &chained.record;
                Row::new(vec![
                    audit::time(c, r.at),
                    Rich::of(r.operation.word(), Role::Strong),
                    Rich::of(clean(&r.by.user).into_owned(), Role::Text),
                    super::jobs::state(r.result, c.look.glyphs),
                    Rich::of(clean(&r.outcome).into_owned(), Role::Text),
                ])
            }
            None => Row::new(Vec::new()),
        },
        EntryKey::Revision(number) => match past.revision(number) {
            Some(revision) => of_revision(c, past, revision),
            None => Row::new(Vec::new()),
        },
    }
}

fn of_revision(c: &Canvas<'_>, past: &Past, revision: &Revision) -> Row<'static> {
    let by = revision.by.as_ref().map_or_else(|| c.look.glyphs.dash.to_owned(), |by| clean(&by.user).into());
    let newest = past.revisions.iter().map(|r| r.number).max() == Some(revision.number);
    let note = match (revision.why.as_str(), newest) {
        ("noticed", true) => "noticed; the present definition".to_owned(),
        (why, true) => format!("by {}; the present definition", clean(why)),
        ("noticed", false) if past.before(revision.number).is_none() => "as it was found".to_owned(),
        ("noticed", false) => "noticed: changed by something else".to_owned(),
        (why, false) => format!("by {}", clean(why)),
    };
    Row::new(vec![
        audit::time(c, revision.at),
        Rich::of(format!("{} revision {}", c.look.glyphs.dot, revision.number), Role::Accent),
        Rich::of(by, Role::Text),
        Rich::new(),
        Rich::of(note, Role::Dim),
    ])
}
