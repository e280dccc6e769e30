//! What a kill left behind: looked at, then finished or taken back.

use std::sync::mpsc::Sender;

use super::acts::{Found, looks_first, probe};
use super::facts::gather;
use super::line::Line;
use super::run::{Ending, Run, unwritten};
use super::stop::Stop;
use super::{Input, Setting};
use crate::hypervisor::{HvErrorKind, HvResult};
use crate::model::job::{JobState, StepState};
use crate::model::plan::{AfterKill, Planned, Refusal};
use crate::model::time::Timestamp;
use crate::operations;
use crate::store::{Journalled, StateDb};

/// A guest that was frozen is thawed when the kill was found so soon: later, somebody else may have frozen it. Milliseconds.
const THAWED_WITHIN_MS: i64 = 10 * 60 * 1000;

/// Brings a job to its end whose process is gone.
///
/// # Errors
/// When the hypervisor cannot be asked: then it stays interrupted, and is tried again.
pub(super) fn recover(
    Journalled { job, plan, xml_before, .. }: Journalled,
    line: &mut Line,
    db: &mut StateDb,
    setting: &Setting,
    desk: &Sender<Input>,
) -> HvResult<()> {
    let stop = Stop::default();
    let queued = job.state == JobState::Queued;
    let since = setting.clock.now();
    let mut run =
        Run { line, db, setting, desk, stop: &stop, job, plan, xml_before, again: true, since, cut: None };
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
            let (ending, _) = run.go_on(at + 1)?;
            (ending, Some((at, StepState::Done)))
        }
        Some((at, Found::NotDone)) => {
            run.mark(at, StepState::Waiting);
            let (ending, last) = run.go_on(at)?;
            (ending, last.or(Some((at, StepState::Waiting))))
        }
        Some((at, Found::Half)) => {
            run.mark(at, StepState::Done);
            let said = "NovaCron was cut off in the middle.".to_owned();
            (run.take_back(at + 1, JobState::Failed, said), Some((at, StepState::Undone)))
        }
        Some((at, Found::NoTrace)) => {
            run.mark(at, StepState::Failed);
            let title = run.plan.steps[at].title.clone();
            let said =
                format!("NovaCron was cut off in the middle. Whether this was done cannot be told: {title}.");
            (run.take_back(at, JobState::Failed, said), Some((at, StepState::Failed)))
        }
        None => {
            let first = run.job.steps.iter().position(|s| s.state == StepState::Waiting);
            run.go_on(first.unwrap_or(run.plan.steps.len()))?
        }
    };
    if let Some(why) = run.cut.take() {
        return Err(why);
    }
    run.over(&ending, last);
    Ok(())
}

/// Looks whether a step was done that nobody saw the end of.
pub(super) fn look(run: &Run<'_>, at: usize) -> HvResult<Found> {
    let begun = run.job.steps[at].begun.or(run.job.started).unwrap_or(run.job.created);
    match probe(&run.plan.steps[at].act, begun, run.line.hv()?, run.setting) {
        // What it acted on is gone: by somebody else's hand.
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(Found::NotDone),
        other => other,
    }
}

impl Run<'_> {
    /// Everything before this step is done, and nothing from it on.
    fn go_on(&mut self, next: usize) -> HvResult<(Ending, Option<(usize, StepState)>)> {
        if next >= self.plan.steps.len() {
            let said = "NovaCron was cut off as it was done; it was found done later.";
            return Ok((Ending::new(JobState::Done, said), None));
        }
        let undone = self.plan.steps[next].title.clone();
        let not_done = format!("NovaCron was cut off in the middle. This was not done: {undone}.");
        // What nobody began is for whoever asked to begin again, with another look at the plan.
        if next == 0 {
            let offer = Some(self.plan.operation.clone()).filter(|again| !operations::holds_secrets(again));
            return Ok((Ending { offer, ..Ending::new(JobState::Failed, not_done) }, None));
        }
        let no_way_back = self.no_way_back(next);
        let then = if no_way_back { AfterKill::Finish } else { self.plan.after_kill };
        match then {
            AfterKill::Finish => {
                if !no_way_back && let Some(why) = self.rest_is_another(next)? {
                    let said = format!("{not_done} Things have changed since: {why}");
                    return Ok((Ending::new(JobState::Failed, said), None));
                }
                self.mark(next, StepState::Begun);
                if let Err(why) = self.db.step(self.job.id, next, StepState::Begun, None, self.now()) {
                    return Ok((unwritten(&why), None));
                }
                let (mut ending, last) = self.steps(next);
                ending.outcome =
                    format!("NovaCron was cut off in the middle, and went on later. {}", ending.outcome);
                Ok((ending, last))
            }
            AfterKill::Undo => {
                let said = "NovaCron was cut off in the middle.".to_owned();
                Ok((self.take_back(next, JobState::Failed, said), None))
            }
            AfterKill::Stay => Ok((Ending::new(JobState::Failed, not_done), None)),
        }
    }

    /// Why what is left to do is not what was agreed to any more. Acts that look for themselves are let go on.
    fn rest_is_another(&self, next: usize) -> HvResult<Option<String>> {
        let rest = &self.plan.steps[next..];
        if rest.iter().all(|step| looks_first(&step.act)) {
            return Ok(None);
        }
        let operation = &self.plan.operation;
        let facts = gather(self.line.hv()?, operation, self.setting)?;
        Ok(match operations::plan(operation, &facts) {
            Planned::Refused(no) => {
                let Refusal { reason, .. } = *no;
                Some(reason)
            }
            Planned::Plan(now) if now.steps.iter().map(|s| &s.act).eq(rest.iter().map(|s| &s.act)) => None,
            Planned::Plan(_) => Some("what is left to do is another now.".to_owned()),
        })
    }

    /// Whether the kill is so long ago that what was frozen then is not ours to thaw.
    pub(super) fn is_long_ago(&self) -> bool {
        let last = self.job.steps.iter().filter_map(|s| s.begun.max(s.ended)).max();
        self.again && last.is_none_or(|Timestamp(at)| self.now().0.saturating_sub(at) > THAWED_WITHIN_MS)
    }
}
