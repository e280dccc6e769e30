//! The desk's thread: questions in, answers and the state of all jobs out. It never calls the hypervisor.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::handle::{Ask, Jobs};
use super::hands::{Hands, Wish};
use super::queue::Queue;
use super::record::Unended;
use super::stop::Stop;
use super::worker::{Outcome, Task};
use super::{Assignment, Consent, Input, Look, Recovers, Seen, Setting, look};
use crate::hypervisor::{HvError, HvErrorKind, HvResult};
use crate::model::job::{Job, JobId, JobState, JobStep, StepState};
use crate::model::plan::{Plan, Planned};
use crate::model::text::clean;
use crate::model::time::Timestamp;
use crate::operations;
use crate::store::{Journalled, NewJob, Owner, StateDb};

/// How often it is looked what other processes do, and whether calls are overdue.
const LOOK: Duration = Duration::from_millis(500);
/// How often jobs are looked for whose process is gone.
const ORPHANS_EVERY: Duration = Duration::from_secs(10);
const LATER: &str = "Waits for the hypervisor, to see what became of it.";
const UNBEGUN: &str = "Stopped before its turn came: nothing was done.";
/// Jobs that are told of.
const TOLD: usize = 300;
/// Jobs that the journal keeps.
const KEPT: usize = 2000;

/// A job of this process.
struct Live {
    job: Arc<Job>,
    /// Given to a hand with its turn.
    plan: Option<Plan>,
    stop: Stop,
}

/// The journal, and this process' place in it.
struct Journal {
    db: StateDb,
    owner: Owner,
}

/// All that the thread has.
pub(super) struct DeskThread {
    setting: Arc<Setting>,
    hands: Hands,
    told: watch::Sender<Arc<Jobs>>,
    queue: Queue,
    live: BTreeMap<JobId, Live>,
    /// Others' jobs and earlier ones, as last written down; newest first.
    written: Vec<Arc<Job>>,
    journal: Result<Journal, String>,
    /// Taken over, and to be looked after as soon as the hypervisor answers.
    interrupted: Vec<Journalled>,
    orphans_at: Instant,
    /// Ends that could not be written down: tried again and again.
    unended: Vec<(JobId, Unended)>,
    /// What was left by others is looked after.
    recovers: bool,
    /// It was told to end: nothing new is begun.
    ends: bool,
}

impl DeskThread {
    pub(super) fn new(
        setting: Arc<Setting>,
        hands: Hands,
        told: watch::Sender<Arc<Jobs>>,
        (parallel, recovers): (usize, Recovers),
    ) -> Self {
        let journal = open(&setting);
        Self {
            setting,
            hands,
            told,
            queue: Queue::new(parallel),
            live: BTreeMap::new(),
            written: Vec::new(),
            journal,
            interrupted: Vec::new(),
            orphans_at: Instant::now(),
            unended: Vec::new(),
            recovers: recovers == Recovers::AtOnce,
            ends: false,
        }
    }

