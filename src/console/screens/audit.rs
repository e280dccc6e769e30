//! The audit: what was done to the host, by whom, and whether the record is whole.

use ratatui::layout::Rect;

use super::Canvas;
use super::overlays::byte_cursor;
use crate::console::app::audit::HINT;
use crate::console::app::msg::Target;
use crate::console::app::overlay::AuditLine;
use crate::console::app::place::Pane;
use crate::console::theme::Role;
use crate::console::widgets::{
    ColumnSpec, Input, Pane as Frame, Rich, Row, TableSpec, Width, draw as cellwise, table, visible_rows,
};
use crate::engine::jobs::records::Verdict;
use crate::model::audit::Chained;
use crate::model::job::Via;
use crate::model::text::clean;
use crate::model::time::{Timestamp, human_duration};

/// Draws the screen.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let audit = &c.app.audit;
    let found = audit.found.ready();
    let count = found
        .map_or_else(String::new, |f| format!(" {}{}", f.records.len(), if f.more { " newest" } else { "" }));
    let mut title = Rich::of("Audit", Role::Title).and(count, Role::Dim);
    if !audit.text.is_empty() {
        title.push(format!("  / {}", clean(&audit.text)), Role::Match);
    }
    let position = match audit.keys().len() {
        0 => String::new(),
        n => format!("{}/{n}", audit.cursor.index() + 1),
    };
    let pane = Frame::new(title)
        .notes(verdict(c))
        .position(Rich::of(position, Role::Dim))
        .focused(c.has_focus(Pane::Audit));
    let inner = pane.draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(Pane::Audit));
    let found = match &audit.found.got {
        None => return c.empty(inner, &["Reading the audit …"]),
        Some(Err(why)) => {
            let why = clean(why).into_owned();
            return c.empty(inner, &["The audit could not be read.", &why, "Ctrl-r tries again."]);
        }
        Some(Ok(found)) => found,
    };
    if found.records.is_empty() {
        return empty(c, inner);
    }
    let mut list = Rect { height: inner.height.saturating_sub(2), ..inner };
    if let [first, ..] = found.unreadable.as_slice() {
        let text = format!(
            "{} records were written by a newer NovaCron, the newest of them {first}.",
            found.unreadable.len()
        );
        c.line(cellwise::row(list, 0), &Rich::of(text, Role::Warning));
        list = cellwise::below(list, 1);
    }
    let height = visible_rows(list.height, true);
    let index = audit.cursor.index().min(found.records.len() - 1);
    let first = c.offset(Pane::Audit, index, height, found.records.len());
    let shown = &found.records[first..(first + height).min(found.records.len())];
    let rows: Vec<Row<'_>> = shown.iter().map(|r| row(c, r)).collect();
    let columns = columns();
    let spec = TableSpec {
        cursor: Some(index - first),
        focused: c.has_focus(Pane::Audit),
        ..TableSpec::new(&columns, &rows)
    };
    let areas = table(c.buf, list, c.look, &spec);
    for (i, place) in areas.rows.iter().enumerate() {
        c.view.hits.push(*place, Target::Row(Pane::Audit, first + i));
    }
    c.view.drawn.page = height;
    if let Some(selected) = found.records.get(index) {
        let foot = cellwise::inset(cellwise::row(inner, inner.height.saturating_sub(1)), 2, 0);
        c.line(foot, &Rich::of(clean(&selected.record.outcome).into_owned(), Role::Text));
    }
}

fn empty(c: &mut Canvas<'_>, area: Rect) {
    if c.app.audit.text.is_empty() {
        return c.empty(
            area,
            &[
                "Nothing was done yet, as far as it is recorded.",
                "Whatever is done with NovaCron, here or as a command, is written down: who, what, when, and what became of it.",
            ],
        );
    }
    c.empty(area, &["No record fits the filter.", "/ changes it; an empty one shows all."]);
}

/// Whether the record is whole.
fn verdict(c: &Canvas<'_>) -> Rich<'static> {
    let g = c.look.glyphs;
    match &c.app.audit.verdict.got {
        None => Rich::of("checking …", Role::Dim),
        Some(Err(why)) => Rich::of(format!("not checked: {}", clean(why)), Role::Warning),
        Some(Ok(Verdict::Sound { count, remarks, .. })) if remarks.is_empty() => {
            Rich::of(format!("{} all {count} as written", g.mark), Role::Ok)
        }
        Some(Ok(Verdict::Sound { remarks, .. })) => {
            let first = remarks.first().map(ToString::to_string).unwrap_or_default();
            Rich::of(format!("{} {}", g.mark, clean(&first)), Role::Info)
        }
        Some(Ok(Verdict::Broken(fault))) => {
            Rich::of(format!("{} {}", g.crashed, clean(&fault.to_string())), Role::Critical)
        }
    }
}

fn columns() -> [ColumnSpec<'static>; 7] {
    [
        ColumnSpec::right("NO", Width::Fixed(5), 70),
        ColumnSpec::left("TIME", Width::Fixed(16), 95),
        ColumnSpec::left("BY", Width::Flex { min: 8, weight: 1, max: 22 }, 85),
        ColumnSpec::left("OPERATION", Width::Fixed(16), 100),
        ColumnSpec::left("TARGET", Width::Flex { min: 12, weight: 2, max: 30 }, 98),
        ColumnSpec::left("RESULT", Width::Fixed(11), 96),
        ColumnSpec::right("TOOK", Width::Fixed(8), 40),
    ]
}

fn row(c: &Canvas<'_>, chained: &Chained) -> Row<'static> {
    let r = &chained.record;
    let by = match r.by.via {
        Via::Console => clean(&r.by.user).into_owned(),
        via => format!("{}, {}", clean(&r.by.user), via.word()),
    };
    Row::new(vec![
        Rich::of(chained.number.to_string(), Role::Dim),
        time(c, r.at),
        Rich::of(by, Role::Text),
        Rich::of(r.operation.word(), Role::Strong),
        Rich::of(r.target.display_name().into_owned(), Role::Text),
        super::jobs::state(r.result, c.look.glyphs),
        Rich::of(took(r.duration_ms), Role::Dim),
    ])
}

/// When something was: the clock for the last day, the date besides for what is older.
pub(super) fn time(c: &Canvas<'_>, at: Timestamp) -> Rich<'static> {
    let text = if at.age(c.app.now).as_secs() < 12 * 3600 { c.app.clock(at) } else { c.app.local(at).full() };
    Rich::of(text, Role::Dim)
}

/// How long something took.
pub(super) fn took(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..10_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => human_duration(std::time::Duration::from_millis(ms)),
    }
}

/// The line that filters, over the row above the footer: what it filters stays in sight.
pub(super) fn filter_line(c: &mut Canvas<'_>, area: Rect, line: &AuditLine) {
    let place = cellwise::row(area, area.height.saturating_sub(2));
    cellwise::clear(c.buf, place, c.look.style(Role::Text));
    c.view.hits.push(place, Target::Overlay);
    Input {
        prompt: " / ",
        text: line.input.value(),
        cursor: byte_cursor(&line.input),
        placeholder: HINT,
        error: line.error.as_deref().unwrap_or_default(),
        focused: true,
    }
    .draw(c.buf, place, c.look);
}
