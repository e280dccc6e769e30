//! Arguments of `novacron vm set|disk|nic|boot|device`.

use clap::{Args, Subcommand};

use crate::model::hardware::Plug;
use crate::model::operation::{
    ChangeWhen, DiskSourceName, HardwareChange, HardwareOperation as Hw, Memory, NewDisk, NewNic, Vcpus,
    VmOperation,
};
use crate::model::units::parse_size;

/// When it is to come.
#[derive(Args, Clone, Copy, Debug)]
pub struct When {
    /// Leave what runs as it is: the change comes with the next start.
    #[arg(long)]
    pub next_start: bool,
}

/// vCPUs and memory.
#[derive(Args, Clone, Debug)]
#[command(group = clap::ArgGroup::new("sizes").required(true).multiple(true))]
pub struct Set {
    /// VMs.
    #[command(flatten)]
    pub names: super::Names,
    /// vCPUs.
    #[arg(long, value_name = "NUMBER", group = "sizes", value_parser = clap::value_parser!(u32).range(1..))]
    pub vcpus: Option<u32>,
    /// vCPUs that it can have without being off.
    #[arg(long, value_name = "NUMBER", requires = "vcpus", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_vcpus: Option<u32>,
    /// Memory, such as 4G or 512M.
    #[arg(long, value_name = "SIZE", group = "sizes", value_parser = parse_size)]
    pub memory: Option<u64>,
    /// Memory that it can have without being off.
    #[arg(long, value_name = "SIZE", requires = "memory", value_parser = parse_size)]
    pub max_memory: Option<u64>,
    /// When.
    #[command(flatten)]
    pub when: When,
}

/// What is done with disks and drives.
#[derive(Clone, Debug, Subcommand)]
pub enum Disk {
    /// Attach an image or a block device: `novacron vm disk attach web01 images/data.qcow2`.
    Attach {
        /// Name or UUID of a VM.
        name: String,
        /// An absolute path, or POOL/VOLUME; a CD-ROM drive may do without.
        #[arg(value_parser = source, required_unless_present = "cdrom")]
        source: Option<DiskSourceName>,
        /// Its target, such as vdb; otherwise the next one that is free.
        #[arg(long)]
        target: Option<String>,
        /// Its bus: virtio, scsi, sata, usb, ide, fdc; otherwise what fits the machine.
        #[arg(long)]
        bus: Option<String>,
        /// Format of the image; otherwise what its pool tells.
        #[arg(long, value_name = "FORMAT")]
        image_format: Option<String>,
        /// The guest may not write to it.
        #[arg(long)]
        read_only_disk: bool,
        /// Other VMs may use it at the same time.
        #[arg(long)]
        shareable: bool,
        /// A CD-ROM drive.
        #[arg(long)]
        cdrom: bool,
        /// When.
        #[command(flatten)]
        when: When,
    },
    /// Detach a disk; what is on it stays.
    Detach {
        /// Name or UUID of a VM.
        name: String,
        /// Its target, such as vdb.
        target: String,
        /// When.
        #[command(flatten)]
        when: When,
    },
    /// Make a disk larger.
    Grow {
        /// Name or UUID of a VM.
        name: String,
        /// Its target, such as vda.
        target: String,
        /// Its new size, such as 40G.
        #[arg(value_name = "SIZE", value_parser = parse_size)]
        to: u64,
    },
    /// Put a disk on another bus, from the next start on.
    Bus {
        /// Name or UUID of a VM.
        name: String,
        /// Its target, such as sda.
        target: String,
        /// The bus: virtio, scsi, sata, usb, ide.
        bus: String,
        /// Its new target; otherwise the next one that is free.
        #[arg(long = "target", value_name = "TARGET")]
        to: Option<String>,
    },
    /// Insert a medium into a drive.
    Insert {
        /// Name or UUID of a VM.
        name: String,
        /// An absolute path, or POOL/VOLUME.
        #[arg(value_parser = source)]
        source: DiskSourceName,
        /// Which drive.
        #[command(flatten)]
        drive: Drive,
    },
    /// Eject the medium of a drive.
    Eject {
        /// Name or UUID of a VM.
        name: String,
        /// Which drive.
        #[command(flatten)]
        drive: Drive,
    },
}

/// Which drive, and how.
#[derive(Args, Clone, Debug)]
pub struct Drive {
    /// Target of the drive, where there are several.
    #[arg(long = "drive", value_name = "TARGET")]
    pub target: Option<String>,
    /// Also where the guest has locked the tray.
    #[arg(long)]
    pub force: bool,
    /// When.
    #[command(flatten)]
    pub when: When,
}

/// What is done with NICs.
#[derive(Clone, Debug, Subcommand)]
pub enum Nic {
    /// Attach a NIC.
    Attach {
        /// Name or UUID of a VM.
        name: String,
        /// Where it is plugged in.
        #[command(flatten)]
        to: To,
        /// Its MAC address; otherwise one by chance.
        #[arg(long)]
        mac: Option<String>,
        /// Its model, such as e1000e; otherwise virtio.
        #[arg(long)]
        model: Option<String>,
        /// With its link down.
        #[arg(long)]
        down: bool,
        /// When.
        #[command(flatten)]
        when: When,
    },
    /// Detach a NIC.
    Detach {
        /// Name or UUID of a VM.
        name: String,
        /// Its MAC address, its device, or its network where only one is in that.
        nic: String,
        /// When.
        #[command(flatten)]
        when: When,
    },
    /// Set a NIC's link up or down.
    Link {
        /// Name or UUID of a VM.
        name: String,
        /// Its MAC address, its device, or its network where only one is in that.
        nic: String,
        /// Whether it is up.
        #[arg(value_enum, value_name = "up|down")]
        state: LinkState,
        /// When.
        #[command(flatten)]
        when: When,
    },
    /// Plug a NIC into another network.
    Network {
        /// Name or UUID of a VM.
        name: String,
        /// Its MAC address, its device, or its network where only one is in that.
        nic: String,
        /// Where it is plugged in.
        #[command(flatten)]
        to: To,
        /// When.
        #[command(flatten)]
        when: When,
    },
}

