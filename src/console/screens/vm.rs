//! A VM's own screen: the line that says what it is, tabs, and what the tab shows.

use std::time::Duration;

use ratatui::layout::Rect;

use super::{Canvas, timechart, vm_devices, vm_history, vm_snapshots};
use crate::console::app::charts::device_of;
use crate::console::app::msg::Target;
use crate::console::app::ops::{took, words};
use crate::console::app::place::VmTab;
use crate::console::app::vm_page::Fetched;
use crate::console::theme::Role;
use crate::console::widgets::{Pane as Frame, Rich, draw as cellwise, tabs};
use crate::model::alert::Subject;
use crate::model::metric::{Group, MetricId};
use crate::model::text::clean;
use crate::model::time::{human_age, human_duration};
use crate::model::units::bytes;
use crate::model::vm::{Firmware, Vm, VmDefinition, VmState};
use crate::xml::highlight;

/// Draws the screen.
pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let app = c.app;
    let Some(page) = &app.page else { return };
    let vm = app.view().vm(page.id).cloned();
    let title = match &vm {
        Some(vm) => headline(c, vm),
        None if app.past_step_ms().is_some() => {
            Rich::of(page.name.clone(), Role::Strong).and("  was not there", Role::Past)
        }
        None => Rich::of(page.name.clone(), Role::Strong)
            .and("  is gone: undefined or migrated away", Role::Warning),
    };
    let inner = Frame::new(title).focused(true).draw(c.buf, area, c.look);
    let desk = app.ops.is_some();
    let there: Vec<VmTab> = VmTab::ALL.into_iter().filter(|t| desk || !t.needs_desk()).collect();
    let titles: Vec<_> = there.iter().map(|t| t.title().into()).collect();
    let open = there.iter().position(|t| *t == page.tab).unwrap_or(0);
    let places = tabs(c.buf, cellwise::row(inner, 0), c.look, &titles, open);
    for (tab, place) in there.into_iter().zip(places) {
        if let Some(place) = place {
            c.view.hits.push(place, Target::Tab(tab));
        }
    }
    let body = cellwise::below(inner, 2);
    if vm.is_none() && page.tab == VmTab::Charts {
        // What it did is still known.
        return timechart::draw(c, body);
    }
    let Some(vm) = vm else {
        if app.past_step_ms().is_some() {
            return c.empty(body, &["This VM was not there at that time.", "Esc returns to now."]);
        }
        return c.empty(body, &["This VM is no longer on the host.", "Esc goes back to the list."]);
    };
    if vm.state.is_active() {
        c.view.drawn.visible.push(vm.id);
    }
    match page.tab {
        VmTab::Summary => summary(c, body, &vm),
        VmTab::Charts => charts(c, body, &vm),
        VmTab::Disks => vm_devices::disks(c, body, &vm),
        VmTab::Nics => vm_devices::nics(c, body, &vm),
        VmTab::Snapshots => vm_snapshots::draw(c, body, &vm),
        VmTab::Xml => xml(c, body),
        VmTab::History => vm_history::draw(c, body),
    }
}

/// `web01 ● running · 12 d 4 h · 10.99.0.21 · 4 vCPU · 4 GiB`
pub(super) fn headline(c: &Canvas<'_>, vm: &Vm) -> Rich<'static> {
    let (glyph, role) = c.look.glyphs.state(vm.state);
    let mut line = Rich::of(vm.display_name().into_owned(), Role::Strong)
        .and(format!(" {glyph} {}", vm.state.phrase()), role);
    let ops = c.app.ops.as_ref().filter(|_| c.app.past.is_none());
    if let Some(job) = ops.and_then(|ops| ops.job_of(vm.id)) {
        let took = took(job, c.app.now).map_or_else(String::new, |t| format!(", {}", human_duration(t)));
        line.push(format!(" {} {}{took}", c.look.glyphs.busy, words::doing_now(job)), Role::StateChanging);
    }
    let mut facts: Vec<String> = Vec::new();
    if let Some(since) = vm.state_since {
        facts.push(human_duration(since.age(c.app.time())));
    }
    facts.extend(vm.addresses.first().map(|a| a.address.to_string()));
    if let Some(d) = &vm.definition {
        facts.push(format!("{} vCPU", d.vcpus));
        facts.push(bytes(d.memory as f64));
    }
    for fact in facts {
        line.push(format!(" · {fact}"), Role::Text);
    }
    line
}

fn lines_scrolled(c: &mut Canvas<'_>, area: Rect, lines: &[Rich<'static>]) {
    let scroll = c.app.page.as_ref().map_or(0, |p| p.scroll);
    let most = lines.len().saturating_sub(usize::from(area.height));
    for (y, line) in (0..area.height).zip(lines.iter().skip(scroll.min(most))) {
        c.line(cellwise::row(area, y), line);
    }
    c.scrolled(usize::from(area.height), lines.len());
}

