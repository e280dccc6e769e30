//! The journal of jobs: each step is written down before it acts, so that a kill leaves nothing unknown.
//!
//! Any process adds jobs, and each carries out its own; which process a job belongs to is told by its owner (`owner`).
//! What two of them do to one thing excludes each other: see [`StateDb::begin_job`].

mod read;
#[cfg(test)]
mod tests;

use rusqlite::{OptionalExtension, Transaction, params};
use uuid::Uuid;

use super::audit;
use super::error::StoreError;
use super::state::{Refused, StateDb};
use crate::model::audit::AuditRecord;
use crate::model::job::{Actor, Job, JobId, JobState, StepState};
use crate::model::operation::Operation;
use crate::model::plan::Plan;
use crate::model::time::Timestamp;
pub use read::UnreadableJob;

/// A plan that somebody agreed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// The plan.
    pub plan: Plan,
    /// Who asked for it.
    pub by: Actor,
    /// URI of the host it acts on, without secrets.
    pub host: String,
}

/// A job as it was written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Journalled {
    /// The job; `here` and `progress` are the caller's to set.
    pub job: Job,
    /// What is carried out.
    pub plan: Plan,
    /// The process it belongs to.
    pub owner: Uuid,
    /// URI of the host it acts on.
    pub host: String,
    /// The definition before anything was changed, where that was written down.
    pub xml_before: String,
}

/// Whether a job could begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// It has.
    Begun,
    /// This one is at work on the same thing.
    Busy(JobId),
}

/// How a job ends.
#[derive(Clone, Copy, Debug)]
pub struct JobEnd<'a> {
    /// Which.
    pub id: JobId,
    /// A state that is over.
    pub state: JobState,
    /// What became of it.
    pub outcome: &'a str,
    /// What may be tried instead.
    pub offer: Option<&'a Operation>,
    /// The last step that was begun, from 0, and how that ended.
    pub last: Option<(usize, StepState)>,
    /// What the audit keeps of it.
    pub audit: &'a AuditRecord,
}

const GONE: &str = "is not in the journal";
const OVER: &str = "is over already";
const NO_STEP: &str = "has no such step";

impl StateDb {
    /// Adds a batch of jobs, all queued, in one transaction. The batch's number is that of the first. Gives their
    /// numbers, in order.
    pub fn add_jobs(
        &mut self,
        jobs: &[NewJob],
        owner: Uuid,
        now: Timestamp,
    ) -> Result<Vec<JobId>, StoreError> {
        self.write("write the jobs", |db| {
            let mut ids: Vec<JobId> = Vec::with_capacity(jobs.len());
            for job in jobs {
                let id = add(db, job, owner, now)?;
                let batch = ids.first().copied().unwrap_or(id);
                db.prepare_cached("UPDATE job SET batch = ? WHERE id = ?")?
                    .execute(params![batch.0, id.0])?;
                ids.push(id);
            }
            Ok(ids)
        })
    }

    /// Makes a queued job running and its first step begun; unless another job that has begun and is not over, of
    /// whatever process, acts on the same target or touches the same thing.
    ///
    /// # Errors
    /// [`StoreError::Journal`] where it is not queued.
    pub fn begin_job(&mut self, id: JobId, now: Timestamp) -> Result<Begin, StoreError> {
        self.write("begin a job", |db| {
            require_open(db, id)?;
            let busy = "SELECT other.id FROM job AS other, job AS this
                WHERE this.id = ? AND other.host = this.host
                AND other.id <> this.id AND other.started_ms IS NOT NULL AND other.ended_ms IS NULL
                AND (other.kind = this.kind AND other.target = this.target OR EXISTS (
                    SELECT 1 FROM job_touch AS a JOIN job_touch AS b ON a.thing = b.thing
                    WHERE a.job = other.id AND b.job = this.id))
                ORDER BY other.id LIMIT 1";
            if let Some(other) = db.query_row(busy, [id.0], |row| row.get(0)).optional()? {
                return Ok(Begin::Busy(JobId(other)));
            }
            let begin = "UPDATE job SET state = ?, started_ms = ? WHERE id = ? AND state = ?";
            let (queued, running) = (JobState::Queued.word(), JobState::Running.word());
            if db.execute(begin, params![running, now.0, id.0, queued])? == 0 {
                return Err(Refused::Job(id, "is not queued"));
            }
            begin_step(db, id, 0, now)?;
            Ok(Begin::Begun)
        })
    }

    /// Ends step `at` (from 0) in this state and, where given, begins step `next`, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Journal`] where the job is over or has no such step.
    pub fn step(
        &mut self,
        id: JobId,
        at: usize,
        state: StepState,
        next: Option<usize>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write("write a step", |db| {
            require_open(db, id)?;
            set_step(db, id, at, state, now)?;
            next.map_or(Ok(()), |next| begin_step(db, id, next, now))
        })
    }

    /// Keeps the definition as it was before anything was changed.
    ///
    /// # Errors
    /// [`StoreError::Journal`] where the job is over.
    pub fn keep_before(&mut self, id: JobId, xml: &str) -> Result<(), StoreError> {
        self.write("write the definition of before", |db| {
            require_open(db, id)?;
            db.execute("UPDATE job SET xml_before = ? WHERE id = ?", params![xml, id.0])?;
            Ok(())
        })
    }

