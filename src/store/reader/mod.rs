//! Reading history: any process, also while another one writes. What was committed is seen at once.

mod grid;
mod moment;
mod points;
mod rows;
#[cfg(test)]
mod tests;
mod top;
mod weigh;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, Rows, params};

use super::blocks::{self, Broken, ReadError};
use super::error::StoreError;
use super::event::{Event, EventKind};
use super::ladder;
use super::open::{self, Readable};
use super::subject::{Subject, columns_of};
use super::tier::{MOST_TRACKS, Tier, row_id};
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
pub use moment::{PastSeries, PastView};
pub use points::{Point, Points};
pub use top::Rank;
pub use weigh::Weight;

/// A track as readers know it.
#[derive(Debug)]
struct Track {
    id: i64,
    subject: Subject,
    metrics: Vec<Option<MetricId>>,
}

impl Track {
    fn column(&self, metric: MetricId) -> Option<usize> {
        self.metrics.iter().position(|m| *m == Some(metric))
    }
}

/// A name a thing had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// From when on.
    pub since: Timestamp,
    /// The name, not cleaned.
    pub name: String,
}

/// Reads the history of one host.
#[derive(Debug)]
pub struct HistoryReader {
    db: Connection,
    path: PathBuf,
    newer: Option<StoreError>,
    as_it_lies: bool,
    tracks: RefCell<BTreeMap<i64, Arc<Track>>>,
}

