//! The newest record's number and hash in a file beside the database, `audit.head`: what was cut off from the end of the
//! chain is missed there.
//!
//! The file is written after the commit, so a kill leaves it behind, never ahead. What an append finds wrong it does not
//! wipe out: the file keeps it as a mark.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::chain::newest;
use crate::store::error::StoreError;
use crate::store::lock::Lock;

const FILE: &str = "audit.head";
const NEW: &str = "audit.head.new";
const LOCK: &str = "audit.lock";
/// How long another process is waited for: it writes some hundred bytes.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(2);
/// Marks that are kept, the first ones: nobody needs more to know that something is wrong.
const MARKS: usize = 100;

/// What the file tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Number of the newest record.
    pub(super) count: i64,
    /// Its hash.
    pub(super) hash: String,
    /// What was found wrong when a record was appended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) marks: Vec<Mark>,
}

/// Something that was found wrong when record `at` was appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The record.
    pub(super) at: i64,
    /// What.
    pub(super) what: Wrong,
    /// What the file told until then; 0 and nothing where it told nothing.
    pub(super) count: i64,
    /// The hash it told.
    pub(super) hash: String,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Wrong {
    /// The database was a new one: record 1 follows the end of another chain.
    BegunAnew,
    /// The chain ended before.
    CutOff,
    /// The record of that number was another one.
    Changed,
    /// The file was not there, or made no sense.
    NoHead,
}

/// What there is of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Head(Head),
    Missing,
    Unreadable,
}

/// Reads the file. It is replaced as a whole, so it is never half of one.
pub(super) fn read(folder: &Path) -> Result<Kept, StoreError> {
    let path = folder.join(FILE);
    match fs::read(&path) {
        Ok(text) => Ok(serde_json::from_slice(&text).map_or(Kept::Unreadable, Kept::Head)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Kept::Missing),
        Err(why) => Err(StoreError::io("read", &path, why)),
    }
}

/// The hash that the file tells, where it does.
pub(super) fn last_told(folder: &Path) -> Option<String> {
    match read(folder) {
        Ok(Kept::Head(head)) => Some(head.hash),
        Ok(Kept::Missing | Kept::Unreadable) | Err(_) => None,
    }
}

/// The hash of a record in the database.
pub(super) fn hash_at(db: &Connection, number: i64) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT hash FROM audit WHERE number = ?", [number], |row| row.get(0)).optional()
}

/// Writes what the database's newest record is, unless the file says so already.
///
/// Asked of the database under the lock: no process writes an older head over a newer one.
pub(super) fn tell(db: &Connection, database: &Path) -> Result<(), StoreError> {
    let folder = database.parent().unwrap_or(database);
    let _one = lock(&folder.join(LOCK))?;
    let sql = |why| StoreError::sql("read the audit", database, why);
    let Some((count, hash)) = newest(db).map_err(sql)? else { return Ok(()) };
    let kept = read(folder)?;
    let mut marks = match &kept {
        Kept::Head(head) if (head.count, &head.hash) == (count, &hash) => return Ok(()),
        Kept::Head(head) => head.marks.clone(),
        Kept::Missing | Kept::Unreadable => Vec::new(),
    };
    marks.extend(wrong(db, &kept, count).map_err(sql)?);
    marks.truncate(MARKS);
    replace(folder, &Head { count, hash, marks })
}

/// What the file says that the database does not.
fn wrong(db: &Connection, kept: &Kept, newest: i64) -> rusqlite::Result<Option<Mark>> {
    let head = match kept {
        Kept::Head(head) => head,
        // The one who wrote the first record may have been killed before it told.
        Kept::Missing if newest <= 2 => return Ok(None),
        Kept::Missing | Kept::Unreadable => {
            return Ok(Some(Mark { at: newest, what: Wrong::NoHead, count: 0, hash: String::new() }));
        }
    };
    let first: Option<String> =
        db.query_row("SELECT previous FROM audit WHERE number = 1", [], |row| row.get(0)).optional()?;
    let (at, what) = match hash_at(db, head.count)? {
        Some(hash) if hash == head.hash => return Ok(None),
        _ if first.as_ref() == Some(&head.hash) => (1, Wrong::BegunAnew),
        // The newest was appended to what was left.
        Some(_) if head.count < newest => (newest, Wrong::Changed),
        _ => (newest, Wrong::CutOff),
    };
    Ok(Some(Mark { at, what, count: head.count, hash: head.hash.clone() }))
}

/// Takes the lock, which others hold for moments.
fn lock(path: &Path) -> Result<Lock, StoreError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match Lock::take(path) {
            Err(StoreError::Held { .. }) if Instant::now() < until => thread::park_timeout(PAUSE),
            other => return other,
        }
    }
}

/// Replaces the file by another one that is safely on disk: after a power cut it is the old one or the new one.
fn replace(folder: &Path, head: &Head) -> Result<(), StoreError> {
    let (path, new) = (folder.join(FILE), folder.join(NEW));
    let write = || -> io::Result<()> {
        let _ = fs::remove_file(&new);
        let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec(head)?)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|why| {
        let _ = fs::remove_file(&new);
        StoreError::io("write", &path, why)
    })
}
