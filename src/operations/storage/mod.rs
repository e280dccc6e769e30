//! What can be done to volumes and pools.

mod copy;
mod define;
mod devices;
mod facts;
mod make;
mod orphans;
mod pool;
mod rests;
mod templates;
#[cfg(test)]
mod tests;
mod transfer;
mod users;
mod volume;

pub use devices::PoolDevice;
pub use facts::{FileFacts, ImageHead, PoolFacts, StorageFacts, VmUses, names, same as same_path};
pub(in crate::operations) use facts::{User, same};
pub use orphans::orphans;
pub use rests::{HEAD, Needed, needed, places};
pub use templates::{Version, template_in, versions};
pub(in crate::operations) use templates::{manifest, stem};
pub use users::ImageAbove;
pub(in crate::operations) use users::{TO_TELL, not_seen};

use super::build::Draft;
use super::facts::{Facts, Needs, StorageNeeds};
use super::touch;
use crate::model::operation::{NewPool, Operation, PoolOperation, Target, VolumeOperation};
use crate::model::plan::{Planned, Refusal, RefusalKind};
use crate::model::storage::Volume;
use crate::model::text::clean;

pub(super) const fn volume_needs(act: &VolumeOperation) -> Needs {
    let storage = match act {
        VolumeOperation::Create(_) | VolumeOperation::Upload { .. } => StorageNeeds::Pools,
        VolumeOperation::Delete
        | VolumeOperation::Grow { .. }
        | VolumeOperation::Clone { .. }
        | VolumeOperation::Convert { .. }
        | VolumeOperation::Wipe
        | VolumeOperation::Download { .. } => StorageNeeds::Uses,
    };
    Needs { storage, ..Needs::NONE }
}

pub(super) const fn pool_needs(act: &PoolOperation) -> Needs {
    let storage = match act {
        // What is built is written over.
        PoolOperation::Stop
        | PoolOperation::Undefine
        | PoolOperation::Build(_)
        | PoolOperation::Define(NewPool { build: Some(_), .. }) => StorageNeeds::Uses,
        PoolOperation::Define(_)
        | PoolOperation::Restore { .. }
        | PoolOperation::Start
        | PoolOperation::Refresh
        | PoolOperation::Autostart { .. } => StorageNeeds::Pools,
    };
    Needs { storage, ..Needs::NONE }
}

pub(super) fn plan_volume(pool: &str, name: &str, act: &VolumeOperation, facts: &Facts) -> Planned {
    let on = On { pool, name, act, facts };
    match act {
        VolumeOperation::Create(new) => make::create(&on, new),
        VolumeOperation::Delete => volume::delete(&on),
        VolumeOperation::Grow { to, allocate } => volume::grow(&on, *to, *allocate),
        VolumeOperation::Wipe => volume::wipe(&on),
        VolumeOperation::Clone { to_pool, to } => copy::copy(&on, to_pool, to, None),
        VolumeOperation::Convert { to_pool, to, format } => copy::copy(&on, to_pool, to, Some(format)),
        VolumeOperation::Upload { from } => transfer::upload(&on, from),
        VolumeOperation::Download { to } => transfer::download(&on, to),
    }
}

pub(super) fn plan_pool(name: &str, act: &PoolOperation, facts: &Facts) -> Planned {
    pool::plan(&PoolOn { name, act, facts })
}

/// An operation on a volume, with what is known.
#[derive(Clone, Copy)]
struct On<'o> {
    pool: &'o str,
    name: &'o str,
    act: &'o VolumeOperation,
    facts: &'o Facts,
}

