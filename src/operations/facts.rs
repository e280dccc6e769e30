//! What plans rest on.

use super::storage::StorageFacts;
use crate::model::id::VmId;
use crate::model::vm::{VmDefinition, VmFlags, VmState};

/// What has to be read for an operation, besides the VM's state and name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Its definition, as it runs and as it is defined.
    pub definition: bool,
    /// Names of all VMs.
    pub names: bool,
    /// Pools and volumes.
    pub storage: StorageNeeds,
}

/// What has to be read of pools and volumes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StorageNeeds {
    /// Nothing.
    #[default]
    None,
    /// All pools, and the volumes of those that the operation names.
    Pools,
    /// All pools, all volumes with what lies below them, and what every VM uses.
    Uses,
}

/// What was read, for one operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Why nothing may be changed here; `None` where it may.
    pub read_only: Option<String>,
    /// The VM; `None` when there is no such one.
    pub vm: Option<VmFacts>,
    /// All VMs by name, where they were asked for.
    pub names: Vec<(VmId, String)>,
    /// Pools and volumes, where they were asked for.
    pub storage: StorageFacts,
}

/// What was read of a VM.
#[derive(Clone, Debug, PartialEq)]
pub struct VmFacts {
    /// Which.
    pub id: VmId,
    /// Its name, not cleaned.
    pub name: String,
    /// Its state.
    pub state: VmState,
    /// Its flags.
    pub flags: VmFlags,
    /// Its definition: live where it runs.
    pub definition: VmDefinition,
    /// Its XML as it will start next, where it was asked for.
    pub defined_xml: String,
}
