//! Rates of a VM: CPU, vCPUs, disks, NICs.

use super::{Delta, Row, Total, percent};
use crate::model::counters::{CpuCounters, DiskCounters, NicCounters, RequestCounters, VcpuCounters};
use crate::model::metric::MetricId::{
    self, DiskAllocation, DiskCapacity, DiskErrors, DiskFlushIops, DiskFlushLatency, DiskRead, DiskReadIops,
    DiskReadLatency, DiskWrite, DiskWriteIops, DiskWriteLatency, NicDrops, NicErrors, NicRx, NicRxPackets,
    NicTx, NicTxPackets, VmCpu, VmCpuHost, VmDisk, VmDiskRead, VmDiskWrite, VmIops, VmLatency, VmNet,
    VmNetDrops, VmNetErrors, VmNetRx, VmNetTx, VmSteal, VmWait,
};

/// What a VM's CPU track holds.
pub(crate) const CPU_METRICS: &[MetricId] = &[VmCpu, VmCpuHost];
/// What its vCPU track holds.
pub(crate) const VCPU_METRICS: &[MetricId] = &[VmSteal, VmWait];
/// What its disk track holds.
pub(crate) const DISK_METRICS: &[MetricId] = &[VmDiskRead, VmDiskWrite, VmDisk, VmIops, VmLatency];
/// What its network track holds.
pub(crate) const NET_METRICS: &[MetricId] = &[VmNetRx, VmNetTx, VmNet];
/// What one disk's track holds.
pub(crate) const DISK_DEVICE_METRICS: &[MetricId] =
    &[DiskRead, DiskWrite, DiskReadIops, DiskWriteIops, DiskReadLatency, DiskWriteLatency];
/// What one NIC's track holds.
pub(crate) const NIC_DEVICE_METRICS: &[MetricId] = &[NicRx, NicTx];

const NS: f64 = 1e-9;

/// CPU shares; `None` for the whole when the counter fell.
pub(crate) fn cpu(
    before: &CpuCounters,
    now: &CpuCounters,
    seconds: f64,
    vcpus: Option<u32>,
    host_cpus: Option<u32>,
) -> Option<Row<2>> {
    let used = now.time_ns.checked_sub(before.time_ns)? as f64 * NS;
    let of = |cpus: Option<u32>| {
        let cpus = cpus.filter(|c| *c > 0)?;
        percent(used, seconds * f64::from(cpus))
    };
    let host = of(host_cpus);
    // More than the whole host has is no reading, whatever the VM's own vCPUs would make of it.
    let possible = host_cpus.is_none() || host.is_some();
    // Emulator and I/O threads count too, so a VM may use more than its vCPUs.
    let own = vcpus.filter(|v| *v > 0 && possible).map(|v| used / (seconds * f64::from(v)));
    let own = own.filter(|share| host_cpus.is_some() || *share <= 8.0).map(|s| (s * 100.0).min(100.0));
    Some([(VmCpu, own), (VmCpuHost, host)])
}

/// Steal and run-queue wait. `keeps_wait`: whether the kernel was ever seen to count waiting.
pub(crate) fn vcpus(before: &[VcpuCounters], now: &[VcpuCounters], seconds: f64, keeps_wait: bool) -> Row<2> {
    let (mut steal, mut wait) = (Total::default(), Total::default());
    let (mut with_steal, mut with_wait) = (0u32, 0u32);
    for n in now {
        let Some(b) = before.iter().find(|b| b.number == n.number) else { continue };
        let (s, w) = (Delta::of(b.delay_ns, n.delay_ns), Delta::of(b.wait_ns, n.wait_ns));
        with_steal += u32::from(s != Delta::Unknown);
        with_wait += u32::from(w != Delta::Unknown);
        steal.add(s);
        wait.add(w);
    }
    let share = |t: Total, n: u32| percent(t.value()? * NS, seconds * f64::from(n));
    [(VmSteal, share(steal, with_steal)), (VmWait, share(wait, with_wait).filter(|_| keeps_wait))]
}

/// Whether the counters are those of the layer the guest writes to.
pub(crate) fn is_active_layer(disk: &DiskCounters) -> bool {
    disk.backing_index.is_none_or(|i| i == 0)
}

fn latency(before: RequestCounters, now: RequestCounters) -> Option<f64> {
    mean(Delta::of(before.time_ns, now.time_ns), Delta::of(before.requests, now.requests))
}

fn mean(time: Delta, requests: Delta) -> Option<f64> {
    match (time, requests) {
        (Delta::Grew(t), Delta::Grew(n)) if n > 0 => Some(t as f64 * NS / n as f64),
        _ => None,
    }
}

