//! The desk: makes plans of operations, carries them out, and writes down each step before it acts.
//!
//! | part | is |
//! | --- | --- |
//! | [`DeskHandle`] | all that consoles and commands know of it |
//! | `queue` | whose turn it is; pure |
//! | `desk` | the thread that has the queue and tells how jobs stand; never calls the hypervisor |
//! | `hands`, `worker`, `line` | hands, each with a thread and a connection |
//! | `facts` | what a plan rests on, read afresh |
//! | `run`, `acts`, `watch` | one job: written down, planned again, step by step, with progress and a way to stop |
//! | `recover` | what a kill left behind |
//! | `kept` | files of deleted VMs |
//! | `look` | what is looked at before something is decided |
//!
//! It needs no engine beside it: a command has a desk alone. State is kept where [`store`](crate::store) keeps it.

mod actor;
mod acts;
mod consent;
mod desk;
mod facts;
mod handle;
mod hands;
mod kept;
mod line;
mod look;
mod loss;
mod queue;
mod record;
pub mod records;
mod recover;
mod run;
mod stop;
mod templates;
#[cfg(test)]
mod tests;
mod watch;
mod worker;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

pub use self::actor::of_process as actor_of_process;
pub use self::consent::Consent;
pub use self::facts::{NetworkSeen, no_network, on_network, orphans};
pub(crate) use self::handle::Ask;
#[cfg(test)]
pub(crate) use self::handle::unattended;
pub use self::handle::{DeskHandle, Jobs};
pub use self::kept::{Expiry, Shelf, difference, vm_of, without_secrets};
pub use self::look::{Look, Seen};
use self::stop::Stop;
pub use self::templates::{TemplateSeen, template, templates};
use super::clock::{Clock, SystemClock};
use super::threads::Threads;
use crate::hypervisor::Connector;
use crate::model::job::{Actor, Job, JobId, Progress};
use crate::model::plan::Plan;
pub use crate::operations::Version as TemplateVersion;
pub use crate::operations::template_in;

/// Jobs of one desk that are carried out at once, unless it is told otherwise.
pub const PARALLEL: usize = 4;
/// Days that a deleted VM is held, unless a desk is told otherwise.
pub const KEEP_DAYS: u32 = 30;

/// What a desk works with.
pub struct DeskConfig {
    /// The hypervisor.
    pub connector: Arc<dyn Connector>,
    /// Where `state.db` lies.
    pub folder: PathBuf,
    /// Why nothing may be changed; `None` where it may.
    pub read_only: Option<String>,
    /// Who asks.
    pub actor: Actor,
    /// Jobs carried out at once; at least 1.
    pub parallel: usize,
    /// Days that a deleted VM is held.
    pub keep_days: u32,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// When jobs are looked after whose process was killed.
    pub recovers: Recovers,
    /// Told where a job is whenever something was written down or done: for tests of what a kill leaves behind.
    pub rehearsal: Option<Rehearsal>,
}

/// When a desk looks after jobs whose process was killed: that may change the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovers {
    /// From its start on.
    AtOnce,
    /// Once somebody agreed to a job: a command that only looks changes nothing.
    WithTheFirstJob,
}

/// Called with `begun`, `checked` (the plan holds still), `acted 0`, `begun 1` and so on.
pub type Rehearsal = Arc<dyn Fn(&str) + Send + Sync>;

impl DeskConfig {
    /// Default settings and the system's clock.
    pub fn new(connector: Arc<dyn Connector>, folder: PathBuf, actor: Actor) -> Self {
        let clock = Arc::new(SystemClock::new());
        Self {
            connector,
            folder,
            read_only: None,
            actor,
            parallel: PARALLEL,
            keep_days: KEEP_DAYS,
            clock,
            recovers: Recovers::AtOnce,
            rehearsal: None,
        }
    }
}

/// What all threads of a desk share and none changes.
struct Setting {
    folder: PathBuf,
    host: String,
    read_only: Option<String>,
    actor: Actor,
    keep_days: u32,
    clock: Arc<dyn Clock>,
    rehearsal: Option<Rehearsal>,
}

impl Setting {
    fn reached(&self, place: &str) {
        if let Some(told) = &self.rehearsal {
            told(place);
        }
    }
}

/// What reaches the desk's thread.
#[derive(Debug)]
pub(crate) enum Input {
    /// Somebody asks.
    Ask(Ask),
    /// A job stands so now.
    Job(Box<Job>),
    /// The present step of a job is so far.
    Progress(JobId, Progress),
    /// A job could not be begun: there is no journal.
    Unwritten(JobId),
    /// The end of a job could not be written down.
    Unended(JobId, Box<record::Unended>),
    /// A hand has done what it was given.
    Done(usize, worker::Outcome),
}

/// A job with all that is needed to carry it out.
#[derive(Debug)]
struct Assignment {
    job: Job,
    plan: Plan,
    stop: Stop,
}

/// A running desk. Dropping it tells its threads to end and waits for none.
pub struct Desk {
    handle: DeskHandle,
    inbox: Sender<Input>,
    threads: Arc<Threads>,
}

impl Desk {
    /// Starts the desk's thread. It connects when it is first asked, and looks after jobs whose process was killed.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(config: DeskConfig) -> io::Result<Self> {
        let DeskConfig { connector, folder, read_only, actor, .. } = config;
        let DeskConfig { parallel, keep_days, clock, recovers, rehearsal, .. } = config;
        let (inbox, inputs) = channel();
        let (told, jobs) = tokio::sync::watch::channel(Arc::default());
        let threads = Arc::new(Threads::default());
        let host = connector.uri().to_owned();
        let setting = Arc::new(Setting { folder, host, read_only, actor, keep_days, clock, rehearsal });
        let hands = hands::Hands::new(setting.clone(), connector, inbox.clone(), threads.clone(), parallel);
        let guard = threads.enter();
        std::thread::Builder::new().name("nc-desk".into()).spawn(move || {
            let _guard = guard;
            desk::DeskThread::new(setting, hands, told, (parallel, recovers)).run(&inputs);
        })?;
        Ok(Self { handle: DeskHandle::new(inbox.clone(), jobs), inbox, threads })
    }

    /// A way to the desk.
    pub fn handle(&self) -> DeskHandle {
        self.handle.clone()
    }

    /// Ends the desk: jobs that wait are dropped, those under way are told to stop and waited for, at most so long.
    /// Returns how many threads were left behind; what they were doing is looked after at the next start.
    pub fn stop(self, deadline: Duration) -> usize {
        drop(self.inbox.send(Input::Ask(Ask::Stop)));
        self.threads.wait(deadline)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(self.inbox.send(Input::Ask(Ask::Stop)));
    }
}