    /// Sets a state that is not over; nothing else changes.
    ///
    /// # Errors
    /// [`StoreError::Journal`] where the job is over, or would be: that is for [`StateDb::end_job`].
    pub fn set_job_state(&mut self, id: JobId, state: JobState) -> Result<(), StoreError> {
        self.write("write a job's state", |db| {
            require_open(db, id)?;
            if state.is_over() {
                return Err(Refused::Job(id, "ends with an audit record only"));
            }
            db.execute("UPDATE job SET state = ? WHERE id = ?", params![state.word(), id.0])?;
            Ok(())
        })
    }

    /// Ends a job: its last step, its state and outcome, and the audit record, all or nothing of it.
    ///
    /// # Errors
    /// [`StoreError::Journal`] where it is over already, or would not be.
    pub fn end_job(&mut self, end: &JobEnd<'_>, now: Timestamp) -> Result<(), StoreError> {
        let folder = self.folder().to_owned();
        self.write("end a job", |db| {
            require_open(db, end.id)?;
            if !end.state.is_over() {
                return Err(Refused::Job(end.id, "cannot end in a state that is not over"));
            }
            if let Some((at, state)) = end.last {
                set_step(db, end.id, at, state, now)?;
            }
            let offer = end.offer.map(serde_json::to_string).transpose()?;
            db.execute(
                "UPDATE job SET state = ?, outcome = ?, offer = ?, ended_ms = ? WHERE id = ?",
                params![end.state.word(), end.outcome, offer, now.0, end.id.0],
            )?;
            audit::append(db, &folder, end.audit)
        })?;
        self.tell_head();
        Ok(())
    }

    /// Takes a job over from an owner that is gone; false where somebody else was quicker, or it is over.
    pub fn adopt(&mut self, id: JobId, from: Uuid, to: Uuid) -> Result<bool, StoreError> {
        self.write("take a job over", |db| {
            let adopt = "UPDATE job SET owner = ? WHERE id = ? AND owner = ? AND ended_ms IS NULL";
            Ok(db.execute(adopt, params![to.to_string(), id.0, from.to_string()])? == 1)
        })
    }

    /// Forgets jobs that are over, but for the newest `keep` of them.
    pub fn forget_jobs(&mut self, keep: usize) -> Result<(), StoreError> {
        self.write("forget old jobs", |db| {
            let forget = "DELETE FROM job WHERE ended_ms IS NOT NULL AND id NOT IN
                (SELECT id FROM job WHERE ended_ms IS NOT NULL ORDER BY id DESC LIMIT ?)";
            db.execute(forget, [i64::try_from(keep).unwrap_or(i64::MAX)])?;
            Ok(())
        })
    }
}

fn add(db: &Transaction<'_>, new: &NewJob, owner: Uuid, now: Timestamp) -> Result<JobId, Refused> {
    let NewJob { plan, by, host } = new;
    let mut query = db.prepare_cached(
        "INSERT INTO job (batch, owner, host, kind, target, name, title, plan, actor, state, created_ms)
         VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let id = query.insert(params![
        owner.to_string(),
        host,
        plan.target.kind.word(),
        plan.target.id,
        plan.target.name,
        plan.title,
        serde_json::to_string(plan)?,
        serde_json::to_string(by)?,
        JobState::Queued.word(),
        now.0,
    ])?;
    let mut query = db.prepare_cached("INSERT INTO job_step (job, at, state) VALUES (?, ?, ?)")?;
    for (at, _) in (0_i64..).zip(&plan.steps) {
        query.execute(params![id, at, StepState::Waiting.word()])?;
    }
    let mut query = db.prepare_cached("INSERT OR IGNORE INTO job_touch (job, thing) VALUES (?, ?)")?;
    for thing in plan.things() {
        query.execute(params![id, thing])?;
    }
    Ok(JobId(id))
}

fn require_open(db: &Transaction<'_>, id: JobId) -> Result<(), Refused> {
    let open = "SELECT ended_ms IS NULL FROM job WHERE id = ?";
    match db.query_row(open, [id.0], |row| row.get(0)).optional()? {
        Some(true) => Ok(()),
        Some(false) => Err(Refused::Job(id, OVER)),
        None => Err(Refused::Job(id, GONE)),
    }
}

fn begin_step(db: &Transaction<'_>, id: JobId, at: usize, now: Timestamp) -> Result<(), Refused> {
    let begin = "UPDATE job_step SET state = ?, begun_ms = ?, ended_ms = NULL WHERE job = ? AND at = ?";
    one_step(id, db.execute(begin, params![StepState::Begun.word(), now.0, id.0, number(at)])?)
}

/// A step that waits or has begun has not ended.
fn set_step(
    db: &Transaction<'_>,
    id: JobId,
    at: usize,
    state: StepState,
    now: Timestamp,
) -> Result<(), Refused> {
    let ended = (!matches!(state, StepState::Waiting | StepState::Begun)).then_some(now.0);
    let set = "UPDATE job_step SET state = ?, ended_ms = ? WHERE job = ? AND at = ?";
    one_step(id, db.execute(set, params![state.word(), ended, id.0, number(at)])?)
}

const fn one_step(id: JobId, changed: usize) -> Result<(), Refused> {
    if changed == 1 { Ok(()) } else { Err(Refused::Job(id, NO_STEP)) }
}

fn number(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}