    pub(super) fn run(mut self, inputs: &Receiver<Input>) {
        self.read_journal();
        self.look_for_orphans();
        self.publish();
        while !(self.ends && self.hands.all_idle()) {
            match inputs.recv_timeout(LOOK) {
                Ok(input) => {
                    self.take(input);
                    // What came together is told together.
                    while let Ok(more) = inputs.try_recv() {
                        self.take(more);
                    }
                    self.publish();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.look();
        }
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Ask(ask) => self.answer(ask),
            Input::Job(job) => self.stands(*job),
            Input::Progress(id, progress) => {
                if let Some(live) = self.live.get_mut(&id)
                    && !live.job.state.is_over()
                {
                    Arc::make_mut(&mut live.job).progress = Some(progress);
                }
            }
            Input::Unwritten(id) => {
                let said = "Nothing was done: the journal cannot be opened.";
                self.ended(id, JobState::Failed, said);
            }
            Input::Unended(id, end) => self.unended.push((id, *end)),
            Input::Done(hand, outcome) => self.done(hand, outcome),
        }
        self.begin_jobs();
    }

    fn answer(&mut self, ask: Ask) {
        match ask {
            // Whoever asked and did not wait for the answer is not waited for either.
            Ask::Vms(reply) => self.hands.give(Task::Vms, Wish::Vms(reply)),
            Ask::Snapshots(vm, reply) => self.hands.give(Task::Snapshots(vm), Wish::Snapshots(reply)),
            Ask::Look(look, reply) => self.look_at(look, reply),
            Ask::Plan(operations, reply) => self.hands.give(Task::Plan(operations), Wish::Plan(reply)),
            Ask::Witness(operation, reply) => {
                self.hands.give(Task::Plan(vec![operation]), Wish::Witness(reply));
            }
            Ask::Left(plan, duration_ms, reply) => {
                self.left(&plan, duration_ms);
                let _ = reply.send(());
            }
            Ask::Definition(vm, secrets, reply) => {
                self.hands.give(Task::Definition(vm, secrets), Wish::Definition(reply));
            }
            Ask::Submit(plans, consent, reply) => drop(reply.send(self.submit(plans, &consent))),
            Ask::Recover(reply) => {
                self.recovers = true;
                self.look_for_orphans();
                let left = self.live.values().filter(|l| l.job.state == JobState::Interrupted);
                drop(reply.send(left.map(|l| l.job.id).collect()));
            }
            Ask::Cancel(id) => self.cancel(id),
            Ask::Stop => self.end(),
        }
    }

    /// The hypervisor is asked by a hand, what is stored is read beside: the desk waits for neither.
    fn look_at(&mut self, look: Look, reply: oneshot::Sender<Result<Seen, String>>) {
        if look.asks_hypervisor() {
            return self.hands.give(Task::Look(look), Wish::Look(reply));
        }
        let setting = self.setting.clone();
        self.hands.beside(move || {
            let now = setting.clock.now().wall;
            drop(reply.send(look::stored(&setting.folder, &setting.host, now, &look)));
        });
    }

    fn submit(&mut self, plans: Vec<Plan>, consent: &Consent) -> Result<Vec<JobId>, String> {
        if self.ends {
            return Err("NovaCron is about to end: nothing new is begun.".into());
        }
        if let Some(why) = &self.setting.read_only {
            return Err(why.clone());
        }
        consent.covers_all(&plans)?;
        let now = self.setting.clock.now().wall;
        let Journal { db, owner } = match &mut self.journal {
            Ok(journal) => journal,
            Err(why) => return Err(format!("Nothing was done: {why}")),
        };
        let written: Vec<Plan> = plans.iter().map(operations::as_written).collect();
        let new = |plan: &Plan| NewJob {
            plan: plan.clone(),
            by: self.setting.actor.clone(),
            host: self.setting.host.clone(),
        };
        let jobs: Vec<NewJob> = written.iter().map(new).collect();
        if !std::mem::replace(&mut self.recovers, true) {
            self.orphans_at = Instant::now().checked_sub(ORPHANS_EVERY).unwrap_or(self.orphans_at);
        }
        let ids = db
            .add_jobs(&jobs, owner.id(), now)
            .map_err(|why| format!("Nothing was done, since it could not be written down first: {why}"))?;
        let batch = ids.first().copied().unwrap_or(JobId(0));
        for ((id, plan), written) in ids.iter().zip(plans).zip(&written) {
            let job = Arc::new(queued(*id, batch, written, &self.setting, now));
            self.queue.add(*id, plan.things());
            self.live.insert(*id, Live { job, plan: Some(plan), stop: Stop::default() });
        }
        Ok(ids)
    }

    fn begin_jobs(&mut self) {
        while let Some(id) = self.queue.next() {
            let Some(live) = self.live.get_mut(&id) else {
                self.queue.over(id);
                continue;
            };
            let Some(plan) = live.plan.clone() else { continue };
            let assignment = Assignment { job: (*live.job).clone(), plan, stop: live.stop.clone() };
            self.hands.give(Task::Run(Box::new(assignment)), Wish::Nothing);
        }
    }

    fn stands(&mut self, mut job: Job) {
        job.here = true;
        if let Some(live) = self.live.get_mut(&job.id) {
            if live.stop.is_asked() && job.state == JobState::Running {
                job.state = JobState::Cancelling;
            }
            job.progress = job.progress.or(live.job.progress).filter(|_| !job.state.is_over());
            live.job = Arc::new(job);
        } else {
            let live = Live { job: Arc::new(job), plan: None, stop: Stop::default() };
            self.live.insert(live.job.id, live);
        }
    }

    fn done(&mut self, hand: usize, outcome: Outcome) {
        let Some(wish) = self.hands.done(hand) else { return };
        match (outcome, wish) {
            (Outcome::Vms(vms), Wish::Vms(reply)) => drop(reply.send(vms)),
            (Outcome::Snapshots(found), Wish::Snapshots(reply)) => drop(reply.send(found)),
            (Outcome::Looked(seen), Wish::Look(reply)) => drop(reply.send(seen)),
            (Outcome::Planned(plans), Wish::Plan(reply)) => drop(reply.send(plans)),
            (Outcome::Planned(plans), Wish::Witness(reply)) => {
                let seen = plans.and_then(|plans| self.witness(plans));
                drop(reply.send(seen));
            }
            (Outcome::Definition(xml), Wish::Definition(reply)) => drop(reply.send(xml)),
            (Outcome::Over(id), _) => {
                self.queue.over(id);
                if let Some(live) = self.live.get_mut(&id) {
                    live.plan = None;
                }
            }
            (Outcome::Busy(id), _) if self.live.get(&id).is_some_and(|l| l.stop.is_asked()) => {
                self.queue.over(id);
                self.ended(id, JobState::Cancelled, UNBEGUN);
            }
            (Outcome::Busy(id), _) => self.queue.put_back(id),
            (Outcome::NotRecovered(mut job, why), _) => {
                tracing::warn!("Job {} was interrupted and cannot be looked after yet: {why}", job.job.id);
                self.queue.over(job.job.id);
                job.job.outcome = clean(&format!("{LATER} {why}.")).into_owned();
                if let Some(live) = self.live.get_mut(&job.job.id) {
                    live.job = interrupted(&job.job);
                }
                self.interrupted.push(*job);
            }
            (
                Outcome::Vms(_)
                | Outcome::Planned(_)
                | Outcome::Definition(_)
                | Outcome::Snapshots(_)
                | Outcome::Looked(_),
                _,
            ) => {}
        }
    }

    /// Writes down what is done elsewhere, where it may be.
    fn witness(&mut self, planned: Vec<Planned>) -> HvResult<Planned> {
        let failed = |why: String| HvError::new(HvErrorKind::Other, "write the audit", why);
        let planned = planned.into_iter().next().ok_or_else(|| failed("there is no plan".into()))?;
        if let Planned::Plan(plan) = &planned {
            let Journal { db, .. } = self.journal.as_mut().map_err(|why| failed(why.clone()))?;
            let now = self.setting.clock.now().wall;
            db.audit(&super::record::witnessed(plan, &self.setting, now))
                .map_err(|why| failed(why.to_string()))?;
        }
        Ok(planned)
    }

    /// Writes down that it is over.
    fn left(&mut self, plan: &Plan, duration_ms: u64) {
        let Ok(Journal { db, .. }) = &mut self.journal else { return };
        let now = self.setting.clock.now().wall;
        if let Err(why) = db.audit(&super::record::left(plan, &self.setting, now, duration_ms)) {
            tracing::error!("The audit lacks the end of “{}”: {why}", plan.title);
        }
    }

    fn cancel(&mut self, id: JobId) {
        if self.queue.take_out(id) {
            self.ended(id, JobState::Cancelled, UNBEGUN);
            return;
        }
        if let Some(live) = self.live.get_mut(&id)
            && !live.job.state.is_over()
        {
            live.stop.ask();
            let job = Arc::make_mut(&mut live.job);
            if job.state == JobState::Running {
                job.state = JobState::Cancelling;
            }
        }
    }

    /// A job ends that no hand ever had.
    fn ended(&mut self, id: JobId, state: JobState, said: &str) {
        let now = self.setting.clock.now().wall;
        let Some(live) = self.live.get_mut(&id) else { return };
        let job = Arc::make_mut(&mut live.job);
        job.state = state;
        said.clone_into(&mut job.outcome);
        job.ended = Some(now);
        job.undo = None;
        if let (Ok(Journal { db, .. }), Some(plan)) = (&mut self.journal, live.plan.take())
            && let Err(why) = super::record::end_unbegun(db, &live.job, &plan, &self.setting, now)
        {
            tracing::error!("{why}");
        }
    }

    fn end(&mut self) {
        self.ends = true;
        let open: Vec<JobId> =
            self.live.iter().filter(|(_, l)| !l.job.state.is_over()).map(|(id, _)| *id).collect();
        for id in open {
            self.cancel(id);
        }
        self.hands.let_go();
    }

    /// Tries to write down the ends that could not be.
    fn write_ends(&mut self) {
        let Ok(Journal { db, .. }) = &mut self.journal else { return };
        let now = self.setting.clock.now().wall;
        let before = self.unended.len();
        self.unended.retain(|(id, end)| match end.write(db, *id, now) {
            Ok(()) => {
                tracing::info!("The end of job {id} is written down.");
                false
            }
            Err(why) => {
                tracing::debug!("{why}");
                true
            }
        });
        if self.unended.len() < before {
            self.publish();
        }
    }

    /// What goes on without being told.
    fn look(&mut self) {
        self.hands.give_up_overdue();
        if !self.unended.is_empty() {
            self.write_ends();
        }
        if self.queue.waits_for_others() && self.queue.try_again() {
            self.begin_jobs();
        }
        if self.orphans_at.elapsed() >= ORPHANS_EVERY {
            self.look_for_orphans();
        }
        if let Ok(Journal { db, .. }) = &mut self.journal
            && db.changed_by_others()
        {
            self.read_journal();
            self.publish();
        }
    }

    fn read_journal(&mut self) {
        let host = &self.setting.host;
        let read = match &self.journal {
            Ok(Journal { db, .. }) => db.jobs(TOLD),
            Err(_) => return,
        };
        match read {
            Ok(jobs) => {
                let of_host = jobs.into_iter().filter(|j| j.host == *host);
                self.written = of_host.map(|j| Arc::new(Job { here: false, ..j.job })).collect();
            }
            Err(why) => tracing::error!("{why}"),
        }
    }

    /// Takes over what was left by processes that are gone.
    fn look_for_orphans(&mut self) {
        self.orphans_at = Instant::now();
        if self.ends || !self.recovers || self.setting.read_only.is_some() {
            return;
        }
        let Ok(Journal { db, owner }) = &mut self.journal else { return };
        let open = match db.open_of_others(owner.id()) {
            Ok(open) => open,
            Err(why) => return tracing::error!("{why}"),
        };
        let of_host = open.into_iter().filter(|j| j.host == self.setting.host);
        let mut adopted = std::mem::take(&mut self.interrupted);
        for orphan in of_host.filter(|j| Owner::is_gone(&self.setting.folder, j.owner)) {
            match db.adopt(orphan.job.id, orphan.owner, owner.id()) {
                Ok(true) => adopted.push(orphan),
                Ok(false) => {}
                Err(why) => tracing::error!("{why}"),
            }
        }
        for orphan in adopted {
            tracing::info!("Job {} was interrupted: {}.", orphan.job.id, orphan.job.title);
            let job = interrupted(&orphan.job);
            self.live.insert(job.id, Live { job, plan: None, stop: Stop::default() });
            self.hands.give(Task::Recover(Box::new(orphan)), Wish::Nothing);
        }
    }

    fn publish(&mut self) {
        let here = self.live.values().rev().map(|live| live.job.clone());
        let mut jobs: Vec<Arc<Job>> = here.collect();
        jobs.extend(self.written.iter().filter(|job| !self.live.contains_key(&job.id)).cloned());
        jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
        jobs.truncate(TOLD);
        let trouble = self.journal.as_ref().err().cloned();
        self.told.send_replace(Arc::new(Jobs { jobs: jobs.into(), trouble, unwritten: self.unended.len() }));
        self.forget();
    }

    /// Those that are over for long are in the journal.
    fn forget(&mut self) {
        while self.live.len() > TOLD {
            let Some(id) = self.live.iter().find(|(_, l)| l.job.state.is_over()).map(|(id, _)| *id) else {
                return;
            };
            self.live.remove(&id);
        }
    }
}

fn open(setting: &Setting) -> Result<Journal, String> {
    let opened = StateDb::open(&setting.folder, setting.clock.now().wall).and_then(|(mut db, aside)| {
        if let Some(aside) = aside {
            tracing::error!("{aside}");
        }
        let owner = Owner::new(&setting.folder)?;
        if db.read_only_reason().is_none() {
            db.forget_jobs(KEPT)?;
        }
        Ok(Journal { db, owner })
    });
    opened.map_err(|why| {
        tracing::error!("{why}");
        format!("The journal of jobs cannot be used: {why}")
    })
}

fn queued(id: JobId, batch: JobId, plan: &Plan, setting: &Setting, now: Timestamp) -> Job {
    let steps = plan.steps.iter().map(|s| JobStep {
        title: s.title.clone(),
        command: s.command.clone(),
        state: StepState::Waiting,
        begun: None,
        ended: None,
    });
    Job {
        id,
        batch,
        operation: plan.operation.clone(),
        target: plan.target.clone(),
        title: plan.title.clone(),
        state: JobState::Queued,
        steps: steps.collect(),
        progress: None,
        created: now,
        started: None,
        ended: None,
        outcome: String::new(),
        by: setting.actor.clone(),
        undo: plan.inverse.clone(),
        offer: None,
        here: true,
    }
}

fn interrupted(job: &Job) -> Arc<Job> {
    Arc::new(Job { state: JobState::Interrupted, here: true, ..job.clone() })
}