fn fact(label: &str, value: Rich<'static>) -> Rich<'static> {
    Rich::of(format!("{label:<14} "), Role::Label).join(value)
}

fn text(value: impl AsRef<str>) -> Rich<'static> {
    Rich::of(clean(value.as_ref()).into_owned(), Role::Text)
}

fn summary(c: &mut Canvas<'_>, area: Rect, vm: &Vm) {
    let mut lines = Vec::new();
    let alerts = c.app.view().alerts.clone();
    for alert in alerts.iter().filter(|a| a.subject == Subject::Vm(vm.id)) {
        lines.push(
            Rich::of(format!("{} ", alert.severity.word()), alert.severity.into())
                .and(clean(&alert.message).into_owned(), Role::Strong)
                .and(format!("  {}", clean(&alert.remedy)), Role::Dim),
        );
    }
    if !lines.is_empty() {
        lines.push(Rich::new());
    }
    lines.extend(now_lines(c, vm));
    lines.push(Rich::new());
    match &vm.definition {
        Some(d) => lines.extend(definition_lines(vm, d)),
        None => lines.push(Rich::of("Reading the definition …", Role::Dim)),
    }
    lines.push(fact("UUID", text(vm.id.to_string())));
    lines_scrolled(c, area, &lines);
}

/// Why a VM has no values.
pub(super) const fn why_nothing(vm: &Vm) -> &'static str {
    match vm.state {
        VmState::Unknown => "Its state is not known, and nothing was measured.",
        _ => "Not running: nothing is measured.",
    }
}

