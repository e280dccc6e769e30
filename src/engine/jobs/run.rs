//! One job from its turn to its end: written down, planned again, step by step.

use std::fmt::Write;
use std::sync::mpsc::Sender;

use super::acts::{Broken, Hands, changes_definition, leaves_something, perform, to_take_back};
use super::facts::gather;
use super::line::Line;
use super::record::{self, Unended};
use super::stop::Stop;
use super::{Assignment, Input, Setting};
use crate::hypervisor::{HvError, HvErrorKind, HvResult, NetworkXml, XmlOf};
use crate::model::audit::AuditRecord;
use crate::model::id::VmId;
use crate::model::job::{Job, JobId, JobState, StepState};
use crate::model::operation::Operation;
use crate::model::plan::{Act, Plan, Planned, Refusal};
use crate::model::text::clean;
use crate::model::time::{Moment, Timestamp};
use crate::operations;
use crate::store::{Begin, Changed, Journalled, StateDb, StoreError};

/// What became of the try to carry a job out.
#[derive(Debug)]
pub(super) enum Ran {
    /// It is over, one way or another.
    Over,
    /// Another process works on the same thing.
    Busy(JobId),
    /// The hypervisor is out of reach in the middle of it: it is looked after later.
    Cut(Box<Journalled>, HvError),
}

/// One job under way.
pub(super) struct Run<'r> {
    pub(super) line: &'r mut Line,
    pub(super) db: &'r mut StateDb,
    pub(super) setting: &'r Setting,
    pub(super) desk: &'r Sender<Input>,
    pub(super) stop: &'r Stop,
    pub(super) job: Job,
    pub(super) plan: Plan,
    /// The definition before anything was changed.
    pub(super) xml_before: String,
    /// It was begun before: by another process, which was killed, or on a connection that was lost.
    pub(super) again: bool,
    /// When the step under way began.
    pub(super) since: Moment,
    /// Why the hypervisor is out of reach, in the middle of it.
    pub(super) cut: Option<HvError>,
}

/// How a job ended.
pub(super) struct Ending {
    pub(super) state: JobState,
    pub(super) outcome: String,
    pub(super) offer: Option<Operation>,
}

impl Ending {
    pub(super) fn new(state: JobState, outcome: impl Into<String>) -> Self {
        Self { state, outcome: outcome.into(), offer: None }
    }
}

/// Carries a job out, as far as that is possible.
pub(super) fn run(
    Assignment { job, plan, stop }: Assignment,
    line: &mut Line,
    db: &mut StateDb,
    setting: &Setting,
    desk: &Sender<Input>,
) -> Ran {
    let mut run = Run {
        line,
        db,
        setting,
        desk,
        stop: &stop,
        job,
        plan,
        xml_before: String::new(),
        again: false,
        since: setting.clock.now(),
        cut: None,
    };
    match run.db.begin_job(run.job.id, run.now()) {
        Ok(Begin::Begun) => {}
        Ok(Begin::Busy(other)) => return Ran::Busy(other),
        Err(why) => {
            // Nothing was done, and nothing is: what cannot be written down does not happen.
            run.over(&unwritten(&why), None);
            return Ran::Over;
        }
    }
    setting.reached("begun");
    run.job.state = JobState::Running;
    run.job.started = Some(run.now());
    run.mark(0, StepState::Begun);
    run.tell();
    let not_done = match run.still_holds() {
        Ok(None) => run.keep_before().err().map(|why| unwritten(&why)),
        Ok(Some(why)) => Some(Ending::new(JobState::Stale, why)),
        Err(e) => Some(failed(&e)),
    };
    if not_done.is_none() {
        setting.reached("checked");
    }
    let (ending, last) = match not_done {
        None => run.steps(0),
        Some(ending) => {
            run.mark(0, StepState::Waiting);
            (ending, Some((0, StepState::Waiting)))
        }
    };
    if let Some(why) = run.cut.take() {
        let Run { job, plan, setting, xml_before, .. } = run;
        let (owner, host) = (uuid::Uuid::nil(), setting.host.clone());
        return Ran::Cut(Box::new(Journalled { job, plan, owner, host, xml_before }), why);
    }
    run.over(&ending, last);
    Ran::Over
}

