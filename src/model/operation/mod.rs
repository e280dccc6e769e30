//! What can be asked of a host: operations, as data. They are kept in the journal and the audit, so names never change
//! their meaning.

mod hardware;
mod vm;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::VmId;
pub use hardware::{
    ChangeWhen, DiskSourceName, HardwareChange, HardwareOperation, Memory, NewDisk, NewNic, Vcpus,
};
pub use vm::{AskGuest, VmOperation};

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
}

impl Kind {
    /// One word, as commands and records say it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::Pool => "pool",
            Self::Volume => "volume",
            Self::Network => "network",
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

    /// The VM it acts on, where it is one.
    pub const fn vm_id(&self) -> Option<VmId> {
        match self {
            Self::Vm { id, .. } => Some(*id),
        }
    }

    /// A stable word for records, filters and JSON: `vm.start`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Vm { act, .. } => act.word(),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
