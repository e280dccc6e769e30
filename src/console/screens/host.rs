//! The machine, the connection, what NovaCron costs; the log below.

use std::time::Duration;

use ratatui::layout::{Constraint, Layout, Rect};

use super::Canvas;
use crate::console::app::msg::Target;
use crate::console::app::place::Pane;
use crate::console::theme::Role;
use crate::console::widgets::{Bar, Pane as Frame, Rich, Scale, draw as cellwise, sparkline};
use crate::model::host::{HostView, version_text};
use crate::model::metric::MetricId;
use crate::model::snapshot::{Link, Source};
use crate::model::text::{clean, truncate, width};
use crate::model::time::{human_age, human_duration};
use crate::model::units::{bytes, percent, seconds};

/// From so many columns on, facts and charts stand beside each other.
const WIDE: u16 = 150;

/// Draws the screen.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let log = (area.height / 3).max(6);
    let [upper, lower] = Layout::vertical([Constraint::Min(8), Constraint::Length(log)]).areas(area);
    let charting = c.app.pane() == Pane::HostCharts;
    if upper.width >= WIDE {
        let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(upper);
        summary(c, left);
        super::timechart::pane(c, Pane::HostCharts, right);
    } else if charting {
        super::timechart::pane(c, Pane::HostCharts, upper);
    } else {
        summary(c, upper);
    }
    super::log::draw(c, lower);
}

/// All that is known of the machine, scrolled.
pub(super) fn summary(c: &mut Canvas<'_>, area: Rect) {
    let focused = c.has_focus(Pane::Host);
    // Two columns of facts where there is room for both.
    let (left, right) = (left_lines(c), right_lines(c));
    let two = area.width >= 114;
    let lines = if two { left.len().max(right.len()) } else { left.len() + right.len() + 1 };
    let height = usize::from(area.height.saturating_sub(2));
    let scroll = c.app.host_scroll.min(lines.saturating_sub(height));
    let position =
        if lines > height { format!("{}-{}/{lines}", scroll + 1, scroll + height) } else { String::new() };
    let pane = Frame::new("Host").position(Rich::of(position, Role::Dim)).focused(focused);
    let inner = pane.draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(Pane::Host));
    if focused {
        c.scrolled(usize::from(inner.height), lines);
    }
    if two {
        let [a, b] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(2).areas(inner);
        put_lines(c, a, left.iter().skip(scroll));
        put_lines(c, b, right.iter().skip(scroll));
    } else {
        let blank = Rich::new();
        let all = left.iter().chain(std::iter::once(&blank)).chain(right.iter());
        put_lines(c, inner, all.skip(scroll));
    }
}

fn put_lines<'l>(c: &mut Canvas<'_>, area: Rect, lines: impl Iterator<Item = &'l Rich<'static>>) {
    for (y, line) in (0..area.height).zip(lines) {
        c.line(cellwise::row(area, y), line);
    }
}

fn heading(text: &'static str) -> Rich<'static> {
    Rich::of(text, Role::Strong)
}

fn fact(label: &str, value: impl Into<String>) -> Rich<'static> {
    Rich::of(format!("  {label:<12} "), Role::Label).and(value.into(), Role::Text)
}

fn unknown(label: &str, why: &str) -> Rich<'static> {
    Rich::of(format!("  {label:<12} "), Role::Label).and(format!("unavailable: {why}"), Role::Unknown)
}

