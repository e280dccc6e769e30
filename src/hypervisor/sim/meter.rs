//! One VM's meter: what its workload has used while it ran, as libvirt would count it.

use super::clock::SimTime;
use super::dice::{between, mix};
use super::hardware::{Disk, Hardware};
use super::workload::{Requests, Totals, Workload};
use crate::model::counters::{
    BalloonCounters, CpuCounters, DiskCounters, NicCounters, RequestCounters, VcpuCounters,
};

/// A workload, the hardware it runs on, and a ledger of when it ran.
#[derive(Clone, Debug)]
pub(crate) struct Meter {
    pub(crate) hardware: Hardware,
    pub(crate) workload: Workload,
    /// Used in spans that have ended.
    settled: Totals,
    /// What was used when the counters last began at 0.
    zero: Totals,
    /// Since when it runs, and the host's noise then.
    running: Option<(SimTime, f64)>,
}

impl Meter {
    pub(crate) fn new(hardware: Hardware, workload: Workload) -> Self {
        Self { hardware, workload, settled: Totals::default(), zero: Totals::default(), running: None }
    }

    /// It begins or goes on to run.
    pub(crate) fn run(&mut self, t: SimTime, noise: f64) {
        self.running.get_or_insert((t, noise));
    }

    /// It stands still: paused or off.
    pub(crate) fn halt(&mut self, t: SimTime, noise: f64) {
        self.settled = self.lifetime(t, noise);
        self.running = None;
    }

    /// Its counters begin at 0 again, as after a restart.
    pub(crate) fn reset(&mut self, t: SimTime, noise: f64) {
        self.zero = self.lifetime(t, noise);
    }

    /// Since when it runs.
    pub(crate) fn running_since(&self) -> Option<SimTime> {
        self.running.map(|(since, _)| since)
    }

    /// Seconds of noise made for others since it runs.
    pub(crate) fn noise(&self, t: SimTime) -> f64 {
        self.running.map_or(0.0, |(since, _)| (self.workload.noise(t) - self.workload.noise(since)).max(0.0))
    }

    /// Used since it exists.
    pub(crate) fn lifetime(&self, t: SimTime, noise: f64) -> Totals {
        self.running.map_or(self.settled, |(since, noise_then)| {
            let span = self.workload.until(t).minus(self.workload.until(since));
            self.settled.plus(Totals { suffered: noise - noise_then, ..span })
        })
    }

    /// CPU seconds used since it exists, over all its vCPUs. `t` may lie before it was last started.
    pub(crate) fn lifetime_cpu(&self, t: SimTime) -> f64 {
        let span = self
            .running
            .map_or(0.0, |(since, _)| (self.workload.cpu_until(t) - self.workload.cpu_until(since)).max(0.0));
        self.all_vcpus(&Totals { cpu: self.settled.cpu + span, ..Totals::default() })
    }

    /// Used since it exists and since its counters began at 0.
    pub(crate) fn used(&self, t: SimTime, noise: f64) -> Used {
        let life = self.lifetime(t, noise);
        Used { life, counted: life.minus(self.zero) }
    }

    fn all_vcpus(&self, used: &Totals) -> f64 {
        self.workload.cpu_seconds(used) * f64::from(self.hardware.vcpus) * (1.0 + EMULATOR)
    }

    pub(crate) fn cpu(&self, used: &Used) -> CpuCounters {
        let total = self.all_vcpus(&used.counted);
        let kernel = total * between(self.workload.seed, 40, 0.08, 0.3);
        CpuCounters { time_ns: ns(total), user_ns: Some(ns(total - kernel)), system_ns: Some(ns(kernel)) }
    }

    pub(crate) fn vcpus(&self, used: &Used) -> Vec<VcpuCounters> {
        let used = &used.counted;
        let (each, stolen) = (self.workload.cpu_seconds(used), self.workload.stolen_seconds(used));
        let count = self.hardware.vcpus;
        (0..count)
            .map(|number| {
                // Neighbouring vCPUs differ by as much up as down, so that they sum to the VM's time.
                let lean = if count % 2 == 1 && number + 1 == count { 0.0 } else { 0.12 };
                let lean = if number % 2 == 0 { lean } else { -lean };
                VcpuCounters {
                    number,
                    running: true,
                    time_ns: Some(ns(each * (1.0 + lean))),
                    wait_ns: Some(0),
                    delay_ns: Some(ns(stolen * (1.0 - lean))),
                }
            })
            .collect()
    }

