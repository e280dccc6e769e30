//! The things in the graph and how they hang together.

use std::sync::Arc;

use crate::model::id::VmId;
use crate::model::vm::VmState;

/// Identity of a node: the same from snapshot to snapshot, so that selections stick.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeId {
    /// The host itself.
    Host,
    /// A device of the host that leads out of it.
    Uplink(Arc<str>),
    /// A bridge of the host.
    Bridge(Arc<str>),
    /// A libvirt network.
    Network(Arc<str>),
    /// A VM.
    Vm(VmId),
    /// A disk of a VM.
    Disk {
        /// Whose.
        vm: VmId,
        /// Its target (`vda`).
        target: Arc<str>,
    },
    /// A volume of a pool.
    Volume {
        /// Name of the pool.
        pool: Arc<str>,
        /// Name in it.
        name: Arc<str>,
    },
    /// An image that no pool lists: its path, or its address.
    Image(Arc<str>),
    /// A storage pool.
    Pool(Arc<str>),
    /// What is not in any of these.
    Group(Group),
}

impl NodeId {
    /// What kind of thing it is.
    pub const fn kind(&self) -> NodeKind {
        match self {
            Self::Host => NodeKind::Host,
            Self::Uplink(_) => NodeKind::Uplink,
            Self::Bridge(_) => NodeKind::Bridge,
            Self::Network(_) => NodeKind::Network,
            Self::Vm(_) => NodeKind::Vm,
            Self::Disk { .. } => NodeKind::Disk,
            Self::Volume { .. } => NodeKind::Volume,
            Self::Image(_) => NodeKind::Image,
            Self::Pool(_) => NodeKind::Pool,
            Self::Group(_) => NodeKind::Group,
        }
    }

    /// The VM it is, or whose disk it is.
    pub const fn vm(&self) -> Option<VmId> {
        match self {
            Self::Vm(vm) | Self::Disk { vm, .. } => Some(*vm),
            _ => None,
        }
    }
}

/// Kinds of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeKind {
    /// The host.
    Host,
    /// A device leading out.
    Uplink,
    /// A bridge.
    Bridge,
    /// A libvirt network.
    Network,
    /// A VM.
    Vm,
    /// A VM's disk.
    Disk,
    /// A pool's volume.
    Volume,
    /// An image no pool lists.
    Image,
    /// A pool.
    Pool,
    /// A collection of what is nowhere else.
    Group,
}

/// Collections of what is in no network or pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// VMs on user-mode networking.
    UserNetworking,
    /// VMs with a network device passed through.
    PassedThrough,
    /// VMs on another kind of network, by its libvirt type.
    OtherNetwork(Arc<str>),
    /// VMs with a NIC plugged into nothing.
    Unplugged,
    /// VMs without a NIC.
    NoNetwork,
    /// VMs whose definition is not known yet.
    NotRead,
    /// Images outside of every pool.
    OutsidePools,
    /// Images of which it is not known yet whether a pool holds them.
    PoolsNotRead,
}

/// How a node fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// Nothing to say.
    Plain,
    /// Started.
    Active,
    /// Not started.
    Inactive,
    /// Started, but something is wrong.
    Trouble,
    /// Referred to, but not there.
    Missing,
    /// A VM's, or that of a disk's VM.
    Vm(VmState),
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Identity.
    pub id: NodeId,
    /// Its name, cleaned.
    pub label: String,
    /// How it fares.
    pub state: NodeState,
    /// A few words more, cleaned; may be empty.
    pub detail: String,
}

/// What an edge means, from what carries to what depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// The host runs a VM, or has a device or pool.
    Has,
    /// An uplink carries a bridge or network.
    Carries,
    /// A bridge serves a network.
    Serves,
    /// A network, bridge, uplink or group has a VM plugged in.
    Plugs {
        /// Number of the VM's NIC, in definition order.
        nic: u32,
    },
    /// A pool or group holds an image.
    Holds,
    /// An image backs another one above it.
    Backs,
    /// An image stores a disk.
    Stores,
    /// A disk is attached to its VM.
    Attaches,
}

/// An edge. Its ends are indices into [`Graph::nodes`](super::Graph::nodes).
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// What carries.
    pub from: usize,
    /// What depends on it.
    pub to: usize,
    /// What it means.
    pub kind: EdgeKind,
    /// Of a NIC: device or MAC, addresses, link, VLANs; cleaned. Otherwise empty.
    pub label: String,
}