fn gauge(c: &Canvas<'_>, label: &str, metric: MetricId) -> Rich<'static> {
    let host = &c.app.view().host;
    let Some(v) = host.now.get(metric) else {
        return Rich::of(format!("  {label:<12} "), Role::Label).and(c.look.glyphs.dash, Role::Unknown);
    };
    let recent = host.track.recent(metric, 20);
    Rich::of(format!("  {label:<12} "), Role::Label)
        .and(format!("{:>5} %  ", percent(v)), Role::Text)
        .join(sparkline(&recent, 20, Scale::Fixed(100.0), c.look.glyphs, Role::Spark))
}

const NOT_LOCAL: &str = "only on the host itself";
const NOT_KEPT: &str = "not kept in history";

/// Why something of the host is not known.
fn missing(c: &Canvas<'_>) -> &'static str {
    if c.app.past_step_ms().is_some() { NOT_KEPT } else { NOT_LOCAL }
}

fn left_lines(c: &Canvas<'_>) -> Vec<Rich<'static>> {
    let host = &c.app.view().host;
    let mut out = vec![heading("CPU")];
    out.extend(cpu(c, host));
    out.push(Rich::new());
    out.push(heading("Memory"));
    out.extend(memory(c, host));
    out.push(Rich::new());
    out.push(heading("Pressure (waiting in the last 10 s)"));
    match host.pressure {
        Some(_) => out.extend([
            gauge(c, "CPU", MetricId::HostPressureCpu),
            gauge(c, "memory", MetricId::HostPressureMemory),
            gauge(c, "I/O", MetricId::HostPressureIo),
        ]),
        None if host.local && c.app.past.is_none() => {
            out.push(unknown("", "this kernel keeps no pressure figures (psi=1 turns them on)"));
        }
        None => out.push(unknown("", missing(c))),
    }
    out.push(Rich::new());
    out.extend(connection(c));
    out
}

fn cpu(c: &Canvas<'_>, host: &HostView) -> Vec<Rich<'static>> {
    let mut out = Vec::new();
    if let Some(node) = &host.node {
        let threads =
            if node.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", node.threads) };
        let topology = format!("{} × {} cores × {threads}", node.sockets, node.cores);
        out.push(fact("CPUs", format!("{} ({topology})", node.cpus)));
    }
    let model = host.machine.as_ref().and_then(|m| m.cpu_name.clone());
    out.extend(model.map(|m| fact("model", clean(&m).into_owned())));
    out.push(gauge(c, "busy", MetricId::HostCpu));
    out.push(gauge(c, "user", MetricId::HostCpuUser));
    out.push(gauge(c, "system", MetricId::HostCpuSystem));
    out.push(gauge(c, "iowait", MetricId::HostCpuIowait));
    if host.now.get(MetricId::HostCpuSteal).is_some() {
        out.push(gauge(c, "steal", MetricId::HostCpuSteal));
    }
    match host.load {
        Some([a, b, d]) => out.push(fact("load", format!("{a:.2}  {b:.2}  {d:.2}  over 1, 5, 15 min"))),
        None => out.push(unknown("load", missing(c))),
    }
    out
}

fn memory(c: &Canvas<'_>, host: &HostView) -> Vec<Rich<'static>> {
    let mut out = Vec::new();
    let installed = host.node.as_ref().map(|n| n.memory as f64);
    let total = host.now.get(MetricId::HostMemoryTotal).or(installed);
    out.push(gauge(c, "used", MetricId::HostMemoryShare));
    if let Some(used) = host.now.get(MetricId::HostMemory) {
        let of = total.map_or_else(String::new, |t| format!(" of {}", bytes(t)));
        let text = format!("{}{of}, page cache not counted", bytes(used));
        out.push(fact("", text));
    }
    match host.swap {
        Some((0, _)) => out.push(fact("swap", "none")),
        Some((total, free)) => {
            out.push(fact(
                "swap",
                format!("{} of {}", bytes(total.saturating_sub(free) as f64), bytes(total as f64)),
            ));
        }
        None => out.push(unknown("swap", missing(c))),
    }
    out
}

fn connection(c: &Canvas<'_>) -> Vec<Rich<'static>> {
    let view = c.app.view();
    let mut out = vec![heading("Connection"), fact("URI", clean(&view.uri).into_owned())];
    if let Some(node) = &view.host.node {
        let driver = format!("{} {}", clean(&node.driver), version_text(node.hypervisor_version));
        out.push(fact("libvirt", format!("{}, {driver}", version_text(node.libvirt_version))));
    }
    let age = |t: crate::model::time::Timestamp| human_age(t.age(c.app.time()));
    out.push(match &view.link {
        Link::Connecting { since } => fact("state", format!("connecting for {}", age(*since))),
        Link::Up { since } => {
            fact("state", format!("connected for {}", human_duration(since.age(c.app.time()))))
        }
        Link::Stalled { since } => fact("state", format!("no answer for {}", age(*since))),
        Link::Lost { reason, hint, attempt, .. } => {
            fact("state", format!("lost, {attempt} tries. {} {}", clean(reason), clean(hint)))
        }
    });
    match &view.source {
        Source::Own => {}
        Source::Collector { pid } => out.push(fact(
            "values",
            pid.map_or_else(
                || "from the collector".into(),
                |pid| format!("from the collector, process {pid}"),
            ),
        )),
        Source::Despite { why } => {
            out.push(fact("values", format!("asked for itself, not from the collector: {}", clean(why))));
        }
    }
    let l = &view.limits;
    for (label, why) in [
        ("bulk stats", &l.no_bulk_stats),
        ("events", &l.no_events),
        ("memory stats", &l.no_arming),
        ("guest agent", &l.no_agent),
        ("pool refresh", &l.no_refresh),
    ] {
        out.extend(why.as_ref().map(|w| unknown(label, &clean(w))));
    }
    out.push(Rich::new());
    out.extend(own_cost(c));
    out
}

fn own_cost(c: &Canvas<'_>) -> Vec<Rich<'static>> {
    let cost = &c.app.live.cost;
    let dash = c.look.glyphs.dash;
    let shown = |v: Option<String>| v.unwrap_or_else(|| dash.to_owned());
    let mut out = vec![
        heading("What NovaCron costs"),
        fact("CPU", shown(cost.cpu_percent.map(|v| format!("{v:.2} % of one core")))),
        fact("memory", shown(cost.resident.map(|v| bytes(v as f64)))),
        fact("calls", shown(cost.calls_per_second.map(|v| format!("{v:.1}/s to libvirt")))),
        fact("data", shown(cost.bytes_per_second.map(|v| format!("{}/s decoded", bytes(v))))),
        fact(
            "last poll",
            shown(cost.poll_wait_s.map(|v| {
                let own = cost.poll_cpu_s.map_or_else(|| dash.to_owned(), seconds);
                format!("waited {}, own work {own}", seconds(v))
            })),
        ),
    ];
    if cost.abandoned_calls + cost.dropped_events > 0 {
        out.push(fact(
            "trouble",
            format!("{} calls given up, {} events dropped", cost.abandoned_calls, cost.dropped_events),
        ));
    }
    out
}

fn right_lines(c: &Canvas<'_>) -> Vec<Rich<'static>> {
    let host = &c.app.view().host;
    let mut out = vec![heading("System")];
    if let Some(up) = host.uptime_s {
        out.push(fact("up", human_duration(Duration::from_secs_f64(up.max(0.0)))));
    }
    let Some(machine) = &host.machine else {
        out.push(unknown("", if host.local { "not read yet" } else { NOT_LOCAL }));
        return out;
    };
    out.extend(machine.os.as_ref().map(|v| fact("OS", clean(v).into_owned())));
    out.extend(machine.kernel.as_ref().map(|v| fact("kernel", clean(v).into_owned())));
    if c.app.past_step_ms().is_some() {
        out.push(unknown("disks", NOT_KEPT));
        return out;
    }
    out.push(Rich::new());
    out.push(heading("File systems"));
    for fs in &machine.filesystems {
        let share = fs.size.filter(|s| *s > 0).zip(fs.used).map(|(s, u)| u as f64 * 100.0 / s as f64);
        let name = pad(&clean(&fs.mount_point), 22);
        let sizes = match (fs.used, fs.size) {
            (Some(used), Some(size)) => format!("  {:>9} of {:<9}", bytes(used as f64), bytes(size as f64)),
            _ => "  no answer".to_owned(),
        };
        let mut line =
            Rich::of(format!("  {name} "), Role::Text).join(Bar::new(share).show(10, c.look.glyphs));
        line = line.and(sizes, Role::Text).and(clean(&fs.kind).into_owned(), Role::Dim);
        if fs.read_only {
            line.push("  read-only", Role::Warning);
        }
        out.push(line);
    }
    out.push(Rich::new());
    out.push(heading("Block devices"));
    for dev in &machine.block_devices {
        let rate =
            |r: Option<f64>| r.map_or_else(|| c.look.glyphs.dash.to_owned(), |r| format!("{}/s", bytes(r)));
        let busy =
            dev.busy_percent.map_or_else(|| c.look.glyphs.dash.to_owned(), |b| format!("{} %", percent(b)));
        let size = dev.size.map_or_else(String::new, |s| bytes(s as f64));
        let line = Rich::of(format!("  {} {size:>9}", pad(&clean(&dev.name), 12)), Role::Text)
            .and(
                format!(
                    "  read {:>11}  write {:>11}  busy {busy:>6}",
                    rate(dev.read_rate),
                    rate(dev.write_rate)
                ),
                Role::Text,
            )
            .and(dev.model.as_ref().map_or_else(String::new, |m| format!("  {}", clean(m))), Role::Dim);
        out.push(line);
    }
    for sentence in &machine.unavailable {
        out.push(unknown("", &clean(sentence)));
    }
    out
}

/// Text cut or filled to exactly `columns`.
fn pad(text: &str, columns: usize) -> String {
    let cut = truncate(text, columns);
    let fill = columns.saturating_sub(width(&cut));
    format!("{cut}{}", " ".repeat(fill))
}
