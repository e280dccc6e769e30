//! The coordinator's thread: feeds the core, carries out its effects, publishes its snapshots.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::Progress;
use super::calls::{Call, Effect, Input, LANES, Lane, MachineAsk, MachineReport};
use super::clock::thread_cpu;
use super::core::Core;
use super::relay::{self, Client};
use super::worker::{self, Surroundings};
use crate::host::MachinePort;
use crate::model::snapshot::Snapshot;

/// Answers, events and commands waiting. Answers wait for room; events and commands are refused.
pub(super) const INBOX: usize = 1024;
/// Sleeps are no shorter: a mistake in a due time must not become a busy loop.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);
/// Sleeps are no longer, whatever is due.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// While another process records, it is looked this often whether it can be followed.
const SEEK_EVERY: Duration = Duration::from_secs(5);
/// One that just began is about to serve: for a while it is looked so often, so that not both ask the hypervisor.
const SEEK_SOON: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));
/// One that cannot be followed may be replaced by one that can.
const SEEK_SELDOM: Duration = Duration::from_secs(60);

/// The coordinator: owns the core.
pub(super) struct Coordinator<'a> {
    pub(super) core: Core,
    pub(super) around: Surroundings,
    pub(super) snapshots: &'a watch::Sender<Arc<Snapshot>>,
    pub(super) workers: [Option<Sender<Call>>; LANES.len()],
    pub(super) machine: Option<SyncSender<MachineAsk>>,
    pub(super) progress: Arc<Progress>,
    /// Folder and host of a collector to look for, and when that was done last, in real time.
    pub(super) seek: Option<(PathBuf, String)>,
    pub(super) sought: Instant,
    /// Since when another process records, in real time.
    pub(super) elsewhere: Option<Instant>,
    /// The one there is cannot be followed.
    pub(super) unfit: bool,
    /// The one that was found.
    pub(super) found: Option<Box<Client>>,
}

impl Coordinator<'_> {
    /// Runs until told to stop, until nobody could ask it anything any more, or until a collector was found.
    pub(super) fn run(&mut self, inbox: &Receiver<Input>) {
        loop {
            self.act();
            self.look_for_collector();
            if self.core.is_stopping() || self.found.is_some() {
                return;
            }
            let mut input = match inbox.recv_timeout(self.until_due()) {
                Ok(input) => Some(input),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let cpu = thread_cpu();
            let mut was_poll = false;
            while let Some(next) = input {
                was_poll |= is_poll(&next);
                self.take(next);
                input = inbox.try_recv().ok();
            }
            self.publish();
            if was_poll {
                self.core.spent(thread_cpu().saturating_sub(cpu));
            }
        }
    }

    fn until_due(&self) -> Duration {
        let now = self.around.clock.now().mono_us;
        let due = Duration::from_micros(self.core.wake_at().saturating_sub(now));
        due.clamp(SHORTEST_SLEEP, self.seek_every().unwrap_or(LONGEST_SLEEP))
    }

    /// How often a collector is looked for now, if at all.
    fn seek_every(&self) -> Option<Duration> {
        let since = self.seek.as_ref().and(self.elsewhere)?;
        let (soon, long) = SEEK_SOON;
        Some(match since.elapsed() < long {
            _ if self.unfit => SEEK_SELDOM,
            true => soon,
            false => SEEK_EVERY,
        })
    }

    fn look_for_collector(&mut self) {
        self.elsewhere = match self.elsewhere {
            since @ Some(_) if self.core.is_recorded_elsewhere() => since,
            _ => self.core.is_recorded_elsewhere().then(Instant::now),
        };
        self.unfit &= self.elsewhere.is_some();
        if self.seek_every().is_some_and(|every| self.sought.elapsed() >= every)
            && let Some((folder, uri)) = self.seek.clone()
        {
            self.sought = Instant::now();
            relay::is_served(folder, uri, self.around.inbox.clone());
        }
    }

    fn take(&mut self, input: Input) {
        if matches!(input, Input::Event(..)) {
            self.around.queued_events.fetch_sub(1, Ordering::Relaxed);
        }
        let input = match input {
            Input::Found(client) => {
                self.found = Some(client);
                return;
            }
            input => input,
        };
        self.unfit |= matches!(input, Input::Unfit(_));
        self.core.dropped_events(self.around.dropped_events.load(Ordering::Relaxed));
        self.core.handle(input, self.around.clock.now());
    }

    fn publish(&mut self) {
        if let Some(mut snapshot) = self.core.publish(self.around.clock.now()) {
            // One engine, one count, whoever asked.
            snapshot.serial = self.snapshots.borrow().serial + 1;
            self.snapshots.send_replace(Arc::new(snapshot));
        }
    }

    fn act(&mut self) {
        let now = self.around.clock.now();
        for effect in self.core.step(now) {
            match effect {
                Effect::Open(lane, generation) => self.open(lane, generation),
                Effect::Release(lane) => self.workers[lane as usize] = None,
                Effect::Ask(lane, call) => {
                    // A worker that is gone has said so, or will: its word is in the inbox.
                    if let Some(worker) = &self.workers[lane as usize] {
                        drop(worker.send(call));
                    }
                }
                Effect::AskMachine(ask) => {
                    if let Some(machine) = &self.machine {
                        // One ask at a time is under way, so there is room.
                        let _ = machine.try_send(ask);
                    }
                }
            }
        }
        self.publish();
        if self.core.wake_at() > now.mono_us {
            self.progress.calls.store(self.core.calls_under_way(), Ordering::Release);
            self.progress.at.store(now.mono_us, Ordering::Release);
        }
    }

    fn open(&mut self, lane: Lane, generation: u64) {
        match worker::start(&self.around, lane, generation) {
            Ok(orders) => self.workers[lane as usize] = Some(orders),
            Err(error) => {
                tracing::error!("{}", worker::no_thread(&error));
                self.core.handle(Input::Ended { lane, generation, panicked: false }, self.around.clock.now());
            }
        }
    }
}

fn is_poll(input: &Input) -> bool {
    matches!(input, Input::Done(done) if matches!(done.call, Call::Counters { .. }))
}

/// Starts the thread that asks the machine about itself. It may be slow; it is never waited for.
pub(super) fn start_machine(
    around: &Surroundings,
    mut port: Box<dyn MachinePort>,
) -> std::io::Result<SyncSender<MachineAsk>> {
    let (orders, inbox) = sync_channel::<MachineAsk>(1);
    let around = around.clone();
    let guard = around.threads.enter();
    std::thread::Builder::new().name("nc-machine".into()).spawn(move || {
        let _guard = guard;
        while let Ok(ask) = inbox.recv() {
            let counters = ask.counters.then(|| port.counters());
            let usage = port.own_usage();
            let at = around.clock.now();
            let machine = ask.facts.then(|| port.machine());
            let report = MachineReport { at, counters, machine, usage };
            if around.inbox.send(Input::Machine(Box::new(report))).is_err() {
                return;
            }
        }
    })?;
    Ok(orders)
}
