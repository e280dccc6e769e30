//! The thread that writes history, and tells how that goes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use tokio::sync::watch;

use super::sampler::Sampler;
use super::watcher::Watcher;
use super::{Event, EventKind, HistoryConfig, StoreError};
use crate::engine::calls::Input;
use crate::engine::clock::Clock;
use crate::engine::threads::Threads;
use crate::model::snapshot::{Recording, Snapshot, Source};
use crate::model::time::Timestamp;
use crate::store::HistoryWriter;

/// Snapshots that come sooner after the last commit wait for the next: a commit costs the disk a write.
const COMMIT_EVERY: Duration = Duration::from_secs(2);
/// What waits is written after so long without a snapshot, in real time.
const QUIET: Duration = Duration::from_secs(3);
/// How often it is tried again to open what could not be opened.
const OPEN_EVERY: Duration = Duration::from_secs(10);

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
            told: Recording::Off,
            committed: None,
            tried: None,
            written: duty.written,
        };
        runtime.block_on(recorder.run(snapshots, duty.at_once));
    })?;
    Ok(())
}

/// How it shall record, and where it counts.
#[derive(Debug, Default)]
pub(in crate::engine) struct Duty {
    /// Opens the database at once, not with the first snapshot: whoever started it wants to know.
    pub(in crate::engine) at_once: bool,
    /// Samples written so far.
    pub(in crate::engine) written: Arc<AtomicU64>,
}

struct Recorder {
    config: HistoryConfig,
    clock: Arc<dyn Clock>,
    inbox: SyncSender<Input>,
    writer: Option<HistoryWriter>,
    sampler: Sampler,
    watcher: Watcher,
    told: Recording,
    /// When the last commit was made, and when it was last tried to open the database.
    committed: Option<Timestamp>,
    tried: Option<Timestamp>,
    written: Arc<AtomicU64>,
}

impl Recorder {
    async fn run(mut self, mut snapshots: watch::Receiver<Arc<Snapshot>>, at_once: bool) {
        if at_once {
            self.open(self.clock.now().wall);
        }
        loop {
            match tokio::time::timeout(QUIET, snapshots.changed()).await {
                Ok(Ok(())) => {
                    let newest = Arc::clone(&snapshots.borrow_and_update());
                    self.take(&newest);
                }
                Ok(Err(_)) => break,
                Err(_) => self.commit(),
            }
        }
        self.end();
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
        let tried = self.tried;
        if !self.open(now) {
            // What was measured until the lock was seen held is in the other process' history. What comes later may
            // be nobody's.
            if tried != self.tried && matches!(self.told, Recording::Elsewhere { .. }) {
                self.skip(snapshot);
            }
            return;
        }
        let Some(writer) = &mut self.writer else { return };
        for (at, subject, name) in &news.names {
            writer.name(*at, subject, name);
        }
        let happened = !news.events.is_empty();
        news.events.into_iter().for_each(|event| writer.event(event));
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
    fn open(&mut self, now: Timestamp) -> bool {
        if self.writer.is_some() {
            return true;
        }
        if !self.config.record || self.tried.is_some_and(|at| at.age(now) < OPEN_EVERY && at <= now) {
            return false;
        }
        self.tried = Some(now);
        match HistoryWriter::open(&self.config.folder, self.config.retention, now) {
            Ok(opened) => {
                self.begin(opened.writer, opened.set_aside.is_some(), now);
                if let Some(aside) = opened.set_aside {
                    tracing::error!("{aside}");
                }
                true
            }
            Err(StoreError::Held { pid, .. }) => {
                self.tell(Recording::Elsewhere { pid });
                false
            }
            Err(why) => {
                self.failed(&why);
                false
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
        // The first commit puts in order what an earlier process left: not while the console draws its first frame.
        self.committed.get_or_insert(now);
        self.tell(Recording::Here);
    }

    fn commit(&mut self) {
        let Some(writer) = &mut self.writer else { return };
        match writer.commit() {
            Ok(done) => {
                self.written.fetch_add(done.samples as u64, Ordering::Relaxed);
                if done.dropped > 0 {
                    tracing::warn!("{} samples found no room while history was not written.", done.dropped);
                }
                self.tell(Recording::Here);
            }
            Err(why) if why.is_damage() => self.begin_anew(&why),
            Err(why) => self.failed(&why),
        }
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
