//! `novacron snapshot list` and `show`: what was kept of a VM.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::leave::LEAVE_WITHIN;
use super::{answer, names};
use crate::cli::args::{Form, Look};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{Layout, to_stdout, write_cells, write_json};
use crate::cli::when::{Clock, rfc3339};
use crate::engine::jobs::Desk;
use crate::model::columns::Align;
use crate::model::suggest::did_you_mean;
use crate::model::text::clean;
use crate::model::time::human_age;
use crate::model::units::bytes;
use crate::model::vm::DiskSource;
use crate::model::vm_snapshot::{SizedSnapshot, SnapshotMemory, VmSnapshot, children, tree};

const UNKNOWN: &str = "–";

/// Lists a VM's snapshots.
pub(in crate::cli) fn list(
    vm: &str,
    look: &Look,
    clock: &Clock,
    layout: Layout,
    open: impl FnOnce() -> Result<Desk, Failure>,
) -> Result<Exit, Failure> {
    let all = read(vm, look, open)?;
    let bare: Vec<VmSnapshot> = all.iter().map(|s| s.snapshot.clone()).collect();
    let tree = tree(&bare);
    let size = |s: &VmSnapshot| all.iter().find(|a| a.snapshot.name == s.name).and_then(|a| a.size);
    match look.format {
        Form::Json => {
            let rows: Vec<Json> = tree.iter().map(|(_, s)| object(s, size(s), &bare)).collect();
            to_stdout(|out| write_json(out, &Json::Array(rows)))?;
        }
        Form::Text if tree.is_empty() => {
            to_stdout(|out| writeln!(out, "{} has no snapshots.", clean(vm)))?;
        }
        Form::Text => {
            let header = [
                ("NAME", Align::Left),
                ("AGE", Align::Right),
                ("SIZE", Align::Right),
                ("VM WAS", Align::Left),
                ("KEPT", Align::Left),
                ("TEXT", Align::Left),
            ];
            let rows = tree.iter().map(|(depth, s)| row(*depth, s, size(s), clock)).collect();
            to_stdout(|out| write_cells(out, &header, rows, layout))?;
        }
    }
    Ok(Exit::Done)
}

/// Shows one.
pub(in crate::cli) fn show(
    vm: &str,
    name: &str,
    look: &Look,
    clock: &Clock,
    layout: Layout,
    open: impl FnOnce() -> Result<Desk, Failure>,
) -> Result<Exit, Failure> {
    let all = read(vm, look, open)?;
    let bare: Vec<VmSnapshot> = all.iter().map(|s| s.snapshot.clone()).collect();
    let Some(found) = all.iter().find(|s| s.snapshot.name == name) else {
        let names: Vec<_> = bare.iter().map(|s| clean(&s.name)).collect();
        let near = did_you_mean(name, names.iter().map(AsRef::as_ref));
        let what = format!("{vm} has no snapshot \"{name}\"{near}");
        return Err(Failure::new(Exit::NotFound, what).hint("`novacron snapshot list` shows all."));
    };
    match look.format {
        Form::Json => to_stdout(|out| write_json(out, &object(&found.snapshot, found.size, &bare)))?,
        Form::Text => {
            let text = layout.lines(&whole(found, &bare, clock));
            to_stdout(|out| out.write_all(text.as_bytes()))?;
        }
    }
    Ok(Exit::Done)
}

fn read(
    vm: &str,
    look: &Look,
    open: impl FnOnce() -> Result<Desk, Failure>,
) -> Result<Vec<SizedSnapshot>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let desk = open()?;
    let handle = desk.handle();
    let reading = async {
        let vms = answer(handle.vms()).await?.map_err(|e| Failure::from(&e))?;
        let named = [vm.to_owned()];
        let meant = names::resolve(&named, &vms)?;
        match meant.first() {
            Some(vm) => answer(handle.snapshots(vm.id)).await?.map_err(|e| Failure::from(&e)),
            None => Ok(Vec::new()),
        }
    };
    let late = || Failure::new(Exit::TimedOut, "the hypervisor did not answer in time");
    let found = runtime.block_on(async {
        tokio::time::timeout(look.timeout, reading).await.unwrap_or_else(|_| Err(late()))
    });
    desk.stop(LEAVE_WITHIN);
    found
}

