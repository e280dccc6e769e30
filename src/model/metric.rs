//! The metric registry: every number NovaCron measures, in one table. Columns, charts, JSON keys, history,
//! export and alerts all read it; nothing spells a metric's name, unit or label a second time.

use super::units::Unit;

/// What a metric belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Entity {
    /// The machine the hypervisor runs on.
    Host,
    /// A VM as a whole.
    Vm,
    /// One disk of a VM.
    Disk,
    /// One network interface of a VM.
    Nic,
    /// A storage pool.
    Pool,
}

/// What is asked from the hypervisor together, at one pace, since it costs about the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Group {
    /// State and reason.
    State,
    /// CPU time of the whole VM.
    Cpu,
    /// Per vCPU: time, steal, wait.
    Vcpu,
    /// Memory as guest and host see it.
    Balloon,
    /// Disks.
    Block,
    /// Network interfaces.
    Interface,
    /// The node itself.
    Node,
    /// Storage pools.
    Pool,
}

/// Every group, in the order of their discriminants.
pub const GROUPS: [Group; 8] = [
    Group::State,
    Group::Cpu,
    Group::Vcpu,
    Group::Balloon,
    Group::Block,
    Group::Interface,
    Group::Node,
    Group::Pool,
];

/// Which way is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// High values need attention.
    HighIsBad,
    /// Low values need attention.
    LowIsBad,
    /// Neither.
    Neutral,
}

/// How the value comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Read as it is.
    Gauge,
    /// The difference of a counter over time; the first reading and a reset are gaps.
    Rate,
    /// The difference of one counter over that of another (time over requests).
    Ratio,
}

/// One row of the registry.
#[derive(Debug)]
pub struct Metric {
    /// Its identity in code.
    pub id: MetricId,
    /// Stable `snake_case` name without the unit; with [`Unit::key_suffix`] it is the JSON key.
    pub name: &'static str,
    /// Whose metric it is.
    pub entity: Entity,
    /// What it is asked together with.
    pub group: Group,
    /// Unit of the stored value.
    pub unit: Unit,
    /// How it comes about.
    pub kind: Kind,
    /// Which way is bad.
    pub direction: Direction,
    /// Column header, at most ten columns.
    pub label: &'static str,
    /// Title of a chart.
    pub title: &'static str,
    /// One sentence for help, README and `--help`.
    pub doc: &'static str,
    /// The fixed top of its scale; `None` where the scale follows the data.
    pub ceiling: Option<f64>,
}

impl Metric {
    /// The key in JSON and CSV, with its unit: `cpu_percent`, `disk_read_bytes_per_second`.
    pub fn key(&self) -> String {
        format!("{}{}", self.name, self.unit.key_suffix())
    }
}

macro_rules! registry {
    ($( $id:ident $name:literal $entity:ident $group:ident $unit:ident $kind:ident $dir:ident $ceiling:expr,
        $label:literal $title:literal $doc:literal; )*) => {
        /// The identity of a metric in code; its facts are in [`METRICS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum MetricId { $( #[doc = $doc] $id, )* }

        /// The registry, indexed by [`MetricId`].
        pub static METRICS: &[Metric] = &[ $( Metric {
            id: MetricId::$id, name: $name, entity: Entity::$entity, group: Group::$group, unit: Unit::$unit,
            kind: Kind::$kind, direction: Direction::$dir, label: $label, title: $title, doc: $doc, ceiling: $ceiling,
        }, )* ];
    };
}

