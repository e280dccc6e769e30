//! The host, as `novacron show host` tells it.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::output::{Layout, metric_title, write_fields};
use crate::model::alert::Subject;
use crate::model::columns::Value;
use crate::model::host::{BlockDevice, FileSystem, version_text};
use crate::model::metric::{Entity, metrics_of};
use crate::model::snapshot::{Link, Snapshot};
use crate::model::text::clean;
use crate::model::time::human_duration;
use crate::model::units::{Unit, bytes, percent};

/// Everything about the host under stable keys, null for unknown.
pub(super) fn object(s: &Snapshot) -> Map<String, Json> {
    let mut all = Map::new();
    identity(&mut all, s);
    for m in metrics_of(Entity::Host) {
        let value = s.host.now.get(m.id).map_or(Value::Unknown, |v| Value::Number(v, m.unit));
        all.insert(m.key(), value.json());
    }
    measured(&mut all, s);
    let machine = s.host.machine.as_deref();
    all.insert(
        "filesystems".into(),
        machine.map_or(Json::Null, |m| m.filesystems.iter().map(filesystem).collect()),
    );
    all.insert(
        "block_devices".into(),
        machine.map_or(Json::Null, |m| m.block_devices.iter().map(device).collect()),
    );
    all.insert("unavailable".into(), unavailable(s).into());
    all.insert("alerts".into(), s.alerts.iter().map(alert).collect());
    all
}

fn identity(all: &mut Map<String, Json>, s: &Snapshot) {
    let node = s.host.node.as_deref();
    let machine = s.host.machine.as_deref();
    let version = |v: u64| (v > 0).then(|| version_text(v));
    let rows = [
        ("uri", json!(s.uri)),
        ("demo", json!(s.demo)),
        ("link", json!(link_word(&s.link))),
        ("read_only", json!(s.limits.read_only)),
        ("local", json!(s.host.local)),
        ("hostname", json!(node.map(|n| n.hostname.as_str()))),
        ("driver", json!(node.map(|n| n.driver.as_str()))),
        ("libvirt_version", json!(node.and_then(|n| version(n.libvirt_version)))),
        ("hypervisor_version", json!(node.and_then(|n| version(n.hypervisor_version)))),
        ("os", json!(machine.and_then(|m| m.os.as_deref()))),
        ("kernel", json!(machine.and_then(|m| m.kernel.as_deref()))),
        ("cpu_name", json!(machine.and_then(|m| m.cpu_name.as_deref()))),
        ("cpu_model", json!(node.map(|n| n.cpu_model.as_str()))),
        ("cpus", json!(node.map(|n| n.cpus))),
        ("sockets", json!(node.map(|n| n.sockets))),
        ("cores_per_socket", json!(node.map(|n| n.cores))),
        ("threads_per_core", json!(node.map(|n| n.threads))),
        ("memory_bytes", json!(node.map(|n| n.memory))),
    ];
    all.extend(rows.into_iter().map(|(k, v)| (k.to_owned(), v)));
}

fn measured(all: &mut Map<String, Json>, s: &Snapshot) {
    let counts = s.counts();
    let count = |n: usize| if s.listed { json!(n) } else { Json::Null };
    let rows = [
        ("load_5min", json!(s.host.load.map(|l| l[1]))),
        ("load_15min", json!(s.host.load.map(|l| l[2]))),
        ("swap_bytes", json!(s.host.swap.map(|(total, _)| total))),
        ("uptime_seconds", json!(s.host.uptime_s.map(|u| u.round() as u64))),
        ("vms_running", count(counts.running)),
        ("vms_paused", count(counts.paused)),
        ("vms_off", count(counts.off)),
        ("vms_crashed", count(counts.crashed)),
        ("vms_other", count(counts.other)),
        ("pools", json!(s.pools.as_ref().map(|p| p.len()))),
        ("networks", json!(s.networks.as_ref().map(|n| n.len()))),
    ];
    all.extend(rows.into_iter().map(|(k, v)| (k.to_owned(), v)));
}

const fn link_word(link: &Link) -> &'static str {
    match link {
        Link::Connecting { .. } => "connecting",
        Link::Up { .. } => "up",
        Link::Stalled { .. } => "stalled",
        Link::Lost { .. } => "lost",
    }
}

fn filesystem(f: &FileSystem) -> Json {
    json!({
        "mount_point": f.mount_point,
        "source": f.source,
        "type": f.kind,
        "size_bytes": f.size,
        "used_bytes": f.used,
        "available_bytes": f.available,
        "inodes_used_percent": f.inodes_used.map(|s| f64::from(s.0) / 10.0),
        "read_only": f.read_only,
    })
}

fn device(d: &BlockDevice) -> Json {
    let rate = |v: Option<f64>, unit| v.map_or(Value::Unknown, |v| Value::Number(v, unit)).json();
    json!({
        "name": d.name,
        "size_bytes": d.size,
        "model": d.model,
        "rotational": d.rotational,
        "read_bytes_per_second": rate(d.read_rate, Unit::BytesPerSecond),
        "write_bytes_per_second": rate(d.write_rate, Unit::BytesPerSecond),
        "busy_percent": rate(d.busy_percent, Unit::Percent),
    })
}

