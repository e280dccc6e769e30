//! What a VM does: shapes of load with amounts, and what they sum to.

use super::clock::SimTime;
use super::dice::{between, mix, spread};
use super::shape::{Activity, Shape};

/// A VM's load: how each resource is used over time.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) shape: Shape,
    pub(crate) seed: u64,
    channels: [Activity; 4],
    /// Shares of the vCPUs' time used at activity 1.
    cpu_level: f64,
    /// Bytes a second at activity 1: read, written, received, sent.
    pub(crate) read_rate: f64,
    pub(crate) write_rate: f64,
    receive_rate: f64,
    send_rate: f64,
    /// Bytes a request and seconds a request, read and write.
    read_size: f64,
    write_size: f64,
    read_latency: f64,
    write_latency: f64,
    /// How much longer disk requests take while a neighbour is noisy.
    slowdown: f64,
    memory_share: f64,
    leak_period_s: f64,
}

/// What a VM has used up to some instant. Additive, so that spans can be summed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    /// Seconds it ran.
    pub(crate) ran: f64,
    /// Integrals of activity.
    pub(crate) cpu: f64,
    pub(crate) read: f64,
    pub(crate) write: f64,
    pub(crate) net: f64,
    /// Seconds of a noisy neighbour.
    pub(crate) suffered: f64,
}

impl Totals {
    fn each(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            ran: f(self.ran, other.ran),
            cpu: f(self.cpu, other.cpu),
            read: f(self.read, other.read),
            write: f(self.write, other.write),
            net: f(self.net, other.net),
            suffered: f(self.suffered, other.suffered),
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        self.each(other, |a, b| a + b)
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.each(other, |a, b| a - b)
    }
}

/// Requests of one kind, summed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Requests {
    pub(crate) count: f64,
    pub(crate) bytes: f64,
    pub(crate) seconds: f64,
}

impl Workload {
    /// The load of a VM. `day_s` is the length of a day in seconds.
    pub(crate) fn new(shape: Shape, seed: u64, day_s: f64) -> Self {
        let amount = match shape {
            Shape::Idle => 0.2,
            Shape::Noisy => 4.0,
            _ => 1.0,
        };
        Self {
            shape,
            seed,
            channels: [1, 2, 3, 4].map(|own| Activity::new(shape, seed, mix(seed, own), day_s)),
            cpu_level: if shape == Shape::Noisy { 0.9 } else { between(seed, 20, 0.25, 0.82) },
            read_rate: amount * spread(seed, 21, 2e5, 4e7),
            write_rate: amount * spread(seed, 22, 2e5, 2e7),
            receive_rate: amount * spread(seed, 23, 2e4, 2e7),
            send_rate: amount * spread(seed, 24, 2e4, 4e7),
            read_size: spread(seed, 25, 8e3, 2.5e5),
            write_size: spread(seed, 26, 4e3, 6e4),
            read_latency: spread(seed, 27, 1.5e-4, 4e-3),
            write_latency: spread(seed, 28, 2e-4, 6e-3),
            slowdown: if shape == Shape::Noisy { 0.0 } else { between(seed, 29, 2.0, 8.0) },
            memory_share: between(seed, 30, 0.25, 0.75),
            leak_period_s: between(seed, 31, 2_400.0, 9_000.0),
        }
    }

    /// Everything from the beginning of time to `t`, as if it had always run. Neighbours are not in it.
    pub(crate) fn until(&self, t: SimTime) -> Totals {
        let [cpu, read, write, net] = self.channels.map(|c| c.until(t.s));
        Totals { ran: t.s, cpu, read, write, net, suffered: 0.0 }
    }

    /// The CPU part of [`Workload::until`].
    pub(crate) fn cpu_until(&self, t: SimTime) -> f64 {
        self.channels[0].until(t.s)
    }

    /// Seconds of noise it has made to `t`, as if it had always run; 0 unless it is noisy.
    pub(crate) fn noise(&self, t: SimTime) -> f64 {
        if self.shape == Shape::Noisy { self.channels[0].bursts(t.s) } else { 0.0 }
    }

    /// CPU seconds per vCPU.
    pub(crate) fn cpu_seconds(&self, used: &Totals) -> f64 {
        self.cpu_level * used.cpu
    }

    /// Seconds a vCPU was ready but had no CPU: a little always, more beside noise.
    pub(crate) fn stolen_seconds(&self, used: &Totals) -> f64 {
        let share = if self.shape == Shape::Noisy { 0.01 } else { 0.1 };
        0.003 * self.cpu_seconds(used) + share * used.suffered
    }

    /// Reads of all disks.
    pub(crate) fn reads(&self, used: &Totals) -> Requests {
        let least = self.read_rate * self.channels[1].lowest() / self.read_size;
        requests(self.read_rate * used.read, self.read_size, self.read_latency, self.delayed(least, used))
    }

    /// Writes of all disks.
    pub(crate) fn writes(&self, used: &Totals) -> Requests {
        let least = self.write_rate * self.channels[2].lowest() / self.write_size;
        requests(self.write_rate * used.write, self.write_size, self.write_latency, self.delayed(least, used))
    }

    /// Flushes of all disks: one for some writes.
    pub(crate) fn flushes(&self, used: &Totals) -> Requests {
        let count = self.writes(used).count / between(self.seed, 32, 8.0, 60.0);
        Requests { count, bytes: 0.0, seconds: count * self.write_latency * 3.0 }
    }

    /// Requests delayed by noise, in units of their own latency. At most `slowdown` for each that was made.
    fn delayed(&self, least_rate: f64, used: &Totals) -> f64 {
        self.slowdown * least_rate * used.suffered
    }

    /// Bytes received and sent by all NICs.
    pub(crate) fn traffic(&self, used: &Totals) -> (f64, f64) {
        (self.receive_rate * used.net, self.send_rate * used.net)
    }

    /// Share of the guest's memory in use at `t`, 0 to 1.
    pub(crate) fn memory_used(&self, t: SimTime) -> f64 {
        let sway = (t.s / between(self.seed, 33, 40.0, 400.0)).sin() * 0.03;
        match self.shape {
            Shape::Leak => 0.3 + 0.66 * self.leak_phase(t).1,
            Shape::Idle => 0.18 + 0.1 * self.memory_share + sway * 0.1,
            _ => self.memory_share + sway,
        }
    }

    /// Swap traffic in bytes and major faults up to `t`: only when a leak has eaten nearly everything.
    pub(crate) fn swapping(&self, t: SimTime) -> (f64, f64) {
        if self.shape != Shape::Leak {
            return (0.0, 0.0);
        }
        let (cycles, phase) = self.leak_phase(t);
        let pressed = cycles * 0.1 + (phase - 0.9).max(0.0);
        (pressed * 4e9, pressed * 5e4)
    }

    /// How often it has leaked full, and how far it is now, 0 to 1.
    fn leak_phase(&self, t: SimTime) -> (f64, f64) {
        let cycles = t.s / self.leak_period_s;
        (cycles.floor(), cycles.fract())
    }
}

fn requests(bytes: f64, size: f64, latency: f64, delayed: f64) -> Requests {
    let count = bytes / size;
    Requests { count, bytes, seconds: (count + delayed) * latency }
}
