//! The thread that writes history, and tells how that goes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::sampler::Sampler;
use super::watcher::Watcher;
use super::{Claim, Event, EventKind, HistoryConfig, StoreError};
use crate::engine::calls::Input;
use crate::engine::clock::Clock;
use crate::engine::threads::Threads;
use crate::model::snapshot::{Recording, Snapshot, Source};
use crate::model::time::Timestamp;
use crate::store::{HistoryWriter, Holder};

/// Snapshots that come sooner after the last commit wait for the next: a commit costs the disk a write.
const COMMIT_EVERY: Duration = Duration::from_secs(2);
/// What waits is written after so long without a snapshot, in real time.
const QUIET: Duration = Duration::from_secs(3);
/// How often it is tried again to open what could not be opened.
const OPEN_EVERY: Duration = Duration::from_secs(10);

/// A console looks this often, in real time, whether a collector waits for its place. Each time costs microseconds.
const GIVE_WAY_EVERY: Duration = Duration::from_secs(1);
/// A collector that waits for a console to give way tries again this often, in real time.
const TAKE_OVER_EVERY: Duration = Duration::from_millis(250);

/// How recording goes.
#[derive(Debug)]
pub(in crate::engine) struct Report(pub(in crate::engine) Recording);

/// Starts the thread. It ends, with all that came written, when the engine publishes no more.
pub(in crate::engine) fn start(
    config: HistoryConfig,
    clock: Arc<dyn Clock>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    inbox: SyncSender<Input>,
    threads: &Arc<Threads>,
    duty: Duty,
) -> io::Result<()> {
    let guard = threads.enter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    std::thread::Builder::new().name("nc-recorder".into()).spawn(move || {
        let _guard = guard;
        let recorder = Recorder {
            config,
            clock,
            inbox,
            writer: None,
            sampler: Sampler::default(),
            watcher: Watcher::default(),
            knows_states: false,
            told: Recording::Off,
            committed: None,
            tried: None,
            looked: Instant::now(),
            collector: duty.collector,
            written: duty.written,
        };
        runtime.block_on(recorder.run(snapshots));
    })?;
    Ok(())
}

/// How it shall record, and where it counts.
#[derive(Debug, Default)]
pub(in crate::engine) struct Duty {
    /// It is a collector, which holds the claim: it opens the database at once, not with the first snapshot, and waits
    /// for whoever has it to give way. Others give way to a collector.
    pub(in crate::engine) collector: bool,
    /// Samples written so far.
    pub(in crate::engine) written: Arc<AtomicU64>,
}

/// Whether there is a writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    Yes,
    /// It was just seen that another process has the history.
    Held,
    /// Not now.
    No,
}

struct Recorder {
    config: HistoryConfig,
    clock: Arc<dyn Clock>,
    inbox: SyncSender<Input>,
    writer: Option<HistoryWriter>,
    sampler: Sampler,
    watcher: Watcher,
    /// Whether this recording knows what state the VMs were in when it began.
    knows_states: bool,
    told: Recording,
    /// When the last commit was made, and when it was last tried to open the database.
    committed: Option<Timestamp>,
    tried: Option<Timestamp>,
    /// When it was last looked whether a collector waits.
    looked: Instant,
    collector: bool,
    written: Arc<AtomicU64>,
}

impl Recorder {
    async fn run(mut self, mut snapshots: watch::Receiver<Arc<Snapshot>>) {
        if self.collector && !self.take_over(&mut snapshots).await {
            return;
        }
        loop {
            match tokio::time::timeout(QUIET, snapshots.changed()).await {
                Ok(Ok(())) => {
                    let newest = Arc::clone(&snapshots.borrow_and_update());
                    self.take(&newest);
                }
                Ok(Err(_)) => break,
                Err(_) => {
                    self.commit();
                }
            }
            self.give_way(&snapshots);
        }
        self.end();
    }

