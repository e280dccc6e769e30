//! Acts on snapshots.

use super::{Broken, Found, Hands};
use crate::engine::jobs::watch::{watched, watched_as};
use crate::hypervisor::{
    DeleteSnapshot, HvError, HvErrorKind, HvProgress, HvResult, Hypervisor, RevertSnapshot, SnapshotHow,
};
use crate::model::id::VmId;
use crate::model::plan::SnapshotAct;
use crate::model::vm_job::VmJob;

/// Does it.
pub(super) fn perform(act: &SnapshotAct, hands: &Hands<'_>) -> Result<(), Broken> {
    let hv = hands.hv;
    match act {
        SnapshotAct::AskAgent { vm } => listens(hv, *vm),
        SnapshotAct::Thaw { vm } => thaw(hv, *vm),
        SnapshotAct::Create { vm, xml, disks_only, frozen, live, .. } => {
            let how = SnapshotHow { disks_only: *disks_only, frozen: *frozen, live: *live };
            stopped(hands, watched(hands, *vm, VmJob::Snapshot, || hv.create_snapshot(*vm, xml, how)))
        }
        SnapshotAct::Revert { vm, name, then, force, .. } => {
            Ok(hv.revert_snapshot(*vm, name, RevertSnapshot { then: *then, force: *force })?)
        }
        SnapshotAct::Delete { vm, name, metadata_only, disks } => {
            let (id, targets) = (*vm, disks.clone());
            let gauge = Box::new(move |hv: &dyn Hypervisor| merging(hv, id, &targets));
            let what = DeleteSnapshot { metadata_only: *metadata_only };
            // libvirt takes the call that would end it, and merges on: it is not asked to.
            match watched_as(hands, gauge, |_| Ok(()), || hv.delete_snapshot(id, name, what)) {
                // Gone is what was wanted.
                Err(e) if e.kind == HvErrorKind::NotFound && hv.vm_state(id).is_ok() => Ok(()),
                done => Ok(done?),
            }
        }
    }
}

fn stopped(hands: &Hands<'_>, done: HvResult<()>) -> Result<(), Broken> {
    match done {
        Err(_) if hands.stop.is_asked() => Err(Broken::Stopped("")),
        done => Ok(done?),
    }
}

fn listens(hv: &dyn Hypervisor, vm: VmId) -> Result<(), Broken> {
    if hv.is_frozen(vm)? {
        let sentence = "The guest's file systems are frozen already: somebody else may be copying its disks.";
        return Err(Broken::Said { sentence: sentence.into(), offer: None });
    }
    Ok(())
}

/// A guest that does not run, or is gone, has nothing frozen.
fn thaw(hv: &dyn Hypervisor, vm: VmId) -> Result<(), Broken> {
    match hv.vm_state(vm) {
        Ok(state) if state.is_active() => Ok(hv.thaw(vm)?),
        Ok(_) => Ok(()),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// How far all disks together are.
fn merging(hv: &dyn Hypervisor, vm: VmId, disks: &[String]) -> HvResult<Option<HvProgress>> {
    let mut sum: Option<HvProgress> = None;
    for disk in disks {
        if let Some(one) = hv.merge_progress(vm, disk)? {
            let all = sum.get_or_insert_with(HvProgress::default);
            all.done = all.done.saturating_add(one.done);
            all.total = all.total.saturating_add(one.total);
        }
    }
    Ok(sum)
}

/// Looks whether it was done. While the VM is busy, be it with the very call that was cut off, nobody can tell.
pub(super) fn probe(act: &SnapshotAct, hv: &dyn Hypervisor) -> HvResult<Found> {
    let found = |so: bool| if so { Found::Done } else { Found::NotDone };
    let (vm, name) = match act {
        SnapshotAct::AskAgent { .. } => return Ok(Found::NotDone),
        SnapshotAct::Thaw { .. } => return Ok(Found::NoTrace),
        SnapshotAct::Create { vm, name, .. }
        | SnapshotAct::Revert { vm, name, .. }
        | SnapshotAct::Delete { vm, name, .. } => (*vm, name),
    };
    if hv.vm_progress(vm)?.is_some() {
        let said = "the VM is busy still with what was begun";
        return Err(HvError::new(HvErrorKind::InvalidState, "look whether it was done", said));
    }
    let there = hv.snapshots(vm)?;
    let there = there.iter().find(|s| s.name == *name);
    Ok(match act {
        SnapshotAct::Revert { was_current: true, .. } => Found::NoTrace,
        SnapshotAct::Revert { .. } => found(there.is_some_and(|s| s.current)),
        SnapshotAct::Delete { .. } => found(there.is_none()),
        _ => found(there.is_some()),
    })
}
