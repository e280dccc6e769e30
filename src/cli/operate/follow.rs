//! A command stays with its jobs until they are over.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::person::Person;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Layout;
use crate::engine::jobs::{DeskHandle, Jobs};
use crate::model::job::{Job, JobId, JobState, Progress, Unit};
use crate::model::units::bytes;

const LEFT_BEHIND: &str = "What was begun is looked after at NovaCron's next start on this host.";

/// Waits until these jobs are over, and shows how far they are. Told to end, it cancels them; told again, it leaves.
pub(super) async fn follow(
    desk: &DeskHandle,
    ids: &[JobId],
    person: &mut impl Person,
    layout: Layout,
) -> Result<Vec<Arc<Job>>, Failure> {
    let mut jobs = desk.jobs();
    let mut seen = BTreeMap::new();
    let mut told = false;
    loop {
        note(&jobs.borrow_and_update(), ids, &mut seen);
        if ids.iter().all(|id| seen.get(id).is_some_and(|j| ended(j))) {
            person.progress("");
            return Ok(ids.iter().filter_map(|id| seen.remove(id)).collect());
        }
        person.progress(&layout.text(&line(ids, &seen)));
        tokio::select! {
            changed = jobs.changed() => if changed.is_err() {
                person.progress("");
                return Err(Failure::new(Exit::Failed, "the jobs ended unexpectedly").hint(LEFT_BEHIND));
            },
            () = person.interrupted() => {
                if told {
                    person.progress("");
                    return Err(Failure::new(Exit::Cancelled, "left before it was over").hint(LEFT_BEHIND));
                }
                told = true;
                person.show("Cancelling; Ctrl-C once more leaves at once.\n");
                for id in ids.iter().filter(|id| !seen.get(id).is_some_and(|j| ended(j))) {
                    desk.cancel(*id);
                }
            }
        }
    }
}

fn note(jobs: &Jobs, ids: &[JobId], seen: &mut BTreeMap<JobId, Arc<Job>>) {
    for id in ids {
        if let Some(job) = jobs.job(*id) {
            seen.insert(*id, Arc::clone(job));
        }
    }
}

fn ended(job: &Job) -> bool {
    job.state.is_over() || job.state == JobState::Interrupted
}

/// How far it is, in one line: of one job its step, of several how many are over and what one of them does.
fn line(ids: &[JobId], seen: &BTreeMap<JobId, Arc<Job>>) -> String {
    let open: Vec<_> = ids.iter().filter_map(|id| seen.get(id)).filter(|j| !ended(j)).collect();
    let busy = open.iter().find(|j| j.state != JobState::Queued).or(open.first());
    let what = busy.map(|j| doing(j)).unwrap_or_default();
    if let [_] = ids {
        return what;
    }
    let over = ids.iter().filter(|id| seen.get(id).is_some_and(|j| ended(j))).count();
    format!("{over} of {} · {what}", ids.len())
}

fn doing(job: &Job) -> String {
    let mut line = job.title.clone();
    match (job.state, job.step_now()) {
        (JobState::Running, Some(step)) => line.extend([": ", &step.title]),
        (state, _) => line.extend([": ", state.word()]),
    }
    if let Some(far) = job.progress.as_ref().map(far).filter(|f| !f.is_empty()) {
        line.extend([" · ", &far]);
    }
    line
}

fn far(progress: &Progress) -> String {
    let Progress { done, total, unit, rate } = *progress;
    let mut parts = Vec::new();
    match unit {
        Unit::Seconds if total > 0 => parts.push(format!("{done} of {total} s")),
        Unit::Seconds => parts.push(format!("{done} s")),
        Unit::Bytes if total > 0 => parts.push(format!("{} of {}", bytes(done as f64), bytes(total as f64))),
        Unit::Bytes => parts.push(bytes(done as f64)),
    }
    if unit == Unit::Bytes {
        parts.extend(rate.map(|r| format!("{}/s", bytes(r))));
        parts.extend(progress.seconds_left().map(|s| format!("{s:.0} s left")));
    }
    parts.join(" · ")
}
