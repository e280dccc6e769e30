//! The handle: all that consoles and commands know of the engine.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};

use tokio::sync::{oneshot, watch};

use super::calls::Input;
use super::history::Question;
use crate::hypervisor::HvError;
use crate::model::id::VmId;
use crate::model::snapshot::Snapshot;

/// What is on screen: these VMs get the costly groups soonest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// Rows on screen.
    pub visible: Vec<VmId>,
    /// The VM whose details are shown.
    pub detail: Option<VmId>,
}

/// The answer to a question, later.
pub type Reply<T> = oneshot::Receiver<Result<T, HvError>>;

/// What the engine can be asked.
#[derive(Debug)]
pub enum Command {
    /// What is on screen now.
    Focus(Focus),
    /// Poll everything now.
    Refresh,
    /// Connect now, without waiting for the back-off.
    Reconnect,
    /// The VM's XML.
    Xml(VmId, oneshot::Sender<Result<Arc<str>, HvError>>),
    /// Have libvirt look at a pool's storage again.
    RefreshPool(uuid::Uuid, oneshot::Sender<Result<(), HvError>>),
    /// Answer: shows that the engine works.
    Ping(oneshot::Sender<()>),
    /// End: workers are told to stop, stuck ones are left behind.
    Stop,
}

/// A cheap, cloneable way to the engine. None of its methods blocks.
#[derive(Clone, Debug)]
pub struct Handle {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    inbox: SyncSender<Input>,
    questions: Option<SyncSender<Question>>,
}

impl Handle {
    /// For the engine: the ends it serves.
    pub(super) const fn new(
        snapshots: watch::Receiver<Arc<Snapshot>>,
        inbox: SyncSender<Input>,
        questions: Option<SyncSender<Question>>,
    ) -> Self {
        Self { snapshots, inbox, questions }
    }

    /// Puts a question about the past; one too many, or where no history is kept, is dropped.
    pub(super) fn put_question(&self, question: Question) {
        if let Some(questions) = &self.questions
            && questions.try_send(question).is_err()
        {
            tracing::warn!("Too much is asked of the history at once.");
        }
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshots.borrow().clone()
    }

    /// A receiver that wakes at each new snapshot; a late reader skips to the newest.
    pub fn subscribe(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// Sends a command. Returns whether the engine took it: a full queue or an ended engine does not.
    pub fn send(&self, command: Command) -> bool {
        match self.inbox.try_send(Input::Command(command)) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                tracing::warn!("The engine is too busy to take a command.");
                false
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    /// An answer that comes as long as the engine works.
    pub fn ping(&self) -> oneshot::Receiver<()> {
        let (tx, rx) = oneshot::channel();
        self.send(Command::Ping(tx));
        rx
    }

    /// Asks for a VM's XML.
    pub fn xml(&self, id: VmId) -> Reply<Arc<str>> {
        let (tx, rx) = oneshot::channel();
        self.send(Command::Xml(id, tx));
        rx
    }

    /// Asks for a pool to be refreshed.
    pub fn refresh_pool(&self, id: uuid::Uuid) -> Reply<()> {
        let (tx, rx) = oneshot::channel();
        self.send(Command::RefreshPool(id, tx));
        rx
    }
}
