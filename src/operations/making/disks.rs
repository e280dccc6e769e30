//! The disks of a new VM, each from one that is there.

use super::{On, words};
use crate::model::operation::Target;
use crate::model::plan::{Act, CopiedDisk, Planned, RefusalKind, StorageAct};
use crate::model::storage::Volume;
use crate::model::units::bytes;
use crate::model::vm::{DiskSource, VmDefinition};
use crate::operations::build::Draft;
use crate::operations::storage::{holds_files, same};
use crate::operations::{PoolFacts, StorageFacts, touch};
use crate::xml::edit::{DiskAt, NewDisk};
use crate::xml::volume::{VolumeSpec, write};

/// Bytes that a fresh qcow2 image takes.
const TABLES: u64 = 256 << 10;

/// How a disk comes from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A copy.
    Full,
    /// Only the differences.
    Linked,
    /// A copy, made while a VM writes to it.
    Running,
}

/// A disk that is to be had again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'f> {
    pub(super) target: &'f str,
    /// Whether the definition names the volume, not its path.
    by_volume: bool,
    pub(super) pool: &'f PoolFacts,
    pub(super) volume: &'f Volume,
}

/// A disk of the new VM.
pub(super) struct Made<'f> {
    pub(super) source: Source<'f>,
    pub(super) pool: &'f PoolFacts,
    pub(super) name: String,
    path: String,
    pub(super) format: String,
    /// Bytes it takes at most, as far as that is known now.
    needs: u64,
}

/// The disks that the VM writes to and nobody else does.
pub(super) fn sources<'f>(on: &On<'f>, of: &'f VmDefinition) -> Result<Vec<Source<'f>>, Planned> {
    let own = |d: &&crate::model::vm::DiskDefinition| {
        matches!(d.device.as_str(), "disk" | "lun") && !d.read_only && !d.shareable
    };
    let mut out = Vec::new();
    for disk in of.disks.iter().filter(own) {
        let Some(source) = &disk.source else { continue };
        if disk.device == "lun" {
            let reason = format!("Its disk {} is a device of the host that is passed through.", disk.target);
            return Err(on.no(RefusalKind::Unsupported, reason, "Detach it, or copy it by its own means."));
        }
        let Some((pool, volume)) = on.facts.storage.located(source) else {
            let reason =
                format!("Its disk {} ({}) is in no pool that is started.", disk.target, source.describe());
            let remedy = "Define a pool for its folder and start it, or start and refresh its pool.";
            return Err(on.no(RefusalKind::State, reason, remedy));
        };
        let by_volume = matches!(source, DiskSource::Volume { .. });
        out.push(Source { target: &disk.target, by_volume, pool, volume });
    }
    Ok(out)
}

/// How new disks are named.
#[derive(Clone, Copy, Debug)]
pub(super) enum Naming<'n> {
    /// After this, and numbered where the name is taken.
    Free(&'n str),
    /// Exactly so: the name is all that tells whose they are.
    Exact(&'n str),
}

impl Naming<'_> {
    /// The name without its ending, when it is tried for the nth time; `None` where it is not tried again.
    fn name(self, n: u32, target: &str, disks: usize) -> Option<String> {
        let (Self::Free(stem) | Self::Exact(stem)) = self;
        let named = if disks == 1 { stem.to_owned() } else { format!("{stem}-{target}") };
        match (self, n) {
            (_, 0) => Some(named),
            (Self::Free(_), n) => Some(format!("{named}-{n}")),
            (Self::Exact(_), _) => None,
        }
    }
}

