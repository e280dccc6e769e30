//! The desk's hands: who is free, who is given what, and who has not answered for too long.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::worker::{Task, Worker};
use super::{Input, Seen, Setting};
use crate::engine::threads::Threads;
use crate::hypervisor::{Connector, HvError, HvErrorKind, HvResult};
use crate::model::plan::Planned;
use crate::model::vm::VmRecord;
use crate::model::vm_snapshot::SizedSnapshot;

/// Facts have to be read in this time.
const READ_WITHIN: Duration = Duration::from_secs(20);
/// Hands beside those for jobs: so that a plan is made while jobs run.
const FOR_PLANS: usize = 2;

/// Who waits for what comes of a task.
pub(super) enum Wish {
    /// The desk only.
    Nothing,
    /// Somebody who wants to know the VMs.
    Vms(oneshot::Sender<HvResult<Vec<VmRecord>>>),
    /// Somebody who wants a definition.
    Definition(oneshot::Sender<HvResult<String>>),
    /// Somebody who wants to know a VM's snapshots.
    Snapshots(oneshot::Sender<HvResult<Vec<SizedSnapshot>>>),
    /// Somebody who looks at something.
    Look(oneshot::Sender<Result<Seen, String>>),
    /// Somebody who wants plans.
    Plan(oneshot::Sender<HvResult<Vec<Planned>>>),
    /// Somebody who does it himself.
    Witness(oneshot::Sender<HvResult<Planned>>),
}

impl Wish {
    /// Answers that it took too long; false where nobody waits, or the work itself may take as long as it does.
    fn give_up(self) -> Option<Self> {
        let late = || {
            let said = format!("no answer within {} s", READ_WITHIN.as_secs());
            HvError::new(HvErrorKind::TimedOut, "read what the plan rests on", said)
        };
        match self {
            Self::Nothing => return Some(self),
            Self::Vms(reply) => drop(reply.send(Err(late()))),
            Self::Definition(reply) => drop(reply.send(Err(late()))),
            Self::Snapshots(reply) => drop(reply.send(Err(late()))),
            Self::Look(reply) => drop(reply.send(Err(late().sentence()))),
            Self::Plan(reply) => drop(reply.send(Err(late()))),
            Self::Witness(reply) => drop(reply.send(Err(late()))),
        }
        None
    }
}

struct Hand {
    number: usize,
    tasks: SyncSender<Task>,
    busy: Option<(Instant, Wish)>,
}

/// All hands, and what waits for one.
pub(super) struct Hands {
    setting: Arc<Setting>,
    connector: Arc<dyn Connector>,
    desk: Sender<Input>,
    threads: Arc<Threads>,
    most: usize,
    next: usize,
    all: Vec<Hand>,
    waiting: VecDeque<(Task, Wish)>,
}

impl Hands {
    pub(super) fn new(
        setting: Arc<Setting>,
        connector: Arc<dyn Connector>,
        desk: Sender<Input>,
        threads: Arc<Threads>,
        parallel: usize,
    ) -> Self {
        let most = parallel.max(1) + FOR_PLANS;
        Self { setting, connector, desk, threads, most, next: 0, all: Vec::new(), waiting: VecDeque::new() }
    }

    /// Gives the task to a free hand, a new one, or has it wait.
    pub(super) fn give(&mut self, task: Task, wish: Wish) {
        self.waiting.push_back((task, wish));
        self.hand_out();
    }

    /// Has something done on a thread of its own, without the hypervisor.
    pub(super) fn beside(&self, work: impl FnOnce() + Send + 'static) {
        let guard = self.threads.enter();
        let started = std::thread::Builder::new().name("nc-look".into()).spawn(move || {
            let _guard = guard;
            work();
        });
        if let Err(e) = started {
            tracing::error!("no thread to read what is stored: {e}");
        }
    }

    fn hand_out(&mut self) {
        while !self.waiting.is_empty() {
            let free = self.all.iter().position(|h| h.busy.is_none()).or_else(|| self.hire());
            let Some(hand) = free.and_then(|at| self.all.get_mut(at)) else { return };
            let Some((task, wish)) = self.waiting.pop_front() else { return };
            hand.busy = Some((Instant::now(), wish));
            // A hand that ended answers nothing: its wish is dropped with it.
            if hand.tasks.try_send(task).is_err() {
                let number = hand.number;
                self.all.retain(|h| h.number != number);
            }
        }
    }

    fn hire(&mut self) -> Option<usize> {
        if self.all.len() >= self.most {
            return None;
        }
        let (tasks, given) = sync_channel(1);
        let number = self.next;
        self.next += 1;
        let worker = Worker::new(number, self.setting.clone(), self.connector.clone(), self.desk.clone());
        let guard = self.threads.enter();
        let started = std::thread::Builder::new().name("nc-job".into()).spawn(move || {
            let _guard = guard;
            worker.run(&given);
        });
        if let Err(e) = started {
            tracing::error!("no thread for a job: {e}");
            return None;
        }
        self.all.push(Hand { number, tasks, busy: None });
        Some(self.all.len() - 1)
    }

    /// A hand has answered; what was wished of it. `None` where it was given up.
    pub(super) fn done(&mut self, number: usize) -> Option<Wish> {
        let hand = self.all.iter_mut().find(|h| h.number == number)?;
        let wish = hand.busy.take().map(|(_, wish)| wish);
        self.hand_out();
        wish
    }

    /// Answers those who waited too long, and lets go of hands that hang in reading.
    pub(super) fn give_up_overdue(&mut self) {
        let late = |h: &Hand| h.busy.as_ref().is_some_and(|(since, _)| since.elapsed() > READ_WITHIN);
        for hand in self.all.iter_mut().filter(|h| late(h)) {
            if let Some((since, wish)) = hand.busy.take() {
                hand.busy = wish.give_up().map(|wish| (since, wish));
            }
            if hand.busy.is_none() {
                tracing::warn!("A call to the hypervisor hangs: its connection is left behind.");
                hand.number = usize::MAX;
            }
        }
        self.all.retain(|h| h.number != usize::MAX);
        self.hand_out();
    }

    /// No task is handed out any more; free hands end, others when they are done.
    pub(super) fn let_go(&mut self) {
        self.waiting.clear();
        self.most = 0;
        self.all.retain(|h| h.busy.is_some());
    }

    /// Whether nothing is under way.
    pub(super) fn all_idle(&self) -> bool {
        self.all.iter().all(|h| h.busy.is_none())
    }
}
