//! What plans rest on.

use super::definition::DefinitionFacts;
use super::hardware::{HardwareFacts, HardwareNeeds};
use super::layers::LayerFacts;
use super::making::MakingFacts;
use super::network::NetworkFacts;
use super::snapshot::SnapshotFacts;
use super::storage::StorageFacts;
use crate::model::id::VmId;
use crate::model::vm::{VmDefinition, VmFlags, VmState};
use crate::model::vm_job::VmJob;

/// What has to be read for an operation, besides the VM's state and name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing that is read or not")]
pub struct Needs {
    /// Its definition, as it runs and as it is defined.
    pub definition: bool,
    /// Names of all VMs.
    pub names: bool,
    /// What its hardware could be, and what others have.
    pub hardware: HardwareNeeds,
    /// Its definition with passwords.
    pub secrets: bool,
    /// What belongs to it besides its disks.
    pub belongings: bool,
    /// What is held under its UUID, and all other VMs.
    pub held: bool,
    /// All VMs with their MAC addresses, networks, and what the host can run.
    pub making: bool,
    /// Its snapshots, and where its images lie.
    pub snapshots: bool,
    /// What its guest agent says to being asked.
    pub agent: bool,
    /// What hinders moving a disk's bytes.
    pub layers: bool,
    /// Pools and volumes.
    pub storage: StorageNeeds,
}

impl Needs {
    /// Nothing.
    pub const NONE: Self = Self {
        definition: false,
        names: false,
        secrets: false,
        belongings: false,
        held: false,
        making: false,
        snapshots: false,
        agent: false,
        layers: false,
        storage: StorageNeeds::None,
        hardware: HardwareNeeds::NONE,
    };

    /// The VM alone.
    pub const VM: Self = Self { definition: true, ..Self::NONE };
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
    /// What the hypervisor does with the VM besides running it.
    pub job: Option<VmJob>,
    /// Where its memory would be saved to, where that is known.
    pub save_folder: Option<RoomFacts>,
    /// All VMs by name, where they were asked for.
    pub names: Vec<(VmId, String)>,
    /// What concerns hardware, where it was asked for.
    pub hardware: HardwareFacts,
    /// Pools and volumes, where they were asked for.
    pub storage: StorageFacts,
    /// What concerns new VMs, where it was asked for.
    pub making: MakingFacts,
    /// What concerns definitions.
    pub definition: DefinitionFacts,
    /// Its snapshots and what they depend on, where they were asked for.
    pub snapshots: Option<SnapshotFacts>,
    /// What concerns the layers of a disk, where the operation is on one.
    pub layers: Option<LayerFacts>,
    /// Virtual networks, where the operation is on one.
    pub networks: NetworkFacts,
}

/// A folder, and the room there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomFacts {
    /// Its path.
    pub path: String,
    /// Bytes free.
    pub free: Option<u64>,
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
