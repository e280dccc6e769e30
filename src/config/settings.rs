//! Settings as the rest of the program uses them: complete, valid, with defaults.

use std::time::Duration;

/// How the engine polls.
#[derive(Clone, Debug, PartialEq)]
pub struct PollSettings {
    /// Interval of state, CPU and interfaces.
    pub fast: Duration,
    /// Interval of block, balloon and vCPU for VMs on screen.
    pub slow_visible: Duration,
    /// The same for all other running VMs.
    pub slow_hidden: Duration,
    /// Interval of pools.
    pub pools: Duration,
    /// Interval of networks.
    pub networks: Duration,
    /// Interval of addresses of VMs on screen.
    pub addresses: Duration,
    /// Deadline of one call to a pool.
    pub pool_deadline: Duration,
    /// After this long without an answer the host counts as stalled.
    pub stall_after: Duration,
    /// How much of the past is kept in memory.
    pub keep: Duration,
    /// Period of guests' memory statistics; `None` leaves guests' settings alone.
    pub arm_memory_stats: Option<Duration>,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self {
            fast: Duration::from_secs(2),
            slow_visible: Duration::from_secs(4),
            slow_hidden: Duration::from_secs(20),
            pools: Duration::from_secs(30),
            networks: Duration::from_secs(30),
            addresses: Duration::from_secs(30),
            pool_deadline: Duration::from_secs(10),
            stall_after: Duration::from_secs(5),
            keep: Duration::from_secs(15 * 60),
            arm_memory_stats: Some(Duration::from_secs(5)),
        }
    }
}

/// Limits at which the host's own conditions become alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitSettings {
    /// Pool use in percent that is a warning.
    pub pool_warn_percent: f64,
    /// Pool use in percent that is critical.
    pub pool_crit_percent: f64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { pool_warn_percent: 85.0, pool_crit_percent: 95.0 }
    }
}
