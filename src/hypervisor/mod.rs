//! The port to a hypervisor: a few role traits of blocking calls, and their adapters.
//!
//! - `libvirt`: the real thing; the only user of `virt`
//! - `sim`: seeded, deterministic, any number of VMs, faults on demand
//! - `demo`: libvirt's in-process test driver, with metrics from `sim`
//!
//! Every call may hang: the caller owns a connection per worker thread and never shares it with something
//! more important. Names in results are as the hypervisor has them; cleaning is the drawer's business.

mod block_jobs;
mod change;
mod definitions;
pub mod demo;
mod error;
mod hardware;
pub mod libvirt;
mod making_roles;
mod network_admin;
pub mod sim;
mod snapshot_roles;
mod store;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

pub use block_jobs::{BlockJob, BlockJobs};
pub use change::{Ask, Define, HvProgress, Lifecycle, StartHow, XmlOf};
pub use definitions::{Definitions, NvramThen, Undefining};
pub use error::{HvError, HvErrorKind, HvResult};
pub use hardware::Hardware;
pub use making_roles::{BackupTarget, Making};
pub use network_admin::{NetworkAdmin, NetworkXml};
pub use snapshot_roles::{DeleteSnapshot, RevertSnapshot, SnapshotHow, Snapshots};
pub use store::{Build, Chunk, Piece, Pools, Sink, Source, Volumes};
pub use streams::{ConsoleLink, ConsoleNews, ConsoleSink, SCREENSHOT_MAX, Screenshot, Streams};

use crate::model::counters::{NodeCounters, VmCounters};
use crate::model::host::Node;
use crate::model::id::VmId;
use crate::model::metric::Group;
use crate::model::network::NetworkDefinition;
use crate::model::storage::{PoolRecord, Volume};
use crate::model::vm::{AddressSource, GuestAddress, PauseReason, VmFlags, VmRecord, VmState};

/// A set of statistics groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Groups(u8);

impl Groups {
    /// No group.
    pub const NONE: Self = Self(0);

    /// The set of these groups.
    pub fn of(groups: &[Group]) -> Self {
        Self(groups.iter().fold(0, |bits, g| bits | 1 << *g as u8))
    }

    /// Whether the group is in the set.
    pub const fn has(self, group: Group) -> bool {
        self.0 & (1 << group as u8) != 0
    }

    /// This set with one group more.
    #[must_use]
    pub const fn with(self, group: Group) -> Self {
        Self(self.0 | 1 << group as u8)
    }

    /// The groups of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Which VMs statistics are asked of.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// All, running or not.
    All,
    /// All that are active.
    Active,
    /// These; one that is gone is left out of the answer.
    These(&'a [VmId]),
}

/// What a connection can do; asked once after connecting, never assumed from a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Groups that the bulk call (or its per-VM stand-in) serves.
    pub groups: Groups,
    /// Why statistics do not come in one call for all VMs; `None` when they do.
    pub no_bulk_stats: Option<String>,
    /// Opened read-only.
    pub read_only: bool,
    /// The hypervisor runs on this machine.
    pub local: bool,
    /// Why events do not arrive; `None` when they do.
    pub no_events: Option<String>,
    /// Why memory statistics cannot be armed; `None` when they can.
    pub no_arming: Option<String>,
    /// Why the guest agent cannot be asked; `None` when it can.
    pub no_agent: Option<String>,
    /// Why pools cannot be refreshed; `None` when they can.
    pub no_refresh: Option<String>,
}

/// What a connection is for. Each worker thread has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Lists, statistics, events.
    Poll,
    /// Pools, volumes, networks.
    Storage,
    /// XML, flags, guest agent, addresses.
    Detail,
    /// Operations: what changes the host, and what they rest on.
    Operate,
    /// A guest's own console.
    Console,
}

/// Opens connections to one hypervisor.
pub trait Connector: Send + Sync {
    /// The URI, without secrets.
    fn uri(&self) -> &str;

    /// Whether this is the demo host.
    fn is_demo(&self) -> bool {
        false
    }

    /// Opens a connection. May block for as long as the transport does.
    fn connect(&self, purpose: Purpose) -> HvResult<Box<dyn Hypervisor>>;
}

/// A connection: all roles together, owned by one thread.
pub trait Hypervisor:
    Inventory
    + Stats
    + Storage
    + Networks
    + NetworkAdmin
    + Guests
    + Events
    + Lifecycle
    + Define
    + Definitions
    + Making
    + Hardware
    + BlockJobs
    + Snapshots
    + Volumes
    + Pools
    + Streams
    + Send
{
    /// What this connection can do.
    fn capabilities(&self) -> &Capabilities;

    /// Whether the connection still stands; does not ask the daemon.
    fn is_alive(&self) -> bool;
}

/// What there is.
pub trait Inventory {
    /// The node.
    fn node(&self) -> HvResult<Node>;

    /// All VMs with state, cheaply: one round trip where the driver can.
    fn vms(&self) -> HvResult<Vec<VmRecord>>;

