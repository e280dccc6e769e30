//! Keeping a state no longer.

use super::disks::{folder_and_stem, path};
use super::revert::by_hand;
use super::{Case, No, SnapshotFacts, names, others};
use crate::model::plan::{Act, AfterKill, RefusalKind, SnapshotAct, Space, Weight};
use crate::model::text::clean;
use crate::model::units::bytes;
use crate::model::vm::DiskSource;
use crate::model::vm_snapshot::{SnapshotMemory, VmSnapshot, children, descendants};
use crate::operations::build::{Draft, argument};
use crate::operations::storage::not_seen;

/// Deletes it, leaves first where all on it go too.
pub(super) fn plan(case: &Case<'_>, name: &str, with_children: bool) -> Result<Draft, No> {
    let snapshot = case.find(name)?;
    case.settled()?;
    let order = order(case, snapshot, with_children);
    let mut left = case.s.snapshots.clone();
    let mut draft = case.draft();
    let mut merges = false;
    for gone in &order {
        let now = left.iter().find(|s| s.name == gone.name).cloned().unwrap_or_else(|| (*gone).clone());
        possible(case, &now, &left)?;
        let into = if now.is_external() && on_the_way(&left, &now) { merged(&now) } else { Vec::new() };
        merges |= !into.is_empty();
        if !into.is_empty() {
            for space in room(case, &now) {
                if let Some(free) = space.free.filter(|free| *free < space.needs) {
                    return Err(no_room(&space.place, space.needs, free));
                }
                draft = draft.space(&space.place, space.needs, space.free);
            }
        }
        draft = draft.step(
            format!("Delete snapshot {}", clean(&gone.name)),
            &["snapshot-delete", &argument(case.vm), "--snapshotname", &gone.name],
            act(case, gone, false, into),
        );
        without(&mut left, &now);
    }
    let off = !case.vm.state.is_active();
    let external = snapshot.is_external();
    Ok(draft
        .summary(match (merges, external) {
            (true, _) => "its layers are merged; the VM goes on as it is",
            (false, true) => "its layers go; the VM goes on as it is",
            (false, false) => "the VM goes on as it is",
        })
        .after_kill(AfterKill::Finish)
        .note(Weight::Warning, format!("What {} cannot be gone back to any more.", kept(&order)))
        .note_if(
            merges,
            Weight::Info,
            "What was written since is merged into the image below: that takes as long as writing it.",
        )
        .note_if(
            merges,
            Weight::Info,
            "Told to stop, a merge that is begun goes on to its end: libvirt breaks none off.",
        )
        .note_if(external && !case.storage.unseen.is_empty(), Weight::Warning, not_seen(&case.storage.unseen))
        .note_if(
            merges && off,
            Weight::Info,
            "The VM is off: libvirt starts QEMU for it meanwhile, without a guest.",
        )
        .note_if(
            !with_children && !children(&case.s.snapshots, name).is_empty(),
            Weight::Info,
            "Those made on top of it stay.",
        ))
}

/// Has libvirt forget it; images stay.
pub(super) fn forget(case: &Case<'_>, name: &str, with_children: bool) -> Result<Draft, No> {
    let snapshot = case.find(name)?;
    let order = order(case, snapshot, with_children);
    let mut draft = case.draft();
    for gone in &order {
        let words = ["snapshot-delete", &argument(case.vm), "--snapshotname", &gone.name, "--metadata"];
        let title = format!("Forget snapshot {}", clean(&gone.name));
        draft = draft.step(title, &words, act(case, gone, true, Vec::new()));
    }
    let files: Vec<_> = order.iter().flat_map(|s| files(s)).map(|f| clean(&f).into_owned()).collect();
    let inside = order.iter().any(|s| !s.is_external());
    Ok(draft
        .summary("images stay as they are")
        .after_kill(AfterKill::Finish)
        .note(Weight::Warning, format!("What {} cannot be gone back to with libvirt any more.", kept(&order)))
        .note_if(
            !files.is_empty(),
            Weight::Info,
            format!("These files stay, and nothing tells any more what they are: {}.", files.join(", ")),
        )
        .note_if(inside, Weight::Info, "What is kept inside images stays there (qemu-img snapshot -l)."))
}

fn act(case: &Case<'_>, gone: &VmSnapshot, metadata_only: bool, disks: Vec<String>) -> Act {
    let (vm, name) = (case.vm.id, gone.name.clone());
    Act::Snapshot(SnapshotAct::Delete { vm, name, metadata_only, disks })
}

fn kept(order: &[&VmSnapshot]) -> String {
    match order {
        [one] => format!("{} holds", clean(&one.name)),
        several => format!("{} hold", names(several.iter().copied())),
    }
}

fn order<'s>(case: &Case<'s>, snapshot: &'s VmSnapshot, with_children: bool) -> Vec<&'s VmSnapshot> {
    let mut order = if with_children { descendants(&case.s.snapshots, &snapshot.name) } else { Vec::new() };
    order.reverse();
    order.push(snapshot);
    order
}

