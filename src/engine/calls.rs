//! What workers are asked and what they bring back: plain data between the core and its threads.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::handle::Command;
use super::history::Report;
use super::relay::{Client, Live};
use crate::host::OwnUsage;
use crate::hypervisor::{Capabilities, Groups, HvEvent, HvResult, NetworkRecord, Purpose};
use crate::model::counters::{NodeCounters, VmCounters};
use crate::model::host::{Machine, Node};
use crate::model::id::VmId;
use crate::model::storage::{PoolRecord, Volume};
use crate::model::time::Moment;
use crate::model::vm::{AddressSource, GuestAddress, VmDefinition, VmFlags, VmRecord};

/// One worker thread with its own connection. What may hang in one does not touch the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Lane {
    /// Lists, statistics, events.
    Poll,
    /// Pools, volumes, networks.
    Storage,
    /// XML, flags, leases, ARP, arming.
    Detail,
    /// Guest agents, which may be slow or silent; opened only once there is one to ask.
    Agent,
}

/// Every lane, in the order of their discriminants.
pub(crate) const LANES: [Lane; 4] = [Lane::Poll, Lane::Storage, Lane::Detail, Lane::Agent];

impl Lane {
    /// What its connection is for.
    pub(crate) const fn purpose(self) -> Purpose {
        match self {
            Self::Poll => Purpose::Poll,
            Self::Storage => Purpose::Storage,
            Self::Detail | Self::Agent => Purpose::Detail,
        }
    }

    /// The name of its thread.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Storage => "storage",
            Self::Detail => "detail",
            Self::Agent => "agent",
        }
    }
}

/// Which VMs counters are asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    /// All that are active.
    Active,
    /// These.
    These(Arc<[VmId]>),
}

/// A call to the hypervisor, or a few that belong together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Call {
    /// Open the connection: what every worker does first.
    Connect,
    /// All VMs.
    List,
    /// The node's facts.
    Node,
    /// Have events delivered.
    Subscribe,
    /// Counters of the node.
    NodeCounters,
    /// Counters of VMs.
    Counters {
        /// Which groups.
        groups: Groups,
        /// Of which VMs.
        targets: Targets,
    },
    /// Names of all pools.
    PoolNames,
    /// One pool.
    Pool(Uuid),
    /// Its volumes.
    Volumes(Uuid),
    /// Have its storage looked at.
    RefreshPool(Uuid),
    /// All networks.
    Networks,
    /// Definition and flags of these VMs; the worker may come back early with some undone.
    Define(Vec<VmId>),
    /// Flags of a VM.
    Flags(VmId),
    /// XML of a VM, as text.
    Xml(VmId),
    /// Addresses of a VM from one source.
    Addresses(VmId, AddressSource),
    /// Have a guest report memory statistics.
    Arm(VmId, Duration),
}

/// One VM's definition and flags, as far as they could be read.
#[derive(Debug)]
pub(crate) struct Described {
    /// Which VM.
    pub(crate) id: VmId,
    /// Its definition; inside, why its XML makes none.
    pub(crate) definition: HvResult<Result<VmDefinition, String>>,
    /// Its flags.
    pub(crate) flags: HvResult<VmFlags>,
}

/// What a call brought.
#[derive(Debug)]
pub(crate) enum Answer {
    /// To `Connect`.
    Connected(Capabilities),
    /// To `List`.
    List(Vec<VmRecord>),
    /// To `Node`.
    Node(Node),
    /// To `NodeCounters`.
    NodeCounters(NodeCounters),
    /// To `Counters`.
    Counters(Vec<VmCounters>),
    /// To `PoolNames`.
    PoolNames(Vec<(Uuid, String)>),
    /// To `Pool`.
    Pool(PoolRecord),
    /// To `Volumes`.
    Volumes(Vec<Volume>),
    /// To `Networks`.
    Networks(Vec<NetworkRecord>),
    /// To `Define`.
    Defined(Vec<Described>),
    /// To `Flags`.
    Flags(VmFlags),
    /// To `Xml`.
    Xml(String),
    /// To `Addresses`.
    Addresses(Vec<GuestAddress>),
    /// To `Subscribe`, `RefreshPool`, `Arm`.
    Done,
}

/// A finished call.
#[derive(Debug)]
pub(crate) struct Done {
    /// Which worker.
    pub(crate) lane: Lane,
    /// Which connection of that worker.
    pub(crate) generation: u64,
    /// What was asked.
    pub(crate) call: Call,
    /// What came.
    pub(crate) answer: HvResult<Answer>,
    /// When it was asked.
    pub(crate) started: Moment,
    /// When it was answered.
    pub(crate) at: Moment,
    /// Own CPU time it took: decoding and parsing.
    pub(crate) cpu: Duration,
    /// Calls of the port it stands for.
    pub(crate) calls: u64,
    /// Bytes it brought, as decoded.
    pub(crate) bytes: u64,
    /// The connection is of no more use.
    pub(crate) dead: bool,
}

/// What the machine's own thread brought.
#[derive(Debug)]
pub(crate) struct MachineReport {
    /// When.
    pub(crate) at: Moment,
    /// Counters, where asked for.
    pub(crate) counters: Option<NodeCounters>,
    /// Facts, where asked for.
    pub(crate) machine: Option<Machine>,
    /// What this process costs.
    pub(crate) usage: Option<OwnUsage>,
}

/// What the machine's own thread is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MachineAsk {
    /// Counters.
    pub(crate) counters: bool,
    /// File systems, block devices and the rest.
    pub(crate) facts: bool,
}

/// What comes into the core.
#[derive(Debug)]
pub(crate) enum Input {
    /// From a handle.
    Command(Command),
    /// From a worker.
    Done(Box<Done>),
    /// A worker's thread ended.
    Ended {
        /// Which worker.
        lane: Lane,
        /// Which connection.
        generation: u64,
        /// It panicked.
        panicked: bool,
    },
    /// From the hypervisor, over the poll connection of this generation.
    Event(u64, HvEvent),
    /// From the machine's thread.
    Machine(Box<MachineReport>),
    /// From the recorder.
    Recording(Report),
    /// From a collector.
    Live(Box<Live>),
    /// There is a collector to follow.
    Found(Box<Client>),
    /// There is one, and why it cannot be followed.
    Unfit(String),
    /// Time jumped: look again what is due.
    Tick,
}

/// What the core wants done.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Start a worker with a new connection.
    Open(Lane, u64),
    /// Ask the lane's worker.
    Ask(Lane, Call),
    /// Let the lane's worker go: it ends when its call does.
    Release(Lane),
    /// Ask the machine's thread.
    AskMachine(MachineAsk),
}