impl Run<'_> {
    pub(super) fn now(&self) -> Timestamp {
        self.setting.clock.now().wall
    }

    /// Why the plan does not hold any more; `None` when it does.
    fn still_holds(&mut self) -> HvResult<Option<String>> {
        let operation = &self.plan.operation;
        let facts = gather(self.line.hv()?, operation, self.setting)?;
        let now = operations::plan(operation, &facts);
        self.xml_before = match operation {
            Operation::Network { name, .. } => {
                facts.networks.network(name).map(|n| n.xml.clone()).unwrap_or_default()
            }
            _ => facts.vm.map(|vm| vm.defined_xml).unwrap_or_default(),
        };
        Ok(changed(&self.plan, &now))
    }

    /// Writes the definition down that is about to be changed: whoever looks after a kill tells it.
    fn keep_before(&mut self) -> Result<(), StoreError> {
        if !self.redefines() || self.xml_before.is_empty() {
            return Ok(());
        }
        self.db.keep_before(self.job.id, &self.xml_before)
    }

    /// Whether the plan changes a definition.
    fn redefines(&self) -> bool {
        self.plan.steps.iter().any(|s| changes_definition(&s.act))
    }

    /// Does the steps from this one, which is begun already, to the last.
    pub(super) fn steps(&mut self, first: usize) -> (Ending, Option<(usize, StepState)>) {
        let count = self.plan.steps.len();
        for at in first..count {
            if self.stop.is_asked() && !self.no_way_back(at) {
                self.mark(at, StepState::Waiting);
                return (
                    self.take_back(at, JobState::Cancelled, "Stopped.".into()),
                    Some((at, StepState::Waiting)),
                );
            }
            self.since = self.setting.clock.now();
            match self.act(at) {
                Ok(()) => {}
                Err(Broken::Hv(e)) if e.is_fatal() => {
                    if let Some(ended) = self.after_loss(at, e) {
                        return ended;
                    }
                }
                Err(broken) => {
                    self.mark(at, StepState::Failed);
                    return (self.broken(at, broken), Some((at, StepState::Failed)));
                }
            }
            self.setting.reached(&format!("acted {at}"));
            self.mark(at, StepState::Done);
            self.job.progress = None;
            if at + 1 == count {
                return (self.whole(), Some((at, StepState::Done)));
            }
            if let Err(why) = self.db.step(self.job.id, at, StepState::Done, Some(at + 1), self.now()) {
                let ending = unwritten(&why);
                return (self.take_back(at + 1, ending.state, ending.outcome), None);
            }
            self.setting.reached(&format!("begun {}", at + 1));
            self.mark(at + 1, StepState::Begun);
            self.tell();
        }
        (self.whole(), None)
    }

    /// All is done, though it may have been told to stop.
    fn whole(&self) -> Ending {
        let mut outcome = self.plan.done.clone();
        if self.stop.is_asked() {
            outcome.push_str(if outcome.is_empty() { "" } else { " " });
            outcome.push_str(
                "It was told to stop, which could not be done in the middle: it was done to the end.",
            );
        }
        Ending::new(JobState::Done, outcome)
    }

    /// Whether so much is done before this step that nothing is taken back any more.
    pub(super) fn no_way_back(&self, next: usize) -> bool {
        self.plan.no_way_back.is_some_and(|last| next > last)
    }

    pub(super) fn act(&mut self, at: usize) -> Result<(), Broken> {
        // It may have been lost, and come back, since the last step.
        self.line.ready()?;
        perform(&self.plan.steps[at].act, &self.hands()?)
    }

    fn hands(&self) -> HvResult<Hands<'_>> {
        Ok(Hands {
            hv: self.line.hv()?,
            line: self.line,
            clock: &*self.setting.clock,
            stop: self.stop,
            job: self.job.id,
            desk: self.desk,
            setting: self.setting,
            since: self.since,
        })
    }

    pub(super) fn broken(&mut self, at: usize, broken: Broken) -> Ending {
        match broken {
            Broken::Stopped(left) => {
                let said = if left.is_empty() { "Stopped.".to_owned() } else { format!("Stopped. {left}") };
                self.take_back(at, JobState::Cancelled, said)
            }
            Broken::Hv(e) => {
                let Ending { state, outcome, .. } = failed(&e);
                self.take_back(at, state, outcome)
            }
            Broken::Said { sentence, offer } => {
                let ending = self.take_back(at, JobState::Failed, sentence);
                Ending { offer: offer.map(|o| *o), ..ending }
            }
        }
    }

    /// Takes back what was done before this step, the newest first, where it can be.
    pub(super) fn take_back(&mut self, before: usize, state: JobState, outcome: String) -> Ending {
        let mut outcome = outcome;
        if self.no_way_back(before) {
            outcome.push_str(" What had been done before stays.");
            return Ending::new(state, outcome);
        }
        let undoable: Vec<usize> = (0..before)
            .rev()
            .filter(|at| self.job.steps[*at].state == StepState::Done && self.plan.steps[*at].undo.is_some())
            .collect();
        let whole = !undoable.is_empty();
        for at in undoable {
            let Some(undo) = self.plan.steps[at].undo.clone() else { continue };
            if let Err(broken) = self.undo(&undo) {
                let title = clean(&self.plan.steps[at].title).into_owned();
                let _ = write!(outcome, " “{title}” was not taken back: {}", reason(broken));
                return Ending::new(state, outcome);
            }
            self.mark(at, StepState::Undone);
            if let Err(why) = self.db.step(self.job.id, at, StepState::Undone, None, self.now()) {
                tracing::error!("{why}");
            }
        }
        if whole {
            outcome.push_str(" What had been done was taken back.");
        }
        let stays = |at: &usize| {
            let (job, plan) = (&self.job.steps[*at], &self.plan.steps[*at]);
            job.state == StepState::Done && plan.undo.is_none() && leaves_something(&plan.act)
        };
        for at in (0..before).filter(stays) {
            let _ =
                write!(outcome, " This was done before, and stays: {}.", clean(&self.plan.steps[at].title));
        }
        Ending::new(state, outcome)
    }

    fn undo(&mut self, undo: &Act) -> Result<(), Broken> {
        self.line.ready()?;
        let hands = self.hands()?;
        if !to_take_back(undo, hands.hv, self.is_long_ago())? {
            return Ok(());
        }
        // What takes back is not to be stopped by what stopped the job.
        let stop = Stop::default();
        perform(undo, &Hands { stop: &stop, ..hands })
    }

    /// The step is so now.
    pub(super) fn mark(&mut self, at: usize, state: StepState) {
        let now = self.now();
        if let Some(step) = self.job.steps.get_mut(at) {
            step.state = state;
            match state {
                StepState::Begun => step.begun = Some(now),
                StepState::Waiting => step.begun = None,
                StepState::Done | StepState::Failed | StepState::Undone => step.ended = Some(now),
            }
        }
    }

    /// Tells the desk how the job stands.
    pub(super) fn tell(&self) {
        drop(self.desk.send(Input::Job(Box::new(self.job.clone()))));
    }

    /// Writes the end down, with its audit record, and tells it.
    pub(super) fn over(&mut self, ending: &Ending, last: Option<(usize, StepState)>) {
        let now = self.now();
        let job = &mut self.job;
        job.state = ending.state;
        job.outcome = clean(&ending.outcome).into_owned();
        job.offer.clone_from(&ending.offer);
        job.ended = Some(now);
        job.progress = None;
        if job.state != JobState::Done {
            job.undo = None;
        }
        let audit = self.record(now);
        self.revise(&audit, now);
        let end = Unended { last, offer: ending.offer.clone(), audit };
        if let Err(why) = end.write(self.db, self.job.id, now) {
            tracing::error!("the end of job {} could not be written down: {why}", self.job.id);
            let _ = write!(self.job.outcome, " This could not be written down yet: {why}.");
            drop(self.desk.send(Input::Unended(self.job.id, Box::new(end))));
        }
        self.tell();
    }

    fn record(&self, now: Timestamp) -> AuditRecord {
        let mut record = record::of(&self.job, &self.plan, self.setting, now);
        record.ended_by = self.again.then(|| self.setting.actor.clone()).filter(|actor| *actor != record.by);
        if !self.redefines() {
            return record;
        }
        let xml_after = self.xml_after().unwrap_or_default();
        AuditRecord { xml_before: self.xml_before.clone(), xml_after, ..record }
    }

    /// Writes down the definition that it changed.
    fn revise(&mut self, audit: &AuditRecord, now: Timestamp) {
        let (before, after) = (audit.xml_before.as_str(), audit.xml_after.as_str());
        let Some(vm) = self.plan.operation.vm_id().filter(|_| before != after) else {
            return;
        };
        let change = Changed { before, after, by: &audit.by, why: audit.operation.word() };
        if let Err(why) = self.db.revise(&audit.host, vm, &change, now) {
            tracing::error!("The definition could not be kept among the revisions: {why}");
        }
    }

    fn xml_after(&self) -> Option<String> {
        if let Operation::Network { name, .. } = &self.plan.operation {
            return self.line.hv().ok()?.network_xml(name, NetworkXml::Defined).ok();
        }
        let vm: VmId = self.plan.operation.vm_id()?;
        self.line.hv().ok()?.xml_of(vm, XmlOf::Defined).ok()
    }
}

