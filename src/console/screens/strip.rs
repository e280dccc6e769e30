//! The host in one line, under the header: what it is, its load and pressure.

use ratatui::layout::Rect;

use super::Canvas;
use crate::console::theme::Role;
use crate::console::widgets::{Rich, draw};
use crate::model::host::version_text;
use crate::model::metric::MetricId;
use crate::model::text::clean;
use crate::model::time::human_duration;
use crate::model::units::{bytes, percent};

pub(super) fn draw(c: &mut Canvas<'_>, area: Rect) {
    let rich = summary(c);
    let inside = draw::inset(area, 1, 0);
    c.line(inside, &rich);
}

/// Load, pressure, swap, uptime, versions: what is known of them.
fn summary(c: &Canvas<'_>) -> Rich<'static> {
    let host = &c.app.view().host;
    let mut parts: Vec<Rich<'static>> = Vec::new();
    let pair = |label: &'static str, value: String, role| {
        Rich::of(format!("{label} "), Role::Label).and(value, role)
    };
    if let Some(node) = &host.node {
        let memory = host.now.get(MetricId::HostMemoryTotal).unwrap_or(node.memory as f64);
        let plural = if node.cpus == 1 { "" } else { "s" };
        parts.push(Rich::of(format!("{} CPU{plural}, {}", node.cpus, bytes(memory)), Role::Text));
    }
    if let Some([one, five, fifteen]) = host.load {
        parts.push(pair("load", format!("{one:.2} {five:.2} {fifteen:.2}"), Role::Text));
    }
    if let Some(p) = host.pressure {
        let worst = p.cpu.max(p.memory).max(p.io);
        let role = if worst >= 40.0 { Role::Warning } else { Role::Text };
        let text = format!("cpu {} mem {} io {} %", percent(p.cpu), percent(p.memory), percent(p.io));
        parts.push(pair("pressure", text, role));
    }
    for (label, metric) in [("iowait", MetricId::HostCpuIowait), ("steal", MetricId::HostCpuSteal)] {
        if let Some(v) = host.now.get(metric).filter(|v| *v >= 1.0) {
            parts.push(pair(
                label,
                format!("{} %", percent(v)),
                if v >= 20.0 { Role::Warning } else { Role::Text },
            ));
        }
    }
    if let Some((total, free)) = host.swap.filter(|(total, _)| *total > 0) {
        parts.push(pair(
            "swap",
            format!("{} of {}", bytes((total - free.min(total)) as f64), bytes(total as f64)),
            Role::Text,
        ));
    }
    if let Some(up) = host.uptime_s {
        parts.push(pair("up", human_duration(std::time::Duration::from_secs_f64(up.max(0.0))), Role::Text));
    }
    if let Some(node) = &host.node {
        let mut text = format!("libvirt {}", version_text(node.libvirt_version));
        if node.hypervisor_version > 0 {
            text = format!("{text}, {} {}", clean(&node.driver), version_text(node.hypervisor_version));
        }
        parts.push(Rich::of(text, Role::Dim));
    }
    if let Some(os) = host.machine.as_ref().and_then(|m| m.os.as_deref()) {
        parts.push(Rich::of(clean(os).into_owned(), Role::Dim));
    }
    let mut line = Rich::new();
    for (i, part) in parts.into_iter().enumerate() {
        if i > 0 {
            line.push("  ·  ", Role::Dim);
        }
        line = line.join(part);
    }
    line
}
