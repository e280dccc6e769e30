//! Saves that take their time: they go on by the host's clock, whoever waits for them.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::clock::SimTime;
use super::world::State;
use crate::hypervisor::{HvErrorKind, HvEvent, HvProgress};
use crate::model::id::VmId;
use crate::model::vm::{PauseReason, VmState};

/// How a job ended; told once.
pub(super) type Outcome = Arc<OnceLock<Result<(), HvErrorKind>>>;

/// A VM that saves its memory is paused for it.
const SAVING: VmState = VmState::Paused(PauseReason::Saving);

/// A save that goes on.
#[derive(Debug)]
pub(super) struct Save {
    since: SimTime,
    lasts_s: f64,
    /// What the VM was before, and is again when the save is stopped or started from.
    before: VmState,
    outcome: Outcome,
}

fn told(id: VmId, ended: bool) -> HvEvent {
    HvEvent::Job { id, what: "save".to_owned(), ended }
}

const fn state_is(id: VmId, state: VmState) -> HvEvent {
    HvEvent::Vm { id, state: Some(state) }
}

impl State {
    /// Begins to save a VM, which lasts so long.
    pub(super) fn begin_save(
        &mut self,
        id: VmId,
        before: VmState,
        lasts: Duration,
        now: SimTime,
    ) -> (Outcome, Vec<HvEvent>) {
        let outcome = Outcome::default();
        let lasts_s = lasts.as_secs_f64();
        self.saves.insert(id, Save { since: now, lasts_s, before, outcome: Arc::clone(&outcome) });
        self.set_state(id, SAVING, now);
        let mut events = vec![state_is(id, SAVING), told(id, false)];
        events.extend(self.settle(now));
        (outcome, events)
    }

    /// Stops a VM's save; `None` when there is none.
    pub(super) fn abort_save(&mut self, id: VmId, now: SimTime) -> Option<Vec<HvEvent>> {
        let save = self.saves.remove(&id)?;
        self.set_state(id, save.before, now);
        let _ = save.outcome.set(Err(HvErrorKind::Aborted));
        Some(vec![state_is(id, save.before), told(id, true)])
    }

    /// How far a VM's save is.
    pub(super) fn progress(&self, id: VmId, now: SimTime) -> Option<HvProgress> {
        let save = self.saves.get(&id)?;
        let total = self.vms.get(&id)?.spec.memory;
        let share = ((now.s - save.since.s) / save.lasts_s.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        Some(HvProgress { done: (total as f64 * share) as u64, total })
    }

    /// Ends the saves whose time has come, and those whose VM was taken from under them.
    pub(super) fn settle(&mut self, now: SimTime) -> Vec<HvEvent> {
        let mut events = Vec::new();
        let over = |s: &Self, (id, save): (&VmId, &Save)| {
            s.vms.get(id).is_none_or(|vm| vm.state != SAVING) || now.s >= save.since.s + save.lasts_s
        };
        let ids: Vec<_> = self.saves.iter().filter(|s| over(self, *s)).map(|(id, _)| *id).collect();
        for id in ids {
            let Some(save) = self.saves.remove(&id) else { continue };
            events.push(told(id, true));
            let outcome = match self.vms.get_mut(&id).filter(|vm| vm.state == SAVING) {
                Some(vm) => {
                    vm.saved = Some(save.before);
                    self.set_state(id, VmState::ShutOff, now);
                    events.push(state_is(id, VmState::ShutOff));
                    Ok(())
                }
                None => Err(HvErrorKind::Other),
            };
            let _ = save.outcome.set(outcome);
        }
        events
    }
}
