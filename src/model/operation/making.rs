//! New VMs: clones, VMs from templates, and VMs that are installed.

use serde::{Deserialize, Serialize};

use crate::model::id::VmId;

/// What makes a new VM another than all others. The caller draws it by lot, once: a plan made again is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its UUID.
    pub id: VmId,
    /// What its MAC addresses come from.
    pub salt: u64,
}

/// A VM like another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloneVm {
    /// Its name.
    pub name: String,
    /// Who it is.
    pub identity: Identity,
    /// Its disks hold only the differences to the first VM's, which must not be written to from then on.
    pub linked: bool,
    /// The pool of its disks; `None` puts each beside the one it comes from.
    pub pool: Option<String>,
}

/// A template to be made of a VM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeTemplate {
    /// Its name.
    pub name: String,
    /// One more version of a template that is there; else there must be none.
    pub again: bool,
    /// Its pool; `None` is the one of the VM's first disk.
    pub pool: Option<String>,
}

/// What can be done to a template. Its name is the operation's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateOperation {
    /// Delete it, and the bytes it holds.
    Delete {
        /// This version; `None` for all.
        version: Option<u32>,
    },
}

/// A VM that is to be made. Its name and UUID are the operation's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVm {
    /// What it is made of.
    pub from: NewVmFrom,
    /// What its MAC addresses come from.
    pub salt: u64,
    /// vCPUs; `None` is the template's number, or 2.
    pub vcpus: Option<u32>,
    /// Bytes of memory; `None` is the template's, or 2 GiB.
    pub memory: Option<u64>,
    /// Bytes of its first disk; `None` is the template's, or 20 GiB.
    pub disk_size: Option<u64>,
    /// The pool of its disks; `None` is the template's, or `default`.
    pub pool: Option<String>,
    /// The virtual network of its first NIC; `None` is the template's, or `default`.
    pub network: Option<String>,
    /// `kvm` or `qemu`; `None` is the template's, or the best that the host has.
    pub accel: Option<String>,
    /// `bios` or `uefi`; `None` is UEFI where the host has it.
    pub firmware: Option<String>,
    /// What the guest is told at its first boot, by cloud-init.
    pub seed: Option<Seed>,
}

/// What a VM is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewVmFrom {
    /// An empty disk, and a medium to install from.
    Iso(Medium),
    /// A disk that is there.
    Disk {
        /// Its pool.
        pool: String,
        /// Its volume.
        volume: String,
    },
    /// A template.
    Template {
        /// Its name.
        name: String,
        /// Its version; `None` is the newest.
        version: Option<u32>,
        /// Its disks hold only the differences to the template's.
        linked: bool,
    },
}

/// A medium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Medium {
    /// A file of the host.
    Path(String),
    /// A volume.
    Volume {
        /// Its pool.
        pool: String,
        /// Its name.
        volume: String,
    },
}

/// What cloud-init is told (`NoCloud`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed {
    /// The guest's name; `None` is the VM's.
    pub hostname: Option<String>,
    /// A user to make, who may do everything; `None` is the image's own.
    pub user: Option<String>,
    /// Public SSH keys that may log in.
    pub ssh_keys: Vec<String>,
}

impl TemplateOperation {
    /// A stable word for records, filters and JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Delete { .. } => "template.delete",
        }
    }
}
