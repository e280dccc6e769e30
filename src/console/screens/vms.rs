//! The VM table: short in Overview, with chosen columns and more sparklines on its own screen.

use std::borrow::Cow;

use ratatui::layout::Rect;

use super::{Canvas, cells};
use crate::config::Grouping;
use crate::console::app::fresh::is_stale;
use crate::console::app::list::Row as ListRow;
use crate::console::app::msg::Target;
use crate::console::app::place::Pane;
use crate::console::theme::Role;
use crate::console::widgets::{
    ColumnSpec, Pane as Frame, Rich, Row, Scale, SortDir, TableSpec, Width, table, visible_rows,
};
use crate::model::columns::{Column, Context, VM_COLUMNS, find};
use crate::model::metric::MetricId;
use crate::model::snapshot::Link;
use crate::model::text::clean;
use crate::model::time::human_age;
use crate::model::vm::Vm;

/// How much the table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// The columns of Overview.
    Short,
    /// The chosen columns.
    Full,
}

/// A column of this table: one of the registry's, or a sparkline beside it.
enum Part {
    Value(&'static Column<Vm>),
    Spark(MetricId, u16, Scale),
}

/// Columns of a sparkline in a cell.
const SPARK: u16 = 8;

/// From this width on, more than the CPU has a sparkline.
const WIDE: u16 = 130;

/// From this width on, Overview's table shows the chosen columns too.
const ROOMY: u16 = 92;

fn parts(c: &Canvas<'_>, detail: Detail, width: u16, shown: &[ListRow]) -> Vec<Part> {
    let view = c.app.view();
    // One scale for the rows on screen: two bars of a height mean the same.
    let spark = |m: MetricId| {
        let vms =
            shown.iter().filter_map(|r| if let ListRow::Vm(i) = r { Some(&view.vms[*i]) } else { None });
        let tracks = vms.filter_map(|vm| vm.track_of(m.get().group)).map(AsRef::as_ref);
        Part::Spark(m, SPARK, cells::shared_scale(m, usize::from(SPARK), tracks))
    };
    let columns: Vec<&'static Column<Vm>> = match detail {
        Detail::Short if width < ROOMY => VM_COLUMNS.iter().filter(|c| c.overview).collect(),
        Detail::Short | Detail::Full => {
            c.app.vms.columns.iter().filter_map(|id| find(VM_COLUMNS, id)).collect()
        }
    };
    let mut parts = Vec::new();
    for column in columns {
        parts.push(Part::Value(column));
        match column.metric() {
            Some(m @ MetricId::VmCpu) => parts.push(spark(m)),
            Some(MetricId::VmMemory) if width >= WIDE && detail == Detail::Full => {
                parts.push(spark(MetricId::VmMemoryShare));
            }
            Some(m @ (MetricId::VmDisk | MetricId::VmNet)) if width >= WIDE && detail == Detail::Full => {
                parts.push(spark(m));
            }
            _ => {}
        }
    }
    parts
}

fn specs(c: &Canvas<'_>, parts: &[Part], detail: Detail) -> Vec<ColumnSpec<'static>> {
    let list = &c.app.vms;
    let dir = if list.descending { SortDir::Descending } else { SortDir::Ascending };
    parts
        .iter()
        .map(|part| match part {
            Part::Value(column) => {
                let mut spec = cells::spec(column, (column.id == list.sort).then_some(dir));
                if column.id == "state" && detail == Detail::Short {
                    // The glyph tells most of it, and alerts tell the rest.
                    spec.width = Width::Flex { min: 8, weight: 1, max: 13 };
                }
                if column.id == "name" {
                    spec.title = Cow::Borrowed("  NAME");
                }
                spec
            }
            Part::Spark(m, width, scale) => {
                let priority = if *m == MetricId::VmCpu { 193 } else { 120 };
                ColumnSpec::left(cells::scale_note(*m, *scale), Width::Fixed(*width), priority)
            }
        })
        .collect()
}

/// Draws the table.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect, detail: Detail) {
    let app = c.app;
    let list = &app.vms;
    let focused = c.has_focus(Pane::Vms);
    let position = match list.rows.len() {
        0 => Rich::new(),
        n => Rich::of(format!("{}/{n}", list.cursor.index() + 1), Role::Dim),
    };
    let pane = Frame::new(title(c)).notes(notes(c)).position(position).focused(focused);
    let inner = pane.draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(Pane::Vms));
    if list.rows.is_empty() {
        return empty(c, inner);
    }
    let height = visible_rows(inner.height, true);
    let first = c.offset(Pane::Vms, list.cursor.index(), height, list.rows.len());
    let shown = &list.rows[first..(first + height).min(list.rows.len())];
    let parts = parts(c, detail, inner.width, shown);
    let specs = specs(c, &parts, detail);
    let view = app.view();
    let context = Context::new(view, app.time());
    let stale = is_stale(app);
    let rows: Vec<Row<'_>> = shown.iter().map(|row| table_row(c, row, &parts, &context, stale)).collect();
    let spec =
        TableSpec { cursor: Some(list.cursor.index() - first), focused, ..TableSpec::new(&specs, &rows) };
    let areas = table(c.buf, inner, c.look, &spec);
    for (part, header) in parts.iter().zip(&areas.headers) {
        if let (Part::Value(column), Some(header)) = (part, header) {
            c.view.hits.push(*header, Target::Header(column.id));
        }
    }
    for (i, row) in areas.rows.iter().enumerate() {
        c.view.hits.push(*row, Target::Row(Pane::Vms, first + i));
    }
    for row in shown {
        if let ListRow::Vm(i) = row
            && view.vms[*i].state.is_active()
        {
            c.view.drawn.visible.push(view.vms[*i].id);
        }
    }
    if focused {
        c.view.drawn.page = height;
    }
}

