//! The way to the desk: all that consoles and commands know of it.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::sync::{oneshot, watch};

use super::Consent;
use crate::hypervisor::HvError;
use crate::model::id::VmId;
use crate::model::job::{Job, JobId, JobState};
use crate::model::operation::Operation;
use crate::model::plan::{Plan, Planned};
use crate::model::vm::VmRecord;
use crate::model::vm_snapshot::SizedSnapshot;

/// All jobs that are known here: those of this process as they go, others' as they were last written down.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    /// Newest first; the last few hundred.
    pub jobs: Arc<[Arc<Job>]>,
    /// What hinders keeping the journal, one sentence; nothing is begun then.
    pub trouble: Option<String>,
    /// Jobs that are over, which could not be written down yet: the audit lacks them.
    pub unwritten: usize,
}

impl Jobs {
    /// The job of this number.
    pub fn job(&self, id: JobId) -> Option<&Arc<Job>> {
        self.jobs.iter().find(|j| j.id == id)
    }

    /// Jobs that this process works on, or will. Those that are interrupted wait for the hypervisor, with NovaCron or without.
    pub fn open_here(&self) -> impl Iterator<Item = &Arc<Job>> {
        let is_open = |j: &&Arc<Job>| j.here && !j.state.is_over() && j.state != JobState::Interrupted;
        self.jobs.iter().filter(is_open)
    }
}

/// What the desk is asked.
#[derive(Debug)]
pub(crate) enum Ask {
    /// Which VMs there are.
    Vms(oneshot::Sender<Result<Vec<VmRecord>, HvError>>),
    /// A VM's snapshots.
    Snapshots(VmId, oneshot::Sender<Result<Vec<SizedSnapshot>, HvError>>),
    /// Look at something.
    Look(super::Look, oneshot::Sender<Result<super::Seen, String>>),
    /// Make plans.
    Plan(Vec<Operation>, oneshot::Sender<Result<Vec<Planned>, HvError>>),
    /// Make a plan of what is done elsewhere, and write down that it is.
    Witness(Operation, oneshot::Sender<Result<Planned, HvError>>),
    /// What was witnessed is over, after so many milliseconds.
    Left(Box<Plan>, u64, oneshot::Sender<()>),
    /// A VM's definition, with passwords or without.
    Definition(VmId, bool, oneshot::Sender<Result<String, HvError>>),
    /// Carry plans out.
    Submit(Vec<Plan>, Consent, oneshot::Sender<Result<Vec<JobId>, String>>),
    /// Look after jobs that a kill left; their numbers.
    Recover(oneshot::Sender<Vec<JobId>>),
    /// Stop a job.
    Cancel(JobId),
    /// End.
    Stop,
}

/// A cheap, cloneable way to the desk. None of its methods blocks.
#[derive(Clone, Debug)]
pub struct DeskHandle {
    asks: Sender<super::Input>,
    jobs: watch::Receiver<Arc<Jobs>>,
}

impl DeskHandle {
    pub(super) const fn new(asks: Sender<super::Input>, jobs: watch::Receiver<Arc<Jobs>>) -> Self {
        Self { asks, jobs }
    }

    /// The VMs there are now: for names that were given.
    pub fn vms(&self) -> oneshot::Receiver<Result<Vec<VmRecord>, HvError>> {
        let (tx, rx) = oneshot::channel();
        self.put(Ask::Vms(tx));
        rx
    }

    /// A VM's snapshots, with what they cost, in no order.
    pub fn snapshots(&self, vm: VmId) -> oneshot::Receiver<Result<Vec<SizedSnapshot>, HvError>> {
        let (tx, rx) = oneshot::channel();
        self.put(Ask::Snapshots(vm, tx));
        rx
    }

    /// Looks at something; an error is a sentence.
    pub fn look(&self, look: super::Look) -> oneshot::Receiver<Result<super::Seen, String>> {
        let (tx, rx) = oneshot::channel();
        self.put(Ask::Look(look, tx));
        rx
    }

    /// Has plans made, one for each operation and in their order, on facts read for them. An error is of the connection.
    pub fn plan(&self, operations: Vec<Operation>) -> oneshot::Receiver<Result<Vec<Planned>, HvError>> {
        let (tx, rx) = oneshot::channel();
        self.put(Ask::Plan(operations, tx));
        rx
    }

    /// Has a plan made of something that its asker does himself, such as opening a console; where it may be done, the audit
    /// tells of it before this answers. An error is of the connection, or of the audit.
    pub fn witness(&self, operation: Operation) -> oneshot::Receiver<Result<Planned, HvError>> {
        let (tx, rx) = oneshot::channel();
        self.put(Ask::Witness(operation, tx));
        rx
    }

    /// Has the audit tell that what was witnessed is over, after so many milliseconds. The answer comes once it does.
    pub fn left(&self, plan: Box<Plan>, duration_ms: u64) -> oneshot::Receiver<()> {
        let (tx, rx) = oneshot::channel();
        self.put(Ask::Left(plan, duration_ms, tx));
        rx
    }

    /// A VM's definition as its next start would use it: what is edited. With passwords where `secrets` says so.
    pub fn definition(&self, vm: VmId, secrets: bool) -> oneshot::Receiver<Result<String, HvError>> {
        let (tx, rx) = oneshot::channel();
        self.put(Ask::Definition(vm, secrets, tx));
        rx
    }

    /// Has plans carried out: queued as one batch. Refused with the reason when the consent does not cover one of them,
    /// or when they cannot be written down; then none is begun.
    pub fn submit(
        &self,
        plans: Vec<Plan>,
        consent: Consent,
    ) -> oneshot::Receiver<Result<Vec<JobId>, String>> {
        let (tx, rx) = oneshot::channel();
        self.put(Ask::Submit(plans, consent, tx));
        rx
    }

    /// Has jobs looked after whose process was killed, where that is not done already. Gives the numbers of all of them.
    pub fn recover(&self) -> oneshot::Receiver<Vec<JobId>> {
        let (tx, rx) = oneshot::channel();
        self.put(Ask::Recover(tx));
        rx
    }

    /// Tells a job to stop: one that waits is dropped, one that runs takes back what it did where it can.
    pub fn cancel(&self, job: JobId) {
        self.put(Ask::Cancel(job));
    }

    /// Jobs, as they go.
    pub fn jobs(&self) -> watch::Receiver<Arc<Jobs>> {
        self.jobs.clone()
    }

    fn put(&self, ask: Ask) {
        // A desk that has ended drops the question, which is its answer.
        drop(self.asks.send(super::Input::Ask(ask)));
    }
}

/// The two ends of a desk that nobody sits at: for tests of what uses the handle.
#[cfg(test)]
pub(crate) fn unattended() -> (DeskHandle, std::sync::mpsc::Receiver<super::Input>, watch::Sender<Arc<Jobs>>)
{
    let (asks, asked) = std::sync::mpsc::channel();
    let (tell, jobs) = watch::channel(Arc::default());
    (DeskHandle::new(asks, jobs), asked, tell)
}
