//! Letting a group of users read the history.
//!
//! Readers of a database that is written need its log (`-wal`) and the log's index (`-shm`). SQLite makes both with the
//! rights of the database and reads an index that it may not write; what nobody has open has neither, and is read as it
//! lies (`open`).

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::open::with_suffix;

/// Who may read the history besides its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readers {
    /// Number of their group.
    pub group: u32,
    /// The data folder: this and every folder from here to the database's can be gone through by them.
    pub below: PathBuf,
}

/// The database's folder may be listed.
const FOLDER: u32 = 0o750;
/// New files in a folder get its group. Not needed where it is the writer's own, which may not be allowed to set this.
const SAME_GROUP: u32 = 0o2000;
/// Folders on the way may be gone through.
const WAY: u32 = 0o710;
const FILE: u32 = 0o640;

/// Gives the database in this folder, and the way there, to the group to read. Rights of other files stay as they are.
pub(crate) fn with(readers: &Readers, path: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm"] {
        match give(&with_suffix(path, suffix), readers.group, FILE) {
            Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    let Some(folder) = path.parent() else { return Ok(()) };
    // From the top, so that there is a way to what can be read.
    let way: Vec<&Path> = folder.ancestors().skip(1).take_while(|f| f.starts_with(&readers.below)).collect();
    way.into_iter().rev().try_for_each(|on_the_way| give(on_the_way, readers.group, WAY))?;
    let own = rustix::process::getegid().as_raw() == readers.group;
    give(folder, readers.group, if own { FOLDER } else { FOLDER | SAME_GROUP })
}

/// Sets group and rights where they are others. More than these rights is left.
fn give(path: &Path, group: u32, rights: u32) -> Result<(), StoreError> {
    let failed = |why| StoreError::io("let the group read", path, why);
    let now = fs::metadata(path).map_err(failed)?;
    let changed = now.gid() != group;
    if changed {
        chown(path, None, Some(group)).map_err(failed)?;
    }
    let had = now.mode() & 0o7777;
    if changed || had | rights != had {
        fs::set_permissions(path, Permissions::from_mode(had | rights)).map_err(failed)?;
    }
    Ok(())
}