fn table_row(
    c: &Canvas<'_>,
    row: &ListRow,
    parts: &[Part],
    context: &Context<'_>,
    stale: bool,
) -> Row<'static> {
    let view = c.app.view();
    let vm = match row {
        ListRow::Group { name, count, running, collapsed } => {
            let sign = if *collapsed { c.look.glyphs.closed } else { c.look.glyphs.open };
            let text = format!("{sign} {name}");
            let note = format!("  {count} VM{}, {running} running", if *count == 1 { "" } else { "s" });
            return Row::Group(Rich::of(text, Role::Strong).and(note, Role::Dim));
        }
        ListRow::Vm(i) => &view.vms[*i],
    };
    // Nothing goes on in the past.
    let ops = c.app.ops.as_ref().filter(|_| c.app.past.is_none());
    let job = ops.and_then(|ops| ops.job_of(vm.id));
    let cells = parts
        .iter()
        .map(|part| match part {
            Part::Value(column) if column.id == "name" => cells::vm_name(vm, stale, c.look),
            Part::Value(column) if column.id == "state" && job.is_some() => {
                job.map_or_else(Rich::new, |job| cells::under_way(job, c.look))
            }
            Part::Value(column) => {
                if !vm.state.is_active() && column.metric().is_some() {
                    return Rich::new();
                }
                cells::value(&column.value(vm, context), column.metric(), stale, c.look)
            }
            Part::Spark(m, width, scaled) if vm.state.is_active() => {
                let track = vm.track_of(m.get().group);
                cells::spark(track.map(AsRef::as_ref), *m, usize::from(*width), *scaled, c.look)
            }
            Part::Spark(..) => Rich::new(),
        })
        .collect();
    Row::marked(cells, c.app.vms.marks.contains(&vm.id))
}

fn title(c: &Canvas<'_>) -> Rich<'static> {
    let list = &c.app.vms;
    let total = c.app.view().vms.len();
    let count =
        if list.matching == total { format!(" {total}") } else { format!(" {} of {total}", list.matching) };
    let mut title = Rich::of("VMs", Role::Title).and(count, Role::Dim);
    if !list.marks.is_empty() {
        title.push(format!(" · {} marked", list.marks.len()), Role::Mark);
    }
    title
}

fn notes(c: &Canvas<'_>) -> Rich<'static> {
    let list = &c.app.vms;
    let mut notes = Rich::new();
    if !list.filter_text.is_empty() {
        notes.push(clean(&list.filter_text).into_owned(), Role::Match);
        notes.push(" · ", Role::Dim);
    }
    if list.attention {
        notes.push("needs attention", Role::Warning);
        notes.push(" · ", Role::Dim);
    }
    if list.group != Grouping::None {
        notes.push(format!("by {} · ", list.group.word()), Role::Dim);
    }
    if list.follow {
        notes.push("following · ", Role::Accent);
    }
    let dir = if list.descending { c.look.glyphs.descending } else { c.look.glyphs.ascending };
    notes.and(format!("sort: {} {dir}", list.sort), Role::Dim)
}

/// No rows: why, and what to do.
fn empty(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    let view = app.view();
    if !view.vms.is_empty() {
        let sentences: &[&str] = if app.vms.attention {
            &["No VM needs attention.", "Esc shows all VMs again."]
        } else {
            &["No VM matches the filter.", "/ changes it, Esc drops it."]
        };
        return c.empty(area, sentences);
    }
    match &view.link {
        Link::Connecting { .. } => c.empty(area, &["Connecting …", &format!("to {}", clean(&view.uri))]),
        Link::Lost { reason, hint, .. } => c.empty(area, &[reason, hint, "Ctrl-r tries again now."]),
        Link::Stalled { since } if !view.listed => c.empty(
            area,
            &[
                &format!("No answer for {} from {}.", human_age(since.age(app.time())), clean(&view.uri)),
                "The host may hang or be far away. NovaCron goes on trying; Ctrl-r connects anew.",
            ],
        ),
        _ if !view.listed => c.empty(area, &["Reading the list of VMs …"]),
        _ => {
            let teach = if app.ops.is_some() {
                "n makes one: from an ISO image, of a disk that is there, or of a template."
            } else {
                "virt-install or virsh define makes one; it appears here at once."
            };
            c.empty(area, &["No VMs are defined on this host.", teach]);
        }
    }
}
