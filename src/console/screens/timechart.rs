//! Charts that can be zoomed: of a VM, its devices, a pool, the host.

use std::borrow::Cow;
use std::time::Duration;

use ratatui::layout::{Constraint, Layout, Rect};

use super::Canvas;
use super::charts::{FAST_GAP, SLOW_GAP};
use crate::console::app::charts::{
    self, ChartPoint, ChartSpec, Line, State, Window, event_at_cursor, nearest, points, range, shown,
};
use crate::console::app::msg::Target;
use crate::console::app::place::Pane;
use crate::console::theme::Role;
use crate::console::widgets::{
    Aggregate, Band, Chart, ChartSeries, Marker, Pane as Frame, Rich, Scale, draw as cellwise,
};
use crate::engine::history::{Event, EventKind};
use crate::model::metric::Group;
use crate::model::text::clean;
use crate::model::time::Timestamp;

/// Least rows of a chart that reads well, its title included.
const LEAST_ROWS: u16 = 7;

/// The pane of a screen that shows charts: of the selected pool, or of the host.
pub(super) fn pane(c: &mut Canvas<'_>, pane: Pane, area: Rect) {
    let focused = c.has_focus(pane);
    let name = match pane {
        Pane::PoolCharts => c.app.selected_pool().map(|p| p.display_name().into_owned()).unwrap_or_default(),
        _ => "Host".to_owned(),
    };
    let title = Rich::of("Charts", Role::Title).and(format!(" {name}"), Role::Dim);
    let inner = Frame::new(title).focused(focused).draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(pane));
    draw(c, inner);
}

/// The windows, the charts, and what the cursor or the history says.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let specs = shown(c.app);
    if specs.is_empty() {
        return c.line(area, &Rich::of("No pool is selected.", Role::Dim));
    }
    if area.height < 4 {
        return c.line(area, &Rich::of("z gives the charts the whole screen.", Role::Dim));
    }
    let head = headline(c);
    c.line(cellwise::row(area, 0), &head);
    let foot = cellwise::row(area, area.height - 1);
    let line = footline(c);
    c.line(foot, &line);
    let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
    let columns: u16 = if body.width >= 120 && specs.len() > 1 { 2 } else { 1 };
    let lines = specs.len().div_ceil(usize::from(columns));
    let rows = (body.height / LEAST_ROWS).clamp(1, lines as u16);
    c.scrolled(usize::from(rows), lines);
    let scroll = c.app.page.as_ref().map_or(0, |p| p.scroll).min(lines.saturating_sub(usize::from(rows)));
    let places = Layout::vertical(vec![Constraint::Fill(1); usize::from(rows)]).split(body);
    for (place, specs) in places.iter().zip(specs.chunks(usize::from(columns)).skip(scroll)) {
        let cells =
            Layout::horizontal(vec![Constraint::Fill(1); usize::from(columns)]).spacing(2).split(*place);
        for (cell, spec) in cells.iter().zip(specs) {
            chart(c, *cell, spec);
        }
    }
}

