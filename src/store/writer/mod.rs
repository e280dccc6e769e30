//! Writing history: one process, one thread of it.
//!
//! A sample's way: [`HistoryWriter::add`] keeps it in memory; [`HistoryWriter::commit`], called every few seconds,
//! writes a row of the journal (`recent`), from which on a kill cannot lose it; when its minute is over it goes to a
//! *piece* with all others of that minute, beside a piece of roll-ups; when its block of an hour is over, the
//! pieces are turned to one chunk per track. Hours are rolled up from minutes as their pieces close.

mod blocks;
mod open;
mod registry;
mod retention;
mod seal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use rusqlite::{Connection, TransactionBehavior, params};

use super::blocks::ReadError;
use super::codec::chunk::Rows;
use super::codec::piece::{self, Tracks};
use super::error::StoreError;
use super::event::Event;
use super::lock::Lock;
use super::merge;
use super::subject::Subject;
use super::tier::{MINUTE_MS, MOST_TRACKS};
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
/// The latest instant that can be stored, in the year 9999.
const LATEST_MS: i64 = 253_402_300_799_000;

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
    /// Samples of unknown tracks at or before this may be in a piece already.
    sealed_until: i64,
    /// The id of the next row of the journal: begins at the time of opening, so that none is used twice.
    next_recent: i64,
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

    /// Writes one row of the journal a minute, usually one in all.
    fn journal(&mut self) -> Result<(), StoreError> {
        if self.pending.is_empty() && self.pending_events.is_empty() && self.pending_names.is_empty() {
            return Ok(());
        }
        if self.write_journal().is_err() {
            // The log may be what fills the disk: written back, it is used again from its begin.
            let _ = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            self.write_journal().map_err(|why| StoreError::sql("write", &self.path, why))?;
        }
        self.registry.written();
        self.pending_events.clear();
        self.pending_names.clear();
        self.pending_samples = 0;
        let open = self.open.get_or_insert_default();
        for (minute, tracks) in std::mem::take(&mut self.pending) {
            fold(open, minute, tracks);
        }
        Ok(())
    }

    fn write_journal(&mut self) -> rusqlite::Result<()> {
        let events = self.pending_events.iter().filter_map(|e| e.subject.as_ref());
        let named = self.pending_names.iter().map(|(_, subject, _)| subject);
        for subject in events.chain(named) {
            self.registry.entity(&self.db, subject)?;
        }
        let all = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.registry.write(&all)?;
        for (minute, tracks) in &self.pending {
            write_recent(&all, &mut self.next_recent, *minute, tracks)?;
        }
        for event in &self.pending_events {
            let entity = event.subject.as_ref().map(|s| self.registry.entity(&all, s)).transpose()?;
            all.prepare_cached("INSERT INTO event (at_ms, entity, kind, detail) VALUES (?, ?, ?, ?)")?
                .execute(params![event.at.0, entity, event.kind.name(), event.detail])?;
        }
        for (at, subject, name) in &self.pending_names {
            let entity = self.registry.entity(&all, subject)?;
            write_name(&all, entity, *at, name)?;
        }
        all.commit()
    }

    /// Reads the journal that an earlier process left. Not at opening: nobody waits for it there.
    fn replay(&mut self) -> Result<(), StoreError> {
        if self.open.is_some() {
            return Ok(());
        }
        let open = self.read_journal().map_err(|why| self.told("read", why))?;
        self.open = Some(open);
        Ok(())
    }

    fn read_journal(&self) -> Result<BTreeMap<i64, Tracks>, ReadError> {
        let mut open = BTreeMap::new();
        let mut query = self.db.prepare("SELECT start_ms, data FROM recent ORDER BY id")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            fold(&mut open, row.get(0)?, piece::decode(bytes).ok_or(ReadError::Broken)?);
        }
        Ok(open)
    }

    /// An error with operation and path.
    fn told(&self, operation: &'static str, why: ReadError) -> StoreError {
        match why {
            ReadError::Sql(why) => StoreError::sql(operation, &self.path, why),
            ReadError::Broken => StoreError::broken(operation, &self.path),
        }
    }
}

/// Joins rows of a minute to those of the journal, each at its place.
fn fold(open: &mut BTreeMap<i64, Tracks>, minute: i64, tracks: Tracks) {
    let held = open.entry(minute).or_default();
    for (track, rows) in tracks {
        merge::samples(held.entry(track).or_insert_with(|| Rows::new(rows.width)), &rows, 0);
    }
}

fn write_recent(db: &Connection, id: &mut i64, minute: i64, tracks: &Tracks) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO recent (id, start_ms, data) VALUES (?, ?, ?)")?.execute(params![
        *id,
        minute,
        piece::encode(tracks)
    ])?;
    *id += 1;
    Ok(())
}

fn write_name(db: &Connection, entity: i64, at: Timestamp, name: &str) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO entity_name (entity, since_ms, name) SELECT ?1, ?2, ?3 WHERE ?3 IS NOT
         (SELECT name FROM entity_name WHERE entity = ?1 AND since_ms <= ?2 ORDER BY since_ms DESC LIMIT 1)",
    )?
    .execute(params![entity, at.0, name])?;
    Ok(())
}
