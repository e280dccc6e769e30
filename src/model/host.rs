//! The host: what it is and how it fares.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::counters::Pressure;
use super::series::{Readings, Track};
use super::time::Timestamp;

/// What the hypervisor tells of its node; asked once per connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Host name.
    pub hostname: String,
    /// Driver (`QEMU`, `TEST`, `LXC`).
    pub driver: String,
    /// libvirt version of the daemon, `major × 1,000,000 + minor × 1,000 + release`.
    pub libvirt_version: u64,
    /// Hypervisor version, same form; 0 when unknown.
    pub hypervisor_version: u64,
    /// CPU model as libvirt gives it (`x86_64`).
    pub cpu_model: String,
    /// Logical CPUs.
    pub cpus: u32,
    /// Sockets.
    pub sockets: u32,
    /// Cores a socket.
    pub cores: u32,
    /// Threads a core.
    pub threads: u32,
    /// Memory in bytes.
    pub memory: u64,
}

/// A libvirt version number as people write it: `11.3.0`.
pub fn version_text(v: u64) -> String {
    format!("{}.{}.{}", v / 1_000_000, v / 1000 % 1000, v % 1000)
}

/// What the machine itself tells; only for a local hypervisor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Kernel release.
    pub kernel: Option<String>,
    /// Operating system's pretty name.
    pub os: Option<String>,
    /// CPU's marketing name.
    pub cpu_name: Option<String>,
    /// File systems on real devices.
    pub filesystems: Vec<FileSystem>,
    /// Block devices.
    pub block_devices: Vec<BlockDevice>,
    /// Bridges, by name.
    pub bridges: Vec<Bridge>,
    /// The device the default route goes through.
    pub default_route: Option<String>,
    /// Sources that could not be read, each as one sentence.
    pub unavailable: Vec<String>,
}

/// A bridge as the host's kernel has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    /// Its name.
    pub name: String,
    /// Devices in it that are no guest's: the way out.
    pub ports: Vec<String>,
}

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystem {
    /// Device or source.
    pub source: String,
    /// Mount point.
    pub mount_point: String,
    /// Type.
    pub kind: String,
    /// Bytes: size; `None` when it did not answer in time.
    pub size: Option<u64>,
    /// Bytes: in use.
    pub used: Option<u64>,
    /// Bytes: available to users.
    pub available: Option<u64>,
    /// Share of inodes in use, 0 to 1.
    pub inodes_used: Option<FiniteShare>,
    /// Mounted read-only.
    pub read_only: bool,
}

/// A share in thousandths, so that it can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FiniteShare(pub u16);

/// A block device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockDevice {
    /// Kernel name (`nvme0n1`).
    pub name: String,
    /// Bytes.
    pub size: Option<u64>,
    /// Model, where it has one.
    pub model: Option<String>,
    /// Spinning.
    pub rotational: Option<bool>,
    /// Read, bytes a second.
    pub read_rate: Option<f64>,
    /// Written, bytes a second.
    pub write_rate: Option<f64>,
    /// Share of time busy, 0 to 100.
    pub busy_percent: Option<f64>,
}

/// The host as seen now.
#[derive(Clone, Debug)]
pub struct HostView {
    /// What the hypervisor tells; `None` until connected once.
    pub node: Option<Arc<Node>>,
    /// What the machine tells; `None` for a remote host or until read.
    pub machine: Option<Arc<Machine>>,
    /// Whether the hypervisor runs on this machine.
    pub local: bool,
    /// Newest values.
    pub now: Readings,
    /// Load over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Pressure stall.
    pub pressure: Option<Pressure>,
    /// Swap: total and free, bytes.
    pub swap: Option<(u64, u64)>,
    /// Seconds since boot.
    pub uptime_s: Option<f64>,
    /// When the values were read.
    pub at: Option<Timestamp>,
    /// The last minutes.
    pub track: Arc<Track>,
}
