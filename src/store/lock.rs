//! One process writes the history: it holds a lock on a file beside it, which the kernel takes back when it ends.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::error::StoreError;

/// The lock, as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock, or tells who holds it. The file is never removed: a lock on a name that is gone holds nobody.
    pub(crate) fn take(path: &Path) -> Result<Self, StoreError> {
        let failed = |why| StoreError::io("open", path, why);
        let open =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let mut file = open.map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(StoreError::Held { path: path.to_owned(), pid: told(&mut file) });
            }
            Err(why) => return Err(StoreError::io("lock", path, why.into())),
        }
        // Only for others to read: a full disk does not make the lock less held.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { file })
    }

    /// Whoever holds the lock. A file that is not there or may not be read is
    /// held by nobody.
    fn holder(path: &Path) -> Option<Holder> {
        let mut file = File::open(path).ok()?;
        // Shared: two that look at once do not take each other for a holder. Given back as the file is closed.
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Err(Errno::WOULDBLOCK) => Some(Holder { pid: told(&mut file) }),
            Ok(()) | Err(_) => None,
        }
    }
}

/// A process that holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Which, where it said so.
    pub pid: Option<u32>,
}

/// The process that the file names.
fn told(file: &mut File) -> Option<u32> {
    let mut told = String::new();
    file.read_to_string(&mut told).ok()?;
    told.trim().parse().ok()
}

impl Drop for Lock {
    /// Closing would not do: a child process that was just begun has the file open too, until it runs its program.
    fn drop(&mut self) {
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// A collector's claim to record: a lock of its own beside the history, which two collectors cannot hold. Whoever else
/// records gives way to it.
#[derive(Debug)]
pub struct Claim {
    _lock: Lock,
}

/// The file that is locked.
const CLAIM: &str = "collector.lock";

impl Claim {
    /// Takes the claim to the history in this folder, which is made where it is missing.
    ///
    /// Whoever looks who holds it holds it for some microseconds: one refusal is none yet.
    ///
    /// # Errors
    /// [`StoreError::Held`] by another collector; a folder that cannot be made or written.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        super::open::folder(folder)?;
        Ok(Self { _lock: Lock::take(&folder.join(CLAIM))? })
    }

    /// The collector that records here or waits to.
    pub fn holder(folder: &Path) -> Option<Holder> {
        Lock::holder(&folder.join(CLAIM))
    }
}