/// Why a plan that was agreed to is another now.
pub(super) fn changed(agreed: &Plan, now: &Planned) -> Option<String> {
    match now {
        Planned::Refused(refusal) => {
            let Refusal { reason, .. } = &**refusal;
            Some(format!("Nothing was done: things have changed since you saw the plan. {reason}"))
        }
        Planned::Plan(plan) => agreed.stale_against(plan).map(|(fact, now)| {
            let (what, was) = (clean(&fact.what), brief(&fact.was));
            let is = now.map_or_else(|| "unknown".to_owned(), |f| brief(&f.was));
            format!("Nothing was done: things have changed since you saw the plan. {what} was {was}, and is {is} now.")
        }),
    }
}

fn brief(value: &str) -> String {
    if value.is_empty() || value.len() > 60 || value.contains('<') {
        return "another".to_owned();
    }
    clean(value).into_owned()
}

/// Why something did not come about, as a sentence.
fn reason(broken: Broken) -> String {
    match broken {
        Broken::Stopped(said) => said.to_owned(),
        Broken::Hv(e) => failed(&e).outcome,
        Broken::Said { sentence, .. } => sentence,
    }
}

pub(super) fn failed(e: &HvError) -> Ending {
    let hint = e.hint();
    let mut outcome = e.to_string();
    if !outcome.ends_with('.') {
        outcome.push('.');
    }
    // Reconnecting goes on by itself for what is shown; a job is not begun again.
    if !hint.is_empty() && e.kind != HvErrorKind::ConnectionLost {
        outcome.push(' ');
        outcome.push_str(hint);
    }
    Ending::new(JobState::Failed, outcome)
}

pub(super) fn unwritten(why: &StoreError) -> Ending {
    Ending::new(JobState::Failed, format!("Not done, since it could not be written down first: {why}"))
}
