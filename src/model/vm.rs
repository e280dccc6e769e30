//! A VM: as the hypervisor lists it, as its XML defines it, and as it is seen now.

mod start;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use start::{StartGate, StartOrder};

use super::id::VmId;
use super::metric::{GROUPS, Group};
use super::series::{Readings, Track};
use super::time::Timestamp;

/// The tag of a VM whose disks are bases of others: it is not started while they are.
pub const BASE_TAG: &str = "linked-base";

/// Why a VM is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PauseReason {
    /// By an admin.
    User,
    /// A disk request failed (no space, or the device's error).
    IoError,
    /// While it is migrated.
    Migration,
    /// While it is saved, dumped or snapshotted.
    Saving,
    /// By its watchdog.
    Watchdog,
    /// It crashed and is kept for inspection.
    Crashed,
    /// Being started.
    StartingUp,
    /// After a failed post-copy migration, with data on two hosts.
    PostcopyFailed,
    /// Any other or unknown reason.
    Other,
}

/// State of a VM, with the reason where it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VmState {
    /// Running (libvirt's `blocked` too).
    Running,
    /// Not executing, but in memory.
    Paused(PauseReason),
    /// Shutting down.
    ShuttingDown,
    /// Not running.
    ShutOff,
    /// Crashed, and off.
    Crashed,
    /// Suspended by the guest's own power management.
    Suspended,
    /// The hypervisor does not say.
    Unknown,
}

impl VmState {
    /// Whether it has a process and memory on the host.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Paused(_) | Self::ShuttingDown | Self::Suspended)
    }

    /// One word, as the filter language and JSON say it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused(_) => "paused",
            Self::ShuttingDown => "shutting-down",
            Self::ShutOff => "off",
            Self::Crashed => "crashed",
            Self::Suspended => "suspended",
            Self::Unknown => "unknown",
        }
    }

    /// The state with its reason, in an admin's words.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Paused(PauseReason::IoError) => "paused: I/O error",
            Self::Paused(PauseReason::Migration) => "paused: migrating",
            Self::Paused(PauseReason::Saving) => "paused: saving",
            Self::Paused(PauseReason::Watchdog) => "paused: watchdog",
            Self::Paused(PauseReason::Crashed) => "paused: crashed",
            Self::Paused(PauseReason::StartingUp) => "starting",
            Self::Paused(PauseReason::PostcopyFailed) => "paused: migration failed",
            Self::ShuttingDown => "shutting down",
            other => other.word(),
        }
    }

    /// Back from its phrase. A pause without a reason is one by an admin.
    pub fn of_phrase(phrase: &str) -> Option<Self> {
        use PauseReason as P;
        const REASONS: [PauseReason; 8] = [
            P::User,
            P::IoError,
            P::Migration,
            P::Saving,
            P::Watchdog,
            P::Crashed,
            P::StartingUp,
            P::PostcopyFailed,
        ];
        let states =
            [Self::Running, Self::ShuttingDown, Self::ShutOff, Self::Crashed, Self::Suspended, Self::Unknown];
        let paused = REASONS.into_iter().map(Self::Paused);
        states.into_iter().chain(paused).find(|state| state.phrase() == phrase)
    }

    /// What needs attention first, then what is alive: the order of a sort by state.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Crashed => 0,
            Self::Paused(PauseReason::IoError | PauseReason::Crashed | PauseReason::PostcopyFailed) => 1,
            Self::Paused(_) => 2,
            Self::ShuttingDown => 3,
            Self::Suspended => 4,
            Self::Running => 5,
            Self::Unknown => 6,
            Self::ShutOff => 7,
        }
    }
}

/// A VM as the hypervisor's list gives it, without its definition: cheap for thousands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmRecord {
    /// UUID.
    pub id: VmId,
    /// Name, as libvirt has it: not cleaned.
    pub name: String,
    /// State and reason.
    pub state: VmState,
    /// libvirt's number of the running domain.
    pub domain_id: Option<u32>,
}

/// What costs a call per VM to know, so it is fetched after the first frame and again on events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmFlags {
    /// Whether it is defined (and not only running).
    pub persistent: Option<bool>,
    /// Whether it starts with the host.
    pub autostart: Option<bool>,
    /// Whether its memory was saved to disk by managed save.
    pub managed_save: Option<bool>,
}

