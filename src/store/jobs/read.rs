//! Reading the journal.
//!
//! A newer NovaCron may have written a job whose plan this one does not understand. It is not carried on, nor does it hide
//! the others: it is told apart, with what its columns say, and still keeps others from its target.

use rusqlite::{Connection, Params, Row};
use uuid::Uuid;

use super::Journalled;
use crate::model::job::{Actor, Job, JobId, JobState, JobStep, StepState};
use crate::model::plan::Plan;
use crate::model::time::Timestamp;
use crate::store::error::StoreError;
use crate::store::state::StateDb;

const COLUMNS: &str = "id, batch, owner, host, plan, actor, state, outcome, offer, created_ms, started_ms, ended_ms, title, name, xml_before";

/// A job that this version does not understand: one of a newer NovaCron.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableJob {
    /// Its number.
    pub id: JobId,
    /// What it does, not cleaned.
    pub title: String,
    /// Name of what it acts on, not cleaned.
    pub name: String,
    /// Word of its state.
    pub state: String,
    /// When it was confirmed.
    pub created: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// What became of it.
    pub outcome: String,
}

/// A row of the table.
enum Found {
    Job(Box<Journalled>),
    Unreadable(UnreadableJob),
}

impl StateDb {
    /// The newest jobs, newest first; those that are not over are always among them.
    pub fn jobs(&self, most: usize) -> Result<Vec<Journalled>, StoreError> {
        Ok(self.newest(most)?.into_iter().filter_map(Found::job).collect())
    }

    /// Of the same, those that a newer NovaCron wrote.
    pub fn unreadable_jobs(&self, most: usize) -> Result<Vec<UnreadableJob>, StoreError> {
        let unreadable = |found| match found {
            Found::Unreadable(job) => Some(job),
            Found::Job(_) => None,
        };
        Ok(self.newest(most)?.into_iter().filter_map(unreadable).collect())
    }

    /// Jobs that are not over and belong to somebody else than `me`, newest first.
    pub fn open_of_others(&self, me: Uuid) -> Result<Vec<Journalled>, StoreError> {
        let those = "ended_ms IS NULL AND owner <> ?";
        let found = self.found(those, [me.to_string()])?;
        Ok(found.into_iter().filter_map(Found::job).collect())
    }

    fn newest(&self, most: usize) -> Result<Vec<Found>, StoreError> {
        let those = "ended_ms IS NULL OR id IN (SELECT id FROM job ORDER BY id DESC LIMIT ?)";
        self.found(those, [i64::try_from(most).unwrap_or(i64::MAX)])
    }

    fn found(&self, those: &str, params: impl Params) -> Result<Vec<Found>, StoreError> {
        let read = || {
            // One transaction: a job and its steps are of one moment.
            let all = self.db.unchecked_transaction()?;
            let mut query =
                all.prepare_cached(&format!("SELECT {COLUMNS} FROM job WHERE {those} ORDER BY id DESC"))?;
            let rows = query.query_map(params, |row| found(&all, row))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|why| StoreError::sql("read the jobs", &self.path, why))
    }
}

impl Found {
    fn job(self) -> Option<Journalled> {
        match self {
            Self::Job(job) => Some(*job),
            Self::Unreadable(_) => None,
        }
    }
}

fn found(db: &Connection, row: &Row<'_>) -> rusqlite::Result<Found> {
    let steps = steps(db, row.get("id")?)?;
    match steps.map(|steps| journalled(row, steps)).transpose()?.flatten() {
        Some(job) => Ok(Found::Job(Box::new(job))),
        None => Ok(Found::Unreadable(UnreadableJob {
            id: JobId(row.get("id")?),
            title: row.get("title")?,
            name: row.get("name")?,
            state: row.get("state")?,
            created: Timestamp(row.get("created_ms")?),
            ended: time(row, "ended_ms")?,
            outcome: row.get("outcome")?,
        })),
    }
}

/// How far a step is.
struct StepRow {
    state: StepState,
    begun: Option<Timestamp>,
    ended: Option<Timestamp>,
}

/// The steps in order; `None` where one is in a state that is not known here.
fn steps(db: &Connection, job: i64) -> rusqlite::Result<Option<Vec<StepRow>>> {
    let mut query =
        db.prepare_cached("SELECT state, begun_ms, ended_ms FROM job_step WHERE job = ? ORDER BY at")?;
    let step = |row: &Row<'_>| {
        let state = StepState::by_word(&row.get::<_, String>("state")?);
        let (begun, ended) = (time(row, "begun_ms")?, time(row, "ended_ms")?);
        Ok(state.map(|state| StepRow { state, begun, ended }))
    };
    query.query_map([job], step)?.collect()
}

/// The job of a row; `None` where something in it is not known here.
fn journalled(row: &Row<'_>, steps: Vec<StepRow>) -> rusqlite::Result<Option<Journalled>> {
    let text = |column: &str| row.get::<_, String>(column);
    let plan = serde_json::from_str::<Plan>(&text("plan")?).ok();
    let by = serde_json::from_str::<Actor>(&text("actor")?).ok();
    let (state, owner) = (JobState::by_word(&text("state")?), Uuid::parse_str(&text("owner")?).ok());
    let (Some(plan), Some(by), Some(state), Some(owner)) = (plan, by, state, owner) else { return Ok(None) };
    if plan.steps.len() != steps.len() {
        return Ok(None);
    }
    let step = |(step, row): (&crate::model::plan::Step, StepRow)| JobStep {
        title: step.title.clone(),
        command: step.command.clone(),
        state: row.state,
        begun: row.begun,
        ended: row.ended,
    };
    let job = Job {
        id: JobId(row.get("id")?),
        batch: JobId(row.get("batch")?),
        operation: plan.operation.clone(),
        target: plan.target.clone(),
        title: plan.title.clone(),
        state,
        steps: plan.steps.iter().zip(steps).map(step).collect(),
        progress: None,
        created: Timestamp(row.get("created_ms")?),
        started: time(row, "started_ms")?,
        ended: time(row, "ended_ms")?,
        outcome: text("outcome")?,
        by,
        undo: plan.inverse.clone().filter(|_| !state.is_over() || state == JobState::Done),
        // One that is not known here cannot be offered.
        offer: row.get::<_, Option<String>>("offer")?.and_then(|offer| serde_json::from_str(&offer).ok()),
        here: false,
    };
    let host = text("host")?;
    let xml_before = text("xml_before")?;
    Ok(Some(Journalled { job, plan, owner, host, xml_before }))
}

fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}
