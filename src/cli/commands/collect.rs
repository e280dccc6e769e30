//! `novacron collect`: the engine without a screen. It records, tells the service manager how it goes, and what it costs.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;

use crate::cli::exit::{Exit, Failure};
use crate::cli::notify::Manager;
use crate::cli::session::Session;
use crate::engine::Handle;
use crate::engine::history::{Claim, HistoryConfig, StoreError};
use crate::engine::jobs::{Desk, actor_of_process};
use crate::engine::relay::server::Server;
use crate::engine::startup::{Boot, Startup};
use crate::engine::upkeep::Upkeep;
use crate::model::job::Via;
use crate::model::snapshot::{Link, Recording, SelfCost, Snapshot};
use crate::model::units::bytes;

/// How long it may take to open the history.
const OPEN_WITHIN: Duration = Duration::from_secs(30);
/// How often the log tells what it costs, after a first time that comes sooner.
const COST_EVERY: Duration = Duration::from_secs(300);
/// When it tells for the first time.
const COST_FIRST: Duration = Duration::from_secs(20);
/// The engine has this long to answer before the watchdog is not told.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Jobs that were told to stop have so long for it.
const JOBS_END_WITHIN: Duration = Duration::from_secs(3);

/// A console that records has this long to give way: it looks every few seconds, and writes what it has.
const GIVES_WAY_WITHIN: Duration = Duration::from_secs(20);
/// Consoles that look whether there is a collector hold its lock for a moment: it is tried so often, with so long between.
const CLAIM_TRIES: (u32, Duration) = (10, Duration::from_millis(30));

/// Records until it is told to end. The engine is started only where no other collector is.
pub(in crate::cli) fn run(
    start: impl FnOnce() -> Result<(Session, Desk), Failure>,
    (history, read_only): (&HistoryConfig, bool),
    manager: &Manager,
) -> Result<Exit, Failure> {
    let failed = |e: std::io::Error| Failure::new(Exit::Failed, format!("could not wait for signals: {e}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        // Before anything else: a signal that comes early ends it as well.
        let mut signals = Signals::new().map_err(failed)?;
        // Given back last, after the engine closed the history.
        let _claim = claim(&history.folder).await.map_err(|why| refused(&why, &history.folder))?;
        let (session, desk) = start()?;
        let recording = tokio::select! {
            recording = opened(session.handle(), manager) => recording,
            () = signals.asked() => return Ok(Exit::Done),
        };
        may_record(recording, history)?;
        let server = Server::start(&history.folder, session.handle().clone());
        if let Err(e) = &server {
            tracing::error!(
                "Consoles will ask the hypervisor themselves: there can be no socket for them: {e}."
            );
        }
        let server = server.ok();
        let cost = Cost::new(&session);
        let mut service = Service { session: &session, manager, server, told: String::new(), cost };
        service.ready();
        let startup = start_in_order(&session, &desk, history);
        let upkeep = look_after(&session, &desk, history, read_only);
        let ended = service.run(&mut signals).await;
        startup.abort();
        upkeep.abort();
        desk.stop(JOBS_END_WITHIN);
        ended
    })
}

/// Starts VMs in their order, where the host has just started.
fn start_in_order(session: &Session, desk: &Desk, history: &HistoryConfig) -> JoinHandle<()> {
    let (engine, desk, folder) = (session.handle().clone(), desk.handle(), history.folder.clone());
    tokio::spawn(async move {
        let Some(boot) = Boot::of_machine() else { return };
        if let Err(why) = (Startup { folder, engine, desk, boot }).run().await {
            tracing::error!("VMs are not started in their order: {why}");
        }
    })
}

/// Keeps definitions as they change, and forgets deleted VMs in time.
fn look_after(session: &Session, desk: &Desk, history: &HistoryConfig, read_only: bool) -> JoinHandle<()> {
    let (engine, desk, folder) = (session.handle().clone(), desk.handle(), history.folder.clone());
    let actor = actor_of_process(Via::Collector);
    tokio::spawn(Upkeep { folder, engine, desk, actor, forgets: !read_only }.run())
}

/// Takes what keeps other collectors away and has consoles give way.
async fn claim(folder: &Path) -> Result<Claim, StoreError> {
    let (tries, between) = CLAIM_TRIES;
    for _ in 1..tries {
        match Claim::take(folder) {
            Err(StoreError::Held { .. }) => tokio::time::sleep(between).await,
            taken => return taken,
        }
    }
    Claim::take(folder)
}

