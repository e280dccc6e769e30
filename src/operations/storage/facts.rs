//! What plans about storage rest on, and what can be told from it.

use std::collections::BTreeSet;

use super::devices::PoolDevice;
use super::templates::template_of;
use super::users::ImageAbove;
use crate::model::id::VmId;
use crate::model::storage::{PoolRecord, PoolState, Volume};
use crate::model::vm::DiskSource;
use crate::xml::domain::{Named, Use};

/// What was read of pools, volumes and their users.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StorageFacts {
    /// All pools.
    pub pools: Vec<PoolFacts>,
    /// What VMs name, where it was asked for.
    pub vms: Vec<VmUses>,
    /// Devices of pools, where it was asked for.
    pub devices: Vec<PoolDevice>,
    /// Devices that have another name in truth: how they are named, and that name.
    pub real: Vec<(String, String)>,
    /// Images that lie on others, where it was asked for.
    pub images: Vec<ImageAbove>,
    /// What could not be read of who uses what, and why.
    pub unread: Vec<String>,
    /// Pools that could not be looked into, since they are not started.
    pub unseen: Vec<String>,
    /// What deleted VMs name that can be brought back, where it was asked for.
    pub held: Vec<VmUses>,
    /// Kinds of pools the host has drivers for; `None` when it does not tell, or was not asked.
    pub kinds: Option<Vec<String>>,
    /// The file of this machine that the operation names.
    pub file: Option<FileFacts>,
}

/// What was read of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolFacts {
    /// The pool.
    pub record: PoolRecord,
    /// Its volumes, where they were asked for and it is started.
    pub volumes: Option<Vec<Volume>>,
    /// Its XML as it is defined, where it was asked for.
    pub xml: String,
}

/// What a VM names, as it runs and as it is defined.
#[derive(Clone, Debug, PartialEq)]
pub struct VmUses {
    /// Which.
    pub id: VmId,
    /// Its name, not cleaned.
    pub name: String,
    /// Whether it runs.
    pub active: bool,
    /// What it names.
    pub uses: Vec<Use>,
    /// MAC addresses of its NICs, lower case.
    pub macs: BTreeSet<String>,
}

/// What was read of a file of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFacts {
    /// Why it cannot be read; `None` where it can.
    pub unreadable: Option<String>,
    /// Whether there is something of that name.
    pub exists: bool,
    /// Whether what was left by an interrupted download lies beside it.
    pub part_exists: bool,
    /// Whether there is the folder it is in.
    pub folder_exists: bool,
    /// Bytes.
    pub size: u64,
    /// Bytes it occupies.
    pub allocated: u64,
    /// What its first bytes say, where it is an image.
    pub image: Option<ImageHead>,
    /// Bytes free in its folder.
    pub free: Option<u64>,
}

/// What the first bytes of an image say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageHead {
    /// Format.
    pub format: &'static str,
    /// Bytes a guest may write.
    pub capacity: u64,
    /// Whether it has an image below.
    pub has_backing: bool,
}

impl ImageHead {
    /// Reads the first bytes of a file; `None` when it is none of the formats known here.
    pub fn read(head: &[u8]) -> Option<Self> {
        let number = |at: usize| head.get(at..at + 8)?.try_into().ok().map(u64::from_be_bytes);
        head.starts_with(b"QFI\xfb").then_some(())?;
        Some(Self { format: "qcow2", capacity: number(24)?, has_backing: number(8)? != 0 })
    }
}

/// Who uses a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::operations) enum User {
    /// A VM.
    Vm {
        /// Its name.
        name: String,
        /// Whether it runs.
        active: bool,
        /// Whether it only reads.
        reads_only: bool,
    },
    /// An image that holds only the differences, and is no volume of a pool.
    Image {
        /// Its path.
        path: String,
    },
    /// A deleted VM that can be brought back.
    Held {
        /// Which.
        id: VmId,
        /// Its name.
        name: String,
    },
    /// A template that it is a part of.
    Template {
        /// Its name.
        name: String,
        /// Its version.
        version: u32,
    },
    /// A volume that holds only the differences.
    Volume {
        /// Its pool.
        pool: String,
        /// Its name.
        name: String,
    },
}

impl User {
    /// In a few words, not cleaned.
    pub(in crate::operations) fn words(&self) -> String {
        match self {
            Self::Vm { name, active: true, .. } => format!("{name} (running)"),
            Self::Vm { name, .. } => name.clone(),
            Self::Image { path } => format!("image {path}"),
            Self::Held { name, .. } => format!("{name} (deleted, can be brought back)"),
            Self::Template { name, version } => format!("template {name}, version {version}"),
            Self::Volume { pool, name } => format!("volume {pool}/{name}"),
        }
    }