/// All windows, the one in force marked, and from when to when it is.
fn headline(c: &Canvas<'_>) -> Rich<'static> {
    let app = c.app;
    let mut line = Rich::new();
    for window in Window::ALL {
        let here = window == app.charts.window;
        let text = if here { format!("[{}]", window.word()) } else { format!(" {} ", window.word()) };
        line.push(text, if here { Role::Accent } else { Role::Dim });
    }
    let (from, to) = range(app);
    let (from, to) = (app.local(from), app.local(to));
    let text = match app.charts.window {
        Window::Quarter | Window::Hour => format!("{} – {}", from.clock(), to.clock()),
        Window::Year | Window::TwoYears => {
            format!("{} {} – {} {}", from.day_text(), from.year, to.day_text(), to.year)
        }
        _ if from.day_text() == to.day_text() => {
            format!("{} {} – {}", from.day_text(), from.clock(), to.clock())
        }
        _ => format!("{} {} – {} {}", from.day_text(), from.clock(), to.day_text(), to.clock()),
    };
    line.and(format!("  {text}"), Role::Label)
}

/// The event at the cursor; else how it stands with the history.
fn footline(c: &Canvas<'_>) -> Rich<'static> {
    let app = c.app;
    if let Some(event) = event_at_cursor(app) {
        let sign = if c.look.glyphs.ascii { "^" } else { "▲" };
        return Rich::of(
            format!("{sign} {} ", app.charts.window.instant(app.local(event.at))),
            role_of(event.kind),
        )
        .and(told(c, event), Role::Text)
        .and("   Enter shows everything at that moment", Role::Dim);
    }
    let state = charts::state(app);
    let dim = |text: String| Rich::of(text, Role::Dim);
    match state {
        State::Loading => dim(format!("Loading{}", c.look.glyphs.ellipsis)),
        State::Before(begin) => dim(format!("There is no history before {}.", app.local(begin).full())),
        State::NotKept if app.charts.window == Window::Quarter => {
            dim("No history is kept of this host.".into())
        }
        State::NotKept => {
            Rich::of("No history is kept of this host: only the last minutes are known.", Role::Warning)
        }
        State::Failed(why) => Rich::of(clean(&why).into_owned(), Role::Warning),
        State::Here => {
            let n = charts::events(app).len();
            match (n, app.charts.cursor) {
                (0, None) => Rich::new(),
                (0, Some(_)) => dim("Enter shows everything at this moment.".into()),
                (1, _) => dim("1 event".into()),
                (n, _) => dim(format!("{n} events")),
            }
        }
    }
}

/// What happened, in words.
fn told(c: &Canvas<'_>, event: &Event) -> String {
    let vm = event.subject.as_ref().and_then(crate::engine::history::Subject::vm);
    let name = vm.and_then(|id| c.app.view().vm(id)).map(|vm| format!("{} ", vm.display_name()));
    let detail = clean(&event.detail);
    let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    format!("{}{}{detail}", name.unwrap_or_default(), word(event.kind))
}

const fn word(kind: EventKind) -> &'static str {
    use EventKind as E;
    match kind {
        E::VmStarted => "started",
        E::VmStopped => "stopped",
        E::VmPaused => "paused",
        E::VmResumed => "went on",
        E::VmCrashed => "crashed",
        E::VmIoError => "paused by an I/O error",
        E::VmMigrated => "migrated",
        E::VmSuspended => "suspended by its guest",
        E::VmRebooted => "rebooted",
        E::VmDefined => "defined",
        E::VmUndefined => "removed",
        E::VmRenamed => "renamed",
        E::VmSeen => "seen",
        E::ConnectionLost => "connection lost",
        E::ConnectionRestored => "connection restored",
        E::RecordingStarted => "recording began",
        E::RecordingStopped => "recording ended",
    }
}

const fn role_of(kind: EventKind) -> Role {
    use EventKind as E;
    match kind {
        E::VmStarted | E::VmResumed | E::ConnectionRestored => Role::Ok,
        E::VmCrashed | E::VmIoError | E::ConnectionLost => Role::Critical,
        E::VmPaused | E::VmSuspended | E::VmStopped => Role::Warning,
        _ => Role::Info,
    }
}

/// A title line with values, and the chart below it.
fn chart(c: &mut Canvas<'_>, area: Rect, spec: &ChartSpec) {
    let Some(first) = spec.lines.first().map(|line| line.metric.get()) else { return };
    let lines: Vec<Vec<ChartPoint>> = spec.lines.iter().map(|line| points(c.app, line)).collect();
    let title = title(c, spec, &lines);
    c.line(cellwise::row(area, 0), &title);
    let body = cellwise::below(area, 1);
    if lines.iter().all(|points| points.iter().all(|p| p.mean.is_none())) {
        let why = match charts::state(c.app) {
            State::Loading => "",
            _ => "nothing was measured in this time",
        };
        return c.line(body, &Rich::of(why, Role::Dim));
    }
    let values: Vec<Vec<(Timestamp, Option<f64>)>> =
        lines.iter().map(|points| points.iter().map(|p| (p.at, p.mean)).collect()).collect();
    // Bands of many lines would hide the lines.
    let banded = lines.len() <= 2 && c.app.charts.window != Window::Quarter;
    let bands: Vec<Vec<Band>> =
        lines.iter().map(|points| if banded { band(points) } else { Vec::new() }).collect();
    let series: Vec<ChartSeries<'_>> = (0..lines.len())
        .map(|i| ChartSeries {
            name: Cow::Borrowed(&spec.lines[i].name),
            role: Role::chart(i),
            points: &values[i],
            band: &bands[i],
        })
        .collect();
    let app = c.app;
    let (from, to) = range(app);
    let markers: Vec<Marker> =
        charts::events(app).into_iter().map(|e| Marker { at: e.at, role: role_of(e.kind) }).collect();
    let label = |t: Timestamp| app.charts.window.label(app.local(t));
    let quarter = app.charts.window == Window::Quarter;
    let chart = Chart {
        aggregate: if quarter { Aggregate::Max } else { Aggregate::Mean },
        ..Chart::new(&series, from, to, first.unit)
    };
    chart
        .scale(Scale::of(first.ceiling))
        .gap_after(gap_after(app.charts.window, first.group, &lines))
        .times(i64::from(app.utc_offset), &label)
        .over(app.charts.cursor, &markers)
        .draw(c.buf, body, c.look);
}

fn band(points: &[ChartPoint]) -> Vec<Band> {
    points.iter().filter(|p| p.mean.is_some()).map(|p| (p.at, p.min, p.max)).collect()
}

/// Points further apart are not joined: of samples by their pace; in answers of history gaps stand as such, so there
/// it is the pace of what was answered.
fn gap_after(window: Window, group: Group, lines: &[Vec<ChartPoint>]) -> Duration {
    let pace = match group {
        Group::Cpu | Group::Interface | Group::Node => FAST_GAP,
        Group::Pool => Duration::from_secs(120),
        _ => SLOW_GAP,
    };
    if window == Window::Quarter && lines.iter().all(|points| usual(points) < pace / 2) {
        return pace;
    }
    let widest = lines.iter().map(|points| usual(points)).max().unwrap_or_default();
    pace.max(widest * 5 / 2).max(window.length() / 100)
}

/// How far apart points usually are.
fn usual(points: &[ChartPoint]) -> Duration {
    let mut apart: Vec<u64> = points.windows(2).map(|w| w[0].at.0.abs_diff(w[1].at.0)).collect();
    let middle = apart.len() / 2;
    if apart.is_empty() {
        Duration::ZERO
    } else {
        Duration::from_millis(*apart.select_nth_unstable(middle).1)
    }
}

/// What it shows, and the value of each line now, or at the cursor with its band.
fn title(c: &Canvas<'_>, spec: &ChartSpec, lines: &[Vec<ChartPoint>]) -> Rich<'static> {
    let app = c.app;
    let mut title = Rich::of(spec.title, Role::Strong);
    if let Some(at) = app.charts.cursor {
        title.push(format!("  {}", app.charts.window.instant(app.local(at))), Role::Strong);
    }
    for (i, (line, points)) in spec.lines.iter().zip(lines).enumerate() {
        if spec.lines.len() > 1 {
            let sign = if c.look.glyphs.ascii { "-" } else { "━" };
            title = title.and(format!("   {sign} "), Role::chart(i)).and(line.name.clone(), Role::Label);
        }
        title = title.and(" ", Role::Text).join(value(c, line, points, Role::chart(i)));
    }
    title
}

fn value(c: &Canvas<'_>, line: &Line, points: &[ChartPoint], role: Role) -> Rich<'static> {
    let window = c.app.charts.window;
    let unit = line.metric.get().unit;
    let within = window.cursor_ms().max(i64::try_from(usual(points).as_millis()).unwrap_or(0));
    let found = match c.app.charts.cursor {
        Some(at) => nearest(points, at, within),
        None => points.last().copied().filter(|p| p.mean.is_some()),
    };
    let Some((point, mean)) = found.and_then(|p| Some((p, p.mean?))) else {
        return Rich::of(c.look.glyphs.dash, Role::Unknown);
    };
    let shown = Rich::of(unit.show(mean), role);
    if c.app.charts.cursor.is_none() || point.min >= point.max {
        return shown;
    }
    shown.and(format!(" ({} – {})", unit.show(point.min), unit.show(point.max)), Role::Dim)
}