fn row(depth: usize, s: &VmSnapshot, size: Option<u64>, clock: &Clock) -> Vec<String> {
    let mark = if s.current { " *" } else { "" };
    vec![
        format!("{:width$}{}{mark}", "", clean(&s.name), width = depth * 2),
        human_age(s.created.age(clock.now)),
        size.map_or_else(|| UNKNOWN.to_owned(), |b| bytes(b as f64)),
        s.state.word().to_owned(),
        if s.has_memory() { format!("{}, with memory", s.kind()) } else { s.kind().to_owned() },
        s.description
            .as_deref()
            .map(|d| clean(d.lines().next().unwrap_or_default()).into_owned())
            .unwrap_or_default(),
    ]
}

fn object(s: &VmSnapshot, size: Option<u64>, all: &[VmSnapshot]) -> Json {
    let disk = |d: &crate::model::vm_snapshot::SnapshotDisk| {
        json!({
            "target": d.target,
            "kind": if d.overlay.is_some() { "external" } else { "internal" },
            "holds": d.holds.as_ref().map(DiskSource::describe),
            "overlay": d.overlay.as_ref().map(DiskSource::describe),
        })
    };
    let memory = match &s.memory {
        SnapshotMemory::None => json!(null),
        SnapshotMemory::Internal => json!({ "kind": "internal", "file": null }),
        SnapshotMemory::External(file) => json!({ "kind": "external", "file": file }),
    };
    json!({
        "name": s.name,
        "description": s.description,
        "parent": s.parent,
        "children": children(all, &s.name).iter().map(|c| &c.name).collect::<Vec<_>>(),
        "current": s.current,
        "created": rfc3339(s.created),
        "state": s.state.word(),
        "kind": s.kind(),
        "memory": memory,
        "disks": s.disks.iter().map(disk).collect::<Vec<_>>(),
        "size_bytes": size,
    })
}

fn whole(found: &SizedSnapshot, all: &[VmSnapshot], clock: &Clock) -> String {
    let s = &found.snapshot;
    let text = |t: &str| clean(t).into_owned();
    let mut lines = vec![
        ("name", text(&s.name)),
        ("taken", format!("{} ({} ago)", clock.shown(s.created), human_age(s.created.age(clock.now)))),
        ("VM was", s.state.word().to_owned()),
        ("kept", s.kind().to_owned()),
        ("current", if s.current { "yes" } else { "no" }.to_owned()),
        ("on", s.parent.as_deref().map_or_else(|| UNKNOWN.to_owned(), text)),
    ];
    let on_it = children(all, &s.name).iter().map(|c| text(&c.name)).collect::<Vec<_>>().join(", ");
    lines.push(("on it", if on_it.is_empty() { UNKNOWN.to_owned() } else { on_it }));
    lines.push(("size", found.size.map_or_else(|| UNKNOWN.to_owned(), |b| bytes(b as f64))));
    lines.push(match &s.memory {
        SnapshotMemory::None => ("memory", "not kept".to_owned()),
        SnapshotMemory::Internal => ("memory", "in an image".to_owned()),
        SnapshotMemory::External(file) => ("memory", text(file)),
    });
    for disk in &s.disks {
        let holds = disk.holds.as_ref().map_or_else(|| UNKNOWN.to_owned(), |h| text(&h.describe()));
        let over = disk.overlay.as_ref().map(|o| format!(", written to {} since", text(&o.describe())));
        lines.push(("disk", format!("{}: {holds}{}", text(&disk.target), over.unwrap_or_default())));
    }
    if let Some(said) = &s.description {
        lines.push(("text", text(&said.replace('\n', " "))));
    }
    lines.iter().fold(String::new(), |mut out, (label, value)| {
        let _ = writeln!(out, "{label:<8} {value}");
        out
    })
}