    /// One VM's XML, live if it runs.
    fn vm_xml(&self, id: VmId) -> HvResult<String>;

    /// One VM's flags.
    fn vm_flags(&self, id: VmId) -> HvResult<VmFlags>;
}

/// What is counted.
pub trait Stats {
    /// Counters of these groups. A VM that vanished meanwhile is left out; so is a group its VM cannot give now.
    fn vm_counters(&self, groups: Groups, which: Which<'_>) -> HvResult<Vec<VmCounters>>;

    /// Counters of the node, as far as the hypervisor gives them.
    fn node_counters(&self) -> HvResult<NodeCounters>;

    /// Has the guest's balloon driver report memory statistics every `period` (whole seconds), live only.
    fn arm_memory_stats(&self, id: VmId, period: Duration) -> HvResult<()>;
}

/// Pools and volumes.
pub trait Storage {
    /// Names and UUIDs of all pools, without touching their storage.
    fn pool_names(&self) -> HvResult<Vec<(Uuid, String)>>;

    /// One pool: state, sizes, kind.
    fn pool(&self, id: Uuid) -> HvResult<PoolRecord>;

    /// Its volumes, as libvirt last saw them. `details` reads format and backing image from each volume's XML.
    fn volumes(&self, id: Uuid, details: bool) -> HvResult<Vec<Volume>>;

    /// Has libvirt look at the pool's storage again. May take long or hang.
    fn refresh_pool(&self, id: Uuid) -> HvResult<()>;
}

/// A network as listed.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkRecord {
    /// UUID.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Started.
    pub active: bool,
    /// Starts with the host.
    pub autostart: Option<bool>,
    /// Defined.
    pub persistent: Option<bool>,
    /// From its XML.
    pub definition: NetworkDefinition,
}

/// A DHCP lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// MAC address, lower case.
    pub mac: Option<String>,
    /// Address.
    pub address: std::net::IpAddr,
    /// Prefix length.
    pub prefix: u8,
    /// Host name the guest gave.
    pub hostname: Option<String>,
}

/// Virtual networks.
pub trait Networks {
    /// All networks.
    fn networks(&self) -> HvResult<Vec<NetworkRecord>>;

    /// Leases of one network.
    fn leases(&self, id: Uuid) -> HvResult<Vec<Lease>>;
}

/// What the guest tells.
pub trait Guests {
    /// Addresses of a running VM from one source. The agent may be slow or silent.
    fn addresses(&self, id: VmId, source: AddressSource) -> HvResult<Vec<GuestAddress>>;
}

/// Something happened.
#[derive(Clone, Debug, PartialEq)]
pub enum HvEvent {
    /// A VM changed its state; `None` when it was undefined and is gone.
    Vm {
        /// Which.
        id: VmId,
        /// Its state now.
        state: Option<VmState>,
    },
    /// A VM was defined or its definition changed.
    Defined(VmId),
    /// A VM was reset, by itself when it rebooted or from outside.
    Rebooted(VmId),
    /// A VM's devices, tags or other parts of its XML changed while it runs.
    Changed(VmId),
    /// A VM's disk failed.
    IoError {
        /// Which VM.
        id: VmId,
        /// Path of the image.
        path: String,
        /// Device alias.
        device: String,
        /// `enospc`, `eio` or empty.
        reason: String,
    },
    /// A disk was written beyond its threshold.
    BlockThreshold {
        /// Which VM.
        id: VmId,
        /// Disk target.
        target: String,
        /// Bytes past the threshold.
        excess: u64,
    },
    /// A job on a VM began, went on or ended.
    Job {
        /// Which VM.
        id: VmId,
        /// In a word.
        what: String,
        /// Whether it ended.
        ended: bool,
    },
    /// The guest agent connected or went.
    Agent {
        /// Which VM.
        id: VmId,
        /// Whether it is connected now.
        connected: bool,
    },
    /// A pool was started, stopped, refreshed, defined or undefined.
    Pool(Uuid),
    /// A network was started, stopped, defined or undefined.
    Network(Uuid),
    /// The connection is gone.
    Closed {
        /// Why, one sentence.
        reason: String,
    },
}

/// Receives events on the hypervisor's own thread: must not block.
pub type EventSink = Arc<dyn Fn(HvEvent) + Send + Sync>;

/// What happens.
pub trait Events {
    /// Has every event of this connection go to `sink` until the connection is dropped.
    fn subscribe(&self, sink: EventSink) -> HvResult<()>;
}

/// libvirt's numbers of paused reasons, shared by the adapters.
pub(crate) const fn pause_reason(number: u32) -> PauseReason {
    match number {
        1 => PauseReason::User,
        2 | 12 => PauseReason::Migration,
        3 | 4 | 7 | 9 => PauseReason::Saving,
        5 => PauseReason::IoError,
        6 => PauseReason::Watchdog,
        10 => PauseReason::Crashed,
        11 => PauseReason::StartingUp,
        13 => PauseReason::PostcopyFailed,
        _ => PauseReason::Other,
    }
}
