//! What plans of hardware rest on.

use crate::model::storage::Volume;
use crate::model::vm::{DiskDefinition, NicDefinition};

/// What has to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own that is read or not")]
pub struct HardwareNeeds {
    /// What runs.
    pub live: bool,
    /// Disks and NICs of all other VMs.
    pub others: bool,
    /// All volumes of pools that are started.
    pub images: bool,
    /// Networks.
    pub networks: bool,
    /// CPUs and memory of the host.
    pub node: bool,
}

impl HardwareNeeds {
    /// Nothing.
    pub const NONE: Self = Self { live: false, others: false, images: false, networks: false, node: false };
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HardwareFacts {
    /// Its XML as it runs; empty where it is off.
    pub live_xml: String,
    /// The other VMs, where they were asked for.
    pub others: Vec<VmDevices>,
    /// Volumes, where they were asked for.
    pub images: Vec<Image>,
    /// Networks with whether they are started, where they were asked for.
    pub networks: Vec<(String, bool)>,
    /// Bytes that the guest may write to the disk in question.
    pub capacity: Option<u64>,
    /// CPUs and bytes of memory of the host.
    pub node: Option<(u32, u64)>,
}

/// Another VM: what it has now, and what it will have.
#[derive(Clone, Debug, PartialEq)]
pub struct VmDevices {
    /// Its name, not cleaned.
    pub name: String,
    /// Disks.
    pub disks: Vec<DiskDefinition>,
    /// NICs.
    pub nics: Vec<NicDefinition>,
}

/// A volume.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Name of its pool.
    pub pool: String,
    /// Bytes that are free there.
    pub free: Option<u64>,
    /// It itself.
    pub volume: Volume,
}
