//! One published view of everything: immutable, shared, replaced as a whole.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::alert::Alert;
use super::host::HostView;
use super::id::VmId;
use super::network::Network;
use super::storage::Pool;
use super::time::Timestamp;
use super::vm::{Vm, VmState};

/// State of the connection to the hypervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    /// The first connection is being made.
    Connecting {
        /// Since when.
        since: Timestamp,
    },
    /// Connected and answering.
    Up {
        /// Since when.
        since: Timestamp,
    },
    /// A call has not been answered for long, be it the one that connects.
    Stalled {
        /// Since when.
        since: Timestamp,
    },
    /// Not connected; it is tried again.
    Lost {
        /// Since when.
        since: Timestamp,
        /// Tries so far.
        attempt: u32,
        /// When it is tried next.
        next_try: Timestamp,
        /// What kind of failure it was.
        cause: LostCause,
        /// What failed and why, one sentence.
        reason: String,
        /// What to do; may be empty.
        hint: String,
    },
}

/// Why there is no connection, as far as it decides what a command's exit code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LostCause {
    /// The URI names no hypervisor: trying again will not help.
    BadUri,
    /// Nobody answers, or not to this user.
    Unreachable,
}

impl Link {
    /// Whether values are being renewed.
    pub const fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }
}

/// How it goes with recording what is measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recording {
    /// Nothing is recorded.
    #[default]
    Off,
    /// This process records.
    Here,
    /// Another process records.
    Elsewhere {
        /// Which, where it said so.
        pid: Option<u32>,
    },
    /// It should be recorded, but cannot be written; what is in memory stays there.
    Failing {
        /// Since when.
        since: Timestamp,
        /// Why, and what to do: one sentence or two, cleaned.
        why: String,
    },
}

/// Who asked the hypervisor for what a snapshot shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// This process.
    #[default]
    Own,
    /// A collector on this machine, which passes it on.
    Collector {
        /// Which process.
        pid: Option<u32>,
    },
    /// This process, although a collector runs: the two cannot speak to each other.
    Despite {
        /// Why, one sentence.
        why: String,
    },
}

/// What the console itself costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SelfCost {
    /// Own CPU, percent of one core.
    pub cpu_percent: Option<f64>,
    /// Resident memory, bytes.
    pub resident: Option<u64>,
    /// Calls to the hypervisor a second.
    pub calls_per_second: Option<f64>,
    /// Bytes from the hypervisor a second, as decoded (stats and XML).
    pub bytes_per_second: Option<f64>,
    /// Duration of the last poll, seconds: waiting for the hypervisor.
    pub poll_wait_s: Option<f64>,
    /// Own CPU of the last poll, seconds: decode, rates, publish.
    pub poll_cpu_s: Option<f64>,
    /// Calls given up as hung.
    pub abandoned_calls: u64,
    /// Events dropped because the queue was full.
    pub dropped_events: u64,
}

/// VMs by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Running.
    pub running: usize,
    /// Paused or suspended.
    pub paused: usize,
    /// Off.
    pub off: usize,
    /// Crashed.
    pub crashed: usize,
    /// Shutting down or unknown.
    pub other: usize,
}

/// What a connection cannot do here, with the reason: shown as unavailable, never as 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// No write calls: read-only connection or `--read-only`.
    pub read_only: bool,
    /// Why bulk statistics are not used.
    pub no_bulk_stats: Option<String>,
    /// Why guest memory statistics cannot be armed.
    pub no_arming: Option<String>,
    /// Why agent addresses cannot be asked.
    pub no_agent: Option<String>,
    /// Why pools cannot be refreshed.
    pub no_refresh: Option<String>,
    /// Why no events arrive.
    pub no_events: Option<String>,
}

/// One view of a host and everything on it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Counts up with each published snapshot.
    pub serial: u64,
    /// When it was published.
    pub at: Timestamp,
    /// URI, without secrets.
    pub uri: String,
    /// Whether this is the demo host.
    pub demo: bool,
    /// The connection.
    pub link: Link,
    /// Whether the list of VMs was read at least once.
    pub listed: bool,
    /// What cannot be had.
    pub limits: Arc<Limits>,
    /// The host.
    pub host: Arc<HostView>,
    /// VMs, sorted by name then UUID.
    pub vms: Arc<[Arc<Vm>]>,
    /// Pools, sorted by name; `None` until read.
    pub pools: Option<Arc<[Arc<Pool>]>>,
    /// Networks, sorted by name; `None` until read.
    pub networks: Option<Arc<[Arc<Network>]>>,
    /// What needs attention, worst first.
    pub alerts: Arc<[Alert]>,
    /// What the console costs.
    pub cost: SelfCost,
    /// How it goes with recording.
    pub recording: Recording,
    /// Who asked.
    pub source: Source,
}

impl Snapshot {
    /// The VM with this UUID.
    pub fn vm(&self, id: VmId) -> Option<&Arc<Vm>> {
        self.vms.iter().find(|v| v.id == id)
    }

    /// VMs by state.
    pub fn counts(&self) -> Counts {
        let mut c = Counts::default();
        for vm in self.vms.iter() {
            *match vm.state {
                VmState::Running => &mut c.running,
                VmState::Paused(_) | VmState::Suspended => &mut c.paused,
                VmState::ShutOff => &mut c.off,
                VmState::Crashed => &mut c.crashed,
                VmState::ShuttingDown | VmState::Unknown => &mut c.other,
            } += 1;
        }
        c
    }
}
