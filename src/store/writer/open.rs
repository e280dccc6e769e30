//! Opening the history to write.

use std::path::Path;

use super::{HistoryWriter, Registry, Retention};
use crate::model::time::Timestamp;
use crate::store::error::StoreError;
use crate::store::ladder;
use crate::store::lock::Lock;
use crate::store::open::{self, SetAside};
use crate::store::share::{self, Readers};
use crate::store::tier::writing_of;

/// A writer, and what had to be done for it.
#[derive(Debug)]
pub struct Opened {
    /// The writer.
    pub writer: HistoryWriter,
    /// A damaged database was set aside.
    pub set_aside: Option<SetAside>,
}

impl HistoryWriter {
    /// Opens `history.db` in this folder, which is made where it is missing, and holds its lock.
    ///
    /// Reads nothing but the head of the file: it takes as long with years of history as with none. A damaged file
    /// is set aside and a new one begun; `now` is in the name it gets.
    ///
    /// # Errors
    /// [`StoreError::Held`] where another process writes it and [`StoreError::Newer`] where a newer version wrote it:
    /// a [`HistoryReader`](crate::store::HistoryReader) reads it even so. [`StoreError::Denied`],
    /// [`StoreError::ReadOnly`], [`StoreError::Full`] and others: go on in memory and tell.
    pub fn open(folder: &Path, retention: Retention, now: Timestamp) -> Result<Opened, StoreError> {
        open::folder(folder)?;
        let lock = Lock::take(&folder.join("history.lock"))?;
        let path = folder.join("history.db");
        let (db, set_aside) = open::or_begin_anew(&path, &ladder::HISTORY, now)?;
        let sealed_until = sealed_until(&db).map_err(|why| StoreError::sql("read", &path, why))?;
        let next_writing = next_writing(&db).map_err(|why| StoreError::sql("read", &path, why))?;
        let writer = Self {
            db,
            path,
            _lock: lock,
            registry: Registry::default(),
            retention,
            pending: std::collections::BTreeMap::new(),
            pending_samples: 0,
            pending_events: Vec::new(),
            pending_names: Vec::new(),
            dropped: 0,
            open: None,
            now_ms: 0,
            sealed_until,
            next_writing,
            writings: 0,
            due: std::collections::BTreeSet::new(),
            at_once: 0,
            dropping: None,
        };
        Ok(Opened { writer, set_aside })
    }

    /// Lets a group read the history too, as long as its files and folders exist.
    ///
    /// # Errors
    /// [`StoreError::Denied`] where this process is not root and not in the group. What could be set is.
    pub fn share(&self, readers: &Readers) -> Result<(), StoreError> {
        share::with(readers, &self.path)
    }

    /// Sets a database aside that turned out damaged while in use ([`StoreError::is_damage`]) and begins a new one.
    ///
    /// What this process still has in memory, the last minute or so and what was not committed yet, goes to the new
    /// one with the next commit. The lock is let go and taken again.
    pub fn begin_anew(self, now: Timestamp) -> Result<Opened, StoreError> {
        let Self {
            db,
            path,
            retention,
            registry,
            pending,
            open,
            pending_events,
            pending_names,
            _lock: lock,
            ..
        } = self;
        drop(db);
        let moved = open::set_aside(&path, now)?;
        drop(lock);
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut opened = Self::open(folder, retention, now)?;
        opened.set_aside = Some(moved);
        let writer = &mut opened.writer;
        writer.pending_events = pending_events;
        writer.pending_names = pending_names;
        let known = registry.by_number();
        for (minute, tracks) in open.into_iter().flatten().chain(pending) {
            for (track, rows) in tracks {
                let Some((subject, metrics)) = known.get(&track) else { continue };
                for (i, offset) in rows.offsets.iter().enumerate() {
                    let values: Vec<_> = rows.row(i).iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
                    writer.add(Timestamp(minute + i64::from(*offset)), subject, metrics, &values)?;
                }
            }
        }
        Ok(opened)
    }
}

/// A number for the journal that comes after all others.
fn next_writing(db: &rusqlite::Connection) -> rusqlite::Result<i64> {
    let last: Option<i64> = db.query_row("SELECT max(id) FROM recent", [], |row| row.get(0))?;
    Ok(last.map_or(1, |id| writing_of(id).0 + 1))
}

/// The end of the last minute that was sealed.
fn sealed_until(db: &rusqlite::Connection) -> rusqlite::Result<i64> {
    let found: Option<i64> =
        db.query_row("SELECT max(value) FROM meta WHERE key = 'sealed_until'", [], |row| row.get(0))?;
    Ok(found.unwrap_or(0))
}
