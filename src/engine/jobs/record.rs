//! Audit records of jobs.

use super::Setting;
use crate::model::audit::AuditRecord;
use crate::model::job::{Job, JobId, JobState, StepState};
use crate::model::operation::Operation;
use crate::model::plan::Plan;
use crate::model::time::Timestamp;
use crate::store::{JobEnd, StateDb, StoreError};

/// An end that could not be written down when it came.
#[derive(Debug)]
pub(crate) struct Unended {
    pub(super) last: Option<(usize, StepState)>,
    pub(super) offer: Option<Operation>,
    pub(super) audit: AuditRecord,
}

impl Unended {
    /// Tries to write it down.
    pub(super) fn write(&self, db: &mut StateDb, id: JobId, now: Timestamp) -> Result<(), StoreError> {
        let Self { last, offer, audit } = self;
        let (state, outcome) = (audit.result, audit.outcome.as_str());
        db.end_job(&JobEnd { id, state, outcome, offer: offer.as_ref(), last: *last, audit }, now)
    }
}

/// The record of a job that is over, without definitions.
pub(super) fn of(job: &Job, plan: &Plan, setting: &Setting, now: Timestamp) -> AuditRecord {
    AuditRecord {
        at: now,
        by: job.by.clone(),
        ended_by: None,
        host: setting.host.clone(),
        operation: job.operation.clone(),
        target: job.target.clone(),
        job: Some(job.id),
        plan: told(plan),
        xml_before: String::new(),
        xml_after: String::new(),
        result: job.state,
        outcome: job.outcome.clone(),
        duration_ms: job.started.map_or(0, |s| u64::try_from(now.0 - s.0).unwrap_or(0)),
    }
}

/// The record of what was begun elsewhere.
pub(super) fn witnessed(plan: &Plan, setting: &Setting, now: Timestamp) -> AuditRecord {
    AuditRecord {
        at: now,
        by: setting.actor.clone(),
        ended_by: None,
        host: setting.host.clone(),
        operation: plan.operation.clone(),
        target: plan.target.clone(),
        job: None,
        plan: told(plan),
        xml_before: String::new(),
        xml_after: String::new(),
        result: JobState::Done,
        outcome: "Begun.".into(),
        duration_ms: 0,
    }
}

/// The record of the end of what was begun elsewhere, after so long.
pub(super) fn left(plan: &Plan, setting: &Setting, now: Timestamp, duration_ms: u64) -> AuditRecord {
    AuditRecord { outcome: "Closed.".into(), duration_ms, ..witnessed(plan, setting, now) }
}

/// Its steps as equivalent commands or sentences, one a line.
fn told(plan: &Plan) -> String {
    let told =
        plan.steps.iter().map(|s| if s.command.is_empty() { s.title.clone() } else { s.command.join(" ") });
    told.collect::<Vec<_>>().join("\n")
}

/// Writes down the end of a job that was never begun.
pub(super) fn end_unbegun(
    db: &mut StateDb,
    job: &Job,
    plan: &Plan,
    setting: &Setting,
    now: Timestamp,
) -> Result<(), StoreError> {
    let audit = of(job, plan, setting, now);
    let (state, outcome) = (job.state, job.outcome.as_str());
    db.end_job(&JobEnd { id: job.id, state, outcome, offer: None, last: None, audit: &audit }, now)
}
