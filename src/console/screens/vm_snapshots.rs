//! A VM's snapshots: a tree with ages and sizes, the one that the present state rests on marked, and below it the
//! selected one in full.

use ratatui::layout::{Constraint, Layout, Rect};

use super::Canvas;
use super::plan::hanging;
use crate::console::app::msg::Target;
use crate::console::theme::Role;
use crate::console::widgets::{
    ColumnSpec, Rich, Row, TableSpec, Width, draw as cellwise, paragraph, scroll_to_show, table, visible_rows,
};
use crate::model::text::clean;
use crate::model::time::human_age;
use crate::model::units::bytes;
use crate::model::vm::{DiskSource, Vm};
use crate::model::vm_snapshot::{SizedSnapshot, SnapshotMemory};

/// Draws the tab.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect, vm: &Vm) {
    if c.app.past.is_some() {
        return c.empty(area, &["History keeps no snapshots.", "Esc returns to now."]);
    }
    let Some(page) = &c.app.page else { return };
    match &page.snapshots.got {
        None => return c.empty(area, &["Reading the snapshots …"]),
        Some(Err(why)) => {
            let why = clean(why).into_owned();
            return c.empty(area, &["The snapshots could not be read.", &why, "Ctrl-r tries again."]);
        }
        Some(Ok(all)) if all.is_empty() => {
            let first = format!("{} has no snapshots.", vm.display_name());
            let teach =
                "N takes one: of its disks, and of its memory while it runs. It can go back to it then.";
            return c.empty(area, &[&first, teach]);
        }
        Some(Ok(_)) => {}
    }
    let rows = page.snapshot_tree();
    let foot = (area.height / 3).clamp(3, 9);
    let [list, below] = Layout::vertical([Constraint::Min(4), Constraint::Length(foot)]).areas(area);
    let height = visible_rows(list.height, true);
    let index = page.snapshot.index().min(rows.len().saturating_sub(1));
    let first = scroll_to_show(index, height, index.saturating_sub(height / 2), rows.len());
    let shown = &rows[first..(first + height).min(rows.len())];
    let depths: Vec<usize> = rows.iter().map(|(depth, _)| *depth).collect();
    let lines: Vec<Row<'_>> =
        shown.iter().enumerate().map(|(i, (_, s))| row(c, &guides(c, &depths, first + i), s)).collect();
    let columns = columns();
    let spec = TableSpec {
        cursor: Some(index - first),
        focused: true,
        gutter: true,
        ..TableSpec::new(&columns, &lines)
    };
    let areas = table(c.buf, list, c.look, &spec);
    for (i, place) in areas.rows.iter().enumerate() {
        c.view.hits.push(*place, Target::PageRow(first + i));
    }
    c.view.drawn.page = height;
    if let Some((_, selected)) = rows.get(index) {
        let inner = cellwise::inset(cellwise::below(below, 1), 2, 0);
        let lines = whole(c, selected, usize::from(inner.width));
        paragraph(c.buf, inner, c.look, &lines, 0);
    }
}

fn columns() -> [ColumnSpec<'static>; 6] {
    [
        ColumnSpec::left("NAME", Width::Flex { min: 22, weight: 3, max: 48 }, 100),
        ColumnSpec::right("AGE", Width::Fixed(9), 95),
        ColumnSpec::right("SIZE", Width::Fixed(9), 90),
        ColumnSpec::left("VM WAS", Width::Fixed(10), 80),
        ColumnSpec::left("KEPT", Width::Fixed(21), 70),
        ColumnSpec::left("TEXT", Width::Flex { min: 6, weight: 2, max: u16::MAX }, 40),
    ]
}

/// The lines before a row, given the depths of all rows.
fn guides(c: &Canvas<'_>, depths: &[usize], at: usize) -> String {
    let g = &c.look.glyphs.guides;
    let depth = depths.get(at).copied().unwrap_or(0);
    // Whether another row of this level follows before a shallower one.
    let follows = |level: usize| depths.iter().skip(at + 1).take_while(|d| **d >= level).any(|d| *d == level);
    let sign = |level: usize| match (level == depth, follows(level)) {
        (true, true) => g.branch,
        (true, false) => g.last,
        (false, true) => g.through,
        (false, false) => "  ",
    };
    (1..=depth).map(sign).collect()
}

fn row(c: &Canvas<'_>, guides: &str, sized: &SizedSnapshot) -> Row<'static> {
    let s = &sized.snapshot;
    let g = c.look.glyphs;
    let mut name = Rich::of(guides.to_owned(), Role::TreeGuide);
    name.push(clean(&s.name).into_owned(), if s.current { Role::Strong } else { Role::Text });
    if s.current {
        name.push(format!(" {} now", g.running), Role::Accent);
    }
    let size = match sized.size {
        Some(size) => Rich::of(bytes(size as f64), Role::Text),
        None => Rich::of(g.dash, Role::Unknown),
    };
    let kept = if s.has_memory() { format!("{}, with memory", s.kind()) } else { s.kind().to_owned() };
    let text = s.description.as_deref().and_then(|d| d.lines().next()).unwrap_or_default();
    Row::new(vec![
        name,
        Rich::of(human_age(s.created.age(c.app.now)), Role::Text),
        size,
        Rich::of(s.state.word(), Role::Text),
        Rich::of(kept, Role::Dim),
        Rich::of(clean(text).into_owned(), Role::Dim),
    ])
}

fn whole(c: &Canvas<'_>, sized: &SizedSnapshot, columns: usize) -> Vec<Rich<'static>> {
    let s = &sized.snapshot;
    let text = |t: &str| Rich::of(clean(t).into_owned(), Role::Text);
    let mut facts = vec![(
        "taken",
        Rich::of(c.app.local(s.created).full(), Role::Text)
            .and(if s.current { ", the present state rests on it" } else { "" }, Role::Dim),
    )];
    facts.extend(s.parent.as_deref().map(|p| ("on", text(p))));
    match &s.memory {
        SnapshotMemory::External(file) => facts.push(("memory", text(file))),
        SnapshotMemory::Internal => facts.push(("memory", Rich::of("in an image", Role::Text))),
        SnapshotMemory::None => {}
    }
    for disk in &s.disks {
        let holds = disk.holds.as_ref().map_or_else(|| "in its image".to_owned(), DiskSource::describe);
        let over = disk.overlay.as_ref().map(|o| format!("; written to {} since", clean(&o.describe())));
        let line = text(&format!("{}: {holds}", disk.target)).and(over.unwrap_or_default(), Role::Dim);
        facts.push(("disk", line));
    }
    if let Some(said) = &s.description {
        facts.push(("text", text(&said.replace('\n', " "))));
    }
    facts
        .iter()
        .flat_map(|(label, line)| hanging(Rich::of(format!("{label:<8}"), Role::Label), line, columns))
        .collect()
}