/// What a VM's XML defines, as far as NovaCron shows it.
#[expect(clippy::struct_excessive_bools, reason = "each says of one device whether it is there")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VmDefinition {
    /// Title, one line.
    pub title: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// NovaCron's tags, from the metadata under `urn:novacron:vm:1`.
    pub tags: Vec<String>,
    /// Protected, by the same metadata, from what loses its data.
    pub protected: bool,
    /// When `collect` starts it after the host, by the same metadata.
    pub start_order: Option<StartOrder>,
    /// `kvm`, `qemu`, `test`, `lxc` …
    pub virt_type: String,
    /// vCPUs online.
    pub vcpus: u32,
    /// vCPUs at most.
    pub vcpus_max: u32,
    /// Memory now, bytes.
    pub memory: u64,
    /// Memory at most, bytes.
    pub memory_max: u64,
    /// Architecture (`x86_64`).
    pub arch: Option<String>,
    /// Machine type (`pc-q35-10.0`).
    pub machine: Option<String>,
    /// Firmware.
    pub firmware: Firmware,
    /// Boot order: by class (`hd`, `network`), or by disk (`vda`) where it is given for each device.
    pub boot: Vec<String>,
    /// CPU mode or model.
    pub cpu_model: Option<String>,
    /// Emulator path.
    pub emulator: Option<String>,
    /// Operating system from libosinfo's metadata, in osinfo's short form (`debian12`, `win2k19`).
    pub os: Option<String>,
    /// Disks, in definition order.
    pub disks: Vec<DiskDefinition>,
    /// NICs, in definition order.
    pub nics: Vec<NicDefinition>,
    /// Graphical consoles.
    pub graphics: Vec<Graphics>,
    /// Whether it has a serial or virtio console.
    pub has_console: bool,
    /// Whether a channel for the guest agent is defined.
    pub has_agent_channel: bool,
    /// Whether the agent is connected; `None` when not running or not told.
    pub agent_connected: Option<bool>,
    /// Whether a balloon device is there.
    pub has_balloon: bool,
    /// Period of memory statistics in seconds; 0 when not armed.
    pub balloon_period_s: u32,
    /// Host devices passed through.
    pub passthrough: u32,
    /// Whether a TPM is there.
    pub has_tpm: bool,
}

/// Firmware of a VM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Firmware {
    /// BIOS.
    #[default]
    Bios,
    /// UEFI.
    Uefi {
        /// With secure boot.
        secure_boot: bool,
    },
    /// A kernel given directly.
    DirectKernel,
}

/// A disk as defined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskDefinition {
    /// Target name (`vda`).
    pub target: String,
    /// `disk`, `cdrom`, `floppy`, `lun`.
    pub device: String,
    /// `virtio`, `sata`, `scsi`, `ide`, `usb`.
    pub bus: String,
    /// Image format of the active layer (`qcow2`, `raw`).
    pub format: Option<String>,
    /// Where its bytes lie; `None` for an empty drive.
    pub source: Option<DiskSource>,
    /// Layers below, nearest first, as libvirt's live XML tells them.
    pub backing: Vec<BackingLayer>,
    /// Read-only.
    pub read_only: bool,
    /// Shared between VMs.
    pub shareable: bool,
    /// `none`, `writeback` …
    pub cache: Option<String>,
    /// Serial number shown to the guest.
    pub serial: Option<String>,
}

/// Where a disk's bytes lie.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DiskSource {
    /// A file path.
    File(String),
    /// A block device path.
    Block(String),
    /// A volume of a pool.
    Volume {
        /// Pool name.
        pool: String,
        /// Volume name.
        volume: String,
    },
    /// A network address, as protocol and name (`rbd pool/image`).
    Network {
        /// Protocol.
        protocol: String,
        /// Name in that protocol.
        name: String,
    },
    /// Anything else, by its libvirt type.
    Other(String),
}

impl DiskSource {
    /// The path or name, as a person would say it. Not cleaned.
    pub fn describe(&self) -> String {
        match self {
            Self::File(p) | Self::Block(p) | Self::Other(p) => p.clone(),
            Self::Volume { pool, volume } => format!("{pool}/{volume}"),
            Self::Network { protocol, name } => format!("{protocol}:{name}"),
        }
    }
}

/// One layer of a backing chain below the active one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackingLayer {
    /// Image format.
    pub format: Option<String>,
    /// Where it lies.
    pub source: DiskSource,
}

/// A NIC as defined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NicDefinition {
    /// MAC address, lower case.
    pub mac: String,
    /// Device model (`virtio`, `e1000e`).
    pub model: Option<String>,
    /// What it is plugged into.
    pub source: NicSource,
    /// Host device of the running VM (`vnet4`).
    pub device: Option<String>,
    /// Whether its link is up.
    pub link_up: bool,
    /// VLAN tags.
    pub vlans: Vec<u16>,
}

/// What a NIC is plugged into.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NicSource {
    /// A libvirt network.
    Network(String),
    /// A bridge of the host.
    Bridge(String),
    /// A host device directly (macvtap).
    Direct(String),
    /// User-mode networking.
    User,
    /// A passed-through device.
    HostDevice,
    /// Anything else, by its libvirt type.
    Other(String),
    /// Nothing said.
    #[default]
    None,
}

