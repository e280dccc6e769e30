//! Acts on snapshots.

use serde::{Deserialize, Serialize};

use crate::model::id::VmId;
use crate::model::operation::AfterRevert;

/// One call about a VM's snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotAct {
    /// Ask the guest agent whether it listens, and whether nothing is frozen yet.
    AskAgent {
        /// Of which VM.
        vm: VmId,
    },
    /// Thaw the guest's file systems, should they be frozen still.
    Thaw {
        /// Of which VM.
        vm: VmId,
    },
    /// Make a snapshot.
    Create {
        /// Of which VM.
        vm: VmId,
        /// Its name.
        name: String,
        /// libvirt's description of it.
        xml: String,
        /// Without memory, although the VM runs.
        disks_only: bool,
        /// The guest's file systems are frozen meanwhile.
        frozen: bool,
        /// The guest goes on while its memory is written.
        live: bool,
    },
    /// Go back to a snapshot.
    Revert {
        /// Which VM.
        vm: VmId,
        /// To which.
        name: String,
        /// How it is afterwards.
        then: AfterRevert,
        /// Even where the hypervisor has to be started afresh for it.
        force: bool,
        /// Whether its state rested on this one before: then nothing tells whether it was done.
        was_current: bool,
    },
    /// Delete a snapshot.
    Delete {
        /// Of which VM.
        vm: VmId,
        /// Which.
        name: String,
        /// Forget only what is known of it.
        metadata_only: bool,
        /// Disks whose layers are merged.
        disks: Vec<String>,
    },
}
