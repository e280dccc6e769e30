//! What steps do that make new VMs.

use serde::{Deserialize, Serialize};

use crate::model::id::VmId;
use crate::model::operation::Seed;

/// One call on the way to a new VM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MakingAct {
    /// Define a VM that is not there.
    Define {
        /// Which it will be.
        vm: VmId,
        /// Its name.
        name: String,
        /// Its XML.
        xml: String,
    },
    /// Undefine it again; one that is gone is no error.
    Undefine {
        /// Which.
        vm: VmId,
    },
    /// Write a volume's content.
    Write {
        /// Its pool.
        pool: String,
        /// Its name.
        volume: String,
        /// What.
        content: Content,
    },
    /// Begin to copy disks of a VM that runs, all as they are at one moment, into volumes that are there.
    BeginCopy {
        /// Which.
        vm: VmId,
        /// Have the guest write out what it holds first.
        freeze: bool,
        /// The disks.
        disks: Vec<CopiedDisk>,
    },
    /// Wait until such a copy is whole.
    AwaitCopy {
        /// Of which.
        vm: VmId,
        /// Bytes that are about to be copied.
        bytes: u64,
    },
    /// Stop such a copy, wherever it is.
    StopCopy {
        /// Of which.
        vm: VmId,
        /// The guest was frozen for it.
        thaw: bool,
    },
}

/// A disk that is copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedDisk {
    /// Its target (`vda`).
    pub target: String,
    /// Path of the copy.
    pub path: String,
    /// Whether that is a block device.
    pub block: bool,
    /// Format of the copy.
    pub format: String,
}

/// What is written to a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// This text, and zeros behind it.
    Text(String),
    /// A medium that tells cloud-init this.
    Seed {
        /// Changes with every VM.
        instance: String,
        /// The VM's name.
        name: String,
        /// What.
        seed: Seed,
    },
}
