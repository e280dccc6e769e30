//! Counters to values. Pure.
//!
//! A rate needs two readings of one run: what began anew (a reset, a restart, a pause, a reconnect) is a
//! gap, never a spike, and what is not known is never 0.

mod host;
mod memory;
#[cfg(test)]
mod tests;
mod vm;

pub(crate) use host::{HOST_METRICS, host};
pub(crate) use memory::{MEMORY_METRICS, memory};
pub(crate) use vm::{
    CPU_METRICS, DISK_DEVICE_METRICS, DISK_METRICS, NET_METRICS, NIC_DEVICE_METRICS, VCPU_METRICS, cpu, disk,
    disks, is_active_layer, nic, nics, vcpus,
};

use crate::model::metric::MetricId;
use crate::model::time::Moment;

/// Values of some metrics, `None` being unknown.
pub(crate) type Row<const N: usize> = [(MetricId, Option<f64>); N];

/// Readings closer together than this say more about the call's timing than about the VM.
const SHORTEST_S: f64 = 0.2;

/// Counters as once read, in which run.
#[derive(Clone, Debug)]
pub(crate) struct Seen<T> {
    /// When.
    pub(crate) at: Moment,
    /// Of which run: two readings are comparable only within one.
    pub(crate) epoch: u32,
    /// What.
    pub(crate) counters: T,
}

/// What lies between two readings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Span {
    /// Nothing to compare with.
    Gap,
    /// Too little time: what is shown stays.
    TooShort,
    /// So many seconds.
    Seconds(f64),
}

/// The span from an earlier reading to one now.
pub(crate) fn span<T>(before: Option<&Seen<T>>, at: Moment, epoch: u32) -> Span {
    let Some(before) = before.filter(|b| b.epoch == epoch) else { return Span::Gap };
    match at.seconds_since(before.at) {
        Some(s) if s >= SHORTEST_S => Span::Seconds(s),
        Some(_) => Span::TooShort,
        // Not later, or the clock went back.
        None if at.mono_us == before.at.mono_us => Span::TooShort,
        None => Span::Gap,
    }
}

/// How a counter moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delta {
    /// It is not told, or was not before: it says nothing.
    Unknown,
    /// It fell: it began anew, and so did whatever it is part of.
    Reset,
    /// It grew by so much.
    Grew(u64),
}

impl Delta {
    fn of(before: Option<u64>, now: Option<u64>) -> Self {
        match (before, now) {
            (Some(b), Some(n)) => n.checked_sub(b).map_or(Self::Reset, Self::Grew),
            _ => Self::Unknown,
        }
    }

    fn per(self, seconds: f64) -> Option<f64> {
        match self {
            Self::Grew(d) => Some(d as f64 / seconds),
            Self::Unknown | Self::Reset => None,
        }
    }
}

/// A sum over parts: a part that is not told adds nothing, one that was reset makes the sum unknown.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    sum: u128,
    known: bool,
    broken: bool,
}

impl Total {
    fn add(&mut self, delta: Delta) {
        match delta {
            Delta::Unknown => {}
            Delta::Reset => self.broken = true,
            Delta::Grew(d) => {
                self.sum += u128::from(d);
                self.known = true;
            }
        }
    }

    fn value(self) -> Option<f64> {
        (self.known && !self.broken).then_some(self.sum as f64)
    }

    fn per(self, seconds: f64) -> Option<f64> {
        self.value().map(|v| v / seconds)
    }
}

/// A share in percent. Timing makes it pass 100 a little, which is 100; far beyond, the counters lie.
fn percent(part_s: f64, whole_s: f64) -> Option<f64> {
    const ABSURD: f64 = 2.0;
    let share = part_s / whole_s;
    (share.is_finite() && (0.0..=ABSURD).contains(&share)).then(|| (share * 100.0).min(100.0))
}