/// Why there is no claim.
fn refused(why: &StoreError, folder: &Path) -> Failure {
    match why {
        StoreError::Held { pid, .. } => held(*pid, folder),
        other => cannot_write(&other.to_string(), folder),
    }
}

/// Whether this process holds the history; if not, who does or what is wrong.
fn may_record(recording: Option<Recording>, history: &HistoryConfig) -> Result<(), Failure> {
    let folder = &history.folder;
    match recording {
        Some(Recording::Here) => Ok(()),
        Some(Recording::Elsewhere { pid }) => Err(held(pid, folder)),
        Some(Recording::Failing { why, .. }) => Err(cannot_write(&why, folder)),
        Some(Recording::Off) | None => {
            let folder = folder.display();
            Err(Failure::new(Exit::TimedOut, format!("the history in {folder} could not be opened in time")))
        }
    }
}

fn held(pid: Option<u32>, folder: &Path) -> Failure {
    let folder = folder.display();
    Failure::new(Exit::Refused, format!("{} already records the history in {folder}", process(pid)))
        .hint("One process records a host: a collector, or a console where there is none. End it first.")
}

fn cannot_write(why: &str, folder: &Path) -> Failure {
    Failure::new(Exit::Failed, format!("the history in {} cannot be written: {why}", folder.display()))
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another NovaCron".into(), |pid| format!("process {pid}"))
}

/// How it went to open the history; nothing when that took too long or the engine ended. A console that has it is given
/// time to give way, and the manager is told.
async fn opened(handle: &Handle, manager: &Manager) -> Option<Recording> {
    let mut snapshots = handle.subscribe();
    let known = snapshots.wait_for(|s| s.recording != Recording::Off);
    let recording = tokio::time::timeout(OPEN_WITHIN, known).await.ok()?.ok()?.recording.clone();
    let Recording::Elsewhere { pid } = recording else { return Some(recording) };
    let waits = format!("Waiting for {}, which records, to hand the history over", process(pid));
    tracing::info!("{waits}.");
    manager.status(&waits);
    let known = snapshots.wait_for(|s| !matches!(s.recording, Recording::Elsewhere { .. }));
    if let Ok(known) = tokio::time::timeout(GIVES_WAY_WITHIN, known).await {
        return Some(known.ok()?.recording.clone());
    }
    Some(handle.snapshot().recording.clone())
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits until somebody wants it to end.
    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// A collector at work.
struct Service<'a> {
    session: &'a Session,
    manager: &'a Manager,
    server: Option<Server>,
    told: String,
    cost: Cost,
}

impl Service<'_> {
    fn ready(&mut self) {
        self.told = status(&self.session.handle().snapshot());
        tracing::info!("{}.", self.told);
        self.manager.ready(&self.told);
    }

    async fn run(&mut self, signals: &mut Signals) -> Result<Exit, Failure> {
        let mut snapshots = self.session.handle().subscribe();
        let mut cost_at = tokio::time::Instant::now() + COST_FIRST;
        let watchdog = self.manager.watchdog();
        let mut alive_at = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = signals.asked() => break,
                news = snapshots.changed() => {
                    if news.is_err() {
                        return Err(Failure::new(Exit::Failed, "the engine stopped unexpectedly"));
                    }
                    let snapshot = snapshots.borrow_and_update().clone();
                    self.tell(&snapshot);
                }
                () = tokio::time::sleep_until(cost_at) => {
                    cost_at += COST_EVERY;
                    self.tell_cost();
                }
                () = tokio::time::sleep_until(alive_at), if watchdog.is_some() => {
                    alive_at = tokio::time::Instant::now() + watchdog.unwrap_or(COST_EVERY);
                    let answer = tokio::time::timeout(ANSWERS_WITHIN, self.session.handle().ping());
                    if matches!(answer.await, Ok(Ok(()))) {
                        self.manager.alive();
                    } else {
                        tracing::error!("The engine does not answer.");
                    }
                }
            }
        }
        self.manager.stopping();
        self.tell_cost();
        // Consoles first: the engine that ends next closes the history, and then its socket may be another's.
        self.server = None;
        tracing::info!("Asked to end: the last of the history is written.");
        Ok(Exit::Done)
    }

    fn tell_cost(&mut self) {
        let consoles = self.server.as_ref().map_or(0, Server::consoles);
        let cost = self.cost.sentence(self.session);
        tracing::info!("{cost} Consoles: {consoles}.");
    }

    fn tell(&mut self, snapshot: &Snapshot) {
        let status = status(snapshot);
        if status != self.told {
            self.manager.status(&status);
            tracing::info!("{status}.");
            self.told = status;
        }
    }
}

