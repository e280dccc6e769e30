//! What a simulated VM is made of, before it has done anything.

use std::net::Ipv4Addr;

use super::hardware::{Disk, Hardware};
use super::shape::Shape;
use crate::model::id::VmId;

/// A VM of the simulated host.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VmSpec {
    pub(crate) id: VmId,
    pub(crate) name: String,
    /// Empty for none.
    pub(crate) title: String,
    /// Empty for none.
    pub(crate) description: String,
    /// NovaCron's own element, without its namespace.
    pub(crate) metadata: Option<String>,
    pub(crate) os: &'static str,
    pub(crate) vcpus: u32,
    /// Bytes.
    pub(crate) memory: u64,
    pub(crate) disks: Vec<DiskSpec>,
    pub(crate) nics: Vec<NicSpec>,
    pub(crate) uefi: bool,
    /// It has a channel for the agent, and the agent runs.
    pub(crate) agent: bool,
    pub(crate) balloon: bool,
    pub(crate) shape: Shape,
    pub(crate) seed: u64,
}

/// A disk.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DiskSpec {
    pub(crate) target: String,
    pub(crate) bus: &'static str,
    pub(crate) kind: DiskKind,
}

/// What is behind a disk.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DiskKind {
    /// A volume, by index of its pool.
    Volume {
        pool: usize,
        name: String,
        path: String,
        capacity: u64,
        allocation: u64,
        /// Path of the image below it.
        backing: Option<String>,
        block: bool,
    },
    /// An empty CD drive.
    EmptyDrive,
}

/// A NIC.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NicSpec {
    pub(crate) mac: String,
    /// Index of its network.
    pub(crate) network: usize,
    /// Host device while it runs.
    pub(crate) device: String,
    /// The address it has while it runs.
    pub(crate) address: Ipv4Addr,
    /// Whether it has it from the network's DHCP.
    pub(crate) leased: bool,
}

impl VmSpec {
    /// What of it is counted.
    pub(crate) fn hardware(&self) -> Hardware {
        Hardware {
            vcpus: self.vcpus,
            memory: self.memory,
            memory_max: self.memory,
            balloon: self.balloon,
            disks: self.disks.iter().map(DiskSpec::counted).collect(),
            nics: self.nics.iter().map(|n| n.device.clone()).collect(),
        }
    }
}

impl DiskSpec {
    fn counted(&self) -> Disk {
        let target = self.target.clone();
        match &self.kind {
            DiskKind::Volume { path, capacity, allocation, .. } => Disk {
                target,
                path: Some(path.clone()),
                capacity: *capacity,
                allocation: *allocation,
                removable: false,
            },
            DiskKind::EmptyDrive => Disk { target, removable: true, ..Disk::default() },
        }
    }
}
