//! What can be asked of a host: operations, as data. They are kept in the journal and the audit, so names never change
//! their meaning.

mod hardware;
mod layers;
mod making;
mod network;
mod snapshot;
mod storage;
mod vm;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::VmId;
pub use hardware::{
    ChangeWhen, DiskSourceName, HardwareChange, HardwareOperation, Memory, NewDisk, NewNic, Vcpus,
};
pub use layers::{DiskMove, LayerChange, LayerOperation};
pub use making::{CloneVm, Identity, MakeTemplate, Medium, NewVm, NewVmFrom, Seed, TemplateOperation};
pub use network::{Dhcp, NetworkOperation, NewForward, NewNetwork, Subnet};
pub use snapshot::{AfterRevert, Freeze, NewSnapshot, SnapshotContent, SnapshotOperation, SnapshotWay};
pub use storage::{
    Backing, BuildHow, CephAuth, NewPool, NewVolume, PoolOperation, PoolSource, Preallocation,
    VolumeOperation,
};
pub use vm::{AskGuest, Boot, Redefined, Visit, VmOperation};

/// Something an admin wants done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// On a VM.
    Vm {
        /// Which.
        id: VmId,
        /// What.
        act: VmOperation,
    },
    /// On a VM's snapshots.
    Snapshot {
        /// Of which VM.
        vm: VmId,
        /// What.
        act: SnapshotOperation,
    },
    /// On a volume.
    Volume {
        /// Name of its pool.
        pool: String,
        /// Its name.
        name: String,
        /// What.
        act: VolumeOperation,
    },
    /// On a pool.
    Pool {
        /// Its name.
        name: String,
        /// What.
        act: PoolOperation,
    },
    /// A VM to be made.
    NewVm {
        /// Which it will be.
        id: VmId,
        /// Its name.
        name: String,
        /// How it is made.
        new: Box<NewVm>,
    },
    /// On a template.
    Template {
        /// Its name.
        name: String,
        /// What.
        act: TemplateOperation,
    },
    /// On a virtual network.
    Network {
        /// Its name.
        name: String,
        /// What.
        act: NetworkOperation,
    },
}

/// A kind of thing that operations act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A VM.
    Vm,
    /// A storage pool.
    Pool,
    /// A volume.
    Volume,
    /// A virtual network.
    Network,
    /// A template of VMs.
    Template,
}

impl Kind {
    /// One word, as commands and records say it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::Pool => "pool",
            Self::Volume => "volume",
            Self::Network => "network",
            Self::Template => "template",
        }
    }
}

/// What an operation acts on, with the name it had.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// What kind of thing.
    pub kind: Kind,
    /// Its UUID, or another key that stays.
    pub id: String,
    /// Its name then, not cleaned.
    pub name: String,
}

impl Target {
    /// A VM.
    pub fn vm(id: VmId, name: impl Into<String>) -> Self {
        Self { kind: Kind::Vm, id: id.to_string(), name: name.into() }
    }

    /// A volume. libvirt never changes names of pools and volumes, so they are its key.
    pub fn volume(pool: &str, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { kind: Kind::Volume, id: format!("{pool}/{name}"), name }
    }

    /// A pool.
    pub fn pool(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { kind: Kind::Pool, id: name.clone(), name }
    }

    /// A template.
    pub fn template(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { kind: Kind::Template, id: name.clone(), name }
    }

    /// A virtual network. libvirt never changes its name, so it is its key.
    pub fn network(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { kind: Kind::Network, id: name.clone(), name }
    }

    /// It as a thing that one job at a time works on.
    pub fn thing(&self) -> String {
        format!("{}/{}", self.kind.word(), self.id)
    }

    /// The name, fit to be drawn.
    pub fn display_name(&self) -> std::borrow::Cow<'_, str> {
        super::text::clean(&self.name)
    }
}

impl Operation {
    /// An operation on a VM.
    pub const fn vm(id: VmId, act: VmOperation) -> Self {
        Self::Vm { id, act }
    }

    /// An operation on a VM's snapshots.
    pub const fn snapshot(vm: VmId, act: SnapshotOperation) -> Self {
        Self::Snapshot { vm, act }
    }

    /// An operation on a volume.
    pub fn volume(pool: impl Into<String>, name: impl Into<String>, act: VolumeOperation) -> Self {
        Self::Volume { pool: pool.into(), name: name.into(), act }
    }

    /// An operation on a pool.
    pub fn pool(name: impl Into<String>, act: PoolOperation) -> Self {
        Self::Pool { name: name.into(), act }
    }

    /// An operation on a virtual network.
    pub fn network(name: impl Into<String>, act: NetworkOperation) -> Self {
        Self::Network { name: name.into(), act }
    }

    /// The VM it acts on, where it is one.
    pub const fn vm_id(&self) -> Option<VmId> {
        match self {
            Self::Vm { id, .. } | Self::NewVm { id, .. } | Self::Snapshot { vm: id, .. } => Some(*id),
            Self::Volume { .. } | Self::Pool { .. } | Self::Network { .. } | Self::Template { .. } => None,
        }
    }

    /// A stable word for records, filters and JSON: `vm.start`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Vm { act, .. } => act.word(),
            Self::Volume { act, .. } => act.word(),
            Self::Pool { act, .. } => act.word(),
            Self::NewVm { .. } => "vm.create",
            Self::Template { act, .. } => act.word(),
            Self::Snapshot { act, .. } => act.word(),
            Self::Network { act, .. } => act.word(),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