fn alert(a: &crate::model::alert::Alert) -> Json {
    let (kind, id) = match &a.subject {
        Subject::Host => ("host", None),
        Subject::Vm(id) => ("vm", Some(id.to_string())),
        Subject::Pool(_) => ("pool", None),
        Subject::Network(_) => ("network", None),
    };
    json!({
        "condition": a.condition.word(),
        "severity": a.severity.word().to_ascii_lowercase(),
        "subject": kind,
        "name": a.name,
        "uuid": id,
        "message": a.message,
        "remedy": a.remedy,
    })
}

/// What cannot be had here, each as one sentence.
fn unavailable(s: &Snapshot) -> Vec<String> {
    let l = &s.limits;
    let told = |what: &str, why: &Option<String>| why.as_ref().map(|w| format!("{what}: {w}"));
    let limits = [
        told("Bulk statistics", &l.no_bulk_stats),
        told("Guest memory statistics", &l.no_arming),
        told("Guest agent", &l.no_agent),
        told("Pool refresh", &l.no_refresh),
        told("Events", &l.no_events),
    ];
    let machine = s.host.machine.iter().flat_map(|m| m.unavailable.iter().cloned());
    limits.into_iter().flatten().chain(machine).map(|t| clean(&t).into_owned()).collect()
}

/// The host for people; what is unknown is left out.
pub(super) fn write(out: &mut dyn Write, s: &Snapshot, layout: Layout) -> io::Result<()> {
    write_fields(out, &lines(s), 0, layout)?;
    if let Some(m) = s.host.machine.as_deref() {
        block(out, "File systems", &m.filesystems.iter().map(filesystem_line).collect::<Vec<_>>(), layout)?;
        block(out, "Block devices", &m.block_devices.iter().map(device_line).collect::<Vec<_>>(), layout)?;
    }
    let alerts =
        s.alerts.iter().map(|a| (a.severity.word().to_owned(), format!("{}: {}", a.name, a.message)));
    block(out, "Alerts", &alerts.collect::<Vec<_>>(), layout)?;
    let missing = unavailable(s);
    if !missing.is_empty() {
        writeln!(out, "\nNot available here")?;
        missing.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    Ok(())
}

fn block(out: &mut dyn Write, title: &str, lines: &[(String, String)], layout: Layout) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    write_fields(out, lines, 2, layout)
}

fn lines(s: &Snapshot) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        lines.extend(value.filter(|v| !v.is_empty()).map(|v| (name.to_owned(), clean(&v).into_owned())));
    };
    let node = s.host.node.as_deref();
    let machine = s.host.machine.as_deref();
    let read_only = if s.limits.read_only { ", read-only" } else { "" };
    let demo = if s.demo { "DEMO, " } else { "" };
    add("Host", node.map(|n| n.hostname.clone()));
    add("Connection", Some(format!("{} ({demo}{}{read_only})", s.uri, link_word(&s.link))));
    add(
        "Hypervisor",
        node.map(|n| match n.hypervisor_version {
            0 => n.driver.clone(),
            v => format!("{} {}", n.driver, version_text(v)),
        }),
    );
    add("libvirt", node.map(|n| n.libvirt_version).filter(|v| *v > 0).map(version_text));
    add("System", machine.and_then(|m| m.os.clone()));
    add("Kernel", machine.and_then(|m| m.kernel.clone()));
    add("Processor", machine.and_then(|m| m.cpu_name.clone()).or_else(|| node.map(|n| n.cpu_model.clone())));
    add(
        "CPUs",
        node.map(|n| format!("{} (sockets {}, cores {}, threads {})", n.cpus, n.sockets, n.cores, n.threads)),
    );
    add("Memory", node.map(|n| bytes(n.memory as f64)));
    add("Up for", s.host.uptime_s.map(|u| human_duration(Duration::from_secs_f64(u.max(0.0)))));
    let c = s.counts();
    add(
        "VMs",
        s.listed.then(|| {
            let all = [("running", c.running), ("paused", c.paused), ("off", c.off), ("crashed", c.crashed)];
            let all = all.iter().filter(|(word, n)| *n > 0 || *word == "running");
            all.map(|(word, n)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
        }),
    );
    for m in metrics_of(Entity::Host) {
        add(&metric_title(m), s.host.now.get(m.id).map(|v| m.unit.show(v)));
    }
    lines
}

fn filesystem_line(f: &FileSystem) -> (String, String) {
    let usage = match (f.used, f.size) {
        (Some(used), Some(size)) if size > 0 => {
            let share = percent(used as f64 / size as f64 * 100.0);
            format!("{} of {} ({share} %)", bytes(used as f64), bytes(size as f64))
        }
        _ => "did not answer".into(),
    };
    let read_only = if f.read_only { ", read-only" } else { "" };
    (
        clean(&f.mount_point).into_owned(),
        format!("{usage}, {} on {}{read_only}", clean(&f.kind), clean(&f.source)),
    )
}

fn device_line(d: &BlockDevice) -> (String, String) {
    let parts = [
        d.size.map(|s| bytes(s as f64)),
        d.model.as_ref().map(|m| clean(m).trim().to_owned()),
        d.rotational.map(|r| if r { "spinning".into() } else { "solid state".into() }),
        d.busy_percent.map(|b| format!("{} % busy", percent(b))),
        d.read_rate.map(|r| format!("read {}", Unit::BytesPerSecond.show(r))),
        d.write_rate.map(|w| format!("write {}", Unit::BytesPerSecond.show(w))),
    ];
    (clean(&d.name).into_owned(), parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}
