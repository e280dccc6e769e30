//! Plans and outcomes for programs: one object, whose keys stay.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::outcome::{Outcome, worst};
use super::text::name_after;
use super::words;
use crate::cli::when::rfc3339;
use crate::model::job::{Job, JobStep, Progress, Unit};
use crate::model::operation::{Kind, Operation};
use crate::model::plan::{AfterKill, Confirm, Downtime, Note, Plan, Planned, Refusal, RefusalKind, Weight};
use crate::model::time::Timestamp;

/// All that a command has to tell.
pub(super) fn document(outcomes: &[Outcome], dry_run: bool) -> Json {
    json!({
        "dry_run": dry_run,
        "exit_code": worst(outcomes).code(),
        kinds(outcomes): outcomes.iter().map(one).collect::<Vec<_>>(),
    })
}

/// What the outcomes are of.
fn kinds(outcomes: &[Outcome]) -> &'static str {
    match outcomes.first().map(|o| o.planned.target().kind) {
        None | Some(Kind::Vm) => "vms",
        Some(Kind::Volume) => "volumes",
        Some(Kind::Pool) => "pools",
        Some(Kind::Network) => "networks",
        Some(Kind::Template) => "templates",
    }
}

fn one(outcome: &Outcome) -> Json {
    let target = outcome.planned.target();
    let operation = match &outcome.planned {
        Planned::Plan(plan) => &plan.operation,
        Planned::Refused(no) => &no.operation,
    };
    let refusal = match &outcome.planned {
        Planned::Plan(_) => Json::Null,
        Planned::Refused(no) => refusal(no),
    };
    let plan_of = outcome.planned.plan();
    // Pools and volumes go by their names.
    let (key, id) = match target.kind {
        Kind::Vm | Kind::Network => ("uuid", &target.id),
        Kind::Volume | Kind::Pool | Kind::Template => ("id", &target.id),
    };
    json!({
        "name": target.name,
        key: id,
        "operation": operation.word(),
        "title": outcome.title(),
        "result": outcome.word(),
        "outcome": outcome.sentence(),
        "exit_code": outcome.exit().code(),
        "plan": plan_of.map(plan),
        "refusal": refusal,
        "job": outcome.job.as_deref().map(|j| job(j, plan_of)),
    })
}

fn plan(plan: &Plan) -> Json {
    let seconds = match plan.downtime {
        Downtime::About(s) => Some(s),
        Downtime::None | Downtime::Moments | Downtime::UntilStarted => None,
    };
    let step = |s: &crate::model::plan::Step| json!({ "title": s.title, "command": s.command });
    let space = |s: &crate::model::plan::Space| json!({ "place": s.place, "needs_bytes": s.needs, "free_bytes": s.free });
    json!({
        "summary": plan.summary,
        "steps": plan.steps.iter().map(step).collect::<Vec<_>>(),
        "notes": plan.notes.iter().map(note).collect::<Vec<_>>(),
        "confirm": match plan.confirm { Confirm::Yes => "yes", Confirm::Name(_) => "name" },
        "diff": plan.diff,
        "space": plan.space.iter().map(space).collect::<Vec<_>>(),
        "downtime": downtime(plan.downtime),
        "downtime_seconds": seconds,
        "rests_on": plan.basis.iter().map(|f| json!({ "what": f.what, "was": f.was })).collect::<Vec<_>>(),
        "taken_back_by": command(plan.inverse.as_ref(), name_after(plan)),
        "after_kill": after_kill(plan.after_kill),
    })
}

fn note(note: &Note) -> Json {
    let weight = match note.weight {
        Weight::Danger => "danger",
        Weight::Warning => "warning",
        Weight::Info => "info",
    };
    json!({ "weight": weight, "text": note.text })
}

const fn downtime(downtime: Downtime) -> &'static str {
    match downtime {
        Downtime::None => "none",
        Downtime::Moments => "moments",
        Downtime::About(_) => "seconds",
        Downtime::UntilStarted => "until-started",
    }
}

const fn after_kill(what: AfterKill) -> &'static str {
    match what {
        AfterKill::Stay => "stay",
        AfterKill::Undo => "undo",
        AfterKill::Finish => "finish",
    }
}

fn refusal(no: &Refusal) -> Json {
    let kind = match no.kind {
        RefusalKind::AlreadySo => "already-so",
        RefusalKind::NotFound => "not-found",
        RefusalKind::BadRequest => "bad-request",
        RefusalKind::State => "state",
        RefusalKind::NotAllowed => "not-allowed",
        RefusalKind::Protected => "protected",
        RefusalKind::InUse => "in-use",
        RefusalKind::Taken => "taken",
        RefusalKind::Space => "space",
        RefusalKind::Unsupported => "unsupported",
        RefusalKind::Unknown => "unknown",
    };
    json!({ "kind": kind, "reason": no.reason, "remedy": no.remedy })
}

/// Jobs without their plans, the newest last.
pub(super) fn jobs(jobs: &[Arc<Job>]) -> Json {
    let told = |one: &Arc<Job>| {
        let mut told = job(one, None);
        told["operation"] = json!(one.operation.word());
        told["title"] = json!(one.title);
        told["target"] =
            json!({ "kind": one.target.kind.word(), "id": one.target.id, "name": one.target.name });
        told["outcome"] = json!(one.outcome);
        told
    };
    json!({ "jobs": jobs.iter().rev().map(told).collect::<Vec<_>>() })
}

fn job(job: &Job, plan: Option<&Plan>) -> Json {
    let name = plan.map_or(job.target.name.as_str(), name_after);
    json!({
        "id": job.id.0,
        "batch": job.batch.0,
        "state": job.state.word(),
        "steps": job.steps.iter().map(job_step).collect::<Vec<_>>(),
        "progress": job.progress.as_ref().map(progress),
        "created": rfc3339(job.created),
        "started": time(job.started),
        "ended": time(job.ended),
        "taken_back_by": command(job.undo.as_ref(), name),
        "instead": command(job.offer.as_ref(), name),
    })
}

fn job_step(step: &JobStep) -> Json {
    json!({
        "title": step.title,
        "command": step.command,
        "state": step.state.word(),
        "begun": time(step.begun),
        "ended": time(step.ended),
    })
}

fn progress(progress: &Progress) -> Json {
    let unit = match progress.unit {
        Unit::Bytes => "bytes",
        Unit::Seconds => "seconds",
    };
    json!({ "done": progress.done, "total": progress.total, "unit": unit })
}

/// The command that asks for an operation, as arguments.
fn command(operation: Option<&Operation>, name: &str) -> Option<Vec<String>> {
    operation.map(|o| words::words(o, name))
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(rfc3339)
}