    /// Opens the database as soon as nobody else has it. Returns whether the engine still publishes then.
    async fn take_over(&mut self, snapshots: &mut watch::Receiver<Arc<Snapshot>>) -> bool {
        let mut before: Option<Arc<Snapshot>> = None;
        loop {
            self.tried = None;
            if self.open(self.clock.now().wall) != Opened::Held {
                return true;
            }
            // What was measured until the last try is in the history of whoever has it. What came since may not be.
            if let Some(before) = before.replace(Arc::clone(&snapshots.borrow())) {
                self.skip(&before);
            }
            tokio::time::sleep(TAKE_OVER_EVERY).await;
            if snapshots.has_changed().is_err() {
                return false;
            }
        }
    }

    /// Lets a collector that waits have the history, with all that was measured written.
    fn give_way(&mut self, snapshots: &watch::Receiver<Arc<Snapshot>>) {
        if self.collector || self.writer.is_none() || self.looked.elapsed() < GIVE_WAY_EVERY {
            return;
        }
        self.looked = Instant::now();
        let Some(Holder { pid }) = Claim::holder(&self.config.folder) else { return };
        if !self.commit() {
            // It is in memory only, and the collector could not write either.
            return;
        }
        // That may have taken a while.
        let newest = Arc::clone(&snapshots.borrow());
        self.take(&newest);
        let now = self.clock.now().wall;
        if let Some(mut writer) = self.writer.take() {
            let kind = EventKind::RecordingStopped;
            let detail =
                pid.map_or_else(|| "a collector goes on".into(), |pid| format!("process {pid} goes on"));
            writer.event(Event { at: now, subject: None, kind, detail });
            match writer.commit() {
                Ok(done) => drop(self.written.fetch_add(done.samples as u64, Ordering::Relaxed)),
                Err(why) => tracing::warn!("The last before a collector goes on was not written: {why}"),
            }
        }
        tracing::info!("A collector records from now on.");
        self.tried = Some(now);
        self.tell(Recording::Elsewhere { pid });
    }

    fn take(&mut self, snapshot: &Snapshot) {
        let now = self.clock.now().wall;
        let news = self.watcher.look(snapshot);
        if let Source::Collector { pid } = snapshot.source {
            // The collector records this. Should it end, it may soon be back: the lock is left alone for a while, and
            // what is measured meanwhile waits in the rings.
            self.tried = Some(now);
            self.tell(Recording::Elsewhere { pid });
            return self.skip(snapshot);
        }
        match self.open(now) {
            Opened::Yes => {}
            // What was measured until the lock was seen held is in the other process' history. What comes later may
            // be nobody's.
            Opened::Held => return self.skip(snapshot),
            Opened::No => return,
        }
        let Some(writer) = &mut self.writer else { return };
        for (at, subject, name) in &news.names {
            writer.name(*at, subject, name);
        }
        let happened = !news.events.is_empty();
        news.events.into_iter().for_each(|event| writer.event(event));
        if snapshot.listed && !self.knows_states {
            self.knows_states = true;
            // Not before the recording itself began: that is where they are looked for.
            Watcher::states(snapshot, now.max(snapshot.at)).for_each(|event| writer.event(event));
        }
        let mut failed = None;
        self.sampler.rows(snapshot, &mut |at, subject, metrics, values| {
            if let Err(why) = writer.add(at, subject, metrics, values) {
                failed.get_or_insert(why);
            }
        });
        if let Some(why) = failed {
            return self.failed(&why);
        }
        if happened || self.committed.is_none_or(|at| at.age(now) >= COMMIT_EVERY || at > now) {
            self.committed = Some(now);
            self.sampler.retain(snapshot);
            self.commit();
        }
    }

    /// Another process records this: it is not to be recorded twice should that one end.
    fn skip(&mut self, snapshot: &Snapshot) {
        self.sampler.rows(snapshot, &mut |_, _, _, _| ());
    }

