//! Values of the node.

use super::{Row, percent};
use crate::model::counters::{NodeCounters, NodeCpuCounters};
use crate::model::metric::MetricId::{
    self, HostCpu, HostCpuIowait, HostCpuSteal, HostCpuSystem, HostCpuUser, HostLoad, HostMemory,
    HostMemoryShare, HostMemoryTotal, HostPressureCpu, HostPressureIo, HostPressureMemory, HostSwap,
};

/// What the host's track holds.
pub(crate) const HOST_METRICS: &[MetricId] = &[
    HostCpu,
    HostCpuUser,
    HostCpuSystem,
    HostCpuIowait,
    HostCpuSteal,
    HostMemory,
    HostMemoryTotal,
    HostMemoryShare,
    HostSwap,
    HostLoad,
    HostPressureCpu,
    HostPressureMemory,
    HostPressureIo,
];

/// All values of the host, in the order of [`HOST_METRICS`].
pub(crate) type Host = Row<13>;

/// The host's values; its CPU shares need the reading before.
pub(crate) fn host(before: Option<&NodeCpuCounters>, now: &NodeCounters) -> Host {
    let [busy, user, system, iowait, steal] =
        before.zip(now.cpu.as_ref()).map_or([None; 5], |(b, n)| cpu(b, n));
    let memory = now.memory.filter(|m| m.total > 0);
    let swap = memory.and_then(|m| m.swap);
    let pressure = now.pressure.as_ref();
    [
        (HostCpu, busy),
        (HostCpuUser, user),
        (HostCpuSystem, system),
        (HostCpuIowait, iowait),
        (HostCpuSteal, steal),
        (HostMemory, memory.map(|m| m.used() as f64)),
        (HostMemoryTotal, memory.map(|m| m.total as f64)),
        (HostMemoryShare, memory.map(|m| m.used() as f64 / m.total as f64 * 100.0)),
        (HostSwap, swap.map(|(total, free)| total.saturating_sub(free) as f64)),
        (HostLoad, now.load.map(|l| l[0]).filter(|l| l.is_finite() && *l >= 0.0)),
        (HostPressureCpu, pressure.map(|p| p.cpu)),
        (HostPressureMemory, pressure.map(|p| p.memory)),
        (HostPressureIo, pressure.map(|p| p.io)),
    ]
}

/// Shares of busy, user, system, iowait and steal. Divided by what all modes grew together, not by the
/// clock: the kernel counts in ticks.
fn cpu(b: &NodeCpuCounters, n: &NodeCpuCounters) -> [Option<f64>; 5] {
    const UNKNOWN: [Option<f64>; 5] = [None; 5];
    let (Some(user), Some(system), Some(idle)) = (
        n.user_ns.checked_sub(b.user_ns),
        n.system_ns.checked_sub(b.system_ns),
        n.idle_ns.checked_sub(b.idle_ns),
    ) else {
        return UNKNOWN;
    };
    // Linux lets iowait fall back a little; that is no reset.
    let iowait = n.iowait_ns.saturating_sub(b.iowait_ns);
    let steal = match (b.steal_ns, n.steal_ns) {
        (Some(b), Some(n)) => n.checked_sub(b),
        _ => None,
    };
    let busy = user as f64 + system as f64 + steal.unwrap_or(0) as f64;
    let whole = busy + idle as f64 + iowait as f64;
    if whole <= 0.0 {
        return UNKNOWN;
    }
    [
        percent(busy, whole),
        percent(user as f64, whole),
        percent(system as f64, whole),
        percent(iowait as f64, whole),
        steal.and_then(|s| percent(s as f64, whole)),
    ]
}
