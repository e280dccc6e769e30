//! The headless heart: gathers facts, publishes one immutable snapshot after another. Knows no terminal.
//!
//! | part | is |
//! | --- | --- |
//! | `rates` | counters to values; pure |
//! | `state` | everything known, folded, published as snapshots that share what did not change; pure |
//! | `conditions` | what the host itself says is wrong; pure |
//! | `schedule` | which statistics of which VMs are due; pure |
//! | `core` | the mind: inputs in, effects and snapshots out; no thread, no clock |
//! | `worker`, `coordinator` | the threads around it |
//! | [`jobs`] | the desk: makes plans, carries them out, writes down what it does; threads and connections of its own |
//! | [`consoles`] | guests' own consoles, each with a thread and a connection |
//! | `life`, [`relay`] | asking the hypervisor itself, or following a collector that does |
//! | [`startup`] | the order in which a collector starts VMs after the host |
//! | [`upkeep`] | what a collector does on the side: revisions of definitions, deleted VMs that are forgotten |
//! | [`clock`] | time, injected |
//!
//! One thread per connection, and one that owns the state:
//!
//! ```text
//!  handle ──commands──▶┐                         ┌──▶ watch: snapshots
//!  poll ────answers───▶│                         │
//!  storage ───────────▶│  inbox ──▶ coordinator ─┤
//!  detail, agent ─────▶│  (bounded)   (core)     ├──orders──▶ poll, storage, detail, agent
//!  machine ───────────▶│                         └──asks────▶ machine
//!  event loop ─events─▶┘ (dropped and counted when full)
//! ```
//!
//! A call that hangs is left behind with its thread and connection; a new one takes its place.

mod backoff;
mod calls;
pub mod clock;
mod conditions;
pub mod consoles;
mod coordinator;
mod core;
mod handle;
pub mod history;
pub mod jobs;
mod life;
mod rates;
pub mod relay;
mod schedule;
pub mod startup;
mod state;
mod threads;
pub mod upkeep;
mod worker;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::watch;

use self::calls::Input;
use self::clock::{Clock, SystemClock};
use self::coordinator::{INBOX, start_machine};
use self::core::Core;
use self::history::{Duty, HistoryConfig};
use self::life::{Life, NewCore};
use self::relay::Follower;
use self::threads::Threads;
use self::worker::Surroundings;
use crate::config::{LimitSettings, PollSettings};
use crate::host::MachinePort;
use crate::hypervisor::Connector;

pub use handle::{Command, Focus, Handle, Reply};

/// How an engine stands to others on the same host and folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// It asks the hypervisor, and records where nobody else does.
    #[default]
    Alone,
    /// It exists to record: it opens the history at once.
    Collector,
    /// It follows a collector where one runs, and is alone otherwise.
    Beside {
        /// It may change nothing, whatever the collector may.
        read_only: bool,
    },
}

/// What an engine works with.
pub struct EngineConfig {
    /// The hypervisor.
    pub connector: Arc<dyn Connector>,
    /// The machine itself; its counters are used when the hypervisor turns out to run on it.
    pub machine: Option<Box<dyn MachinePort>>,
    /// Paces and deadlines.
    pub poll: PollSettings,
    /// Where use becomes an alert.
    pub limits: LimitSettings,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Seed of the jitter in waits.
    pub seed: u64,
    /// Where history is kept; `None` where nothing shall be recorded or asked.
    pub history: Option<HistoryConfig>,
    /// How it stands to other engines.
    pub role: Role,
}

impl EngineConfig {
    /// Default settings, the system's clock, a seed from the process and the time.
    pub fn new(connector: Arc<dyn Connector>) -> Self {
        let clock = SystemClock::new();
        let seed = u64::from(std::process::id()) << 32 ^ clock.now().wall.0.unsigned_abs();
        Self {
            connector,
            machine: None,
            poll: PollSettings::default(),
            limits: LimitSettings::default(),
            clock: Arc::new(clock),
            seed,
            history: None,
            role: Role::Alone,
        }
    }
}

/// How far an engine is. Whoever moves its clock by hand can wait until it is as far, and all it asked for has come.
#[derive(Debug, Default)]
struct Progress {
    /// Up to when all that was due was begun, microseconds of the monotonic clock.
    at: AtomicU64,
    /// Calls under way, those given up included.
    calls: AtomicUsize,
}

