//! An engine that takes its snapshots from a collector, for as long as there is one.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::client::{Client, Live, PATIENCE, Patience};
use super::delta::{Own, apply};
use super::wire::{Down, Failed, Given, Up, WireError, kind_of};
use crate::engine::calls::{Input, MachineAsk};
use crate::engine::clock::Clock;
use crate::engine::core::Meter;
use crate::engine::handle::{Command, Focus};
use crate::hypervisor::{HvError, HvErrorKind};
use crate::model::snapshot::{Limits, Link, LostCause, Recording, SelfCost, Snapshot, Source};

/// A collector that is gone is looked for so often.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often this process looks what it costs itself.
const USAGE_EVERY: Duration = Duration::from_secs(4);

/// How following ended.
#[derive(Debug)]
pub(in crate::engine) enum Ended {
    /// The engine was told to stop.
    Stopped,
    /// It has to ask the hypervisor itself.
    Alone(Box<Alone>),
}

/// What is known where an engine goes on by itself.
#[derive(Debug, Default)]
pub(in crate::engine) struct Alone {
    /// Whether it asks although there is a collector.
    pub(in crate::engine) source: Source,
    /// What is on screen.
    pub(in crate::engine) focus: Focus,
    /// How recording goes.
    pub(in crate::engine) recording: Recording,
}

/// Whether there is a collector to follow: looks, and puts the connection into the inbox.
pub(in crate::engine) fn is_served(folder: PathBuf, uri: String, inbox: SyncSender<Input>) {
    // On a thread of its own, since a collector that hangs takes its time. Without one it is tried again later.
    let looking = std::thread::Builder::new().name("nc-seek".into()).spawn(move || {
        let found = match Client::connect(&folder, &uri, &PATIENCE) {
            Ok(Some(client)) => Input::Found(Box::new(client)),
            // One that does not answer now may do so later.
            Ok(None) | Err(WireError::Io(_)) => return,
            Err(why) => Input::Unfit(why.to_string()),
        };
        // An engine that has ended needs none.
        drop(inbox.try_send(found));
    });
    drop(looking);
}

/// Where to look for a collector, and what a follower needs besides.
pub(in crate::engine) struct Follower {
    pub(in crate::engine) folder: PathBuf,
    pub(in crate::engine) uri: String,
    pub(in crate::engine) read_only: bool,
    pub(in crate::engine) clock: Arc<dyn Clock>,
    pub(in crate::engine) inbox: SyncSender<Input>,
    pub(in crate::engine) machine: Option<SyncSender<MachineAsk>>,
    /// Connections so far.
    pub(in crate::engine) number: u64,
    /// How long the collector is waited for.
    pub(in crate::engine) patience: Patience,
}

impl Follower {
    /// Follows the collector of its folder, if there is one, until that ends.
    pub(in crate::engine) fn run(
        &mut self,
        found: Option<Client>,
        focus: Focus,
        inputs: &Receiver<Input>,
        snapshots: &watch::Sender<Arc<Snapshot>>,
    ) -> Ended {
        let client = match found.map_or_else(|| self.connect(), |c| Ok(Some(c))) {
            Ok(Some(client)) => client,
            Ok(None) => return Ended::Alone(Box::default()),
            Err(why) => return Ended::Alone(Box::new(despite(&why))),
        };
        let own = Own {
            uri: self.uri.clone(),
            cost: SelfCost::default(),
            recording: Recording::Elsewhere { pid: client.pid },
            source: Source::Own,
        };
        let mut at_work = AtWork {
            follower: self,
            snapshots,
            client: None,
            base: None,
            own,
            focus,
            waiting: HashMap::new(),
            asked: 0,
            meter: Meter::default(),
            usage_at: Instant::now(),
        };
        at_work.run(client, inputs)
    }

    fn connect(&self) -> Result<Option<Client>, WireError> {
        Client::connect(&self.folder, &self.uri, &self.patience)
    }
}

fn despite(why: &WireError) -> Alone {
    tracing::warn!("A collector runs, but this console cannot use it and asks the hypervisor itself: {why}.");
    Alone { source: Source::Despite { why: why.to_string() }, ..Alone::default() }
}

/// Who waits for an answer.
enum Waiting {
    Xml(oneshot::Sender<Result<Arc<str>, HvError>>),
    Pool(oneshot::Sender<Result<(), HvError>>),
}

