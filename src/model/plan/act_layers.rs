//! Acts on where a disk's bytes lie.

use serde::{Deserialize, Serialize};

use crate::model::hardware::Edit;
use crate::model::id::VmId;

/// One call about a disk's layers, or the wait for what it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayersAct {
    /// Copy a running VM's disk to a volume that is there, until that has all of it and gets each write as well.
    Copy {
        /// Which VM.
        vm: VmId,
        /// Target of the disk.
        target: String,
        /// Path of the volume.
        to: String,
        /// The volume as a disk's XML.
        xml: String,
        /// Its own layer only.
        shallow: bool,
        /// Most MiB in a second.
        #[serde(default)]
        bandwidth: Option<u32>,
        /// Name of the volume's pool, for telling why it failed.
        pool: String,
    },
    /// Write a running VM's layers into one below, until that has all of it and gets each write as well.
    Commit {
        /// Which VM.
        vm: VmId,
        /// Target of the disk.
        target: String,
        /// Path of the one below.
        into: String,
        /// Most MiB in a second.
        #[serde(default)]
        bandwidth: Option<u32>,
    },
    /// Give a copy or commit up: the disk stays where it was.
    GiveUp {
        /// Which VM.
        vm: VmId,
        /// Target of the disk.
        target: String,
        /// Path that it was to go to.
        to: String,
    },
    /// Have the disk go on where it was copied or committed to.
    Pivot {
        /// Which VM.
        vm: VmId,
        /// Target of the disk.
        target: String,
        /// Path of that.
        to: String,
    },
    /// Take into a running VM's layer what lies below.
    Pull {
        /// Which VM.
        vm: VmId,
        /// Target of the disk.
        target: String,
        /// Path of what stays below; `None` is nothing.
        onto: Option<String>,
        /// Most MiB in a second.
        #[serde(default)]
        bandwidth: Option<u32>,
    },
    /// Have the definition name where a disk went, unless it is elsewhere by now.
    Name {
        /// Which VM.
        vm: VmId,
        /// Target of the disk.
        target: String,
        /// Path that it went to.
        to: String,
        /// How.
        edits: Vec<Edit>,
    },
    /// End such a pull; what was taken up stays.
    EndPull {
        /// Which VM.
        vm: VmId,
        /// Target of the disk.
        target: String,
    },
    /// Have the definition of a VM that is off name a copy of its disk, unless somebody wrote to the disk meanwhile.
    Switch {
        /// Which VM.
        vm: VmId,
        /// How.
        edits: Vec<Edit>,
        /// What takes them back.
        back: Vec<Edit>,
        /// Pool of the disk's volume.
        pool: String,
        /// Its name.
        name: String,
        /// When it was last written to before it was copied, where the driver tells.
        written: Option<String>,
    },
    /// Delete a volume, unless somebody uses it; one that is gone is no error.
    DropUnused {
        /// Its pool.
        pool: String,
        /// Its name.
        name: String,
    },
}
