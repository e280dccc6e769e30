//! Who works here: each process that carries jobs out holds a lock on a file of its own, `owners/UUID.lock`. The kernel
//! takes the lock back when the process ends, however it ends: then others know that it is gone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use uuid::Uuid;

use super::error::StoreError;
use super::open;

const FOLDER: &str = "owners";
const SUFFIX: &str = "lock";
/// Names that are tried: whoever looks after left files may hold a new one for some microseconds.
const TRIES: usize = 100;

/// A process that carries out jobs, as long as it lives.
#[derive(Debug)]
pub struct Owner {
    id: Uuid,
    path: PathBuf,
    file: File,
}

impl Owner {
    /// Takes a new name in this data folder, and clears away files of owners that are gone.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn new(folder: &Path) -> Result<Self, StoreError> {
        let owners = folder.join(FOLDER);
        open::folder(folder)?;
        open::folder(&owners)?;
        clear(&owners);
        for _ in 0..TRIES {
            if let Some(owner) = Self::try_new(&owners)? {
                return Ok(owner);
            }
        }
        let why = io::Error::from(io::ErrorKind::WouldBlock);
        Err(StoreError::io("lock a file in", &owners, why))
    }

    fn try_new(owners: &Path) -> Result<Option<Self>, StoreError> {
        let id = random().map_err(|why| StoreError::io("read", Path::new(RANDOM), why))?;
        let path = path(owners, id);
        let failed = |why| StoreError::io("make", &path, why);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            // Taken by one who looks; it removes the file, or the next one who clears away does.
            Err(Errno::WOULDBLOCK) => return Ok(None),
            Err(why) => return Err(StoreError::io("lock", &path, why.into())),
        }
        // A lock on a name that is gone holds nobody: it may have been cleared away before it was locked.
        Ok(is_at(&file, &path).then_some(Self { id, path, file }))
    }

    /// The name under which others know this process.
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Whether the process of that name has ended. One whose file may not be read counts as alive.
    pub fn is_gone(folder: &Path, id: Uuid) -> bool {
        match File::open(path(&folder.join(FOLDER), id)) {
            // Shared, so that two that look do not take each other for the owner. Given back as the file is closed.
            Ok(file) => flock(&file, FlockOperation::NonBlockingLockShared).is_ok(),
            Err(why) => why.kind() == io::ErrorKind::NotFound,
        }
    }
}

impl Drop for Owner {
    /// Removed first: whoever opened it before finds it locked until then, others find none. Closing alone would not do:
    /// a child process that was just begun has the file open too, until it runs its program.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

fn path(owners: &Path, id: Uuid) -> PathBuf {
    owners.join(id.to_string()).with_extension(SUFFIX)
}

/// Whether this open file is the one of that name.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(here), Ok(there)) = (file.metadata(), fs::metadata(path)) else { return false };
    (here.dev(), here.ino()) == (there.dev(), there.ino())
}

/// Removes files of owners that are gone. What cannot be removed stays, and does no harm.
fn clear(owners: &Path) {
    let Ok(files) = fs::read_dir(owners) else { return };
    for path in files.filter_map(Result::ok).map(|file| file.path()) {
        let Ok(file) = File::open(&path) else { continue };
        // Held while it is removed: a new owner of that name finds out.
        if path.extension().is_some_and(|e| e == SUFFIX)
            && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
            && is_at(&file, &path)
        {
            let _ = fs::remove_file(&path);
        }
    }
}

const RANDOM: &str = "/dev/urandom";

fn random() -> io::Result<Uuid> {
    let mut bytes = [0; 16];
    File::open(RANDOM)?.read_exact(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests;
