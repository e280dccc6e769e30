//! Acts: what steps of a plan do.

use serde::{Deserialize, Serialize};

use super::SnapshotAct;
use super::act_guest::GuestAct;
use super::act_network::NetworkAct;
use super::act_storage::StorageAct;
use crate::model::id::VmId;
use crate::model::operation::AskGuest;

/// One call to the hypervisor, or a wait. Each can be asked whether it was done, so that a kill in between leaves
/// nothing unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Start a VM.
    Start {
        /// Which.
        vm: VmId,
        /// Leave it paused.
        paused: bool,
        /// Boot afresh, whatever was saved.
        discard_saved: bool,
    },
    /// Ask the guest to shut down.
    Shutdown {
        /// Which.
        vm: VmId,
        /// How; `Auto` is the agent, and ACPI where it does not answer.
        by: AskGuest,
    },
    /// Wait until a VM is off.
    AwaitOff {
        /// Which.
        vm: VmId,
        /// At most so long.
        within_s: u32,
    },
    /// Wait until a VM runs, and what is in it is there.
    AwaitUp {
        /// Which.
        vm: VmId,
        /// Until its agent is connected as well.
        agent: bool,
        /// Not before it was reset: by the step before.
        anew: bool,
        /// At most so long.
        within_s: u32,
    },
    /// Ask the guest to reboot.
    Reboot {
        /// Which.
        vm: VmId,
        /// How; `Auto` is the agent, and ACPI where it does not answer.
        by: AskGuest,
    },
    /// Reset a VM.
    Reset {
        /// Which.
        vm: VmId,
    },
    /// Pull a VM's plug.
    ForceOff {
        /// Which.
        vm: VmId,
    },
    /// Pause a VM.
    Pause {
        /// Which.
        vm: VmId,
    },
    /// Resume a VM.
    Resume {
        /// Which.
        vm: VmId,
    },
    /// Save a VM's memory and stop it.
    Save {
        /// Which.
        vm: VmId,
    },
    /// Forget a VM's saved memory.
    DiscardSaved {
        /// Which.
        vm: VmId,
    },
    /// Set a VM's autostart.
    SetAutostart {
        /// Which.
        vm: VmId,
        /// Whether.
        on: bool,
    },
    /// Give a VM another name.
    Rename {
        /// Which.
        vm: VmId,
        /// Its new name.
        to: String,
    },
    /// Set NovaCron's own metadata of a VM.
    SetMetadata {
        /// Which.
        vm: VmId,
        /// The element; `None` takes it away.
        xml: Option<String>,
    },
    /// Set a VM's title; empty takes it away.
    SetTitle {
        /// Which.
        vm: VmId,
        /// The text.
        text: String,
    },
    /// Set a VM's description; empty takes it away.
    SetDescription {
        /// Which.
        vm: VmId,
        /// The text.
        text: String,
    },
    /// Something of a guest's own consoles.
    Guest(GuestAct),
    /// Something on the way to a new VM.
    Making(super::MakingAct),
    /// Something about a VM's hardware.
    Hardware(super::HardwareAct),
    /// Something about where a disk's bytes lie.
    Layers(super::LayersAct),
    /// Something about volumes and pools.
    Storage(StorageAct),
    /// Something about a definition, or about what is kept of a deleted VM.
    Definition(super::DefinitionAct),
    /// Something with snapshots.
    Snapshot(SnapshotAct),
    /// Something about virtual networks.
    Network(NetworkAct),
}
