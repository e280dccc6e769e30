//! The selected VM's numbers, each with its shape, and its CPU over the last minutes.

use ratatui::layout::{Constraint, Layout, Rect};

use super::charts::{FAST_GAP, Plot, SLOW_GAP, plot};
use super::{Canvas, cells, vm};
use crate::console::app::fresh::is_stale;
use crate::console::app::list::Row;
use crate::console::app::msg::Target;
use crate::console::app::place::Pane;
use crate::console::theme::Role;
use crate::console::widgets::{Pane as Frame, Rich, draw as cellwise};
use crate::model::metric::MetricId;
use crate::model::units::{bytes, seconds};
use crate::model::vm::{DeviceView, Vm, VmTracks};

/// Columns of a sparkline beside its number.
const SPARK: usize = 10;

/// Lines of the VM's own numbers, before those of its devices.
const FACTS: usize = 6;

/// Draws the pane.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    let focused = c.has_focus(Pane::Metrics);
    let vm = app.vms.selected().and_then(|id| app.view().vm(id)).cloned();
    let title = vm.as_ref().map_or_else(|| Rich::of("Metrics", Role::Title), |vm| vm::headline(c, vm));
    let inner = Frame::new(title).focused(focused).draw(c.buf, area, c.look);
    c.view.hits.push(area, Target::Pane(Pane::Metrics));
    let Some(vm) = vm else { return nothing(c, inner) };
    let Some(tracks) = vm.tracks.clone().filter(|_| vm.state.is_active()) else {
        return off(c, inner, &vm);
    };
    let cpu =
        Plot { title: "CPU", track: Some(&tracks.cpu), metrics: &[MetricId::VmCpu], gap_after: FAST_GAP };
    if inner.width < 64 {
        let facts_height = (FACTS + 1 + vm.disks.len() + vm.nics.len()) as u16;
        facts(c, inner, &vm, &tracks);
        if inner.height >= facts_height + 7 {
            plot(c, cellwise::below(inner, facts_height + 1), &cpu);
        }
        return;
    }
    let [left, right] =
        Layout::horizontal([Constraint::Length(46), Constraint::Min(20)]).spacing(2).areas(inner);
    facts(c, left, &vm, &tracks);
    if right.height < 13 {
        return plot(c, right, &cpu);
    }
    let [upper, lower] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(right);
    plot(c, upper, &cpu);
    let memory = Plot {
        title: "Memory in the guest",
        track: Some(&tracks.memory),
        metrics: &[MetricId::VmMemoryShare],
        gap_after: SLOW_GAP,
    };
    plot(c, lower, &memory);
}

fn nothing(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    if let Some(Row::Group { name, count, running, .. }) = app.vms.rows.get(app.vms.cursor.index()) {
        let text = format!("Group {name}: {count} VMs, {running} running.");
        return c.empty(area, &[&text, "Enter opens or closes the group."]);
    }
    c.empty(area, &["No VM is selected."]);
}

fn off(c: &mut Canvas<'_>, area: Rect, vm: &Vm) {
    let mut lines = vec![Rich::of(vm::why_nothing(vm), Role::Dim)];
    if let Some(d) = &vm.definition {
        lines.extend(
            d.title.as_ref().map(|t| Rich::of(crate::model::text::clean(t).into_owned(), Role::Text)),
        );
        for disk in &d.disks {
            let source = disk
                .source
                .as_ref()
                .map_or_else(|| "empty".to_owned(), crate::model::vm::DiskSource::describe);
            let text = crate::model::text::clean(&source).into_owned();
            lines.push(
                Rich::of(format!("{:<5} ", crate::model::text::clean(&disk.target)), Role::Label)
                    .and(text, Role::Text),
            );
        }
    }
    for (y, line) in (0..area.height).zip(&lines) {
        c.line(cellwise::row(area, y), line);
    }
}

struct Line<'v> {
    label: &'static str,
    metric: MetricId,
    track: &'v crate::model::series::Track,
    /// The most important first: those that have no room are left out.
    notes: Vec<Rich<'static>>,
}

