//! What can be done to where a disk's bytes lie, and to the images below it.

use serde::{Deserialize, Serialize};

/// What is done to one disk of a VM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerChange {
    /// Target of the disk: `vda`.
    pub target: String,
    /// What.
    pub what: LayerOperation,
    /// Most MiB that QEMU moves in a second, so that the guest's own I/O has room; at least 1. `None` is as fast as it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<u32>,
}

/// What can be done to where a disk's bytes lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerOperation {
    /// Move it to a new volume, of a running VM without stopping it.
    Migrate(DiskMove),
    /// Write what its layers hold into one below, and go on with that one.
    Commit {
        /// Path of that one; `None` is the next below.
        into: Option<String>,
        /// Leave the layers where they are.
        keep_old: bool,
    },
    /// Take into its layer what lies below, and do without that.
    Pull {
        /// Path of the image that stays below; `None` is none.
        onto: Option<String>,
    },
}

/// Where a disk is moved to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskMove {
    /// Name of the pool.
    pub pool: String,
    /// Name of the new volume; `None` is the one it has, or one that is free.
    pub name: Option<String>,
    /// Format of the new volume, `qcow2` or `raw`; `None` is the one it has.
    pub format: Option<String>,
    /// Leave the old volume where it is.
    pub keep_old: bool,
    /// Copy its own layer only: what lies below stays below.
    pub keep_below: bool,
}

impl LayerOperation {
    /// A stable word for records, filters and JSON: `vm.migrate-disk`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Migrate(_) => "vm.migrate-disk",
            Self::Commit { .. } => "vm.commit-disk",
            Self::Pull { .. } => "vm.pull-disk",
        }
    }
}