/// A running engine. Dropping it tells its threads to end and waits for none.
pub struct Engine {
    handle: Handle,
    inbox: SyncSender<Input>,
    threads: Arc<Threads>,
    recorder: Arc<Threads>,
    written: Arc<AtomicU64>,
    progress: Arc<Progress>,
}

/// How long the end of an engine waits for the last of its history, whatever the deadline for the rest.
const WRITE_WITHIN: Duration = Duration::from_secs(5);

impl Engine {
    /// Starts the engine's threads; it connects by itself and again whenever the connection is lost.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(config: EngineConfig) -> io::Result<Self> {
        let EngineConfig { connector, machine, poll, limits, clock, seed, history, role } = config;
        let (inbox, inputs) = sync_channel(INBOX);
        let threads = Arc::new(Threads::default());
        let around = Surroundings {
            connector: connector.clone(),
            clock: clock.clone(),
            inbox: inbox.clone(),
            queued_events: Arc::default(),
            dropped_events: Arc::default(),
            threads: threads.clone(),
        };
        let now = clock.now();
        let uri = connector.uri().to_owned();
        let (demo, has_machine) = (connector.is_demo(), machine.is_some());
        let host = uri.clone();
        let new_core: NewCore = Box::new(move |now| {
            Core::new(host.clone(), demo, poll.clone(), limits.clone(), has_machine, seed, now)
        });
        let (snapshots, newest) = watch::channel(Arc::new(new_core(now).first(now)));
        let machine = machine.map(|port| start_machine(&around, port)).transpose()?;
        let alarm = inbox.clone();
        // A full inbox wakes the coordinator as well as this would.
        clock.on_jump(Arc::new(move || drop(alarm.try_send(Input::Tick))));
        let recorder = Arc::new(Threads::default());
        let written = Arc::new(AtomicU64::new(0));
        let follower = match (&history, role) {
            (Some(history), Role::Beside { read_only }) => Some(Follower {
                folder: history.folder.clone(),
                uri,
                read_only,
                clock: clock.clone(),
                inbox: inbox.clone(),
                machine: machine.clone(),
                number: 0,
                patience: relay::PATIENCE,
            }),
            _ => None,
        };
        let questions = match history {
            Some(history) => {
                let questions = history::start_librarian(history.folder.clone())?;
                if history.record {
                    let duty = Duty { collector: role == Role::Collector, written: written.clone() };
                    history::start_recorder(history, clock, newest.clone(), inbox.clone(), &recorder, duty)?;
                }
                Some(questions)
            }
            None => None,
        };
        let guard = threads.enter();
        let progress = Arc::new(Progress::default());
        let life = Life { new_core, around, snapshots, machine, progress: progress.clone(), follower };
        std::thread::Builder::new().name("nc-engine".into()).spawn(move || {
            let _guard = guard;
            life.run(&inputs);
        })?;
        Ok(Self {
            handle: Handle::new(newest, inbox.clone(), questions),
            inbox,
            threads,
            recorder,
            written,
            progress,
        })
    }

    /// A way to the engine.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Whether all that was due by now, in microseconds of the monotonic clock, was begun and answered, except for at
    /// most so many calls.
    pub fn is_done(&self, now: u64, except: usize) -> bool {
        // Written in the other order: what is read here was true together.
        self.progress.at.load(Ordering::Acquire) >= now
            && self.progress.calls.load(Ordering::Acquire) <= except
    }

    /// Ends the engine: workers are told to stop and waited for, at most so long. One stuck in a call is left behind
    /// with its connection. Returns how many were.
    pub fn stop(self, deadline: Duration) -> usize {
        // A full inbox is drained by the coordinator, so this waits for moments only; an ended one refuses.
        drop(self.inbox.send(Input::Command(Command::Stop)));
        let unwritten = self.recorder.wait(deadline.max(WRITE_WITHIN));
        self.threads.wait(deadline) + unwritten
    }

    /// Samples written to the history so far.
    pub fn samples_written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.inbox.try_send(Input::Command(Command::Stop)));
    }
}