/// Whether the VM's present state has come over this one.
fn on_the_way(all: &[VmSnapshot], snapshot: &VmSnapshot) -> bool {
    snapshot.current || descendants(all, &snapshot.name).iter().any(|d| d.current)
}

fn merged(snapshot: &VmSnapshot) -> Vec<String> {
    snapshot.disks.iter().filter(|d| d.overlay.is_some()).map(|d| d.target.clone()).collect()
}

fn files(snapshot: &VmSnapshot) -> Vec<String> {
    let memory = match &snapshot.memory {
        SnapshotMemory::External(file) => Some(file.clone()),
        SnapshotMemory::None | SnapshotMemory::Internal => None,
    };
    snapshot.disks.iter().filter_map(|d| d.overlay.as_ref()).map(DiskSource::describe).chain(memory).collect()
}

/// As it will be once it is gone.
fn without(all: &mut Vec<VmSnapshot>, gone: &VmSnapshot) {
    all.retain(|s| s.name != gone.name);
    for s in all.iter_mut() {
        if gone.current && gone.parent.as_ref() == Some(&s.name) {
            s.current = true;
        }
        if s.parent.as_ref() == Some(&gone.name) {
            s.parent.clone_from(&gone.parent);
        }
    }
}

/// Room for what is merged into the images below.
fn room(case: &Case<'_>, snapshot: &VmSnapshot) -> Vec<Space> {
    let mut out: Vec<Space> = Vec::new();
    for disk in &snapshot.disks {
        let below = disk.holds.as_ref().and_then(|h| path(h, case.s)).and_then(folder_and_stem);
        let layer = SnapshotFacts::layer(snapshot, disk, &case.vm.definition);
        let bytes = layer.and_then(|l| path(l, case.s)).and_then(|p| case.s.occupies(p));
        let (Some((folder, _)), Some(bytes)) = (below, bytes) else { continue };
        let place = clean(folder).into_owned();
        match out.iter_mut().find(|s| s.place == place) {
            Some(space) => space.needs = space.needs.saturating_add(bytes),
            None => out.push(Space { place, needs: bytes, free: case.s.folder(folder).and_then(|f| f.free) }),
        }
    }
    out
}

fn no_room(place: &str, needs: u64, free: u64) -> No {
    let (needs, free) = (bytes(needs as f64), bytes(free as f64));
    let reason = format!(
        "Merging needs up to {needs} in {place}, and {free} are free: a VM that runs would stand still in the middle of it."
    );
    No::new(RefusalKind::Space, reason, "Make room there.")
}

/// The traps, with the others that are left by then.
fn possible(case: &Case<'_>, gone: &VmSnapshot, left: &[VmSnapshot]) -> Result<(), No> {
    let name = clean(&gone.name);
    let on_it = children(left, &gone.name);
    if !gone.is_external() {
        let over: Vec<_> = descendants(left, &gone.name).into_iter().filter(|d| d.is_external()).collect();
        if over.is_empty() {
            return others::of_delete_inside(case, gone);
        }
        let reason = format!(
            "Snapshot {name} is inside an image below the layers of {}.",
            names(over.iter().copied())
        );
        return Err(No::new(RefusalKind::InUse, reason, by_hand(case, &over)));
    }
    if !case.s.abilities.delete_external {
        let reason = "This libvirt cannot delete snapshots in layers: 9.0 and later can.";
        return Err(No::new(RefusalKind::Unsupported, reason, by_hand(case, &[gone])));
    }
    if let Some(inside) = on_it.iter().find(|c| !c.is_external()) {
        let reason = format!(
            "Snapshot {} is inside the layer of {name}, and would be lost with it.",
            clean(&inside.name)
        );
        return Err(No::new(RefusalKind::InUse, reason, format!("Delete {} first.", clean(&inside.name))));
    }
    let parent = left.iter().find(|s| Some(&s.name) == gone.parent.as_ref());
    if let Some(parent) = parent.filter(|p| !p.is_external()) {
        let reason = format!(
            "Snapshot {name} is a layer over an image with a snapshot inside ({}), and libvirt merges no such layers.",
            clean(&parent.name)
        );
        return Err(No::new(RefusalKind::Unsupported, reason, by_hand(case, &[gone])));
    }
    if let [_, _, ..] = on_it.as_slice() {
        let reason = format!(
            "Several snapshots rest on {name} ({}): libvirt cannot merge into all of them.",
            names(on_it.iter().copied())
        );
        return Err(No::new(
            RefusalKind::InUse,
            reason,
            "Delete all but one of them first, or all with --children.",
        ));
    }
    if let Some(child) = on_it.first() {
        let reason = if gone.current {
            format!("The VM went back to {name}, and {} rests on it as well.", clean(&child.name))
        } else if on_the_way(left, gone) {
            return others::of_delete(case, gone, true);
        } else {
            format!(
                "Snapshot {name} is on another branch than the VM, and {} rests on it.",
                clean(&child.name)
            )
        };
        let remedy = format!("Delete {} first, or both with --children.", clean(&child.name));
        return Err(No::new(RefusalKind::InUse, reason, remedy));
    }
    others::of_delete(case, gone, on_the_way(left, gone))
}
