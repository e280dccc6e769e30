//! `state.db`: what any process may write, each in short transactions.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::StoreError;
use super::open::SetAside;
use super::{ladder, lock, open};
use crate::model::time::Timestamp;

/// The database of what was decided, as opposed to measured.
#[derive(Debug)]
pub struct StateDb {
    db: Connection,
    path: PathBuf,
    newer: Option<StoreError>,
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
            Ok(db) => Ok((Self { db, path, newer: None }, None)),
            Err(StoreError::Newer { .. }) => {
                let open::Readable { db, newer, .. } = open::to_read(&path, &ladder::STATE)?;
                Ok((Self { db, path, newer }, None))
            }
            Err(why) if why.is_damage() => Self::begin_anew(folder, path, now),
            Err(why) => Err(why),
        }
    }

    /// Of several processes that find the damage one sets the file aside; the others find a good one.
    fn begin_anew(
        folder: &Path,
        path: PathBuf,
        now: Timestamp,
    ) -> Result<(Self, Option<SetAside>), StoreError> {
        let _one = lock::Lock::take(&folder.join("state.lock"))?;
        let (db, moved) = open::or_begin_anew(&path, &ladder::STATE, now)?;
        Ok((Self { db, path, newer: None }, moved))
    }

    /// Why nothing can be written, where that is so.
    pub const fn read_only_reason(&self) -> Option<&StoreError> {
        self.newer.as_ref()
    }

    /// Does something in one transaction that no other process' write comes between. Waits up to 5 s for its turn.
    pub(crate) fn write<T>(
        &mut self,
        operation: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        if let Some(StoreError::Newer { path, found, known }) = &self.newer {
            return Err(StoreError::Newer { path: path.clone(), found: *found, known: *known });
        }
        let sql = |why| StoreError::sql(operation, &self.path, why);
        let all = self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
        let done = work(&all).map_err(sql)?;
        all.commit().map_err(sql)?;
        Ok(done)
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
        })
    }
}