/// How it goes, one line without its stop.
fn status(s: &Snapshot) -> String {
    let link = match &s.link {
        Link::Up { .. } if s.listed => format!("{} VMs on {}", s.vms.len(), s.uri),
        Link::Up { .. } | Link::Connecting { .. } => format!("Connecting to {}", s.uri),
        Link::Stalled { .. } => format!("{} does not answer", s.uri),
        Link::Lost { reason, .. } => format!("No connection to {}: {}", s.uri, reason.trim_end_matches('.')),
    };
    match &s.recording {
        Recording::Here => format!("{link}; recording"),
        Recording::Failing { why, .. } => {
            format!("{link}; nothing is written: {}", why.trim_end_matches('.'))
        }
        Recording::Off | Recording::Elsewhere { .. } => format!("{link}; not recording"),
    }
}

/// What was written up to when.
struct Cost {
    at: Instant,
    written: u64,
}

impl Cost {
    fn new(session: &Session) -> Self {
        Self { at: Instant::now(), written: session.samples_written() }
    }

    /// What it costs, and what it wrote since this was asked last.
    fn sentence(&mut self, session: &Session) -> String {
        let (at, written) = (Instant::now(), session.samples_written());
        let per_second =
            (written - self.written) as f64 / at.duration_since(self.at).as_secs_f64().max(0.001);
        *self = Self { at, written };
        tell_cost(&session.handle().snapshot().cost, per_second)
    }
}

fn tell_cost(cost: &SelfCost, samples: f64) -> String {
    let or_unknown = |v: Option<String>| v.unwrap_or_else(|| "unknown".into());
    format!(
        "Cost: CPU {}, resident {}, {} to libvirt, {} from it, {samples:.0} samples/s written.",
        or_unknown(cost.cpu_percent.map(|v| format!("{v:.2} % of a core"))),
        or_unknown(cost.resident.map(|v| bytes(v as f64))),
        or_unknown(cost.calls_per_second.map(|v| format!("{v:.1} calls/s"))),
        or_unknown(cost.bytes_per_second.map(|v| format!("{}/s", bytes(v)))),
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::engine::history::Retention;
    use crate::model::fixture::snapshot;
    use crate::model::time::Timestamp;

    fn refused(recording: Option<Recording>) -> Failure {
        let folder = PathBuf::from("/var/lib/novacron");
        may_record(
            recording,
            &HistoryConfig { folder, retention: Retention::default(), record: true, readers: None },
        )
        .unwrap_err()
    }

    #[test]
    fn who_holds_the_history_is_named() {
        let failure = refused(Some(Recording::Elsewhere { pid: Some(42) }));
        assert_eq!(failure.exit, Exit::Refused);
        assert_eq!(failure.what, "process 42 already records the history in /var/lib/novacron");
        assert_eq!(refused(Some(Recording::Elsewhere { pid: None })).exit, Exit::Refused);
        let since = Timestamp(0);
        assert_eq!(refused(Some(Recording::Failing { since, why: "no.".into() })).exit, Exit::Failed);
        assert_eq!(refused(None).exit, Exit::TimedOut);
    }

    #[test]
    fn how_it_goes_is_one_sentence() {
        let mut s = snapshot(vec![], vec![], vec![]);
        s.recording = Recording::Here;
        assert!(status(&s).ends_with("; recording"), "{}", status(&s));
        s.recording = Recording::Failing { since: Timestamp(0), why: "no space left.".into() };
        assert!(status(&s).ends_with("; nothing is written: no space left"), "{}", status(&s));
        let cost = SelfCost { cpu_percent: Some(0.5), resident: Some(20 << 20), ..SelfCost::default() };
        assert_eq!(
            tell_cost(&cost, 12.4),
            "Cost: CPU 0.50 % of a core, resident 20.0 MiB, unknown to libvirt, unknown from it, 12 samples/s written."
        );
    }
}
