//! Plans and jobs on the made-up host.

pub(crate) mod sights;

use std::sync::Arc;

use super::NOW;
use crate::engine::jobs::Jobs;
use crate::model::id::VmId;
use crate::model::job::{Actor, Job, JobId, JobState, JobStep, Progress, StepState, Unit, Via};
use crate::model::operation::{AskGuest, Operation, VmOperation};
use crate::model::plan::{Plan, Planned};
use crate::model::snapshot::Snapshot;
use crate::model::time::Timestamp;
use crate::operations::{Facts, VmFacts, plan};

/// What the desk would answer on this host.
pub(crate) fn planned(snapshot: &Snapshot, operations: &[Operation]) -> Vec<Planned> {
    let names: Vec<(VmId, String)> = snapshot.vms.iter().map(|vm| (vm.id, vm.name.clone())).collect();
    let facts = |operation: &Operation| Facts {
        vm: operation.vm_id().and_then(|id| snapshot.vm(id)).map(|vm| VmFacts {
            id: vm.id,
            name: vm.name.clone(),
            state: vm.state,
            flags: vm.flags.clone(),
            definition: vm.definition.as_deref().cloned().unwrap_or_default(),
            defined_xml: String::new(),
        }),
        names: names.clone(),
        ..Facts::default()
    };
    operations.iter().map(|operation| plan(operation, &facts(operation))).collect()
}

/// The VM of this name.
pub(crate) fn id(snapshot: &Snapshot, name: &str) -> VmId {
    snapshot.vms.iter().find(|vm| vm.name == name).unwrap().id
}

/// The plan of an operation that is possible.
pub(crate) fn plan_of(snapshot: &Snapshot, operation: &Operation) -> Plan {
    planned(snapshot, std::slice::from_ref(operation)).remove(0).plan().unwrap().clone()
}

/// Asking a VM to shut down.
pub(crate) fn shutdown(id: VmId) -> Operation {
    Operation::vm(id, VmOperation::Shutdown { by: AskGuest::Auto, within_s: 90 })
}

/// A job of a plan that waits for its turn, confirmed a minute ago by this process.
pub(crate) fn queued(number: i64, batch: i64, plan: &Plan) -> Job {
    let steps = plan.steps.iter().map(|step| JobStep {
        title: step.title.clone(),
        command: step.command.clone(),
        state: StepState::Waiting,
        begun: None,
        ended: None,
    });
    Job {
        id: JobId(number),
        batch: JobId(batch),
        operation: plan.operation.clone(),
        target: plan.target.clone(),
        title: plan.title.clone(),
        state: JobState::Queued,
        steps: steps.collect(),
        progress: None,
        created: ago(60),
        started: None,
        ended: None,
        outcome: String::new(),
        by: Actor { user: "anna".into(), origin: "10.0.0.5".into(), via: Via::Console, pid: 4711 },
        undo: None,
        offer: None,
        here: true,
    }
}

/// So many seconds ago.
pub(crate) fn ago(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 - seconds * 1000)
}

/// The same, begun 40 s ago and at its last step.
pub(crate) fn running(mut job: Job) -> Job {
    job.state = JobState::Running;
    job.started = Some(ago(40));
    let last = job.steps.len() - 1;
    for (i, step) in job.steps.iter_mut().enumerate() {
        step.state = if i == last { StepState::Begun } else { StepState::Done };
        step.begun = Some(ago(40));
        step.ended = (i < last).then(|| Timestamp(ago(40).0 + 120));
    }
    job.progress = Some(Progress { done: 40, total: 90, unit: Unit::Seconds, rate: Some(1.0) });
    job
}

/// The same, over 10 s ago.
pub(crate) fn over(job: Job, state: JobState, outcome: &str) -> Job {
    let mut job = running(job);
    job.progress = None;
    job.state = state;
    job.ended = Some(ago(10));
    job.outcome = outcome.into();
    for step in &mut job.steps {
        step.ended = step.ended.or(Some(ago(10)));
        if step.state == StepState::Begun {
            step.state = if state == JobState::Done { StepState::Done } else { StepState::Failed };
        }
    }
    job
}

/// Jobs in any order, as the desk tells them.
pub(crate) fn jobs(list: Vec<Job>) -> Arc<Jobs> {
    let mut list: Vec<Arc<Job>> = list.into_iter().map(Arc::new).collect();
    list.sort_by_key(|job| std::cmp::Reverse(job.id));
    Arc::new(Jobs { jobs: list.into(), trouble: None, unwritten: 0 })
}

/// One of everything: a batch of which one runs and one failed with an offer, a long copy by a command, one done that can
/// be taken back, one whose process was killed.
pub(crate) fn various(snapshot: &Snapshot) -> Arc<Jobs> {
    let down = |name: &str| plan_of(snapshot, &shutdown(id(snapshot, name)));
    let mut failed = over(
        queued(12, 11, &down("mail")),
        JobState::Failed,
        "mail still runs after 90 s. Nothing was forced.",
    );
    failed.offer = Some(Operation::vm(id(snapshot, "mail"), VmOperation::ForceOff));
    let save = plan_of(snapshot, &Operation::vm(id(snapshot, "web01"), VmOperation::Save));
    let mut saving = running(queued(14, 14, &save));
    saving.here = false;
    saving.by = Actor { user: "root".into(), origin: "tty1".into(), via: Via::Command, pid: 99 };
    saving.progress =
        Some(Progress { done: 1_288_490_189, total: 4 << 30, unit: Unit::Bytes, rate: Some(125_829_120.0) });
    let tags = VmOperation::SetTags { tags: vec!["db".into()] };
    let tags = plan_of(snapshot, &Operation::vm(id(snapshot, "db01"), tags));
    let mut tagged = over(queued(9, 9, &tags), JobState::Done, "db01 has other tags now.");
    tagged.undo = tags.inverse.clone();
    let start = VmOperation::Start { paused: false, discard_saved: false };
    let start = plan_of(snapshot, &Operation::vm(id(snapshot, "test-old"), start));
    let mut killed = running(queued(7, 7, &start));
    killed.state = JobState::Interrupted;
    killed.here = false;
    killed.started = Some(ago(200_000));
    killed.progress = None;
    jobs(vec![running(queued(11, 11, &down("db01"))), failed, saving, tagged, killed])
}