    /// Memory. Without a period the guest does not report, and only what the host knows is there.
    pub(crate) fn balloon(&self, t: SimTime, period: Option<u64>) -> BalloonCounters {
        let memory = self.hardware.memory;
        let host = BalloonCounters {
            current: Some(memory),
            maximum: Some(self.hardware.memory_max),
            rss: Some(part(memory, 0.12 + 0.85 * self.workload.memory_used(t))),
            ..BalloonCounters::default()
        };
        let Some(period) = period.filter(|_| self.hardware.balloon) else { return host };
        let t = t.last_report(period);
        let available = part(memory, 0.965);
        let used = self.workload.memory_used(t);
        let (swapped, faults) = self.workload.swapping(t);
        BalloonCounters {
            available: Some(available),
            usable: Some(part(available, 1.0 - used)),
            unused: Some(part(available, (1.0 - used) * 0.4)),
            last_update_s: Some(t.wall_s()),
            swap_in: Some((swapped * 0.7) as u64),
            swap_out: Some(swapped as u64),
            major_faults: Some(faults as u64),
            ..host
        }
    }

    /// Disks. Of a VM that is off only the sizes are known.
    pub(crate) fn disks(&self, used: &Used, active: bool) -> Vec<DiskCounters> {
        let w = &self.workload;
        let kinds = [w.reads(&used.counted), w.writes(&used.counted), w.flushes(&used.counted)];
        let written = w.writes(&used.life).bytes;
        let shares = shares(self.hardware.disks.iter().filter(|d| !d.removable).count(), 0.6);
        let mut shares = shares.into_iter();
        self.hardware
            .disks
            .iter()
            .map(|disk| {
                let share = if disk.removable { 0.0 } else { shares.next().unwrap_or(0.0) };
                let [read, write, flush] = kinds.map(|k| if active { count(k, share) } else { NOTHING });
                let allocation = grown(disk, written * share);
                let is_known = disk.path.is_some() && disk.capacity > 0;
                DiskCounters {
                    target: disk.target.clone(),
                    path: disk.path.clone(),
                    backing_index: None,
                    read,
                    write,
                    flush: RequestCounters { bytes: None, ..flush },
                    errors: None,
                    allocation: is_known.then_some(allocation),
                    capacity: is_known.then_some(disk.capacity),
                    physical: is_known.then_some(allocation),
                }
            })
            .collect()
    }

    /// Bytes each disk occupies, in their order.
    pub(crate) fn allocations(&self, used: &Used) -> Vec<u64> {
        self.disks(used, false).iter().map(|d| d.allocation.unwrap_or(0)).collect()
    }

    pub(crate) fn nics(&self, used: &Used) -> Vec<NicCounters> {
        let used = &used.counted;
        let (received, sent) = self.workload.traffic(used);
        let packet = between(self.workload.seed, 41, 350.0, 1400.0);
        // One VM in eight sits behind a queue that overflows beside a noisy neighbour.
        let drops = if mix(self.workload.seed, 42).is_multiple_of(8) { used.suffered * 5.0 } else { 0.0 };
        self.hardware
            .nics
            .iter()
            .zip(shares(self.hardware.nics.len(), 0.8))
            .map(|(device, share)| NicCounters {
                device: device.clone(),
                rx_bytes: Some((received * share) as u64),
                rx_packets: Some((received * share / packet) as u64),
                rx_errors: Some(0),
                rx_drops: Some((drops * share) as u64),
                tx_bytes: Some((sent * share) as u64),
                tx_packets: Some((sent * share / packet) as u64),
                tx_errors: Some(0),
                tx_drops: Some(0),
            })
            .collect()
    }
}

/// What a VM has used, computed once for all groups of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// Since it exists.
    life: Totals,
    /// Since its counters began at 0.
    counted: Totals,
}

/// CPU time of the emulator, as a share of that of the vCPUs.
const EMULATOR: f64 = 0.03;

const NOTHING: RequestCounters = RequestCounters { requests: None, bytes: None, time_ns: None };

fn count(k: Requests, share: f64) -> RequestCounters {
    RequestCounters {
        requests: Some((k.count * share) as u64),
        bytes: Some((k.bytes * share) as u64),
        time_ns: Some(ns(k.seconds * share)),
    }
}

/// The disk's image: most writes hit blocks it already has.
fn grown(disk: &Disk, written: f64) -> u64 {
    (disk.allocation + (written * 2e-4) as u64).min(disk.capacity)
}

/// How devices share a load: the first takes `first`, the next as much of the rest, the last all of it.
fn shares(devices: usize, first: f64) -> Vec<f64> {
    let mut rest = 1.0;
    (1..=devices)
        .map(|i| {
            let share = if i == devices { rest } else { rest * first };
            rest -= share;
            share
        })
        .collect()
}

fn ns(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

fn part(of: u64, share: f64) -> u64 {
    (of as f64 * share) as u64
}
