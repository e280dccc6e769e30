//! A connection that is lost in the middle of a step: what became of the step is looked at on the next one.

use std::fmt::Write;
use std::time::Duration;

use super::acts::{Broken, Found, waits};
use super::line::AGAIN_WITHIN;
use super::recover::look;
use super::run::{Ending, Run, failed};
use crate::hypervisor::{HvError, HvErrorKind, HvResult};
use crate::model::job::StepState;
use crate::model::plan::AfterKill;
use crate::model::text::clean;

/// A connection that was lost is waited for so long, where whatever became of the step stays as it is.
const BACK_SOON: Duration = Duration::from_secs(15);
/// How long a daemon that has just begun is given to come to rest.
const SETTLES_WITHIN: Duration = Duration::from_secs(30);
/// How often it is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Run<'_> {
    /// Looks what became of a step; `None` where it was done for all that, or a wait that went on came to its end.
    pub(super) fn after_loss(
        &mut self,
        at: usize,
        mut lost: HvError,
    ) -> Option<(Ending, Option<(usize, StepState)>)> {
        loop {
            match self.look_again(at) {
                Ok(Found::Done) => return None,
                Ok(Found::Half) => {
                    self.mark(at, StepState::Done);
                    let Ending { state, outcome, .. } = failed(&lost);
                    return Some((self.take_back(at + 1, state, outcome), Some((at, StepState::Undone))));
                }
                Ok(Found::NotDone) if waits(&self.plan.steps[at].act) => match self.act(at) {
                    Ok(()) => return None,
                    Err(Broken::Hv(e)) if e.is_fatal() => lost = e,
                    Err(broken) => {
                        self.mark(at, StepState::Failed);
                        return Some((self.broken(at, broken), Some((at, StepState::Failed))));
                    }
                },
                Ok(found) => {
                    self.mark(at, StepState::Failed);
                    let Ending { state, mut outcome, .. } = failed(&lost);
                    if found == Found::NoTrace {
                        let title = clean(&self.plan.steps[at].title);
                        let _ = write!(outcome, " Whether this was done cannot be told: {title}.");
                    }
                    return Some((self.take_back(at, state, outcome), Some((at, StepState::Failed))));
                }
                Err(still) => {
                    tracing::warn!("{still}");
                    self.cut = Some(still);
                    return Some((failed(&lost), None));
                }
            }
        }
    }

    /// Looks on a new connection. A daemon that has just begun may still be busy with what the one before left.
    fn look_again(&mut self, at: usize) -> HvResult<Found> {
        let begun = self.setting.clock.now().mono_us;
        let within = if self.plan.after_kill == AfterKill::Stay { BACK_SOON } else { AGAIN_WITHIN };
        loop {
            let found = self.line.ready_again(self.stop, within).and_then(|()| look(self, at));
            let waited = Duration::from_micros(self.setting.clock.now().mono_us.saturating_sub(begun));
            match found {
                Err(e)
                    if e.kind == HvErrorKind::InvalidState
                        && waited < SETTLES_WITHIN
                        && !self.stop.is_asked() =>
                {
                    tracing::debug!("{e}");
                    self.stop.wait(LOOK_EVERY);
                }
                found => return found,
            }
        }
    }
}