/// Where a NIC is plugged in.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct To {
    /// A network of libvirt's.
    #[arg(long, value_name = "NETWORK")]
    pub network: Option<String>,
    /// A bridge of the host's.
    #[arg(long, value_name = "BRIDGE")]
    pub bridge: Option<String>,
}

/// A link's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LinkState {
    /// As with a cable.
    Up,
    /// As without one.
    Down,
}

/// What is done with a device by its XML.
#[derive(Clone, Debug, Subcommand)]
pub enum Device {
    /// Attach a disk or NIC as its XML says: one that was detached, as it was.
    Attach {
        /// Name or UUID of a VM.
        name: String,
        /// A <disk> or an <interface>.
        #[arg(value_name = "XML")]
        xml: String,
        /// When.
        #[command(flatten)]
        when: When,
    },
}

/// A boot order.
#[derive(Args, Clone, Debug)]
pub struct Boot {
    /// Name or UUID of a VM.
    pub name: String,
    /// Targets, MAC addresses and `network`, or classes (hd, cdrom, network, fd); first to last, with commas.
    #[arg(value_name = "ORDER", value_delimiter = ',', required = true)]
    pub order: Vec<String>,
}

type Asked = (Vec<String>, VmOperation);

fn asked(name: String, what: Hw, when: When) -> Asked {
    let when = if when.next_start { ChangeWhen::NextStart } else { ChangeWhen::Now };
    (vec![name], VmOperation::Hardware(HardwareChange { what, when }))
}

const NOW: When = When { next_start: false };

impl Set {
    pub(super) fn asked(self) -> Asked {
        let vcpus = self.vcpus.map(|count| Vcpus { count, max: self.max_vcpus });
        let memory = self.memory.map(|bytes| Memory { bytes, max: self.max_memory });
        let (_, act) = asked(String::new(), Hw::Resize { vcpus, memory }, self.when);
        (self.names.names, act)
    }
}

impl Disk {
    pub(super) fn asked(self) -> Asked {
        match self {
            Self::Attach {
                name,
                source,
                target,
                bus,
                image_format: format,
                read_only_disk: read_only,
                shareable,
                cdrom,
                when,
            } => {
                let disk = NewDisk { source, target, bus, format, read_only, shareable, cdrom };
                asked(name, Hw::AttachDisk(disk), when)
            }
            Self::Detach { name, target, when } => asked(name, Hw::DetachDisk { target }, when),
            Self::Grow { name, target, to } => asked(name, Hw::GrowDisk { target, to }, NOW),
            Self::Bus { name, target, bus, to } => asked(name, Hw::ChangeBus { target, bus, to }, NOW),
            Self::Insert { name, source, drive: Drive { target, force, when } } => {
                asked(name, Hw::InsertMedia { target, source, force }, when)
            }
            Self::Eject { name, drive: Drive { target, force, when } } => {
                asked(name, Hw::EjectMedia { target, force }, when)
            }
        }
    }
}

impl Nic {
    pub(super) fn asked(self) -> Asked {
        match self {
            Self::Attach { name, to, mac, model, down, when } => {
                let mac = mac.unwrap_or_else(by_chance);
                asked(name, Hw::AttachNic(NewNic { to: to.plug(), model, mac, up: !down }), when)
            }
            Self::Detach { name, nic, when } => asked(name, Hw::DetachNic { nic }, when),
            Self::Link { name, nic, state, when } => {
                asked(name, Hw::SetLink { nic, up: state == LinkState::Up }, when)
            }
            Self::Network { name, nic, to, when } => {
                asked(name, Hw::ChangeNetwork { nic, to: to.plug() }, when)
            }
        }
    }
}

impl Device {
    pub(super) fn asked(self) -> Asked {
        let Self::Attach { name, xml, when } = self;
        asked(name, Hw::AttachXml { xml }, when)
    }
}

impl Boot {
    pub(super) fn asked(self) -> Asked {
        asked(self.name, Hw::BootOrder { order: self.order }, NOW)
    }
}

impl To {
    fn plug(self) -> Plug {
        match (self.network, self.bridge) {
            (Some(network), _) => Plug::Network(network),
            (None, bridge) => Plug::Bridge(bridge.unwrap_or_default()),
        }
    }
}

/// A MAC address of QEMU's range, by chance.
fn by_chance() -> String {
    use std::hash::{BuildHasher, RandomState};
    let [a, b, c, ..] = RandomState::new().hash_one(std::process::id()).to_be_bytes();
    format!("52:54:00:{a:02x}:{b:02x}:{c:02x}")
}

fn source(text: &str) -> Result<DiskSourceName, String> {
    DiskSourceName::of(text).ok_or_else(|| "an absolute path, or POOL/VOLUME".to_owned())
}