impl NicSource {
    /// What it is plugged into, in a word or name. Not cleaned.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Network(n) | Self::Bridge(n) | Self::Direct(n) | Self::Other(n) => Some(n),
            Self::User => Some("user"),
            Self::HostDevice => Some("host device"),
            Self::None => None,
        }
    }
}

/// A graphical console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graphics {
    /// `vnc`, `spice` …
    pub kind: String,
    /// Listen address.
    pub listen: Option<String>,
    /// Port; `None` when off or unix socket.
    pub port: Option<u16>,
}

/// Where a guest address was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AddressSource {
    /// libvirt's DHCP leases.
    Lease,
    /// The guest agent.
    Agent,
    /// The host's ARP table.
    Arp,
}

/// An address of a guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestAddress {
    /// MAC of its NIC, lower case, where known.
    pub mac: Option<String>,
    /// The address, with no prefix.
    pub address: std::net::IpAddr,
    /// Prefix length.
    pub prefix: u8,
    /// Where it was learned.
    pub source: AddressSource,
}

/// A job libvirt runs on a VM (migration, save, backup, block job).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VmJob {
    /// In a word: `migration`, `save`, `backup`, `block copy` …
    pub what: String,
    /// 0 to 1, where it can be told.
    pub progress: Option<f64>,
}

/// When each group's values were last read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupTimes([Option<Timestamp>; GROUPS.len()]);

impl GroupTimes {
    /// When the group was last read.
    pub const fn get(&self, group: Group) -> Option<Timestamp> {
        self.0[group as usize]
    }

    /// Notes that it was read.
    pub const fn set(&mut self, group: Group, at: Timestamp) {
        self.0[group as usize] = Some(at);
    }
}

/// The recent past of one disk or NIC, and its newest values.
#[derive(Clone, Debug)]
pub struct DeviceView {
    /// Disk target or NIC host device.
    pub name: String,
    /// Newest values.
    pub now: Readings,
    /// The last minutes.
    pub track: Arc<Track>,
}

/// The recent past of a VM, by group.
#[derive(Clone, Debug)]
pub struct VmTracks {
    /// CPU.
    pub cpu: Arc<Track>,
    /// Steal and wait.
    pub vcpu: Arc<Track>,
    /// Memory.
    pub memory: Arc<Track>,
    /// All disks together.
    pub disk: Arc<Track>,
    /// All NICs together.
    pub net: Arc<Track>,
}

/// A VM as seen now: what lists, panes and commands show.
#[derive(Clone, Debug)]
pub struct Vm {
    /// UUID.
    pub id: VmId,
    /// Name, as libvirt has it. Clean it before drawing: [`Vm::display_name`].
    pub name: String,
    /// State and reason.
    pub state: VmState,
    /// Since when, as far as seen by this program.
    pub state_since: Option<Timestamp>,
    /// libvirt's number of the running domain.
    pub domain_id: Option<u32>,
    /// Flags, unknown until fetched.
    pub flags: VmFlags,
    /// Definition; `None` until its XML was read and parsed.
    pub definition: Option<Arc<VmDefinition>>,
    /// Newest values.
    pub now: Readings,
    /// When each group was read.
    pub fresh: GroupTimes,
    /// The last minutes; `None` for a VM that did not run while watched.
    pub tracks: Option<VmTracks>,
    /// Per disk, in definition order.
    pub disks: Vec<DeviceView>,
    /// Per NIC, in definition order.
    pub nics: Vec<DeviceView>,
    /// Guest addresses, best first.
    pub addresses: Vec<GuestAddress>,
    /// Why addresses are not known, where there is a reason to tell.
    pub addresses_unavailable: Option<String>,
    /// A job libvirt runs on it.
    pub job: Option<VmJob>,
}

impl Vm {
    /// The name, fit to be drawn.
    pub fn display_name(&self) -> std::borrow::Cow<'_, str> {
        super::text::clean(&self.name)
    }

    /// Its tags; empty until the definition is known.
    pub fn tags(&self) -> &[String] {
        self.definition.as_deref().map_or(&[], |d| &d.tags)
    }

    /// The newest points of one metric, wherever its track is.
    pub fn track_of(&self, group: Group) -> Option<&Arc<Track>> {
        let t = self.tracks.as_ref()?;
        match group {
            Group::Cpu => Some(&t.cpu),
            Group::Vcpu => Some(&t.vcpu),
            Group::Balloon => Some(&t.memory),
            Group::Block => Some(&t.disk),
            Group::Interface => Some(&t.net),
            Group::State | Group::Node | Group::Pool => None,
        }
    }
}