impl Waiting {
    /// Whoever waits may have gone on: then nobody needs the answer.
    fn answer(self, given: Result<Given, Failed>) {
        let failed = |operation, f: Failed| HvError::new(kind_of(f.kind), operation, f.message).of(f.object);
        let strange =
            |operation| HvError::new(HvErrorKind::Other, operation, "the collector answered something else");
        match self {
            Self::Xml(reply) => drop(reply.send(match given {
                Ok(Given::Xml(xml)) => Ok(xml),
                Ok(Given::Done) => Err(strange(XML)),
                Err(f) => Err(failed(XML, f)),
            })),
            Self::Pool(reply) => drop(reply.send(match given {
                Ok(Given::Done) => Ok(()),
                Ok(Given::Xml(_)) => Err(strange(POOL)),
                Err(f) => Err(failed(POOL, f)),
            })),
        }
    }

    fn fail(self, why: &str) {
        let kind = super::wire::kind_number(HvErrorKind::TimedOut);
        self.answer(Err(Failed { kind, object: String::new(), message: why.into() }));
    }
}

const XML: &str = "read the XML";
const POOL: &str = "refresh the pool";

struct AtWork<'a> {
    follower: &'a mut Follower,
    snapshots: &'a watch::Sender<Arc<Snapshot>>,
    client: Option<Client>,
    /// As the collector sent it: what comes next builds on it.
    base: Option<Snapshot>,
    own: Own,
    focus: Focus,
    waiting: HashMap<u64, Waiting>,
    asked: u64,
    meter: Meter,
    usage_at: Instant,
}

/// What an input means for the connection.
enum Turn {
    On,
    Stop,
    Gone(String),
}