impl HistoryReader {
    /// Opens `history.db` in this folder to read.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where nothing was recorded yet.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("history.db");
        let Readable { db, newer, as_it_lies } = open::to_read(&path, &ladder::HISTORY)?;
        Ok(Self { db, path, newer, as_it_lies, tracks: RefCell::default() })
    }

    /// That the database is of a newer version than this program, where it is: what it does not know is not shown.
    pub const fn newer(&self) -> Option<&StoreError> {
        self.newer.as_ref()
    }

    /// Bytes of the database that hold something.
    pub fn bytes(&self) -> Result<u64, StoreError> {
        super::writer::used_bytes(&self.db).map_err(|why| StoreError::sql("read", &self.path, why))
    }

    /// When the oldest record of a tier was taken; `None` when there is none.
    pub fn oldest(&self, tier: Tier) -> Result<Option<Timestamp>, StoreError> {
        self.read(|| self.oldest_ms(tier)).map(|at| at.map(Timestamp))
    }

    /// The metrics that were ever recorded of a thing, in registry order.
    pub fn series(&self, subject: &Subject) -> Result<Vec<MetricId>, StoreError> {
        self.read(|| {
            let tracks = self.tracks_of(subject)?;
            let mut metrics: Vec<_> =
                tracks.iter().flat_map(|t| t.metrics.iter().copied().flatten()).collect();
            metrics.sort_unstable();
            metrics.dedup();
            Ok(metrics)
        })
    }

    /// Everything that was ever recorded.
    pub fn subjects(&self) -> Result<Vec<Subject>, StoreError> {
        self.read(|| {
            let mut query = self.db.prepare_cached("SELECT key FROM entity ORDER BY key")?;
            let keys: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(keys.iter().filter_map(|key| Subject::parse(key)).collect())
        })
    }

    /// The names a thing had, oldest first.
    pub fn names(&self, subject: &Subject) -> Result<Vec<Named>, StoreError> {
        self.read(|| {
            let mut query = self.db.prepare_cached(
                "SELECT since_ms, name FROM entity_name JOIN entity ON entity.id = entity
                 WHERE key = ? ORDER BY since_ms",
            )?;
            let rows = query.query_map([subject.to_string()], |row| {
                Ok(Named { since: Timestamp(row.get(0)?), name: row.get(1)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// What happened in `from..to`, oldest first, at most `most`: of more, the newest. States that were only seen did
    /// not happen: see [`Self::seen`].
    pub fn events(&self, from: Timestamp, to: Timestamp, most: usize) -> Result<Vec<Event>, StoreError> {
        self.read(|| {
            let mut query = self.db.prepare_cached(
                "SELECT at_ms, key, kind, detail FROM event LEFT JOIN entity ON entity.id = entity
                 WHERE at_ms >= ? AND at_ms < ? AND kind <> ? ORDER BY at_ms DESC, event.id DESC LIMIT ?",
            )?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let mut out = events_of(query.query(params![from.0, to.0, EventKind::VmSeen.name(), most])?)?;
            out.reverse();
            Ok(out)
        })
    }

    /// The states VMs were seen in by the recording that `at` belongs to, until then, oldest first.
    pub fn seen(&self, at: Timestamp) -> Result<Vec<Event>, StoreError> {
        self.read(|| {
            let mut query = self.db.prepare_cached(
                "SELECT at_ms, key, kind, detail FROM event LEFT JOIN entity ON entity.id = entity
                 WHERE kind = ?1 AND at_ms <= ?2 AND at_ms >= (SELECT at_ms FROM event
                     WHERE kind = ?3 AND at_ms <= ?2 ORDER BY at_ms DESC LIMIT 1)
                 ORDER BY at_ms, event.id",
            )?;
            let (seen, began) = (EventKind::VmSeen.name(), EventKind::RecordingStarted.name());
            events_of(query.query(params![seen, at.0, began])?)
        })
    }

    /// Reads in one transaction: what the writer moves meanwhile is seen once, not twice or never.
    fn read<T>(&self, work: impl FnOnce() -> Result<T, ReadError>) -> Result<T, StoreError> {
        let told = |why| match why {
            ReadError::Sql(why) => StoreError::sql("read", &self.path, why),
            ReadError::Broken => StoreError::broken("read", &self.path),
        };
        let all = self.db.unchecked_transaction().map_err(|why| told(why.into()))?;
        let done = work().map_err(told);
        drop(all);
        if self.as_it_lies && open::has_log(&self.path) {
            // Somebody has begun to write: what was read may be half of the old and half of the new.
            return Err(StoreError::Busy { operation: "read", path: self.path.clone() });
        }
        done
    }

    /// The tracks of a thing.
    fn tracks_of(&self, subject: &Subject) -> Result<Vec<Arc<Track>>, ReadError> {
        let mut query = self.db.prepare_cached(
            "SELECT track.id, metrics FROM track JOIN entity ON entity.id = entity WHERE key = ? ORDER BY track.id",
        )?;
        let rows = query.query_map([subject.to_string()], |row| {
            let text: String = row.get(1)?;
            let metrics = columns_of(subject.entity(), &text);
            Ok(Arc::new(Track { id: row.get(0)?, subject: subject.clone(), metrics }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every track; those known already are not read again.
    fn all_tracks(&self) -> Result<std::cell::Ref<'_, BTreeMap<i64, Arc<Track>>>, ReadError> {
        {
            let mut known = self.tracks.borrow_mut();
            let last = known.last_key_value().map_or(0, |(id, _)| *id);
            let mut query = self.db.prepare_cached(
                "SELECT track.id, key, metrics FROM track JOIN entity ON entity.id = entity WHERE track.id > ?",
            )?;
            let mut rows = query.query([last])?;
            while let Some(row) = rows.next()? {
                let (key, text): (String, String) = (row.get(1)?, row.get(2)?);
                if let Some(subject) = Subject::parse(&key) {
                    let metrics = columns_of(subject.entity(), &text);
                    let id = row.get(0)?;
                    known.insert(id, Arc::new(Track { id, subject, metrics }));
                }
            }
        }
        Ok(self.tracks.borrow())
    }

    /// The begin of the oldest block, or the oldest piece or row of the journal.
    fn oldest_ms(&self, tier: Tier) -> Result<Option<i64>, ReadError> {
        let sql = match tier {
            Tier::Raw => "SELECT min(id) FROM raw",
            Tier::Minute => "SELECT min(id) FROM minute",
            Tier::Hour => "SELECT min(id) FROM hour",
        };
        let id: Option<i64> = self.db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        if let Some(id) = id {
            return Ok(Some(tier.begin(super::tier::block_of(id))));
        }
        let mut oldest: Option<i64> =
            self.db.prepare_cached("SELECT min(start_ms) FROM recent")?.query_row([], |row| row.get(0))?;
        for tier in Tier::ALL {
            let first = blocks::groups(&self.db, tier)?.into_iter().map(|(_, start)| start).min();
            oldest = oldest.min(first).or(oldest).or(first);
        }
        Ok(oldest)
    }
}

/// The events of rows; kinds of a newer version are left out.
fn events_of(mut rows: Rows<'_>) -> Result<Vec<Event>, ReadError> {
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let (key, kind): (Option<String>, String) = (row.get(1)?, row.get(2)?);
        let subject = key.as_deref().and_then(Subject::parse);
        if let Some(kind) = EventKind::parse(&kind) {
            out.push(Event { at: Timestamp(row.get(0)?), subject, kind, detail: row.get(3)? });
        }
    }
    Ok(out)
}

/// The ids of the rows of a block.
const fn ids_of(block: i64) -> (i64, i64) {
    (row_id(block, 0), row_id(block, MOST_TRACKS - 1))
}

/// A broken piece is damage.
fn sound<T>(read: Option<T>) -> Result<T, ReadError> {
    read.ok_or(ReadError::from(Broken))
}