/// A value of the summary: its label, and the columns it may take.
type Shown = (&'static str, MetricId, usize);

fn now_lines(c: &Canvas<'_>, vm: &Vm) -> Vec<Rich<'static>> {
    if !vm.state.is_active() {
        return vec![Rich::of(why_nothing(vm), Role::Dim)];
    }
    let groups: [(&str, Group, &[Shown]); 5] = [
        ("CPU", Group::Cpu, &[("of its vCPUs", MetricId::VmCpu, 7), ("of the host", MetricId::VmCpuHost, 7)]),
        (
            "scheduling",
            Group::Vcpu,
            &[("steal", MetricId::VmSteal, 7), ("run-queue wait", MetricId::VmWait, 7)],
        ),
        (
            "memory",
            Group::Balloon,
            &[
                ("used", MetricId::VmMemory, 9),
                ("share", MetricId::VmMemoryShare, 4),
                ("resident", MetricId::VmResident, 9),
                ("balloon", MetricId::VmBalloon, 8),
            ],
        ),
        (
            "disks",
            Group::Block,
            &[
                ("read", MetricId::VmDiskRead, 10),
                ("write", MetricId::VmDiskWrite, 10),
                ("I/O", MetricId::VmIops, 7),
                ("latency", MetricId::VmLatency, 7),
            ],
        ),
        (
            "network",
            Group::Interface,
            &[
                ("in", MetricId::VmNetRx, 10),
                ("out", MetricId::VmNetTx, 10),
                ("drops", MetricId::VmNetDrops, 6),
                ("errors", MetricId::VmNetErrors, 6),
            ],
        ),
    ];
    groups
        .into_iter()
        .map(|(label, group, shown)| {
            let read = vm.fresh.get(group);
            if read.is_none() && shown.iter().all(|(_, id, _)| vm.now.get(*id).is_none()) {
                let past = c.app.past_step_ms().is_some();
                let why = if past { "nothing was recorded" } else { "not read yet" };
                return fact(label, Rich::of(why, Role::Stale));
            }
            let mut line = Rich::new();
            for (i, (name, id, columns)) in shown.iter().enumerate() {
                line = line.and(format!("{name} "), Role::Label);
                // The last one needs no columns to keep for what follows.
                let columns = if i + 1 < shown.len() { columns + 1 } else { 0 };
                line = match vm.now.get(*id) {
                    Some(v) => line.and(format!("{:<columns$}", id.get().unit.show(v)), Role::Text),
                    None => line.and(format!("{:<columns$}", c.look.glyphs.dash), Role::Unknown),
                };
            }
            let note = match read.map(|at| at.age(c.app.time())) {
                Some(age) if age > Duration::from_secs(10) => format!("  {} old", human_age(age)),
                _ => String::new(),
            };
            fact(label, line.and(note, Role::Stale))
        })
        .collect()
}

fn definition_lines(vm: &Vm, d: &VmDefinition) -> Vec<Rich<'static>> {
    let mut out = Vec::new();
    out.extend(d.title.as_ref().map(|t| fact("title", text(t))));
    if let Some(description) = &d.description {
        out.extend(description.lines().take(4).map(|l| fact("description", text(l))));
    }
    if !d.tags.is_empty() {
        let tags: Vec<_> = d.tags.iter().map(|t| clean(t).into_owned()).collect();
        out.push(fact("tags", Rich::of(tags.join(", "), Role::Match)));
    }
    let yes_no = |flag: Option<bool>| match flag {
        Some(true) => "yes",
        Some(false) => "no",
        None => "–",
    };
    let vcpus = if d.vcpus == d.vcpus_max {
        d.vcpus.to_string()
    } else {
        format!("{} of at most {}", d.vcpus, d.vcpus_max)
    };
    out.push(fact("vCPUs", text(vcpus)));
    let memory = if d.memory == d.memory_max {
        bytes(d.memory as f64)
    } else {
        format!("{} of at most {}", bytes(d.memory as f64), bytes(d.memory_max as f64))
    };
    out.push(fact("memory", text(memory)));
    out.push(fact("autostart", text(yes_no(vm.flags.autostart))));
    if vm.flags.managed_save == Some(true) {
        out.push(fact("saved state", text("yes: the next start resumes it")));
    }
    if vm.flags.persistent == Some(false) {
        out.push(fact("persistent", Rich::of("no: it is gone once it stops", Role::Warning)));
    }
    let firmware = match d.firmware {
        Firmware::Bios => "BIOS",
        Firmware::Uefi { secure_boot: true } => "UEFI with secure boot",
        Firmware::Uefi { secure_boot: false } => "UEFI",
        Firmware::DirectKernel => "a kernel given directly",
    };
    let machine = [d.arch.as_deref(), d.machine.as_deref(), d.cpu_model.as_deref()];
    let machine: Vec<_> = machine.into_iter().flatten().collect();
    out.push(fact("machine", text(format!("{} {}, {firmware}", d.virt_type, machine.join(" ")))));
    if !d.boot.is_empty() {
        out.push(fact("boot", text(d.boot.join(", "))));
    }
    out.extend(d.os.as_ref().map(|os| fact("system", text(os))));
    out.push(fact(
        "guest agent",
        text(match (d.has_agent_channel, d.agent_connected) {
            (false, _) => "no channel is defined",
            (true, Some(true)) => "connected",
            (true, _) => "not connected",
        }),
    ));
    for g in &d.graphics {
        let port = g.port.map_or_else(|| "no port".to_owned(), |p| p.to_string());
        out.push(fact("console", text(format!("{} {}:{port}", g.kind, g.listen.as_deref().unwrap_or("*")))));
    }
    if d.passthrough > 0 {
        out.push(fact("passed through", text(format!("{} host devices", d.passthrough))));
    }
    out
}

/// Its charts or those of one of its devices, and whose they are where there is a choice.
fn charts(c: &mut Canvas<'_>, area: Rect, vm: &Vm) {
    let device = c.app.charts.device.as_ref().and_then(|d| device_of(vm, d));
    let whose = match device {
        Some(device) => Rich::of("of ", Role::Label).and(device, Role::Accent),
        None => Rich::of("of the VM", Role::Label),
    };
    // Beside the tabs: a line less for the charts would be missed more.
    let tabs = Rect { y: area.y.saturating_sub(2), height: 1, ..area };
    cellwise::line_in(c.buf, tabs, c.look, &whose, cellwise::Align::Right);
    timechart::draw(c, area);
}

fn xml(c: &mut Canvas<'_>, area: Rect) {
    if c.app.past.is_some() {
        return c.empty(area, &["History keeps no XML.", "Esc returns to now."]);
    }
    let Some(page) = &c.app.page else { return };
    match &page.xml {
        Fetched::Ready(text) => {
            let text = text.clone();
            let lines = highlight::tokens(&text);
            let rich: Vec<Rich<'static>> = lines
                .iter()
                .map(|line| {
                    let mut rich = Rich::new();
                    for token in line {
                        rich.push(token.text.to_owned(), xml_role(token.kind));
                    }
                    rich
                })
                .collect();
            lines_scrolled(c, area, &rich);
        }
        Fetched::Failed(why) => {
            let why = clean(why).into_owned();
            c.empty(area, &["The XML could not be read.", &why, "Ctrl-r tries again."]);
        }
        Fetched::NotAsked | Fetched::Loading => c.empty(area, &["Reading the XML …"]),
    }
}

const fn xml_role(kind: highlight::Kind) -> Role {
    use highlight::Kind;
    match kind {
        Kind::Tag => Role::XmlTag,
        Kind::Attribute => Role::XmlAttr,
        Kind::Value => Role::XmlValue,
        Kind::Text => Role::XmlText,
        Kind::Comment => Role::XmlComment,
        Kind::Punctuation => Role::XmlPunct,
    }
}
