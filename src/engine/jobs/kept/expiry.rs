//! Held VMs whose time is over.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::files::remove_folder;
use crate::model::audit::AuditRecord;
use crate::model::job::{Actor, JobState};
use crate::model::operation::{Operation, Target, VmOperation};
use crate::model::time::Timestamp;
use crate::store::{StateDb, StoreError};

/// A folder that belongs to nothing is removed once nobody can be at work in it any more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(2 * 86_400);

/// Forgets the held VMs of a host whose time is over, with an audit record for each; disks stay. Gives their names.
/// `folder` is that of `state.db`. To be called now and then by whoever runs for long.
///
/// # Errors
/// When the database cannot be read or written.
pub fn forget_expired(
    folder: &Path,
    host: &str,
    by: &Actor,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let (mut db, _) = StateDb::open(folder, now)?;
    let mut names = Vec::new();
    for held in db.expired(host, now)? {
        if !db.forget_held(host, held.vm)? {
            continue;
        }
        if let Err(why) = remove_folder(&db.held_folder(host, held.vm)) {
            tracing::warn!("What was kept of a deleted VM could not be removed: {why}");
        }
        db.audit(&AuditRecord {
            at: now,
            by: by.clone(),
            host: host.to_owned(),
            operation: Operation::vm(held.vm, VmOperation::Purge),
            target: Target::vm(held.vm, &held.name),
            job: None,
            plan: "Forget what was kept of it".to_owned(),
            xml_before: String::new(),
            xml_after: String::new(),
            result: JobState::Done,
            outcome: "Its time in the quarantine was over. Its disks stay where they are.".to_owned(),
            duration_ms: 0,
        })?;
        names.push(held.name);
    }
    sweep(&db, folder)?;
    Ok(names)
}

/// Removes folders that a kill left behind.
fn sweep(db: &StateDb, folder: &Path) -> Result<(), StoreError> {
    let known = db.held_folders()?;
    let Ok(entries) = fs::read_dir(folder.join("held")) else { return Ok(()) };
    for entry in entries.flatten().filter(|e| !known.contains(&e.path())) {
        let changed = entry.metadata().and_then(|m| m.modified());
        let age = changed.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_some_and(|age| age > FORGOTTEN_AFTER)
            && let Err(why) = remove_folder(&entry.path())
        {
            tracing::warn!("{} could not be removed: {why}", entry.path().display());
        }
    }
    Ok(())
}