impl AtWork<'_> {
    fn run(&mut self, client: Client, inputs: &Receiver<Input>) -> Ended {
        if let Err(why) = self.begin(client) {
            return Ended::Alone(Box::new(despite(&why)));
        }
        loop {
            let turn = match inputs.recv_timeout(USAGE_EVERY) {
                Ok(input) => self.take(input),
                Err(RecvTimeoutError::Timeout) => Turn::On,
                Err(RecvTimeoutError::Disconnected) => Turn::Stop,
            };
            self.look_at_usage();
            match turn {
                Turn::On => {}
                Turn::Stop => return Ended::Stopped,
                Turn::Gone(why) => {
                    if let Some(ended) = self.gone(&why, inputs) {
                        return ended;
                    }
                    tracing::info!("The collector is back.");
                }
            }
        }
    }

    /// Uses this connection from now on.
    fn begin(&mut self, mut client: Client) -> Result<(), WireError> {
        self.follower.number += 1;
        client.listen(self.follower.number, self.follower.inbox.clone())?;
        client.say(&Up::Focus(self.focus.visible.clone(), self.focus.detail))?;
        tracing::info!("Values come from the collector{}.", of_process(client.pid));
        self.own.source = Source::Collector { pid: client.pid };
        self.base = None;
        self.client = Some(client);
        Ok(())
    }

    fn take(&mut self, input: Input) -> Turn {
        match input {
            Input::Command(Command::Stop) => return Turn::Stop,
            Input::Command(command) => return self.command(command),
            Input::Live(live) if live.number == self.follower.number => return self.heard(*live),
            Input::Recording(report) => {
                self.own.recording = report.0;
                self.publish();
            }
            Input::Machine(report) => {
                if let Some(usage) = report.usage {
                    self.meter.usage(usage, report.at);
                }
                self.own.cost = self.meter.cost(self.own.cost, report.at);
            }
            // Of an earlier connection, or of workers that were let go.
            Input::Live(_)
            | Input::Found(_)
            | Input::Unfit(_)
            | Input::Done(_)
            | Input::Ended { .. }
            | Input::Event(..)
            | Input::Tick => {}
        }
        Turn::On
    }

    fn heard(&mut self, live: Live) -> Turn {
        match live.said {
            Err(why) => return Turn::Gone(why),
            Ok(Down::Beat) => {}
            Ok(Down::Reply(number, given)) => {
                if let Some(waiting) = self.waiting.remove(&number) {
                    waiting.answer(given);
                }
            }
            Ok(Down::Frame(frame)) => match apply(*frame, self.base.as_ref(), &self.own) {
                Ok(snapshot) => {
                    self.base = Some(snapshot);
                    self.publish();
                }
                Err(why) => return Turn::Gone(why.to_string()),
            },
        }
        Turn::On
    }

    fn command(&mut self, command: Command) -> Turn {
        let message = match command {
            Command::Focus(focus) => {
                let message = Up::Focus(focus.visible.clone(), focus.detail);
                self.focus = focus;
                message
            }
            Command::Refresh => Up::Refresh,
            Command::Reconnect => Up::Reconnect,
            Command::Xml(id, reply) => {
                self.asked += 1;
                self.waiting.insert(self.asked, Waiting::Xml(reply));
                Up::Xml(self.asked, id)
            }
            Command::RefreshPool(_, reply) if self.follower.read_only => {
                let refused = HvError::new(HvErrorKind::ReadOnly, POOL, READ_ONLY);
                drop(reply.send(Err(refused)));
                return Turn::On;
            }
            Command::RefreshPool(id, reply) => {
                self.asked += 1;
                self.waiting.insert(self.asked, Waiting::Pool(reply));
                Up::RefreshPool(self.asked, id)
            }
            Command::Ping(reply) => {
                // Who asked may have gone.
                let _ = reply.send(());
                return Turn::On;
            }
            Command::Stop => return Turn::Stop,
        };
        let Some(client) = &mut self.client else {
            self.fail_waiting("the collector is gone");
            return Turn::On;
        };
        match client.say(&message) {
            Ok(()) => Turn::On,
            Err(why) => Turn::Gone(why.to_string()),
        }
    }

    /// Tells that the collector is gone, and looks for a moment whether it is back. How it ended otherwise.
    fn gone(&mut self, why: &str, inputs: &Receiver<Input>) -> Option<Ended> {
        let pid = self.client.take().and_then(|client| client.pid);
        tracing::warn!("The collector{} is gone: {why}.", of_process(pid));
        self.fail_waiting("the collector is gone");
        let now = self.follower.clock.now().wall;
        if let Some(base) = &mut self.base {
            base.link = Link::Lost {
                since: now,
                attempt: 1,
                next_try: now.plus(self.follower.patience.back),
                cause: LostCause::Unreachable,
                reason: format!("The collector{} is gone: {why}", of_process(pid)),
                hint: "This console asks the hypervisor itself in a moment.".into(),
            };
            self.publish();
        }
        let until = Instant::now() + self.follower.patience.back;
        while Instant::now() < until {
            match inputs.recv_timeout(LOOK_EVERY) {
                Ok(input) => {
                    if matches!(self.take(input), Turn::Stop) {
                        return Some(Ended::Stopped);
                    }
                }
                Err(RecvTimeoutError::Timeout) => match self.follower.connect() {
                    Ok(Some(client)) => {
                        if self.begin(client).is_ok() {
                            return None;
                        }
                    }
                    Ok(None) => {}
                    Err(why) => {
                        let alone = despite(&why);
                        return Some(self.alone(alone.source));
                    }
                },
                Err(RecvTimeoutError::Disconnected) => return Some(Ended::Stopped),
            }
        }
        tracing::info!("This console asks the hypervisor itself.");
        Some(self.alone(Source::Own))
    }

    fn alone(&mut self, source: Source) -> Ended {
        Ended::Alone(Box::new(Alone {
            source,
            focus: std::mem::take(&mut self.focus),
            recording: self.own.recording.clone(),
        }))
    }

    fn fail_waiting(&mut self, why: &str) {
        self.waiting.drain().for_each(|(_, waiting)| waiting.fail(why));
    }

    fn publish(&self) {
        if let Some(base) = &self.base {
            self.snapshots.send_replace(Arc::new(self.shown(base)));
        }
    }

    /// The collector's snapshot, as this console has it.
    fn shown(&self, base: &Snapshot) -> Snapshot {
        let mut shown = base.clone();
        shown.serial = self.snapshots.borrow().serial + 1;
        shown.cost = self.own.cost;
        shown.recording = self.own.recording.clone();
        shown.source = self.own.source.clone();
        if self.follower.read_only && !shown.limits.read_only {
            let no_refresh = Some(READ_ONLY.to_owned());
            shown.limits = Arc::new(Limits { read_only: true, no_refresh, ..Limits::clone(&shown.limits) });
        }
        shown
    }

    fn look_at_usage(&mut self) {
        if let Some(machine) = &self.follower.machine
            && self.usage_at.elapsed() >= USAGE_EVERY
        {
            self.usage_at = Instant::now();
            // One that is still asked answers soon.
            let _ = machine.try_send(MachineAsk { counters: false, facts: false });
        }
    }
}

const READ_ONLY: &str = "this console was started with --read-only";

/// ` (process 7)`, where it is known.
fn of_process(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}
