//! What a kill left behind: looked at, then finished or taken back.

use std::sync::mpsc::Sender;

use super::acts::{Found, probe};
use super::line::Line;
use super::run::{Ending, Run, unwritten};
use super::stop::Stop;
use super::{Input, Setting};
use crate::hypervisor::{HvErrorKind, HvResult};
use crate::model::job::{JobState, StepState};
use crate::model::plan::AfterKill;
use crate::store::{Journalled, StateDb};

/// Brings a job to its end whose process is gone.
///
/// # Errors
/// When the hypervisor cannot be asked: then it stays interrupted, and is tried again.
pub(super) fn recover(
    Journalled { job, plan, .. }: Journalled,
    line: &Line,
    db: &mut StateDb,
    setting: &Setting,
    desk: &Sender<Input>,
) -> HvResult<()> {
    let stop = Stop::default();
    let queued = job.state == JobState::Queued;
    let mut run = Run { line, db, setting, desk, stop: &stop, job, plan, xml_before: String::new() };
    if queued {
        let said = "NovaCron ended before its turn came: nothing was done.";
        run.over(&Ending::new(JobState::Cancelled, said), None);
        return Ok(());
    }
    let cut = run.job.steps.iter().position(|s| s.state == StepState::Begun);
    let found = match cut {
        Some(at) => Some((at, look(&run, at)?)),
        None => None,
    };
    let (ending, last) = match found {
        Some((at, Found::Done)) => {
            run.mark(at, StepState::Done);
            let (ending, _) = run.go_on(at + 1);
            (ending, Some((at, StepState::Done)))
        }
        Some((at, Found::NotDone)) => {
            run.mark(at, StepState::Waiting);
            let (ending, last) = run.go_on(at);
            (ending, last.or(Some((at, StepState::Waiting))))
        }
        Some((at, Found::Half)) => {
            run.mark(at, StepState::Done);
            let said = "NovaCron was killed in the middle.".to_owned();
            (run.take_back(at + 1, JobState::Failed, said), Some((at, StepState::Undone)))
        }
        Some((at, Found::NoTrace)) => {
            run.mark(at, StepState::Failed);
            let title = run.plan.steps[at].title.clone();
            let said =
                format!("NovaCron was killed in the middle. Whether this was done cannot be told: {title}.");
            (run.take_back(at, JobState::Failed, said), Some((at, StepState::Failed)))
        }
        None => {
            let first = run.job.steps.iter().position(|s| s.state == StepState::Waiting);
            run.go_on(first.unwrap_or(run.plan.steps.len()))
        }
    };
    run.over(&ending, last);
    Ok(())
}

fn look(run: &Run<'_>, at: usize) -> HvResult<Found> {
    match probe(&run.plan.steps[at].act, run.line.hv()?, run.setting) {
        // What it acted on is gone: by somebody else's hand.
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(Found::NotDone),
        other => other,
    }
}

impl Run<'_> {
    /// Everything before this step is done, and nothing from it on.
    fn go_on(&mut self, next: usize) -> (Ending, Option<(usize, StepState)>) {
        if next >= self.plan.steps.len() {
            let said = "NovaCron was killed as it was done; it was found done at the next start.";
            return (Ending::new(JobState::Done, said), None);
        }
        let undone = self.plan.steps[next].title.clone();
        match self.plan.after_kill {
            AfterKill::Finish => {
                self.mark(next, StepState::Begun);
                if let Err(why) = self.db.step(self.job.id, next, StepState::Begun, None, self.now()) {
                    return (unwritten(&why), None);
                }
                let (mut ending, last) = self.steps(next);
                ending.outcome =
                    format!("NovaCron was killed in the middle; the next start went on. {}", ending.outcome);
                (ending, last)
            }
            AfterKill::Undo => {
                let said = "NovaCron was killed in the middle.".to_owned();
                (self.take_back(next, JobState::Failed, said), None)
            }
            AfterKill::Stay => {
                let said = format!("NovaCron was killed in the middle. This was not done: {undone}.");
                (Ending::new(JobState::Failed, said), None)
            }
        }
    }
}
