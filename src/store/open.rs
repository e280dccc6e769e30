//! Opening a database: folder, rights, schema; and setting a damaged one aside.

use std::fmt::Write;
use std::fs::{self, DirBuilder, OpenOptions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::error::StoreError;
use super::ladder::{self, Ladder};
use crate::model::time::Timestamp;

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(5);
/// How soon that is tried again for which SQLite does not wait.
const AGAIN: Duration = Duration::from_millis(10);
/// Bytes of a page: chunks of some kilobytes fill it with little left over, one read brings one, and few pages lead
/// there.
const PAGE: u32 = 32_768;
/// Pages of the log after which it is written back: 4 MiB.
const LOG_PAGES: u32 = 128;

/// Something the user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The database that was damaged.
    pub path: PathBuf,
    /// Where it lies now, as it was.
    pub moved_to: PathBuf,
}

impl std::fmt::Display for SetAside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let told = |p: &Path| crate::model::text::clean(&p.to_string_lossy()).into_owned();
        write!(
            f,
            "{} was damaged and is kept as {}; a new one was begun.",
            told(&self.path),
            told(&self.moved_to)
        )
    }
}

/// Makes the folder, for its owner alone, where it is missing.
pub(crate) fn folder(path: &Path) -> Result<(), StoreError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|why| StoreError::io("create", path, why))
}

/// Opens a database to write, makes or upgrades it.
///
/// Reads the head and the schema only: opening takes as long with years of data as with none.
pub(crate) fn to_write(path: &Path, ladder: &Ladder) -> Result<Connection, StoreError> {
    let sql = |why| StoreError::sql("open", path, why);
    // Made here and not by SQLite: it would make it readable for others first.
    let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map_err(|why| StoreError::io("open", path, why))?;
    let mut db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(sql)?;
    db.busy_timeout(PATIENCE).map_err(sql)?;
    db.pragma_update(None, "page_size", PAGE).map_err(sql)?;
    refuse_newer(&db, path, ladder)?;
    with_log(&db).map_err(sql)?;
    // In WAL mode this loses at most the last commits on a power cut, and nothing when the process is killed.
    db.pragma_update(None, "synchronous", "NORMAL").map_err(sql)?;
    db.pragma_update(None, "foreign_keys", true).map_err(sql)?;
    db.pragma_update(None, "wal_autocheckpoint", LOG_PAGES).map_err(sql)?;
    db.pragma_update(None, "journal_size_limit", LOG_PAGES * PAGE).map_err(sql)?;
    ladder.climb(&mut db).map_err(sql)?;
    Ok(db)
}

/// Has the database keep a log. Of two who do that to a new one at once SQLite refuses one without waiting.
fn with_log(db: &Connection) -> rusqlite::Result<()> {
    let begun = Instant::now();
    loop {
        match db.pragma_update(None, "journal_mode", "WAL") {
            Err(why)
                if why.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < PATIENCE =>
            {
                std::thread::park_timeout(AGAIN);
            }
            done => return done,
        }
    }
}

fn refuse_newer(db: &Connection, path: &Path, ladder: &Ladder) -> Result<(), StoreError> {
    let found = ladder::version(db).map_err(|why| StoreError::sql("open", path, why))?;
    let known = ladder.newest();
    if found > known { Err(StoreError::Newer { path: path.to_owned(), found, known }) } else { Ok(()) }
}

/// A database that is read.
#[derive(Debug)]
pub(crate) struct Readable {
    pub(crate) db: Connection,
    /// It is newer than this program.
    pub(crate) newer: Option<StoreError>,
    /// It is read as it lies: nothing holds back a writer that comes.
    pub(crate) as_it_lies: bool,
}

/// Opens a database to read only.
pub(crate) fn to_read(path: &Path, ladder: &Ladder) -> Result<Readable, StoreError> {
    if matches!(fs::metadata(path), Err(why) if why.kind() == std::io::ErrorKind::NotFound) {
        return Err(StoreError::Missing { path: path.to_owned() });
    }
    let sql = |why| StoreError::sql("open", path, why);
    let mut db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(sql)?;
    db.busy_timeout(PATIENCE).map_err(sql)?;
    let mut refused = refuse_newer(&db, path, ladder);
    let as_it_lies = matches!(refused, Err(StoreError::ReadOnly { .. } | StoreError::Denied { .. }))
        && !has_log(path)
        && may(path, Access::READ_OK).is_ok();
    if as_it_lies {
        db = immutable(path).map_err(sql)?;
        refused = refuse_newer(&db, path, ladder);
    }
    let newer = match refused {
        Ok(()) if ladder::version(&db).map_err(sql)? == 0 => {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        Ok(()) => None,
        Err(newer @ StoreError::Newer { .. }) => Some(newer),
        Err(other) => return Err(other),
    };
    Ok(Readable { db, newer, as_it_lies })
}

/// Whether this process may do that with a file. It is not opened for that: closing it again would take away the locks
/// that SQLite has on it.
pub(crate) fn may(path: &Path, what: Access) -> std::io::Result<()> {
    Ok(accessat(CWD, path, what, AtFlags::EACCESS)?)
}

/// Whether there is a log beside a database: parts of it are there only.
pub(crate) fn has_log(path: &Path) -> bool {
    fs::metadata(with_suffix(path, "-wal")).is_ok_and(|log| log.len() > 0)
}

/// Opens a database where SQLite may not make what it shares with a writer, on a read-only file system or in a folder of
/// somebody else: the file is read as it lies there, as one that does not change.
fn immutable(path: &Path) -> rusqlite::Result<Connection> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(uri, flags)
}

/// Opens to write; a damaged file is set aside and a new one begun.
pub(crate) fn or_begin_anew(
    path: &Path,
    ladder: &Ladder,
    now: Timestamp,
) -> Result<(Connection, Option<SetAside>), StoreError> {
    match to_write(path, ladder) {
        Err(why) if why.is_damage() => {
            let moved = set_aside(path, now)?;
            Ok((to_write(path, ladder)?, Some(moved)))
        }
        other => other.map(|db| (db, None)),
    }
}

/// Renames a database, with its log, to `NAME.damaged-TIME`. Nothing may have it open for writing.
pub(crate) fn set_aside(path: &Path, now: Timestamp) -> Result<SetAside, StoreError> {
    let time = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().strftime("%Y%m%dT%H%M%SZ");
    let named = |n: u32| {
        let number = if n == 0 { String::new() } else { format!(".{n}") };
        with_suffix(path, &format!(".damaged-{time}{number}"))
    };
    // Two in one second: neither overwrites the other.
    let moved_to = (0..1000).map(named).find(|p| !p.exists()).unwrap_or_else(|| named(0));
    fs::rename(path, &moved_to).map_err(|why| StoreError::io("set aside", path, why))?;
    for part in ["-wal", "-shm"] {
        match fs::rename(with_suffix(path, part), with_suffix(&moved_to, part)) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("set aside", &with_suffix(path, part), why));
            }
            _ => {}
        }
    }
    Ok(SetAside { path: path.to_owned(), moved_to })
}

pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
