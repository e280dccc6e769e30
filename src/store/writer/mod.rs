//! Writing history: one process, one thread of it.
//!
//! A sample's way: [`HistoryWriter::add`] keeps it in memory; [`HistoryWriter::commit`], called every few seconds,
//! writes it to the journal (`recent`), from which on a kill cannot lose it; when its minute is over it goes to a
//! *piece* with its group's others of that minute, beside a piece of roll-ups; when its block of an hour is over, the
//! pieces are turned to one chunk per track. Hours are rolled up from minutes as their pieces close.

mod axes;
mod blocks;
mod journal;
mod open;
mod pieces;
mod registry;
mod retention;
mod seal;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rusqlite::Connection;

use super::blocks::ReadError;
use super::codec::chunk::Rows;
use super::codec::piece::Tracks;
use super::error::StoreError;
use super::event::Event;
use super::lock::Lock;
use super::subject::Subject;
use super::tier::{LATEST_MS, MINUTE_MS, MOST_TRACKS};
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
pub use open::Opened;
use registry::Registry;
pub use retention::Retention;
pub(crate) use retention::used_bytes;

/// Samples kept in memory while nothing can be written: 40 minutes of 500 VMs, some 40 MB.
const MOST_PENDING: usize = 8_000_000;
/// Events and names kept so.
const MOST_PENDING_EVENTS: usize = 10_000;

/// What a commit did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Samples written to the journal.
    pub samples: usize,
    /// Samples dropped since the last commit: they came while nothing could be written and memory was full, or
    /// their time makes no sense.
    pub dropped: u64,
}

/// Writes the history of one host. Dropping it loses nothing that was committed.
#[derive(Debug)]
pub struct HistoryWriter {
    db: Connection,
    path: PathBuf,
    _lock: Lock,
    registry: Registry,
    retention: Retention,
    /// Came since the last commit, by minute.
    pending: BTreeMap<i64, Tracks>,
    pending_samples: usize,
    pending_events: Vec<Event>,
    pending_names: Vec<(Timestamp, Subject, String)>,
    dropped: u64,
    /// In the journal, by minute; `None` until the journal of an earlier process was read.
    open: Option<BTreeMap<i64, Tracks>>,
    /// When the newest sample was taken, in order of coming: the clock may be set back.
    now_ms: i64,
    /// Samples of unknown tracks before this may be in a piece already.
    sealed_until: i64,
    /// The number of the next writing of the journal.
    next_writing: i64,
    /// Writings the journal has: a reader looks into each.
    writings: usize,
    /// What is over and not closed yet, first things first.
    due: BTreeSet<blocks::Due>,
    /// How much of it closes with each commit.
    at_once: usize,
    /// By this time it is judged what is too old; `None` while nothing is left to drop.
    dropping: Option<i64>,
}

impl HistoryWriter {
    /// Takes the values of the metrics of one group of one thing, as measured at `at`. Kept in memory until
    /// [`HistoryWriter::commit`].
    ///
    /// `values` are in the order of `metrics`; `None` and not-a-number are gaps. Values are stored bit for bit:
    /// round them before (`model::resolution`).
    ///
    /// # Errors
    /// When a thing or track seen for the first time cannot be looked up. The values are then not taken.
    pub fn add(
        &mut self,
        at: Timestamp,
        subject: &Subject,
        metrics: &'static [MetricId],
        values: &[Option<f32>],
    ) -> Result<(), StoreError> {
        debug_assert_eq!(values.len(), metrics.len());
        let failed = |why| StoreError::sql("read", &self.path, why);
        let track = self.registry.track(&self.db, subject, metrics).map_err(failed)?;
        if !(0..LATEST_MS).contains(&at.0) || track >= MOST_TRACKS || values.len() != metrics.len() {
            self.dropped += values.len() as u64;
            return Ok(());
        }
        self.make_room(values.len());
        let minute = at.0 - at.0.rem_euclid(MINUTE_MS);
        let tracks = self.pending.entry(minute).or_default();
        let rows = tracks.entry(track).or_insert_with(|| Rows::new(metrics.len()));
        rows.offsets.push((at.0 - minute) as u32);
        rows.values.extend(values.iter().map(|v| v.unwrap_or(f32::NAN)));
        self.pending_samples += values.len();
        self.now_ms = at.0;
        Ok(())
    }

    /// Drops the oldest minute while more is kept than there is room for.
    fn make_room(&mut self, more: usize) {
        while self.pending_samples + more > MOST_PENDING
            && let Some((_, oldest)) = self.pending.pop_first()
        {
            let samples: usize = oldest.values().map(|rows| rows.values.len()).sum();
            self.pending_samples -= samples;
            self.dropped += samples as u64;
        }
    }

    /// Takes something that happened. Kept in memory until [`HistoryWriter::commit`].
    pub fn event(&mut self, event: Event) {
        if self.pending_events.len() < MOST_PENDING_EVENTS {
            self.pending_events.push(event);
        } else {
            self.dropped += 1;
        }
    }

    /// Takes the name a thing has from `at` on; the same as before is not written again.
    pub fn name(&mut self, at: Timestamp, subject: &Subject, name: &str) {
        if self.pending_names.len() < MOST_PENDING_EVENTS {
            self.pending_names.push((at, subject.clone(), name.to_owned()));
        } else {
            self.dropped += 1;
        }
    }

    /// Samples in memory that are not on disk yet.
    pub const fn pending(&self) -> usize {
        self.pending_samples
    }

    /// Writes what came since the last commit, and puts in order what is due. To be called after a poll, every 2 to
    /// 4 s: what is not committed a kill would lose.
    ///
    /// # Errors
    /// [`StoreError::Full`] and others: what was to be written stays in memory, within bounds, and is written by the
    /// next commit that can. Once committed, samples are safe even if putting in order fails: that is tried again.
    pub fn commit(&mut self) -> Result<Committed, StoreError> {
        self.replay()?;
        let samples = self.pending_samples;
        self.journal()?;
        let dropped = std::mem::take(&mut self.dropped);
        self.put_in_order()?;
        Ok(Committed { samples, dropped })
    }

    /// An error with operation and path.
    fn told(&self, operation: &'static str, why: ReadError) -> StoreError {
        match why {
            ReadError::Sql(why) => StoreError::sql(operation, &self.path, why),
            ReadError::Broken => StoreError::broken(operation, &self.path),
        }
    }
}