registry! {
    VmCpu "cpu" Vm Cpu Percent Rate HighIsBad Some(100.0),
        "CPU" "CPU" "CPU time used, as a share of the VM's own vCPUs.";
    VmCpuHost "cpu_host" Vm Cpu Percent Rate HighIsBad Some(100.0),
        "CPU HOST" "CPU of the host" "CPU time used, as a share of all the host's CPUs.";
    VmSteal "steal" Vm Vcpu Percent Rate HighIsBad Some(100.0),
        "STEAL" "Steal" "Time the vCPUs were ready but got no host CPU (vcpu.delay), as a share of the vCPUs.";
    VmWait "wait" Vm Vcpu Percent Rate HighIsBad Some(100.0),
        "WAIT" "Run-queue wait" "Time the vCPUs waited in the run queue; unknown where the kernel keeps no scheduler statistics.";
    VmMemory "memory_used" Vm Balloon Bytes Gauge HighIsBad None,
        "MEM" "Memory used in the guest" "Memory used as the guest sees it: available less usable.";
    VmMemoryShare "memory_used" Vm Balloon Percent Gauge HighIsBad Some(100.0),
        "MEM %" "Memory used in the guest" "Memory used as the guest sees it, as a share of what it has.";
    VmMemoryAvailable "memory_available" Vm Balloon Bytes Gauge Neutral None,
        "MEM TOTAL" "Memory the guest has" "Memory the guest's kernel manages.";
    VmResident "memory_resident" Vm Balloon Bytes Gauge HighIsBad None,
        "RES" "Resident memory" "Host memory the VM's process occupies.";
    VmBalloon "memory_balloon" Vm Balloon Bytes Gauge Neutral None,
        "BALLOON" "Balloon size" "Memory currently given to the VM by its balloon.";
    VmDiskRead "disk_read" Vm Block BytesPerSecond Rate HighIsBad None,
        "READ" "Disk read" "Bytes read from all disks.";
    VmDiskWrite "disk_write" Vm Block BytesPerSecond Rate HighIsBad None,
        "WRITE" "Disk written" "Bytes written to all disks.";
    VmDisk "disk" Vm Block BytesPerSecond Rate HighIsBad None,
        "DISK" "Disk read and written" "Bytes read from and written to all disks.";
    VmIops "disk_requests" Vm Block PerSecond Rate HighIsBad None,
        "IOPS" "Disk requests" "Read, write and flush requests of all disks.";
    VmLatency "disk_latency" Vm Block Seconds Ratio HighIsBad None,
        "LATENCY" "Disk latency" "Mean time a disk request took, all disks and kinds together.";
    VmNetRx "net_receive" Vm Interface BytesPerSecond Rate HighIsBad None,
        "NET IN" "Network received" "Bytes received by all NICs.";
    VmNetTx "net_transmit" Vm Interface BytesPerSecond Rate HighIsBad None,
        "NET OUT" "Network sent" "Bytes sent by all NICs.";
    VmNet "net" Vm Interface BytesPerSecond Rate HighIsBad None,
        "NET" "Network received and sent" "Bytes received and sent by all NICs.";
    VmNetDrops "net_drops" Vm Interface PerSecond Rate HighIsBad None,
        "DROPS" "Network drops" "Packets dropped by all NICs, both ways.";
    VmNetErrors "net_errors" Vm Interface PerSecond Rate HighIsBad None,
        "NET ERR" "Network errors" "Packets in error on all NICs, both ways.";

    DiskRead "read" Disk Block BytesPerSecond Rate HighIsBad None,
        "READ" "Read" "Bytes read from the disk.";
    DiskWrite "write" Disk Block BytesPerSecond Rate HighIsBad None,
        "WRITE" "Written" "Bytes written to the disk.";
    DiskReadIops "read_requests" Disk Block PerSecond Rate HighIsBad None,
        "R IOPS" "Read requests" "Read requests to the disk.";
    DiskWriteIops "write_requests" Disk Block PerSecond Rate HighIsBad None,
        "W IOPS" "Write requests" "Write requests to the disk.";
    DiskFlushIops "flush_requests" Disk Block PerSecond Rate HighIsBad None,
        "F IOPS" "Flush requests" "Flush requests to the disk.";
    DiskReadLatency "read_latency" Disk Block Seconds Ratio HighIsBad None,
        "R LAT" "Read latency" "Mean time of a read request.";
    DiskWriteLatency "write_latency" Disk Block Seconds Ratio HighIsBad None,
        "W LAT" "Write latency" "Mean time of a write request.";
    DiskFlushLatency "flush_latency" Disk Block Seconds Ratio HighIsBad None,
        "F LAT" "Flush latency" "Mean time of a flush request.";
    DiskErrors "errors" Disk Block PerSecond Rate HighIsBad None,
        "ERRORS" "Disk errors" "Failed requests, where the driver counts them.";
    DiskAllocation "allocation" Disk Block Bytes Gauge HighIsBad None,
        "ALLOC" "Allocation" "Space the disk's image occupies in its pool.";
    DiskCapacity "capacity" Disk Block Bytes Gauge Neutral None,
        "CAPACITY" "Capacity" "Size of the disk as the guest sees it.";

    NicRx "receive" Nic Interface BytesPerSecond Rate HighIsBad None,
        "IN" "Received" "Bytes the guest received.";
    NicTx "transmit" Nic Interface BytesPerSecond Rate HighIsBad None,
        "OUT" "Sent" "Bytes the guest sent.";
    NicRxPackets "receive_packets" Nic Interface PerSecond Rate HighIsBad None,
        "IN PKT" "Packets received" "Packets the guest received.";
    NicTxPackets "transmit_packets" Nic Interface PerSecond Rate HighIsBad None,
        "OUT PKT" "Packets sent" "Packets the guest sent.";
    NicErrors "errors" Nic Interface PerSecond Rate HighIsBad None,
        "ERRORS" "NIC errors" "Packets in error, both ways.";
    NicDrops "drops" Nic Interface PerSecond Rate HighIsBad None,
        "DROPS" "NIC drops" "Packets dropped, both ways.";

    PoolUsed "used" Pool Pool Bytes Gauge HighIsBad None,
        "USED" "Used" "Space in use in the pool.";
    PoolUsedShare "used" Pool Pool Percent Gauge HighIsBad Some(100.0),
        "USED %" "Used" "Share of the pool's space in use.";
    PoolCapacity "capacity" Pool Pool Bytes Gauge Neutral None,
        "CAPACITY" "Capacity" "Size of the pool.";

    HostCpu "cpu" Host Node Percent Rate HighIsBad Some(100.0),
        "CPU" "CPU" "Time the host's CPUs were not idle.";
    HostCpuUser "cpu_user" Host Node Percent Rate Neutral Some(100.0),
        "USER" "CPU in user mode" "Time in user mode, guests included.";
    HostCpuSystem "cpu_system" Host Node Percent Rate Neutral Some(100.0),
        "SYSTEM" "CPU in the kernel" "Time in the kernel.";
    HostCpuIowait "cpu_iowait" Host Node Percent Rate HighIsBad Some(100.0),
        "IOWAIT" "CPU waiting for I/O" "Idle time while a disk request was outstanding.";
    HostCpuSteal "cpu_steal" Host Node Percent Rate HighIsBad Some(100.0),
        "STEAL" "CPU stolen" "Time a hypervisor below this host took.";
    HostMemory "memory_used" Host Node Bytes Gauge HighIsBad None,
        "MEM" "Memory used" "Memory in use without page cache and buffers.";
    HostMemoryShare "memory_used" Host Node Percent Gauge HighIsBad Some(100.0),
        "MEM %" "Memory used" "Share of memory in use without page cache and buffers.";
    HostMemoryTotal "memory_total" Host Node Bytes Gauge Neutral None,
        "MEM TOTAL" "Memory installed" "Memory the host's kernel manages; on a host that is a guest itself it may change.";
    HostSwap "swap_used" Host Node Bytes Gauge HighIsBad None,
        "SWAP" "Swap used" "Swap space in use.";
    HostLoad "load_1min" Host Node Count Gauge HighIsBad None,
        "LOAD" "Load" "Mean number of runnable and uninterruptible tasks over one minute.";
    HostPressureCpu "pressure_cpu" Host Node Percent Gauge HighIsBad Some(100.0),
        "PSI CPU" "CPU pressure" "Share of the last 10 s in which some task waited for CPU.";
    HostPressureMemory "pressure_memory" Host Node Percent Gauge HighIsBad Some(100.0),
        "PSI MEM" "Memory pressure" "Share of the last 10 s in which some task waited for memory.";
    HostPressureIo "pressure_io" Host Node Percent Gauge HighIsBad Some(100.0),
        "PSI IO" "I/O pressure" "Share of the last 10 s in which some task waited for I/O.";
}

/// How many metrics there are.
pub const METRIC_COUNT: usize = MetricId::HostPressureIo as usize + 1;

impl MetricId {
    /// The metric's row in the registry.
    pub fn get(self) -> &'static Metric {
        &METRICS[self as usize]
    }
}

/// The metrics of one kind of thing, in registry order.
pub fn metrics_of(entity: Entity) -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().filter(move |m| m.entity == entity)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn registry_is_consistent() {
        assert_eq!(METRICS.len(), METRIC_COUNT);
        let mut keys = HashSet::new();
        for (i, m) in METRICS.iter().enumerate() {
            assert_eq!(m.id as usize, i);
            assert!(keys.insert((m.entity, m.key())), "{} stands twice", m.key());
            assert!(m.name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit()));
            assert!(m.label.len() <= 10 && !m.title.is_empty());
            assert!(m.doc.ends_with('.'), "{}: a doc is a sentence", m.name);
        }
    }
}
