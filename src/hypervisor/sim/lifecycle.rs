//! Starting and stopping simulated VMs.

use super::clock::SimTime;
use super::connection::SimConnection;
use super::faults::{Operation, error};
use super::world::{SimVm, State};
use crate::hypervisor::{Ask, HvErrorKind, HvEvent, HvProgress, HvResult, Lifecycle, StartHow};
use crate::model::id::VmId;
use crate::model::vm::{PauseReason, VmState};
use crate::model::vm_job::VmJob;

const PAUSED: VmState = VmState::Paused(PauseReason::User);

type Done = Result<Vec<HvEvent>, HvErrorKind>;

impl Lifecycle for SimConnection {
    fn vm_state(&self, id: VmId) -> HvResult<VmState> {
        self.with_vm(Operation::VmState, id, |vm| Ok(vm.state))
    }

    fn start(&self, id: VmId, how: StartHow) -> HvResult<()> {
        self.change(Operation::Start, id, |s, now| {
            let vm = s.vm(id)?;
            if vm.state.is_active() {
                return Err(HvErrorKind::InvalidState);
            }
            let saved = vm.saved.take().filter(|_| !how.discard_saved);
            to(s, id, if how.paused { PAUSED } else { saved.unwrap_or(VmState::Running) }, now)
        })
    }

    fn shutdown(&self, id: VmId, by: Ask) -> HvResult<()> {
        self.change(Operation::Shutdown, id, |s, now| {
            if heard(s.free_vm(id)?, by)? { to(s, id, VmState::ShutOff, now) } else { Ok(Vec::new()) }
        })
    }

    /// A guest that reboots goes on in the same VM: only the event tells of it.
    fn reboot(&self, id: VmId, by: Ask) -> HvResult<()> {
        self.change(Operation::Reboot, id, |s, _| {
            heard(s.free_vm(id)?, by)
                .map(|heard| if heard { vec![HvEvent::Rebooted(id)] } else { Vec::new() })
        })
    }

    fn reset(&self, id: VmId) -> HvResult<()> {
        self.change(Operation::Reset, id, |s, _| active(s.free_vm(id)?).map(|_| vec![HvEvent::Rebooted(id)]))
    }

    fn force_off(&self, id: VmId) -> HvResult<()> {
        self.change(Operation::ForceOff, id, |s, now| {
            active(s.vm(id)?)?;
            let mut events = to(s, id, VmState::ShutOff, now)?;
            // A save that went on has lost its VM.
            events.extend(s.settle(now));
            Ok(events)
        })
    }

    fn pause(&self, id: VmId) -> HvResult<()> {
        self.change(Operation::Pause, id, |s, now| match active(s.free_vm(id)?)?.state {
            VmState::Paused(_) => Ok(Vec::new()),
            _ => to(s, id, PAUSED, now),
        })
    }

    fn resume(&self, id: VmId) -> HvResult<()> {
        self.change(Operation::Resume, id, |s, now| match s.free_vm(id)?.state {
            VmState::Paused(_) => to(s, id, VmState::Running, now),
            _ => Err(HvErrorKind::InvalidState),
        })
    }

    fn save(&self, id: VmId) -> HvResult<()> {
        let mut outcome = None;
        self.change(Operation::Save, id, |s, now| {
            let vm = active(s.free_vm(id)?)?;
            let (before, lasts) = (vm.state, vm.save_lasts);
            let (told, events) = s.begin_save(id, before, lasts, now);
            outcome = Some(told);
            Ok(events)
        })?;
        match outcome {
            Some(outcome) => {
                self.wait(Operation::Save, &outcome)?.map_err(|kind| error(Operation::Save, kind))
            }
            None => Ok(()),
        }
    }

    fn discard_saved(&self, id: VmId) -> HvResult<()> {
        self.change(Operation::DiscardSaved, id, |s, _| {
            s.free_vm(id)?.saved = None;
            Ok(Vec::new())
        })
    }

    fn vm_progress(&self, id: VmId) -> HvResult<Option<HvProgress>> {
        self.with_vm(Operation::VmProgress, id, |_| Ok(()))?;
        let now = self.now();
        Ok(self.enter(Operation::VmProgress)?.progress(id, now))
    }

    fn vm_job(&self, id: VmId) -> HvResult<Option<VmJob>> {
        // It saves, and has no other jobs.
        Ok(self.vm_progress(id)?.map(|_| VmJob::Save))
    }

    fn abort_job(&self, id: VmId) -> HvResult<()> {
        self.change(Operation::AbortJob, id, |s, now| {
            s.vm(id)?;
            s.abort_save(id, now).ok_or(HvErrorKind::InvalidState)
        })
    }
}

fn active(vm: &mut SimVm) -> Result<&mut SimVm, HvErrorKind> {
    if vm.state.is_active() { Ok(vm) } else { Err(HvErrorKind::InvalidState) }
}

/// Whether the guest does what it is asked.
fn heard(vm: &mut SimVm, by: Ask) -> Result<bool, HvErrorKind> {
    let vm = active(vm)?;
    match by {
        Ask::Agent if vm.state != VmState::Running => Err(HvErrorKind::InvalidState),
        Ask::Agent if !vm.spec.agent || vm.agent_silent => Err(HvErrorKind::AgentUnavailable),
        Ask::Agent => Ok(true),
        Ask::Acpi => Ok(vm.state == VmState::Running && !vm.ignores_acpi),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the last word of calls that may be refused")]
fn to(s: &mut State, id: VmId, state: VmState, now: SimTime) -> Done {
    s.set_state(id, state, now);
    Ok(vec![HvEvent::Vm { id, state: Some(state) }])
}

impl State {
    /// A VM that must be there.
    pub(super) fn vm(&mut self, id: VmId) -> Result<&mut SimVm, HvErrorKind> {
        self.vms.get_mut(&id).ok_or(HvErrorKind::NotFound)
    }

    /// The same, and no job may go on.
    pub(super) fn free_vm(&mut self, id: VmId) -> Result<&mut SimVm, HvErrorKind> {
        if self.saves.contains_key(&id) { Err(HvErrorKind::TimedOut) } else { self.vm(id) }
    }
}
