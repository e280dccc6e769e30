//! Going back to a snapshot.

use super::create::{add, choose};
use super::{Case, No, names, others};
use crate::model::operation::{AfterRevert, NewSnapshot, Operation, SnapshotOperation as Op};
use crate::model::plan::{Act, Downtime, RefusalKind, SnapshotAct, Weight};
use crate::model::text::clean;
use crate::model::vm::DiskSource;
use crate::model::vm_snapshot::{SnapshotState, VmSnapshot, descendants};
use crate::operations::build::{Draft, argument};
use crate::operations::storage::not_seen;

pub(super) fn plan(case: &Case<'_>, name: &str, then: AfterRevert, keep: Option<&str>) -> Result<Draft, No> {
    let snapshot = case.find(name)?;
    case.settled()?;
    case.nothing_saved()?;
    possible(case, snapshot)?;
    others::of_revert(case, snapshot, keep.is_some())?;
    if case.vm.definition.protected && keep.is_none() {
        let reason = format!("{} is protected, and its present state would be lost.", clean(&case.vm.name));
        let remedy = "Keep its present state as a snapshot first (--keep), or take the protection off.";
        return Err(No::new(RefusalKind::Protected, reason, remedy));
    }
    let mut draft = case.draft();
    if let Some(keep) = keep {
        let mut new = NewSnapshot::named(keep);
        new.description = format!("Before going back to {}", clean(name));
        let way = choose(case, &new)?;
        draft = add(draft, case, &new, &way, false);
    }
    let active = case.vm.state.is_active();
    // A process that runs cannot become one that boots: it is ended and started.
    let force = active && !snapshot.has_memory() && then != AfterRevert::AsThen;
    let act = SnapshotAct::Revert {
        vm: case.vm.id,
        name: name.to_owned(),
        then,
        force,
        was_current: snapshot.current && keep.is_none(),
    };
    let domain = argument(case.vm);
    let mut virsh = vec!["snapshot-revert", domain.as_str(), "--snapshotname", name];
    virsh.extend(match then {
        AfterRevert::AsThen => None,
        AfterRevert::Running => Some("--running"),
        AfterRevert::Paused => Some("--paused"),
    });
    virsh.extend(force.then_some("--force"));
    let draft = draft.step("Go back", &virsh, Act::Snapshot(act));
    let draft = lost(draft, case, snapshot, keep);
    let after = after(snapshot, then);
    let draft = draft
        .summary(format!(
            "{}, {} afterwards",
            if snapshot.has_memory() { "disks and memory" } else { "disks" },
            after.0
        ))
        .downtime(if active { after.1 } else { Downtime::None })
        .note_if(
            active && after.0 == "off",
            Weight::Warning,
            "It is off afterwards: the snapshot has no memory. --then running boots it.",
        )
        .note_if(
            snapshot.is_external(),
            Weight::Info,
            "libvirt lays new layers over the images of the snapshot, which stay as they are.",
        )
        .note_if(!case.storage.unseen.is_empty(), Weight::Warning, not_seen(&case.storage.unseen))
        .note(
            Weight::Info,
            "Its definition becomes that of the snapshot: devices changed since are as they were then.",
        );
    Ok(draft)
}

/// What is lost, and what would keep it.
fn lost(draft: Draft, case: &Case<'_>, snapshot: &VmSnapshot, keep: Option<&str>) -> Draft {
    if let Some(keep) = keep {
        let back = Op::Revert { name: keep.to_owned(), then: AfterRevert::AsThen, keep: None };
        return draft
            .note(Weight::Info, format!("Its present state is kept as {} first.", clean(keep)))
            .inverse_of(Operation::snapshot(case.vm.id, back));
    }
    let since = case.s.snapshots.iter().find(|s| s.current).unwrap_or(snapshot);
    let memory = if case.vm.state.is_active() { " and what is in its memory" } else { "" };
    draft
        .note(
            Weight::Danger,
            format!("All that it wrote since snapshot {}{memory} is lost.", clean(&since.name)),
        )
        .note(Weight::Info, "--keep NAME takes a snapshot of its present state first.")
        .typed()
}