    /// Whether there is a writer; opens it where it is time to try.
    fn open(&mut self, now: Timestamp) -> Opened {
        if self.writer.is_some() {
            return Opened::Yes;
        }
        if !self.config.record || self.tried.is_some_and(|at| at.age(now) < OPEN_EVERY && at <= now) {
            return Opened::No;
        }
        self.tried = Some(now);
        if !self.collector
            && let Some(Holder { pid }) = Claim::holder(&self.config.folder)
        {
            self.tell(Recording::Elsewhere { pid });
            return Opened::Held;
        }
        match HistoryWriter::open(&self.config.folder, self.config.retention, now) {
            Ok(opened) => {
                self.begin(opened.writer, opened.set_aside.is_some(), now);
                if let Some(aside) = opened.set_aside {
                    tracing::error!("{aside}");
                }
                Opened::Yes
            }
            Err(StoreError::Held { pid, .. }) => {
                self.tell(Recording::Elsewhere { pid });
                Opened::Held
            }
            Err(why) => {
                self.failed(&why);
                Opened::No
            }
        }
    }

    fn begin(&mut self, mut writer: HistoryWriter, anew: bool, now: Timestamp) {
        let detail = if anew { "a damaged database was set aside" } else { "" };
        let started = EventKind::RecordingStarted;
        writer.event(Event { at: now, subject: None, kind: started, detail: detail.into() });
        if let Some(readers) = &self.config.readers
            && let Err(why) = writer.share(readers)
        {
            tracing::warn!("The history is recorded, but its group cannot read it: {why}");
        }
        self.writer = Some(writer);
        self.knows_states = false;
        // The first commit puts in order what an earlier process left: not while the console draws its first frame.
        self.committed.get_or_insert(now);
        self.tell(Recording::Here);
    }

    /// Writes what came. Returns whether all of it is written.
    fn commit(&mut self) -> bool {
        let Some(writer) = &mut self.writer else { return false };
        match writer.commit() {
            Ok(done) => {
                self.written.fetch_add(done.samples as u64, Ordering::Relaxed);
                if done.dropped > 0 {
                    tracing::warn!("{} samples found no room while history was not written.", done.dropped);
                }
                self.tell(Recording::Here);
                return true;
            }
            Err(why) if why.is_damage() => self.begin_anew(&why),
            Err(why) => self.failed(&why),
        }
        false
    }

    fn begin_anew(&mut self, why: &StoreError) {
        tracing::error!("{why}");
        let Some(writer) = self.writer.take() else { return };
        let now = self.clock.now().wall;
        match writer.begin_anew(now) {
            Ok(opened) => {
                if let Some(aside) = opened.set_aside {
                    tracing::error!("{aside}");
                }
                self.begin(opened.writer, true, now);
            }
            Err(why) => self.failed(&why),
        }
    }

    /// Recording pauses; what comes stays in memory.
    fn failed(&mut self, why: &StoreError) {
        let since = match &self.told {
            Recording::Failing { since, .. } => *since,
            _ => self.clock.now().wall,
        };
        let why = crate::model::text::clean(&why.to_string()).into_owned();
        self.tell(Recording::Failing { since, why });
    }

    fn tell(&mut self, recording: Recording) {
        if recording == self.told {
            return;
        }
        match &recording {
            Recording::Failing { why, .. } => tracing::warn!("History is not written: {why}"),
            Recording::Here => tracing::info!("History is written to {}.", self.config.folder.display()),
            Recording::Elsewhere { .. } | Recording::Off => {}
        }
        // A coordinator that has ended needs to know no more.
        if self.inbox.try_send(Input::Recording(Report(recording.clone()))).is_ok() {
            self.told = recording;
        }
    }

    fn end(mut self) {
        let now = self.clock.now().wall;
        if let Some(writer) = &mut self.writer {
            let stopped = EventKind::RecordingStopped;
            writer.event(Event { at: now, subject: None, kind: stopped, detail: String::new() });
            if let Err(why) = writer.commit() {
                tracing::warn!("The last of the history was not written: {why}");
            }
        }
    }
}