/// Names the new disks, and refuses what does not fit.
pub(super) fn arranged<'f>(
    on: &On<'f>,
    sources: &[Source<'f>],
    way: Way,
    naming: Naming<'_>,
    pool: Option<&str>,
) -> Result<Vec<Made<'f>>, Planned> {
    let mut all: Vec<Made<'f>> = Vec::with_capacity(sources.len());
    for source in sources {
        let target = match pool {
            Some(name) => running(on, name)?,
            None => source.pool,
        };
        let made = one(on, *source, target, way, &|n| naming.name(n, source.target, sources.len()), &all)?;
        all.push(made);
    }
    for made in &all {
        let in_it = all.iter().filter(|m| std::ptr::eq(m.pool, made.pool));
        fits(on, made.pool, in_it.map(|m| m.needs).sum())?;
    }
    Ok(all)
}

fn one<'f>(
    on: &On<'f>,
    source: Source<'f>,
    pool: &'f PoolFacts,
    way: Way,
    name: &dyn Fn(u32) -> Option<String>,
    others: &[Made<'f>],
) -> Result<Made<'f>, Planned> {
    let files = holds_files(&pool.record.kind);
    let Some(place) = pool.record.path.as_deref().filter(|_| files || pool.record.kind == "logical") else {
        let reason = format!("Disks of a VM are not made in a pool of kind {}.", pool.record.kind);
        return Err(on.no(RefusalKind::Unsupported, reason, "Name another pool (--pool)."));
    };
    if way == Way::Linked && !files {
        let reason = format!("A volume of a pool of kind {} cannot lie on another one.", pool.record.kind);
        return Err(on.no(
            RefusalKind::Unsupported,
            reason,
            "Clone it whole, or name another pool (--pool).",
        ));
    }
    let format = match (files, way, image_format(source.volume)) {
        (false, ..) => "raw",
        (true, Way::Linked, _) => "qcow2",
        (true, Way::Full | Way::Running, own) => own,
    };
    let ending = match (files, format) {
        (false, _) => "",
        (true, "raw") => ".img",
        (true, _) => ".qcow2",
    };
    let taken = |name: &str| {
        pool.volume(name).is_some() || others.iter().any(|o| std::ptr::eq(o.pool, pool) && o.name == name)
    };
    let mut names = (0..1000).map_while(name).map(|n| format!("{n}{ending}"));
    let first = names.next().unwrap_or_default();
    let Some(name) = std::iter::once(first.clone()).chain(names).find(|n| !taken(n)) else {
        let reason = format!("There is a volume {first} in pool {} already.", pool.record.name);
        return Err(on.no(RefusalKind::Taken, reason, "Delete it, or name another pool (--pool)."));
    };
    let needs = match way {
        Way::Linked => TABLES,
        _ if files => occupied(&on.facts.storage, source.volume),
        _ => source.volume.capacity,
    };
    let path = format!("{}/{name}", place.trim_end_matches('/'));
    Ok(Made { source, pool, name, path, format: format.to_owned(), needs })
}

/// What a copy of a volume takes: of each image below it what it holds, but never more than the guest sees.
fn occupied(storage: &StorageFacts, volume: &Volume) -> u64 {
    let (mut sum, mut at) = (volume.allocation, volume);
    for _ in 0..64 {
        let Some(below) = at.backing.as_deref() else { return sum.min(volume.capacity.max(TABLES)) };
        match storage.volumes().find(|(_, v)| same(below, &v.path)) {
            Some((_, v)) => {
                sum = sum.saturating_add(v.allocation);
                at = v;
            }
            None => return volume.capacity,
        }
    }
    volume.capacity
}

pub(super) fn image_format(volume: &Volume) -> &str {
    match volume.format.as_deref() {
        Some("qcow2") => "qcow2",
        _ => "raw",
    }
}

/// A pool that is started.
pub(super) fn running<'f>(on: &On<'f>, name: &str) -> Result<&'f PoolFacts, Planned> {
    let Some(pool) = on.facts.storage.pool(name) else {
        let reason = format!("There is no pool {name}.");
        return Err(on.no(RefusalKind::NotFound, reason, "`novacron list pools` shows all."));
    };
    if pool.volumes.is_none() {
        let reason = format!("Pool {name} is {}.", pool.record.state.word());
        return Err(on.no(RefusalKind::State, reason, format!("Start it: novacron pool start {name}")));
    }
    Ok(pool)
}

