//! What plans rest on.

use super::hardware::{HardwareFacts, HardwareNeeds};
use crate::model::id::VmId;
use crate::model::vm::{VmDefinition, VmFlags, VmState};

/// What has to be read for an operation, besides the VM's state and name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Its definition, as it runs and as it is defined.
    pub definition: bool,
    /// Names of all VMs.
    pub names: bool,
    /// What its hardware could be, and what others have.
    pub hardware: HardwareNeeds,
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
    /// What concerns hardware, where it was asked for.
    pub hardware: HardwareFacts,
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
