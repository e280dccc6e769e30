//! A VM's memory: gauges, but only as fresh as the guest's last report.

use super::Row;
use crate::model::counters::BalloonCounters;
use crate::model::metric::MetricId::{
    self, VmBalloon, VmMemory, VmMemoryAvailable, VmMemoryShare, VmResident,
};

/// What a VM's memory track holds.
pub(crate) const MEMORY_METRICS: &[MetricId] = &[VmMemory, VmMemoryShare, VmResident, VmBalloon];

/// Memory values. `silent`: the guest stopped reporting, so what it last said holds no longer.
pub(crate) fn memory(now: &BalloonCounters, silent: bool) -> Row<5> {
    let reports = !silent && now.last_update_s.is_some_and(|s| s > 0);
    let available = now.available.filter(|a| reports && *a > 0);
    let used = available.zip(now.usable).and_then(|(a, u)| a.checked_sub(u));
    let share = used.zip(available).map(|(u, a)| u as f64 / a as f64 * 100.0);
    [
        (VmMemory, used.map(|b| b as f64)),
        (VmMemoryShare, share),
        (VmMemoryAvailable, available.map(|b| b as f64)),
        (VmResident, now.rss.map(|b| b as f64)),
        (VmBalloon, now.current.map(|b| b as f64)),
    ]
}
