//! Waiting for a guest: until it is off, until it is there.

use std::time::Duration;

use super::{Broken, Hands};
use crate::engine::jobs::Input;
use crate::hypervisor::{HvErrorKind, HvResult, Hypervisor};
use crate::model::id::VmId;
use crate::model::job::{Progress, Unit};
use crate::model::operation::{Operation, VmOperation};
use crate::model::vm::VmState;
use crate::xml::domain;

/// How often a wait looks whether events were missed.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(500);
/// An agent that is connected so long after a reset is the new one: QEMU tells of its going within a second.
const SETTLED: Duration = Duration::from_secs(2);

/// Looks until it is so, the user stops it, or the time since the step began is over; tells how long it waits.
fn until(
    within_s: u32,
    hands: &Hands<'_>,
    stopped: &'static str,
    late: impl FnOnce() -> Broken,
    mut is_so: impl FnMut() -> Result<bool, Broken>,
) -> Result<(), Broken> {
    hands.line.listen(hands.stop);
    loop {
        if is_so()? {
            return Ok(());
        }
        if hands.stop.is_asked() {
            return Err(Broken::Stopped(stopped));
        }
        let waited = hands.clock.now().mono_us.saturating_sub(hands.since.mono_us) / 1_000_000;
        if waited >= u64::from(within_s) {
            return Err(late());
        }
        let progress = Progress { done: waited, total: within_s.into(), unit: Unit::Seconds, rate: None };
        drop(hands.desk.send(Input::Progress(hands.job, progress)));
        hands.stop.wait(LOOK_EVERY);
    }
}

pub(super) fn until_off(vm: VmId, within_s: u32, hands: &Hands<'_>) -> Result<(), Broken> {
    let late = || Broken::Said {
        sentence: match hands.line.agent_refusal(vm) {
            None => format!("It still runs after {within_s} s: the guest does not listen, or is busy."),
            Some(why) => format!(
                "It still runs after {within_s} s: its agent did not do it ({why}), and to ACPI the guest does not listen, or is busy."
            ),
        },
        offer: Some(Box::new(Operation::vm(vm, VmOperation::ForceOff))),
    };
    until(within_s, hands, "The guest was asked already, and may shut down still.", late, || {
        match hands.hv.vm_state(vm) {
            Ok(state) => Ok(!state.is_active()),
            // A transient VM is gone once it is off.
            Err(e) if e.kind == HvErrorKind::NotFound => Ok(true),
            Err(e) => Err(e.into()),
        }
    })
}

/// `anew`: not before it was reset, which the step before brought about.
pub(super) fn until_up(
    vm: VmId,
    agent: bool,
    anew: bool,
    within_s: u32,
    hands: &Hands<'_>,
) -> Result<(), Broken> {
    let said = |sentence: String| Broken::Said { sentence, offer: None };
    let late = || {
        said(match (agent, anew) {
            (true, _) => {
                format!("Its guest agent is not connected after {within_s} s. The VM is left as it is.")
            }
            (false, true) => format!("It has not rebooted after {within_s} s. The VM is left as it is."),
            (false, false) => format!("It does not run after {within_s} s. The VM is left as it is."),
        })
    };
    let mut went = !anew;
    until(within_s, hands, "It is not waited for; the VM is left as it is.", late, || {
        let state = hands.hv.vm_state(vm)?;
        if !state.is_active() {
            return Err(said(format!("It is {} instead.", state.phrase())));
        }
        let connected = !agent || is_connected(hands.hv, vm)?;
        went |= match hands.line.reset_since(vm) {
            Some(_) if !agent => true,
            Some(since) => since >= SETTLED || !connected,
            None => agent && !connected,
        };
        Ok(went && connected && state == VmState::Running)
    })
}

/// Whether it runs, with its agent where that is asked.
pub(super) fn is_up(hv: &dyn Hypervisor, vm: VmId, agent: bool) -> HvResult<bool> {
    Ok(hv.vm_state(vm)? == VmState::Running && (!agent || is_connected(hv, vm)?))
}

fn is_connected(hv: &dyn Hypervisor, vm: VmId) -> HvResult<bool> {
    Ok(domain::parse(&hv.vm_xml(vm)?).is_ok_and(|d| d.agent_connected == Some(true)))
}