    /// Whether it is a VM that may write to it now.
    pub(super) const fn writes_now(&self) -> bool {
        matches!(self, Self::Vm { active: true, reads_only: false, .. })
    }
}

impl PoolFacts {
    /// Whether it is started.
    pub(in crate::operations) fn runs(&self) -> bool {
        matches!(self.record.state, PoolState::Running | PoolState::Degraded)
    }

    /// The volume of this name.
    pub(in crate::operations) fn volume(&self, name: &str) -> Option<&Volume> {
        self.volumes.as_deref().unwrap_or_default().iter().find(|v| v.name == name)
    }
}

impl StorageFacts {
    /// The pool of this name.
    pub(in crate::operations) fn pool(&self, name: &str) -> Option<&PoolFacts> {
        self.pools.iter().find(|p| p.record.name == name)
    }

    /// All volumes that were read, with their pools.
    pub fn volumes(&self) -> impl Iterator<Item = (&PoolFacts, &Volume)> {
        self.pools.iter().flat_map(|p| p.volumes.iter().flatten().map(move |v| (p, v)))
    }

    /// The volume that a disk is.
    pub(in crate::operations) fn located(&self, source: &DiskSource) -> Option<(&PoolFacts, &Volume)> {
        match source {
            DiskSource::File(path) | DiskSource::Block(path) => {
                self.volumes().find(|(_, v)| same(path, &v.path) || same(path, &v.key))
            }
            DiskSource::Volume { pool, volume } => {
                let pool = self.pool(pool)?;
                Some((pool, pool.volume(volume)?))
            }
            DiskSource::Network { .. } | DiskSource::Other(_) => None,
        }
    }

    /// The volume of this path.
    pub fn at(&self, path: &str) -> Option<(&PoolFacts, &Volume)> {
        self.volumes().find(|(_, v)| same(&v.path, path))
    }

    /// Who uses a volume: VMs that name it, also deleted ones that are held, the template it is a part of, and volumes
    /// it lies below.
    pub(in crate::operations) fn users(&self, pool: &PoolFacts, volume: &Volume) -> Vec<User> {
        let of_vm = |vm: &VmUses| {
            let used = vm.uses.iter().filter(|u| names(&u.named, &pool.record.name, volume));
            let reads_only = used.map(|u| u.reads_only).min()?;
            Some(User::Vm { name: vm.name.clone(), active: vm.active, reads_only })
        };
        let of_held = |vm: &VmUses| {
            let used = vm.uses.iter().any(|u| names(&u.named, &pool.record.name, volume));
            used.then(|| User::Held { id: vm.id, name: vm.name.clone() })
        };
        let template = template_of(pool, volume)
            .map(|(name, version)| User::Template { name: name.to_owned(), version });
        let above = |(p, v): (&PoolFacts, &Volume)| {
            let below = v.backing.as_deref()?;
            (same(below, &volume.path) || same(below, &volume.key))
                .then(|| User::Volume { pool: p.record.name.clone(), name: v.name.clone() })
        };
        let vms = self.vms.iter().filter_map(of_vm).chain(self.held.iter().filter_map(of_held));
        let mut users: Vec<User> = vms.chain(template).chain(self.volumes().filter_map(above)).collect();
        users.extend(self.images_on(volume, &users));
        users
    }
}

/// Whether it is this volume that is named.
pub fn names(named: &Named, pool: &str, volume: &Volume) -> bool {
    match named {
        Named::Path(path) => same(path, &volume.path) || same(path, &volume.key),
        Named::Volume { pool: p, volume: v } => p == pool && *v == volume.name,
    }
}

/// Whether two paths are one as they are written, but for doubled slashes.
pub fn same(a: &str, b: &str) -> bool {
    let parts = |path| str::split(path, '/').filter(|p| !p.is_empty() && *p != ".");
    a == b || a.starts_with('/') && b.starts_with('/') && parts(a).eq(parts(b))
}

/// Whether what is named lies in the pool, by its place.
pub(super) fn in_pool(named: &Named, pool: &PoolRecord) -> bool {
    match named {
        Named::Volume { pool: name, .. } => *name == pool.name,
        Named::Path(path) => {
            let place =
                pool.path.as_deref().map(|p| p.trim_end_matches('/')).filter(|p| p.len() > "/dev".len());
            place.is_some_and(|place| path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/')))
        }
    }
}
