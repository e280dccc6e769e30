//! What can go wrong, in words that tell what to do.

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::open::may;
use crate::model::job::JobId;
use crate::model::text::clean;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or a file in it cannot be made, read or written by this user.
    #[error("{operation} {}: permission denied. {}", told(.path), "Give this user access, or set another data folder.")]
    Denied {
        /// What was tried.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// The file system takes no changes.
    #[error("{operation} {}: the file system is read-only. Set a data folder that can be written.", told(.path))]
    ReadOnly {
        /// What was tried.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// There is no room. What was to be written is kept in memory and written once there is.
    #[error("{operation} {}: no space left. Free some; writing goes on by itself.", told(.path))]
    Full {
        /// What was tried.
        operation: &'static str,
        /// The database.
        path: PathBuf,
    },
    /// Another process writes the history.
    #[error("{}: another NovaCron writes the history{}. This one reads it.", told(.path), by(*.pid))]
    Held {
        /// The lock file.
        path: PathBuf,
        /// The other process, where it said so.
        pid: Option<u32>,
    },
    /// Another process was writing for longer than it is waited for.
    #[error("{operation} {}: another process is writing for long. Try again.", told(.path))]
    Busy {
        /// What was tried.
        operation: &'static str,
        /// The database.
        path: PathBuf,
    },
    /// A newer NovaCron has written the database: it is read, not written.
    #[error(
        "{}: written by a newer NovaCron (schema {found}, known up to {known}): opened read-only. Update this one.",
        told(.path)
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The database is damaged.
    #[error("{operation} {}: the database is damaged. It is set aside at the next start; nothing is deleted.", told(.path))]
    Damaged {
        /// What was tried.
        operation: &'static str,
        /// The database.
        path: PathBuf,
    },
    /// Nothing has been recorded yet.
    #[error("{}: no history has been recorded yet", told(.path))]
    Missing {
        /// The database.
        path: PathBuf,
    },
    /// The journal of jobs does not allow it: there is no such job, or it stands otherwise than was thought.
    #[error("{}: job {job} {what}", told(.path))]
    Journal {
        /// The database.
        path: PathBuf,
        /// Which job.
        job: JobId,
        /// How it stands.
        what: &'static str,
    },
    /// Any other error of the operating system.
    #[error("{operation} {}: {source}", told(.path))]
    Io {
        /// What was tried.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Any other error of the database.
    #[error("{operation} {}: {source}", told(.path))]
    Database {
        /// What was tried.
        operation: &'static str,
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

fn told(path: &Path) -> String {
    clean(&path.to_string_lossy()).into_owned()
}

fn by(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}

impl StoreError {
    /// An error of the operating system, sorted.
    pub(crate) fn io(operation: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied { operation, path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { operation, path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { operation, path },
            _ => Self::Io { operation, path, source },
        }
    }

    /// An error of the database, sorted.
    pub(crate) fn sql(operation: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(Code::DiskFull) => Self::Full { operation, path },
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged { operation, path },
            Some(Code::ReadOnly) => Self::ReadOnly { operation, path },
            Some(Code::PermissionDenied) => Self::Denied { operation, path },
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy { operation, path },
            // SQLite tells a full disk as an I/O error where it happens in the shared memory of the log.
            Some(Code::SystemIoFailure) if has_no_room(&path) => Self::Full { operation, path },
            Some(Code::CannotOpen) => Self::io(operation, &path.clone(), why_not(&path)),
            _ => Self::Database { operation, path, source },
        }
    }

    /// What is packed in the database makes no sense.
    pub(crate) fn broken(operation: &'static str, path: &Path) -> Self {
        Self::Damaged { operation, path: path.to_owned() }
    }

    /// Whether the database must be set aside.
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}

fn has_no_room(path: &Path) -> bool {
    path.parent().and_then(|folder| rustix::fs::statvfs(folder).ok()).is_some_and(|fs| fs.f_bavail < 16)
}

/// Why a file cannot be opened: SQLite does not tell.
fn why_not(path: &Path) -> io::Error {
    let both = Access::READ_OK | Access::WRITE_OK;
    may(path, both).err().unwrap_or_else(|| io::Error::other("unable to open the database file"))
}
