//! What can be changed of a VM's hardware.

use serde::{Deserialize, Serialize};

use crate::model::hardware::Plug;

/// A change of a VM's hardware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HardwareChange {
    /// What is changed.
    pub what: HardwareOperation,
    /// When.
    #[serde(default)]
    pub when: ChangeWhen,
}

/// When a change of hardware is to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeWhen {
    /// At once as far as that is possible, and at each start from now on.
    #[default]
    Now,
    /// From the next start on.
    NextStart,
}

/// What can be changed of a VM's hardware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HardwareOperation {
    /// vCPUs and memory.
    Resize {
        /// vCPUs; `None` leaves them.
        vcpus: Option<Vcpus>,
        /// Memory; `None` leaves it.
        memory: Option<Memory>,
    },
    /// Another disk or drive.
    AttachDisk(NewDisk),
    /// A disk less; its volume stays.
    DetachDisk {
        /// Its target.
        target: String,
    },
    /// A larger disk.
    GrowDisk {
        /// Its target.
        target: String,
        /// Bytes it shall have.
        to: u64,
    },
    /// A disk on another bus.
    ChangeBus {
        /// Its target.
        target: String,
        /// The bus: `virtio`, `scsi`, `sata` …
        bus: String,
        /// Its new target; `None` takes the next one that is free.
        to: Option<String>,
    },
    /// Another NIC.
    AttachNic(NewNic),
    /// A NIC less.
    DetachNic {
        /// Its MAC address; or its device, or its network where only one is in that.
        nic: String,
    },
    /// A NIC's link up or down.
    SetLink {
        /// As above.
        nic: String,
        /// Whether it is up.
        up: bool,
    },
    /// A NIC in another network.
    ChangeNetwork {
        /// As above.
        nic: String,
        /// Where.
        to: Plug,
    },
    /// A medium into a drive, in place of what is in it.
    InsertMedia {
        /// Target of the drive; `None` where there is one only.
        target: Option<String>,
        /// The medium.
        source: DiskSourceName,
        /// Also where the guest has locked the tray.
        force: bool,
    },
    /// The medium out of a drive.
    EjectMedia {
        /// As above.
        target: Option<String>,
        /// As above.
        force: bool,
    },
    /// What it boots from, first to last: targets, MAC addresses and `network` for its first NIC; or, all of them, the classes
    /// `hd`, `cdrom`, `network` and `fd`.
    BootOrder {
        /// These.
        order: Vec<String>,
    },
    /// A device by its XML: one that was detached, as it was.
    AttachXml {
        /// A `<disk>` or an `<interface>`.
        xml: String,
    },
}

/// How many vCPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vcpus {
    /// That it has.
    pub count: u32,
    /// That it can have without being off; `None` leaves that, or raises it as far as needed.
    pub max: Option<u32>,
}

/// How much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Bytes that it has.
    pub bytes: u64,
    /// Bytes that it can have without being off; `None` leaves that where it differs from what the VM has, else sets it to the same.
    pub max: Option<u64>,
}

/// What a disk or drive holds, as it is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiskSourceName {
    /// A file or block device, an absolute path.
    Path(String),
    /// A volume.
    Volume {
        /// Name of its pool.
        pool: String,
        /// Its name.
        volume: String,
    },
}

impl DiskSourceName {
    /// As commands take it: a path, or `POOL/VOLUME`.
    pub fn text(&self) -> String {
        match self {
            Self::Path(path) => path.clone(),
            Self::Volume { pool, volume } => format!("{pool}/{volume}"),
        }
    }

    /// Back from that.
    pub fn of(text: &str) -> Option<Self> {
        if text.starts_with('/') {
            return Some(Self::Path(text.to_owned()));
        }
        let (pool, volume) = text.split_once('/').filter(|(p, v)| !p.is_empty() && !v.is_empty())?;
        Some(Self::Volume { pool: pool.to_owned(), volume: volume.to_owned() })
    }
}

/// A new disk or drive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDisk {
    /// What it holds; `None` for an empty drive.
    pub source: Option<DiskSourceName>,
    /// Its target; `None` takes the next one that is free.
    pub target: Option<String>,
    /// Its bus; `None` takes what fits the machine.
    pub bus: Option<String>,
    /// Its format; `None` takes what its pool tells.
    pub format: Option<String>,
    /// The guest may not write to it.
    pub read_only: bool,
    /// Other VMs may use it at the same time.
    pub shareable: bool,
    /// A CD-ROM drive.
    pub cdrom: bool,
}

/// A new NIC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewNic {
    /// What it is plugged into.
    pub to: Plug,
    /// Its model; `None` for `virtio`.
    pub model: Option<String>,
    /// Its MAC address.
    pub mac: String,
    /// Whether its link is up.
    pub up: bool,
}

impl HardwareOperation {
    /// A stable word for records, filters and JSON.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Resize { .. } => "vm.set",
            Self::AttachDisk(_) => "vm.disk.attach",
            Self::DetachDisk { .. } => "vm.disk.detach",
            Self::GrowDisk { .. } => "vm.disk.grow",
            Self::ChangeBus { .. } => "vm.disk.bus",
            Self::AttachNic(_) => "vm.nic.attach",
            Self::DetachNic { .. } => "vm.nic.detach",
            Self::SetLink { .. } => "vm.nic.link",
            Self::ChangeNetwork { .. } => "vm.nic.network",
            Self::InsertMedia { .. } => "vm.disk.insert",
            Self::EjectMedia { .. } => "vm.disk.eject",
            Self::BootOrder { .. } => "vm.boot",
            Self::AttachXml { .. } => "vm.device.attach",
        }
    }
}
