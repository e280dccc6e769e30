//! What a hypervisor counts, as it counts it: cumulative, typed, every field optional because no driver gives all.

use serde::{Deserialize, Serialize};

use super::id::VmId;
use super::vm::VmState;

/// The counters of one VM from one call. A group that was not asked for, or that the hypervisor left out
/// (a busy VM under NOWAIT), is `None` or empty.
#[derive(Clone, Debug, PartialEq)]
pub struct VmCounters {
    /// Whose they are.
    pub id: VmId,
    /// State group.
    pub state: Option<VmState>,
    /// CPU group.
    pub cpu: Option<CpuCounters>,
    /// vCPU group; empty when not given.
    pub vcpus: Vec<VcpuCounters>,
    /// Balloon group.
    pub balloon: Option<BalloonCounters>,
    /// Block group; `None` when not given.
    pub disks: Option<Vec<DiskCounters>>,
    /// Interface group; `None` when not given.
    pub nics: Option<Vec<NicCounters>>,
}

impl VmCounters {
    /// No group given yet.
    pub const fn empty(id: VmId) -> Self {
        Self { id, state: None, cpu: None, vcpus: Vec::new(), balloon: None, disks: None, nics: None }
    }
}

/// CPU time since the VM started, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuCounters {
    /// All CPU time, emulator included.
    pub time_ns: u64,
    /// Thereof in user mode.
    pub user_ns: Option<u64>,
    /// Thereof in the kernel.
    pub system_ns: Option<u64>,
}

/// One vCPU's times since the VM started, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VcpuCounters {
    /// Its number.
    pub number: u32,
    /// Whether it is online and running.
    pub running: bool,
    /// CPU time.
    pub time_ns: Option<u64>,
    /// Run-queue wait; 0 where the kernel keeps no scheduler statistics.
    pub wait_ns: Option<u64>,
    /// Steal: ready but not on a CPU.
    pub delay_ns: Option<u64>,
}

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BalloonCounters {
    /// Current balloon size.
    pub current: Option<u64>,
    /// Largest balloon size.
    pub maximum: Option<u64>,
    /// Memory the guest's kernel manages.
    pub available: Option<u64>,
    /// What could be used without swapping (page cache counts as usable).
    pub usable: Option<u64>,
    /// Memory not used for anything.
    pub unused: Option<u64>,
    /// Resident size of the VM's process.
    pub rss: Option<u64>,
    /// When the guest last reported, seconds since the Unix epoch; 0 or absent when it never did.
    pub last_update_s: Option<u64>,
    /// Bytes swapped in by the guest.
    pub swap_in: Option<u64>,
    /// Bytes swapped out by the guest.
    pub swap_out: Option<u64>,
    /// Major page faults of the guest.
    pub major_faults: Option<u64>,
}

/// One disk's counters since the VM started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskCounters {
    /// Target name (`vda`).
    pub target: String,
    /// Image path, where there is one.
    pub path: Option<String>,
    /// Depth in the backing chain, where chains are asked for; 0 is the active layer.
    pub backing_index: Option<u32>,
    /// Read: requests, bytes, nanoseconds.
    pub read: RequestCounters,
    /// Write: requests, bytes, nanoseconds.
    pub write: RequestCounters,
    /// Flush: requests, nanoseconds.
    pub flush: RequestCounters,
    /// Failed requests.
    pub errors: Option<u64>,
    /// Highest written offset, bytes.
    pub allocation: Option<u64>,
    /// Size the guest sees, bytes.
    pub capacity: Option<u64>,
    /// Space the image occupies, bytes.
    pub physical: Option<u64>,
}

/// Requests of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestCounters {
    /// Requests finished.
    pub requests: Option<u64>,
    /// Bytes moved.
    pub bytes: Option<u64>,
    /// Time spent, nanoseconds, summed over requests.
    pub time_ns: Option<u64>,
}

/// One NIC's counters since the VM started. Direction as the guest sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NicCounters {
    /// Host device name (`vnet4`).
    pub device: String,
    /// Bytes received.
    pub rx_bytes: Option<u64>,
    /// Packets received.
    pub rx_packets: Option<u64>,
    /// Receive errors.
    pub rx_errors: Option<u64>,
    /// Packets dropped on receive.
    pub rx_drops: Option<u64>,
    /// Bytes sent.
    pub tx_bytes: Option<u64>,
    /// Packets sent.
    pub tx_packets: Option<u64>,
    /// Transmit errors.
    pub tx_errors: Option<u64>,
    /// Packets dropped on transmit.
    pub tx_drops: Option<u64>,
}

/// CPU time of the node by mode, nanoseconds summed over its CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeCpuCounters {
    /// In user mode, guests included.
    pub user_ns: u64,
    /// In the kernel.
    pub system_ns: u64,
    /// Idle.
    pub idle_ns: u64,
    /// Idle while I/O was outstanding.
    pub iowait_ns: u64,
    /// Taken by a hypervisor below; unknown through libvirt.
    pub steal_ns: Option<u64>,
}

/// The node's counters from one call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NodeCounters {
    /// CPU times.
    pub cpu: Option<NodeCpuCounters>,
    /// Memory, bytes.
    pub memory: Option<NodeMemory>,
    /// Load over 1, 5 and 15 minutes.
    pub load: Option<[f64; 3]>,
    /// Pressure stall, where the kernel keeps it.
    pub pressure: Option<Pressure>,
    /// Seconds since boot.
    pub uptime_s: Option<f64>,
}

/// The node's memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeMemory {
    /// Installed.
    pub total: u64,
    /// Free, page cache not counted.
    pub free: u64,
    /// Available without swapping; absent through libvirt, where free + buffers + cached stands in.
    pub available: Option<u64>,
    /// Buffers.
    pub buffers: u64,
    /// Page cache.
    pub cached: u64,
    /// Swap: total and free.
    pub swap: Option<(u64, u64)>,
}

impl NodeMemory {
    /// Memory in use without page cache and buffers.
    pub fn used(&self) -> u64 {
        self.total.saturating_sub(self.available.unwrap_or(self.free + self.buffers + self.cached))
    }
}

/// Pressure stall: share (0–100) of the last 10 s in which some task waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pressure {
    /// For CPU.
    pub cpu: f64,
    /// For memory.
    pub memory: f64,
    /// For I/O.
    pub io: f64,
}