/// Refuses what does not fit.
pub(super) fn fits(on: &On<'_>, pool: &PoolFacts, needs: u64) -> Result<(), Planned> {
    match pool.record.available {
        Some(free) if free < needs => {
            let (needs, free) = (bytes(needs as f64), bytes(free as f64));
            let reason = format!("It needs {needs} in pool {}, and {free} are free.", pool.record.name);
            Err(on.no(RefusalKind::Space, reason, "Make room there, or name another pool (--pool)."))
        }
        _ => Ok(()),
    }
}

impl Made<'_> {
    /// The disk as the new definition names it.
    pub(super) fn disk(&self) -> NewDisk {
        let at = if self.source.by_volume {
            DiskAt::Volume { pool: self.pool.record.name.clone(), volume: self.name.clone() }
        } else if holds_files(&self.pool.record.kind) {
            DiskAt::File(self.path.clone())
        } else {
            DiskAt::Block(self.path.clone())
        };
        NewDisk { target: self.source.target.to_owned(), at, format: self.format.clone() }
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.needs
    }

    /// The copy that a running VM's disk is written to.
    pub(super) fn copied(&self) -> CopiedDisk {
        CopiedDisk {
            target: self.source.target.to_owned(),
            path: self.path.clone(),
            block: !holds_files(&self.pool.record.kind),
            format: self.format.clone(),
        }
    }

    /// The step that makes it, and what takes it back.
    pub(super) fn step(&self, plan: Draft, way: Way) -> Draft {
        let (pool, name) = (self.pool.record.name.clone(), self.name.clone());
        let (from_pool, from) = (self.source.pool.record.name.clone(), self.source.volume.name.clone());
        let drop = Act::Storage(StorageAct::DeleteVolume { pool: pool.clone(), name: name.clone() });
        let files = holds_files(&self.pool.record.kind);
        let capacity = self.source.volume.capacity;
        let below = (self.source.volume.path.as_str(), image_format(self.source.volume));
        let xml = write(&VolumeSpec {
            name: &self.name,
            capacity,
            allocation: if files { 0 } else { capacity },
            format: files.then_some(self.format.as_str()),
            backing: (way == Way::Linked).then_some(below),
        });
        let plan = plan
            .touches([Target::volume(&pool, &name).thing(), touch::file(&self.path)])
            .space(format!("pool {pool}"), self.needs, self.pool.record.available)
            .rests_on(format!("volume {from_pool}/{from}"), format!("{} {capacity}", self.source.volume.path))
            .rests_on(format!("UUID of pool {pool}"), self.pool.record.id.to_string());
        let size = capacity.to_string();
        if way == Way::Full {
            let own = image_format(self.source.volume);
            let command = words(&["qemu-img", "convert", "-f", own, "-O", &self.format, below.0, &self.path]);
            let bytes = self.needs;
            return plan
                .step_by(
                    format!("Copy {from_pool}/{from} to {pool}/{name}"),
                    command,
                    Act::Storage(StorageAct::CloneVolume { pool, name, xml, from_pool, from, bytes }),
                )
                .undo(drop);
        }
        let mut command =
            words(&["virsh", "vol-create-as", "--pool", &pool, "--name", &name, "--capacity", &size]);
        command.extend(words(&["--format", &self.format]));
        let title = if way == Way::Linked {
            command.extend(words(&["--backing-vol", below.0, "--backing-vol-format", below.1]));
            format!("Make {pool}/{name} on top of {from_pool}/{from}")
        } else {
            format!("Make {pool}/{name} for the copy of {}", self.source.target)
        };
        plan.step_by(
            title,
            command,
            Act::Storage(StorageAct::CreateVolume { pool, name, xml, metadata: false }),
        )
        .undo(drop)
    }
}
