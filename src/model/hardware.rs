//! A VM's devices as plans name them, and edits of a definition.

use serde::{Deserialize, Serialize};

/// A device that can be told from all others of its VM.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// The disk or drive of this target: `vda`.
    Disk(String),
    /// The NIC of this MAC address, lower case.
    Nic(String),
}

impl Device {
    /// Its target or MAC address.
    pub fn name(&self) -> &str {
        match self {
            Self::Disk(name) | Self::Nic(name) => name,
        }
    }
}

/// Where the bytes of a disk or medium are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Medium {
    /// An image file, an absolute path.
    File(String),
    /// A block device, an absolute path.
    Block(String),
}

impl Medium {
    /// The path.
    pub fn path(&self) -> &str {
        match self {
            Self::File(path) | Self::Block(path) => path,
        }
    }
}

/// What a NIC is plugged into.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plug {
    /// A network of libvirt's.
    Network(String),
    /// A bridge of the host's.
    Bridge(String),
}

impl Plug {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Network(name) | Self::Bridge(name) => name,
        }
    }

    /// What it is, with its name: `network default`.
    pub fn phrase(&self) -> String {
        match self {
            Self::Network(name) => format!("network {name}"),
            Self::Bridge(name) => format!("bridge {name}"),
        }
    }
}

/// What a VM boots from. libvirt takes one way or the other, never both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Boot {
    /// Classes, first to last: `hd`, `cdrom`, `network`, `fd`.
    pub classes: Vec<String>,
    /// Devices, first to last.
    pub devices: Vec<Device>,
}

/// One edit of a VM's definition. Made again it changes nothing, which tells whether it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edit {
    /// Its vCPUs.
    Vcpus {
        /// That it has.
        count: u32,
        /// That it can have without being off.
        max: u32,
        /// Sockets of its topology, where it has one.
        sockets: Option<u32>,
    },
    /// Its memory.
    Memory {
        /// Bytes that it has.
        current: u64,
        /// Bytes that it can have without being off.
        max: u64,
    },
    /// Another disk or NIC.
    Add {
        /// The element.
        xml: String,
    },
    /// A device less.
    Remove(Device),
    /// A disk on another bus.
    Bus {
        /// Its target before.
        from: String,
        /// Its target afterwards.
        to: String,
        /// The bus.
        bus: String,
    },
    /// A drive's medium.
    Medium {
        /// Target of the drive.
        target: String,
        /// The medium; `None` leaves it empty.
        medium: Option<Medium>,
    },
    /// A disk whose bytes lie elsewhere.
    Source {
        /// Target of the disk.
        target: String,
        /// Where.
        medium: Medium,
        /// Format of the image.
        format: String,
    },
    /// A NIC's link.
    Link {
        /// MAC address of the NIC.
        mac: String,
        /// Whether it is up.
        up: bool,
    },
    /// A NIC in another network.
    Plug {
        /// MAC address of the NIC.
        mac: String,
        /// Where.
        to: Plug,
    },
    /// What it boots from.
    Boot(Boot),
}