/// One disk's values. Gauges are there from the first reading on.
pub(crate) fn disk(before: Option<&DiskCounters>, now: &DiskCounters, seconds: f64) -> Row<11> {
    let rate =
        |get: fn(&DiskCounters) -> Option<u64>| before.and_then(|b| Delta::of(get(b), get(now)).per(seconds));
    let time = |get: fn(&DiskCounters) -> RequestCounters| before.and_then(|b| latency(get(b), get(now)));
    [
        (DiskRead, rate(|d| d.read.bytes)),
        (DiskWrite, rate(|d| d.write.bytes)),
        (DiskReadIops, rate(|d| d.read.requests)),
        (DiskWriteIops, rate(|d| d.write.requests)),
        (DiskFlushIops, rate(|d| d.flush.requests)),
        (DiskReadLatency, time(|d| d.read)),
        (DiskWriteLatency, time(|d| d.write)),
        (DiskFlushLatency, time(|d| d.flush)),
        (DiskErrors, rate(|d| d.errors)),
        (DiskAllocation, now.physical.or(now.allocation).map(|b| b as f64)),
        (DiskCapacity, now.capacity.map(|b| b as f64)),
    ]
}

/// All disks of a VM together, active layers only.
pub(crate) fn disks(before: &[DiskCounters], now: &[DiskCounters], seconds: f64) -> Row<5> {
    let (mut read, mut write, mut both) = (Total::default(), Total::default(), Total::default());
    let (mut requests, mut timed, mut time) = (Total::default(), Total::default(), Total::default());
    for n in now.iter().filter(|d| is_active_layer(d)) {
        let Some(b) = before.iter().find(|b| is_active_layer(b) && b.target == n.target) else { continue };
        let (r, w) = (Delta::of(b.read.bytes, n.read.bytes), Delta::of(b.write.bytes, n.write.bytes));
        read.add(r);
        write.add(w);
        both.add(r);
        both.add(w);
        for (b, n) in [(b.read, n.read), (b.write, n.write), (b.flush, n.flush)] {
            let (count, spent) = (Delta::of(b.requests, n.requests), Delta::of(b.time_ns, n.time_ns));
            requests.add(count);
            if spent != Delta::Unknown && count != Delta::Unknown {
                timed.add(count);
                time.add(spent);
            }
        }
    }
    let latency = match (time.value(), timed.value()) {
        (Some(t), Some(n)) if n > 0.0 => Some(t * NS / n),
        _ => None,
    };
    [
        (VmDiskRead, read.per(seconds)),
        (VmDiskWrite, write.per(seconds)),
        (VmDisk, both.per(seconds)),
        (VmIops, requests.per(seconds)),
        (VmLatency, latency),
    ]
}

/// One NIC's values.
pub(crate) fn nic(before: Option<&NicCounters>, now: &NicCounters, seconds: f64) -> Row<6> {
    let rate = |get: &[fn(&NicCounters) -> Option<u64>]| {
        let before = before?;
        let mut total = Total::default();
        for get in get {
            total.add(Delta::of(get(before), get(now)));
        }
        total.per(seconds)
    };
    [
        (NicRx, rate(&[|n| n.rx_bytes])),
        (NicTx, rate(&[|n| n.tx_bytes])),
        (NicRxPackets, rate(&[|n| n.rx_packets])),
        (NicTxPackets, rate(&[|n| n.tx_packets])),
        (NicErrors, rate(&[|n| n.rx_errors, |n| n.tx_errors])),
        (NicDrops, rate(&[|n| n.rx_drops, |n| n.tx_drops])),
    ]
}

/// All NICs of a VM together.
pub(crate) fn nics(before: &[NicCounters], now: &[NicCounters], seconds: f64) -> Row<5> {
    let mut totals = [Total::default(); 5];
    for n in now {
        let Some(b) = before.iter().find(|b| b.device == n.device) else { continue };
        let (rx, tx) = (Delta::of(b.rx_bytes, n.rx_bytes), Delta::of(b.tx_bytes, n.tx_bytes));
        for (total, delta) in [
            (0, rx),
            (1, tx),
            (2, rx),
            (2, tx),
            (3, Delta::of(b.rx_drops, n.rx_drops)),
            (3, Delta::of(b.tx_drops, n.tx_drops)),
            (4, Delta::of(b.rx_errors, n.rx_errors)),
            (4, Delta::of(b.tx_errors, n.tx_errors)),
        ] {
            totals[total].add(delta);
        }
    }
    let [rx, tx, both, drops, errors] = totals.map(|t| t.per(seconds));
    [(VmNetRx, rx), (VmNetTx, tx), (VmNet, both), (VmNetDrops, drops), (VmNetErrors, errors)]
}
