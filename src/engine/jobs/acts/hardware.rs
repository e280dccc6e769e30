//! Changes of hardware: what each does, and how to tell afterwards whether it was done.

use super::wait::LOOK_EVERY;
use super::{Broken, Found, Hands};
use crate::engine::jobs::Input;
use crate::hypervisor::{HvError, HvErrorKind, HvResult, Hypervisor, XmlOf};
use crate::model::hardware::{Device, Edit};
use crate::model::id::VmId;
use crate::model::job::{Progress, Unit};
use crate::model::plan::HardwareAct;
use crate::xml::edit;

/// Does it.
pub(super) fn perform(act: &HardwareAct, hands: &Hands<'_>) -> Result<(), Broken> {
    let hv = hands.hv;
    match act {
        HardwareAct::Define { vm, edits } => hv.edit_definition(*vm, edits)?,
        HardwareAct::Live { vm, edit, force, within_s } => {
            if !is_active(hv, *vm)? {
                return Ok(());
            }
            if let Edit::Remove(device) = edit {
                return remove(*vm, device, edit, *within_s, hands);
            }
            hv.edit_live(*vm, edit, *force)?;
        }
        HardwareAct::GrowLive { vm, target, to } => hv.grow_disk(*vm, target, *to)?,
        HardwareAct::GrowVolume { pool, volume, to, .. } => hv.resize_volume(pool, volume, *to, false)?,
    }
    Ok(())
}

/// Asks the guest to let go of a device, and waits until it has.
fn remove(vm: VmId, device: &Device, edit: &Edit, within_s: u32, hands: &Hands<'_>) -> Result<(), Broken> {
    hands.line.listen(hands.stop);
    let begun = hands.clock.now();
    let asked = hands.hv.edit_live(vm, edit, false);
    loop {
        // libvirt calls it an error when it goes while it is asked for, and when it is asked for twice.
        if is_gone(hands.hv, vm, device)? {
            return Ok(());
        }
        if let Err(e) = &asked
            && !was_asked_before(e)
        {
            return Err(e.clone().into());
        }
        if hands.stop.is_asked() {
            return Err(Broken::Stopped("The guest was asked already, and may let go of it still."));
        }
        let waited = hands.clock.now().mono_us.saturating_sub(begun.mono_us) / 1_000_000;
        if waited >= u64::from(within_s) {
            return Err(Broken::Said { sentence: held(device, within_s), offer: None });
        }
        let progress = Progress { done: waited, total: within_s.into(), unit: Unit::Seconds, rate: None };
        drop(hands.desk.send(Input::Progress(hands.job, progress)));
        hands.stop.wait(LOOK_EVERY);
    }
}

fn held(device: &Device, within_s: u32) -> String {
    format!(
        "The guest has not let go of {} in {within_s} s: its system is not up, uses it, or cannot do without it. It was asked, and \
         may let go of it still. From the next start on: the same with --next-start, or once it is off.",
        device.name()
    )
}

fn was_asked_before(e: &HvError) -> bool {
    e.message.contains("already in the process of unplug")
}

fn is_gone(hv: &dyn Hypervisor, vm: VmId, device: &Device) -> HvResult<bool> {
    if !is_active(hv, vm)? {
        return Ok(true);
    }
    let live = hv.xml_of(vm, XmlOf::Live)?;
    Ok(edit::element(&live, device).is_err())
}

fn is_active(hv: &dyn Hypervisor, vm: VmId) -> HvResult<bool> {
    match hv.vm_state(vm) {
        Ok(state) => Ok(state.is_active()),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// Looks whether it was done.
pub(super) fn probe(act: &HardwareAct, hv: &dyn Hypervisor) -> HvResult<Found> {
    let so = |xml: &str, edits: &[Edit]| edit::is_so(xml, edits).unwrap_or(false);
    let is_done = match act {
        HardwareAct::Define { vm, edits } => so(&hv.xml_of(*vm, XmlOf::Defined)?, edits),
        HardwareAct::Live { vm, edit, .. } => {
            // Of one that is off by now there is nothing left to do.
            !is_active(hv, *vm)? || so(&hv.xml_of(*vm, XmlOf::Live)?, std::slice::from_ref(edit))
        }
        HardwareAct::GrowLive { vm, target, to } => hv.disk_capacity(*vm, target)? >= Some(*to),
        HardwareAct::GrowVolume { pool, volume, to, .. } => hv.volume(pool, volume, false)?.capacity >= *to,
    };
    Ok(if is_done { Found::Done } else { Found::NotDone })
}
