//! Held VMs whose time is over.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::files::remove_folder;
use crate::model::audit::AuditRecord;
use crate::model::held::HeldVm;
use crate::model::id::VmId;
use crate::model::job::{Actor, JobState};
use crate::model::operation::{Operation, Target, VmOperation};
use crate::model::time::Timestamp;
use crate::store::{StateDb, StoreError};

/// A folder that belongs to nothing is removed once nobody can be at work in it any more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(2 * 86_400);
/// For so long its time must be seen to be over: a clock that was wrong for an hour deletes nothing.
const SURE_AFTER: Duration = Duration::from_secs(86_400);

/// Forgets the held VMs of a host whose time is over. Disks stay. For whoever runs for long: what is over is forgotten a
/// day after that was first seen.
#[derive(Debug, Default)]
pub struct Expiry {
    /// When it was first seen that its time is over.
    noticed: BTreeMap<VmId, Duration>,
}

impl Expiry {
    /// Looks, forgets what is due, with an audit record for each, and gives their names. `folder` is that of `state.db`;
    /// `up` is a clock that only goes on. To be called now and then.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn look(
        &mut self,
        (folder, host): (&Path, &str),
        by: &Actor,
        now: Timestamp,
        up: Duration,
    ) -> Result<Vec<String>, StoreError> {
        let (mut db, _) = StateDb::open(folder, now)?;
        let over = db.expired(host, now)?;
        self.noticed.retain(|vm, _| over.iter().any(|held| held.vm == *vm));
        let mut names = Vec::new();
        for held in over {
            let since = *self.noticed.entry(held.vm).or_insert(up);
            if up.saturating_sub(since) < SURE_AFTER
                || !db.expire(host, held.vm, &record(&held, host, by, now))?
            {
                continue;
            }
            if let Err(why) = remove_folder(&db.held_folder(host, held.vm)) {
                tracing::warn!("What was kept of a deleted VM could not be removed: {why}");
            }
            names.push(held.name);
        }
        sweep(&db, folder)?;
        Ok(names)
    }
}

fn record(held: &HeldVm, host: &str, by: &Actor, now: Timestamp) -> AuditRecord {
    AuditRecord {
        at: now,
        by: by.clone(),
        ended_by: None,
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
    }
}

/// Removes folders that a kill left behind. After a database was damaged the new one does not know whose they are: all stay.
fn sweep(db: &StateDb, folder: &Path) -> Result<(), StoreError> {
    if db.was_set_aside() {
        return Ok(());
    }
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
