//! What became of one VM of a command.

use std::sync::Arc;

use crate::cli::exit::Exit;
use crate::model::job::{Job, JobState, StepState};
use crate::model::plan::{Act, Plan, Planned, RefusalKind};

/// What was planned for a VM, and the job where it was gone ahead with.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// The plan, or why there is none.
    pub(super) planned: Planned,
    /// What was done; nothing for a refusal, and when plans are only shown.
    pub(super) job: Option<Arc<Job>>,
}

impl Outcome {
    /// One word that stays: `planned`, `already`, `refused`, or how the job ended.
    pub(super) fn word(&self) -> &'static str {
        match (&self.planned, &self.job) {
            (_, Some(job)) => job.state.word(),
            (Planned::Plan(_), None) => "planned",
            (Planned::Refused(no), None) if no.kind == RefusalKind::AlreadySo => "already",
            (Planned::Refused(_), None) => "refused",
        }
    }

    /// What became of it, in a sentence; cleaned.
    pub(super) fn sentence(&self) -> &str {
        match (&self.planned, &self.job) {
            (_, Some(job)) if !job.outcome.is_empty() => &job.outcome,
            (_, Some(job)) => job.state.word(),
            (Planned::Plan(plan), None) => &plan.summary,
            (Planned::Refused(no), None) => &no.reason,
        }
    }

    /// What was asked for, with the name.
    pub(super) fn title(&self) -> &str {
        match &self.planned {
            Planned::Plan(plan) => &plan.title,
            Planned::Refused(no) => &no.title,
        }
    }

    /// The exit code of a command about this VM alone.
    pub(super) fn exit(&self) -> Exit {
        match (&self.planned, &self.job) {
            (Planned::Plan(plan), Some(job)) => of_job(plan, job),
            (Planned::Refused(no), _) => of_refusal(no.kind),
            (Planned::Plan(_), None) => Exit::Done,
        }
    }
}

/// The exit code of several together: that of the worst.
pub(super) fn worst(outcomes: &[Outcome]) -> Exit {
    outcomes.iter().map(Outcome::exit).max_by_key(|e| e.weight()).unwrap_or(Exit::Done)
}

/// Whether the hypervisor was lost in the middle of one of them: then nothing else can be looked after either.
pub(super) fn any_cut(outcomes: &[Outcome]) -> bool {
    outcomes.iter().filter_map(|o| o.job.as_ref()).any(|job| job.state == JobState::Interrupted)
}

/// The exit code of a refusal.
pub(in crate::cli) const fn of_refusal(kind: RefusalKind) -> Exit {
    match kind {
        RefusalKind::AlreadySo => Exit::Done,
        RefusalKind::NotFound => Exit::NotFound,
        RefusalKind::BadRequest => Exit::Usage,
        RefusalKind::State
        | RefusalKind::NotAllowed
        | RefusalKind::Protected
        | RefusalKind::InUse
        | RefusalKind::Taken
        | RefusalKind::Space
        | RefusalKind::Unsupported
        | RefusalKind::Unknown => Exit::Refused,
    }
}

fn of_job(plan: &Plan, job: &Job) -> Exit {
    match job.state {
        JobState::Done => Exit::Done,
        JobState::Cancelled => Exit::Cancelled,
        JobState::Stale => Exit::Refused,
        JobState::Failed if waited_in_vain(plan, job) => Exit::TimedOut,
        JobState::Failed
        | JobState::Interrupted
        | JobState::Queued
        | JobState::Running
        | JobState::Cancelling => Exit::Failed,
    }
}

/// Whether what failed was a wait whose time was over.
fn waited_in_vain(plan: &Plan, job: &Job) -> bool {
    let failed = job.steps.iter().position(|s| s.state == StepState::Failed);
    let Some((act, step)) = failed.and_then(|n| Some((&plan.steps.get(n)?.act, job.steps.get(n)?))) else {
        return false;
    };
    match act {
        Act::AwaitOff { .. } => job.offer.is_some(),
        // It may end otherwise before: the guest goes off.
        Act::AwaitUp { within_s, .. } => {
            let lasted = step.begun.zip(step.ended).map_or(0, |(begun, ended)| ended.0 - begun.0);
            lasted >= i64::from(*within_s) * 1000
        }
        _ => false,
    }
}