fn after(snapshot: &VmSnapshot, then: AfterRevert) -> (&'static str, Downtime) {
    match (then, snapshot.state) {
        (AfterRevert::Running, _) | (AfterRevert::AsThen, SnapshotState::Running) => {
            ("running", Downtime::Moments)
        }
        (AfterRevert::Paused, _) | (AfterRevert::AsThen, SnapshotState::Paused) => {
            ("paused", Downtime::UntilStarted)
        }
        (AfterRevert::AsThen, SnapshotState::Off | SnapshotState::DisksOnly) => {
            ("off", Downtime::UntilStarted)
        }
    }
}

/// The traps.
fn possible(case: &Case<'_>, snapshot: &VmSnapshot) -> Result<(), No> {
    let s = case.s;
    let name = clean(&snapshot.name);
    if snapshot.is_external() {
        if !s.abilities.revert_external {
            let files = snapshot.disks.iter().filter_map(|d| Some(d.holds.as_ref()?.describe()));
            let files = files.collect::<Vec<_>>().join(", ");
            let reason = "This libvirt cannot go back to a snapshot in layers: 9.9 and later can.";
            let remedy = format!(
                "Its disks as they were lie in {files}: a new VM over them (qemu-img create -f qcow2 -b FILE -F FORMAT) has that state."
            );
            return Err(No::new(RefusalKind::Unsupported, reason, remedy));
        }
        let elsewhere =
            |d: &&crate::model::vm_snapshot::SnapshotDisk| !matches!(d.holds, Some(DiskSource::File(_)));
        if let Some(disk) = snapshot.disks.iter().find(elsewhere) {
            let target = clean(&disk.target);
            let reason =
                format!("libvirt goes back to layers over files only, and {target} did not lie in one.");
            let remedy =
                "Its bytes as they were are still there, below the layer: make a VM of them by hand.";
            return Err(No::new(RefusalKind::Unsupported, reason, remedy));
        }
        return Ok(());
    }
    if s.nvram.is_some() && !s.abilities.internal_uefi {
        let reason =
            "It has UEFI firmware: libvirt goes back to snapshots inside images of such VMs from 10.10 on.";
        return Err(No::new(RefusalKind::Unsupported, reason, "Update libvirt."));
    }
    let over = descendants(&s.snapshots, &snapshot.name);
    let over: Vec<_> = over.into_iter().filter(|d| d.is_external()).collect();
    if !over.is_empty() {
        let reason = format!(
            "Snapshot {name} is inside an image that the layers of {} rest on: going back would destroy them.",
            names(over.iter().copied())
        );
        return Err(No::new(RefusalKind::InUse, reason, by_hand(case, &over)));
    }
    // Layers that no snapshot tells of.
    let resting = case.vm.definition.disks.iter().find(|d| {
        let kept = snapshot.disks.iter().find(|k| k.target == d.target).and_then(|k| k.holds.as_ref());
        kept.is_some_and(|kept| {
            d.source.as_ref() != Some(kept) && d.backing.iter().any(|b| b.source == *kept)
        })
    });
    if let Some(disk) = resting {
        let target = clean(&disk.target);
        let reason = format!(
            "Snapshot {name} is inside an image below the present layer of {target}: going back would destroy that layer."
        );
        let remedy = format!(
            "Merge the layer first: virsh blockcommit {} {target} --active --pivot.",
            argument(case.vm)
        );
        return Err(No::new(RefusalKind::InUse, reason, remedy));
    }
    Ok(())
}

/// What merges layers over snapshots inside images, which libvirt does not do by itself.
pub(super) fn by_hand(case: &Case<'_>, over: &[&VmSnapshot]) -> String {
    let mut targets: Vec<_> =
        over.iter().flat_map(|s| &s.disks).map(|d| clean(&d.target).into_owned()).collect();
    targets.sort();
    targets.dedup();
    let vm = clean(&argument(case.vm)).into_owned();
    let commits: Vec<_> =
        targets.iter().map(|t| format!("virsh blockcommit {vm} {t} --active --pivot")).collect();
    format!(
        "Merge those layers first, while it runs ({}), then forget their snapshots (--metadata-only) and remove the files that are left over.",
        commits.join("; ")
    )
}
