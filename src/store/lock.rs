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
                let mut told = String::new();
                let pid = file.read_to_string(&mut told).ok().and_then(|_| told.trim().parse().ok());
                return Err(StoreError::Held { path: path.to_owned(), pid });
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
}

impl Drop for Lock {
    /// Closing would not do: a child process that was just begun has the file open too, until it runs its program.
    fn drop(&mut self) {
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}
