//! Acts on definitions, and on what is kept of VMs that are deleted.

use serde::{Deserialize, Serialize};

use crate::model::id::VmId;

/// One call about a definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefinitionAct {
    /// Make a place for a VM that is to be held.
    Reserve {
        /// Which.
        vm: VmId,
    },
    /// Keep all that brings a VM back.
    Keep {
        /// Which.
        vm: VmId,
        /// Its saved memory may be lost.
        discard_saved: bool,
        /// Days until it is forgotten.
        days: u32,
    },
    /// Forget what was kept of a VM that is still there.
    Unkeep {
        /// Which.
        vm: VmId,
    },
    /// Undefine a VM that is kept.
    Undefine {
        /// Which.
        vm: VmId,
    },
    /// Put a held VM's UEFI variables where they were.
    PutBackNvram {
        /// Which.
        vm: VmId,
    },
    /// Take them away again.
    TakeAwayNvram {
        /// Which.
        vm: VmId,
    },
    /// Define a held VM.
    DefineHeld {
        /// Which.
        vm: VmId,
        /// Its name from now on.
        name: String,
    },
    /// Undefine it again; it stays held.
    UndefineHeld {
        /// Which.
        vm: VmId,
    },
    /// Have libvirt know its snapshots and checkpoints again.
    PutBackSnapshots {
        /// Which.
        vm: VmId,
        /// Its name.
        name: String,
    },
    /// Put its saved memory where it was.
    PutBackSaved {
        /// Which.
        vm: VmId,
        /// Its name.
        name: String,
    },
    /// Take it away again.
    TakeAwaySaved {
        /// Which.
        vm: VmId,
        /// Its name.
        name: String,
    },
    /// Compare a VM that is back with what was kept, then forget that.
    Release {
        /// Which.
        vm: VmId,
        /// Its name.
        name: String,
    },
    /// Forget a held VM.
    Forget {
        /// Which.
        vm: VmId,
    },
    /// Replace a definition.
    Redefine {
        /// Which.
        vm: VmId,
        /// The new one.
        xml: String,
        /// Passwords that are missing in it are taken away; else they stay.
        secrets: bool,
        /// It is checked against libvirt's schema.
        validate: bool,
        /// The present one.
        before: String,
    },
}