impl<'o> On<'o> {
    fn storage(&self) -> &'o StorageFacts {
        &self.facts.storage
    }

    fn target(&self) -> Target {
        Target::volume(self.pool, self.name)
    }

    fn title(&self, verb: &str) -> String {
        format!("{verb} {}", clean(&self.target().id))
    }

    /// Begins a plan; it rests on which pool this is.
    fn draft(&self, verb: &str, pool: &PoolFacts) -> Draft {
        let operation = Operation::volume(self.pool, self.name, self.act.clone());
        Draft::new(operation, self.target(), self.title(verb), verb)
            .rests_on(format!("UUID of pool {}", clean(self.pool)), pool.record.id.to_string())
            .touches(self.file(pool).map(|path| touch::file(&path)))
    }

    /// Where the volume is, or will be.
    fn file(&self, pool: &PoolFacts) -> Option<String> {
        let there = pool.volumes.iter().flatten().find(|v| v.name == self.name).map(|v| v.path.clone());
        there.or_else(|| Some(format!("{}/{}", pool.record.path.as_ref()?, self.name)))
    }

    fn no(
        &self,
        verb: &str,
        kind: RefusalKind,
        reason: impl AsRef<str>,
        remedy: impl Into<String>,
    ) -> Planned {
        Planned::Refused(Box::new(Refusal {
            operation: Operation::volume(self.pool, self.name, self.act.clone()),
            target: self.target(),
            title: self.title(verb),
            reason: clean(reason.as_ref()).into_owned(),
            remedy: clean(&remedy.into()).into_owned(),
            kind,
        }))
    }

    /// A pool that is started.
    fn running(&self, verb: &str, pool: &str) -> Result<&'o PoolFacts, Planned> {
        let Some(found) = self.storage().pool(pool) else {
            let reason = format!("There is no pool {pool}.");
            return Err(self.no(verb, RefusalKind::NotFound, reason, "`novacron list pools` shows all."));
        };
        if !found.runs() || found.volumes.is_none() {
            let reason = format!("Pool {pool} is {}.", found.record.state.word());
            let remedy = format!("Start it: novacron pool start {pool}");
            return Err(self.no(verb, RefusalKind::State, reason, remedy));
        }
        Ok(found)
    }

    /// The volume, in a pool that is started.
    fn there(&self, verb: &str) -> Result<(&'o PoolFacts, &'o Volume), Planned> {
        let pool = self.running(verb, self.pool)?;
        if let Some(volume) = pool.volume(self.name) {
            return Ok((pool, volume));
        }
        let reason = format!("There is no volume {} in pool {}.", self.name, self.pool);
        let remedy = "`novacron list volumes` shows all; a pool that was filled by hand has to be refreshed.";
        Err(self.no(verb, RefusalKind::NotFound, reason, remedy))
    }

    /// A pool that is started, where volumes can be made, and in which the name is free and good.
    fn room_for(&self, verb: &str, pool: &str, name: &str) -> Result<&'o PoolFacts, Planned> {
        if let Err(why) = super::vm::name_is_good(name) {
            let remedy = "Give it a name such as data.qcow2.";
            return Err(self.no(verb, RefusalKind::BadRequest, why, remedy));
        }
        let found = self.running(verb, pool)?;
        if matches!(found.record.kind.as_str(), "iscsi" | "iscsi-direct" | "scsi" | "mpath") {
            let reason = format!("A pool of kind {} takes no new volumes.", found.record.kind);
            let remedy = "Make the volume where the storage comes from, then refresh the pool.";
            return Err(self.no(verb, RefusalKind::Unsupported, reason, remedy));
        }
        if found.volume(name).is_some() {
            let reason = format!("There is a volume {name} in pool {pool} already.");
            return Err(self.no(verb, RefusalKind::Taken, reason, "Choose another name."));
        }
        Ok(found)
    }

    /// Refuses what does not fit.
    fn fits(&self, verb: &str, pool: &PoolFacts, needs: u64) -> Result<(), Planned> {
        use crate::model::units::bytes;
        let free = pool.record.available;
        match free {
            Some(free) if free < needs => {
                let (needs, free) = (bytes(needs as f64), bytes(free as f64));
                let reason = format!("It needs {needs} in pool {}, and {free} are free.", pool.record.name);
                Err(self.no(verb, RefusalKind::Space, reason, "Make room there, or choose another pool."))
            }
            _ => Ok(()),
        }
    }
}

/// An operation on a pool, with what is known.
#[derive(Clone, Copy)]
struct PoolOn<'o> {
    name: &'o str,
    act: &'o PoolOperation,
    facts: &'o Facts,
}

impl<'o> PoolOn<'o> {
    fn title(&self, verb: &str) -> String {
        format!("{verb} {}", clean(self.name))
    }

    /// Begins a plan about a pool that is not there yet.
    fn new_draft(&self, verb: &str) -> Draft {
        let operation = Operation::pool(self.name, self.act.clone());
        let short = verb.trim_end_matches(" of pool");
        Draft::new(operation, Target::pool(self.name), self.title(verb), short)
    }

    /// Begins a plan; it rests on which pool this is, and how it stands.
    fn draft(&self, verb: &str, pool: &PoolFacts) -> Draft {
        self.new_draft(verb)
            .rests_on("its UUID", pool.record.id.to_string())
            .rests_on("its state", pool.record.state.word())
    }

    fn no(
        &self,
        verb: &str,
        kind: RefusalKind,
        reason: impl AsRef<str>,
        remedy: impl Into<String>,
    ) -> Planned {
        Planned::Refused(Box::new(Refusal {
            operation: Operation::pool(self.name, self.act.clone()),
            target: Target::pool(self.name),
            title: self.title(verb),
            reason: clean(reason.as_ref()).into_owned(),
            remedy: clean(&remedy.into()).into_owned(),
            kind,
        }))
    }

    fn there(&self, verb: &str) -> Result<&'o PoolFacts, Planned> {
        self.facts.storage.pool(self.name).ok_or_else(|| {
            let reason = format!("There is no pool {}.", self.name);
            self.no(verb, RefusalKind::NotFound, reason, "`novacron list pools` shows all.")
        })
    }
}

/// Whether volumes of this kind of pool are files, which have formats and may be sparse.
pub(in crate::operations) fn holds_files(kind: &str) -> bool {
    matches!(kind, "dir" | "fs" | "netfs" | "gluster" | "vstorage")
}

/// What stands between names.
pub(in crate::operations) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let text = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// The arguments as they are.
fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}
