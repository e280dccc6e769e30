//! What host to simulate.

use std::time::Duration;

use super::clock::SimClock;
use super::shape::Shape;

/// The host to simulate. Two hosts of the same configuration are the same to the last bit.
///
/// ```
/// use novacron::hypervisor::sim::{SimClock, SimConfig, SimHost};
/// let host = SimHost::new(SimConfig { vms: 200, running: 20, ..SimConfig::default() }.on(SimClock::manual()));
/// ```
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// Everything random comes from it.
    pub seed: u64,
    /// VMs that are defined.
    pub vms: usize,
    /// Thereof running; the rest is shut off.
    pub running: usize,
    /// Storage pools, at least 1.
    pub pools: usize,
    /// Networks, at least 1.
    pub networks: usize,
    /// Shapes of load, given to VMs in turn; empty: a usual mixture.
    pub shapes: Vec<Shape>,
    /// Length of a day of the diurnal shape. Shorter ones make it visible in minutes.
    pub day: Duration,
    /// Whether connections are read-only.
    pub read_only: bool,
    /// Whether all VMs' statistics come in one call, as with QEMU.
    pub bulk_stats: bool,
    /// Whether guests report memory from the beginning, without having been told to.
    pub armed: bool,
    /// Host name.
    pub hostname: String,
    /// Its time.
    pub clock: SimClock,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            vms: 24,
            running: 16,
            pools: 4,
            networks: 4,
            shapes: Vec::new(),
            day: Duration::from_secs(86_400),
            read_only: false,
            bulk_stats: true,
            armed: false,
            hostname: "sim1".to_owned(),
            clock: SimClock::real(),
        }
    }
}

impl SimConfig {
    /// So many VMs, so many of them running, on a clock that is advanced by hand.
    pub fn manual(vms: usize, running: usize) -> Self {
        Self { vms, running, clock: SimClock::manual(), ..Self::default() }
    }

    /// The same on this clock.
    #[must_use]
    pub fn on(self, clock: SimClock) -> Self {
        Self { clock, ..self }
    }

    /// The same with these shapes of load, given to VMs in turn.
    #[must_use]
    pub fn with_shapes(self, shapes: &[Shape]) -> Self {
        Self { shapes: shapes.to_vec(), ..self }
    }
}
