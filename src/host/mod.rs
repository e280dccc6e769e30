//! The port to the machine itself: `/proc`, `/sys`, pressure, file systems, block devices, and this process.
//!
//! Every source is optional: what is missing, unreadable or garbage becomes `None` (and a sentence in
//! [`Machine::unavailable`]), never an error and never 0.
//!
//! | part | reads |
//! | --- | --- |
//! | `local` | puts the parts together: [`LocalMachine`] |
//! | `files` | small kernel files into one reused buffer |
//! | `counters` | CPU, memory, load, pressure, uptime |
//! | `facts` | kernel, operating system, CPU name |
//! | `mounts`, `capacity` | which file systems count, and how full they are; a dead mount hangs nobody |
//! | `disks` | block devices and their rates |
//! | `bridges` | ports of bridges, the default route |
//! | `net` | routes, network devices: what a new network must not collide with |

mod bridges;
mod capacity;
mod counters;
mod disks;
mod facts;
mod files;
mod local;
mod mounts;
mod net;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use local::LocalMachine;
pub use net::networks;

use crate::model::counters::NodeCounters;
use crate::model::host::Machine;

/// What this process costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnUsage {
    /// CPU time of all its threads since it started.
    pub cpu: Duration,
    /// Resident memory, bytes.
    pub resident: u64,
}

/// A machine that can be asked about itself.
pub trait MachinePort: Send {
    /// CPU by mode with steal, memory with what is available, swap, load, pressure, uptime. Cheap: a
    /// handful of small files, about 0.1 ms.
    fn counters(&mut self) -> NodeCounters;

    /// Kernel, system, file systems, block devices and bridges. Rates are over the time since the last call and `None` at the
    /// first. Takes a few milliseconds; half a second at most when a mount hangs that did not hang before.
    fn machine(&mut self) -> Machine;

    /// CPU time and memory of this process; `None` where `/proc` does not tell.
    fn own_usage(&mut self) -> Option<OwnUsage>;
}