fn facts(c: &mut Canvas<'_>, area: Rect, vm: &Vm, tracks: &VmTracks) {
    let stale = is_stale(c.app);
    let lines: [Line<'_>; FACTS] = [
        Line { label: "CPU", metric: MetricId::VmCpu, track: &tracks.cpu, notes: cpu_notes(c, vm) },
        Line {
            label: "MEM",
            metric: MetricId::VmMemoryShare,
            track: &tracks.memory,
            notes: vec![memory_note(c, vm)],
        },
        Line {
            label: "READ",
            metric: MetricId::VmDiskRead,
            track: &tracks.disk,
            notes: vec![disk_note(c, vm)],
        },
        Line {
            label: "WRITE",
            metric: MetricId::VmDiskWrite,
            track: &tracks.disk,
            notes: vec![latency_note(vm)],
        },
        Line { label: "IN", metric: MetricId::VmNetRx, track: &tracks.net, notes: vec![net_note(vm)] },
        Line { label: "OUT", metric: MetricId::VmNetTx, track: &tracks.net, notes: Vec::new() },
    ];
    let mut out: Vec<Rich<'static>> = Vec::new();
    for line in lines {
        let scaled = cells::shared_scale(line.metric, SPARK, std::iter::once(line.track));
        let spark = cells::spark(Some(line.track), line.metric, SPARK, scaled, c.look);
        let max = cells::scale_note(line.metric, scaled);
        let unit = line.metric.get().unit;
        let value = match vm.now.get(line.metric) {
            Some(v) => {
                Rich::of(format!("{:>10}", unit.show(v)), if stale { Role::Stale } else { Role::Strong })
            }
            None => Rich::of(format!("{:>10}", c.look.glyphs.dash), Role::Unknown),
        };
        let label = Rich::of(format!("{:<6}", line.label), Role::Label);
        let mut text = label.join(value).and("  ", Role::Text).join(spark).and(" ", Role::Text);
        for note in line.notes.into_iter().chain([Rich::of(max, Role::Dim)]) {
            if note.width() > 0 && text.width() + 1 + note.width() <= usize::from(area.width) {
                text = text.and(" ", Role::Text).join(note);
            }
        }
        out.push(text);
    }
    let devices = vm.disks.iter().map(|d| disk_line(c, d)).chain(vm.nics.iter().map(|n| nic_line(c, n)));
    if usize::from(area.height) > out.len() + 1 {
        out.push(Rich::new());
        out.extend(devices);
    }
    for (y, line) in (0..area.height).zip(&out) {
        c.line(cellwise::row(area, y), line);
    }
}

fn cpu_notes(c: &Canvas<'_>, vm: &Vm) -> Vec<Rich<'static>> {
    let steal = match vm.now.get(MetricId::VmSteal) {
        Some(v) => Rich::of(format!("steal {v:.1} %"), if v >= 10.0 { Role::Warning } else { Role::Dim }),
        None => Rich::of(format!("steal {}", c.look.glyphs.dash), Role::Dim),
    };
    let wait = vm.now.get(MetricId::VmWait).map(|v| Rich::of(format!("wait {v:.1} %"), Role::Dim));
    std::iter::once(steal).chain(wait).collect()
}

fn memory_note(c: &Canvas<'_>, vm: &Vm) -> Rich<'static> {
    let get = |m| vm.now.get(m).map_or_else(|| c.look.glyphs.dash.to_owned(), bytes);
    let resident = vm.now.get(MetricId::VmResident).map(bytes);
    match vm.now.get(MetricId::VmMemory) {
        Some(_) => Rich::of(get(MetricId::VmMemory), Role::Dim),
        None if c.app.past_step_ms().is_some() => Rich::new(),
        None => Rich::of(
            resident.map_or_else(|| "the guest does not say".into(), |r| format!("resident {r}")),
            Role::Dim,
        ),
    }
}

fn disk_note(c: &Canvas<'_>, vm: &Vm) -> Rich<'static> {
    let iops = vm
        .now
        .get(MetricId::VmIops)
        .map_or_else(|| c.look.glyphs.dash.to_owned(), crate::model::units::count);
    Rich::of(format!("{iops} IOPS"), Role::Dim)
}

fn latency_note(vm: &Vm) -> Rich<'static> {
    vm.now
        .get(MetricId::VmLatency)
        .map_or_else(Rich::new, |v| Rich::of(seconds(v), if v >= 0.1 { Role::Warning } else { Role::Dim }))
}

fn net_note(vm: &Vm) -> Rich<'static> {
    let drops = vm.now.get(MetricId::VmNetDrops).unwrap_or(0.0);
    if drops > 0.0 { Rich::of(format!("{drops:.1} drops/s"), Role::Warning) } else { Rich::new() }
}

fn rate(c: &Canvas<'_>, device: &DeviceView, metric: MetricId) -> String {
    device.now.get(metric).map_or_else(|| c.look.glyphs.dash.to_owned(), |v| metric.get().unit.cell(v))
}

fn disk_line(c: &Canvas<'_>, d: &DeviceView) -> Rich<'static> {
    let name = crate::model::text::clean(&d.name).into_owned();
    let latency = |m| d.now.get(m).map_or_else(|| c.look.glyphs.dash.to_owned(), seconds);
    Rich::of(format!("{name:<7}"), Role::Label).and(
        format!(
            "r {:>5} {:>7}  w {:>5} {:>7}",
            rate(c, d, MetricId::DiskRead),
            latency(MetricId::DiskReadLatency),
            rate(c, d, MetricId::DiskWrite),
            latency(MetricId::DiskWriteLatency),
        ),
        Role::Text,
    )
}

fn nic_line(c: &Canvas<'_>, n: &DeviceView) -> Rich<'static> {
    let name = crate::model::text::clean(&n.name).into_owned();
    let (down, up) = (c.look.glyphs.down, c.look.glyphs.up);
    let drops =
        n.now.get(MetricId::NicDrops).map_or_else(|| c.look.glyphs.dash.to_owned(), |v| format!("{v:.0}"));
    Rich::of(format!("{name:<7}"), Role::Label).and(
        format!(
            "{down} {:>5}  {up} {:>5}  drops {drops}",
            rate(c, n, MetricId::NicRx),
            rate(c, n, MetricId::NicTx)
        ),
        Role::Text,
    )
}
