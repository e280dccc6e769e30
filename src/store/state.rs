//! `state.db`: what any process may write, each in short transactions.
//!
//! A power cut loses nothing that was committed here: a job that was begun and an audit record are written through.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::StoreError;
use super::open::SetAside;
use super::{ladder, lock, open};
use crate::model::job::JobId;
use crate::model::time::Timestamp;

/// The database of what was decided, as opposed to measured.
#[derive(Debug)]
pub struct StateDb {
    pub(crate) db: Connection,
    pub(crate) path: PathBuf,
    newer: Option<StoreError>,
    /// SQLite's count of others' commits, as last seen.
    seen: i64,
}

/// Why a transaction was given up.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The database.
    Sql(rusqlite::Error),
    /// How a job stands.
    Job(JobId, &'static str),
    /// What was to be written has no JSON.
    Json(serde_json::Error),
}

impl From<rusqlite::Error> for Refused {
    fn from(why: rusqlite::Error) -> Self {
        Self::Sql(why)
    }
}

impl From<serde_json::Error> for Refused {
    fn from(why: serde_json::Error) -> Self {
        Self::Json(why)
    }
}

impl StateDb {
    /// Opens `state.db` in this folder, which is made where it is missing.
    ///
    /// A damaged file is set aside, which is told. One of a newer version is opened read-only: see
    /// [`StateDb::read_only_reason`].
    pub fn open(folder: &Path, now: Timestamp) -> Result<(Self, Option<SetAside>), StoreError> {
        open::folder(folder)?;
        let path = folder.join("state.db");
        match open::to_write(&path, &ladder::STATE) {
            Ok(db) => Ok((Self::writable(db, path)?, None)),
            Err(StoreError::Newer { .. }) => {
                let open::Readable { db, newer, .. } = open::to_read(&path, &ladder::STATE)?;
                Ok((Self { db, path, newer, seen: 0 }, None))
            }
            Err(why) if why.is_damage() => Self::begin_anew(folder, path, now),
            Err(why) => Err(why),
        }
    }

    /// Opens `state.db` in this folder to read; `None` where there is none.
    pub fn look(folder: &Path) -> Result<Option<Self>, StoreError> {
        let path = folder.join("state.db");
        if !path.is_file() {
            return Ok(None);
        }
        let open::Readable { db, newer, .. } = open::to_read(&path, &ladder::STATE)?;
        Ok(Some(Self { db, path, newer, seen: 0 }))
    }

    /// Whether a damaged one lies beside it: then this one does not know all that was.
    pub fn was_set_aside(&self) -> bool {
        let Ok(files) = std::fs::read_dir(self.folder()) else { return true };
        files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("state.db.damaged-"))
    }

    /// Of several processes that find the damage one sets the file aside; the others find a good one.
    fn begin_anew(
        folder: &Path,
        path: PathBuf,
        now: Timestamp,
    ) -> Result<(Self, Option<SetAside>), StoreError> {
        let _one = lock::Lock::take(&folder.join("state.lock"))?;
        let (db, moved) = open::or_begin_anew(&path, &ladder::STATE, now)?;
        Ok((Self::writable(db, path)?, moved))
    }

    fn writable(db: Connection, path: PathBuf) -> Result<Self, StoreError> {
        db.pragma_update(None, "synchronous", "FULL").map_err(|why| StoreError::sql("open", &path, why))?;
        Ok(Self { db, path, newer: None, seen: 0 })
    }

    /// Why nothing can be written, where that is so.
    pub const fn read_only_reason(&self) -> Option<&StoreError> {
        self.newer.as_ref()
    }

    /// Does something in one transaction that no other process' write comes between, or nothing of it. Waits up to 5 s
    /// for its turn.
    pub(crate) fn write<T>(
        &mut self,
        operation: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Refused>,
    ) -> Result<T, StoreError> {
        if let Some(StoreError::Newer { path, found, known }) = &self.newer {
            return Err(StoreError::Newer { path: path.clone(), found: *found, known: *known });
        }
        let path = &self.path;
        let refused = |why| match why {
            Refused::Sql(why) => StoreError::sql(operation, path, why),
            Refused::Job(job, what) => StoreError::Journal { path: path.clone(), job, what },
            Refused::Json(why) => StoreError::io(operation, path, why.into()),
        };
        let begun = self.db.transaction_with_behavior(TransactionBehavior::Immediate);
        let all = begun.map_err(|why| refused(why.into()))?;
        let done = work(&all).map_err(refused)?;
        all.commit().map_err(|why| refused(why.into()))?;
        Ok(done)
    }

    /// Whether another connection, of this process or of another, has committed something since this was last asked.
    /// The first answer is yes.
    pub fn changed_by_others(&mut self) -> bool {
        let now = self.db.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap_or(self.seen);
        std::mem::replace(&mut self.seen, now) != now
    }

    /// The folder of the database.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// A fact about the database itself.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        let found =
            self.db.query_row("SELECT value FROM meta WHERE key = ?", [key], |row| row.get(0)).optional();
        found.map_err(|why| StoreError::sql("read", &self.path, why))
    }

    /// Sets such a fact.
    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        self.write("write", |db| {
            db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", params![key, value])
                .map(|_| ())
                .map_err(Refused::from)
        })
    }
}
