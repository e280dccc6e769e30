//! What plans about virtual networks rest on.

use std::net::IpAddr;

use uuid::Uuid;

use crate::model::network::{HostNetworks, NetworkDefinition};
use crate::model::operation::NetworkOperation;

/// What was read, for an operation on a network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkFacts {
    /// All networks of the hypervisor.
    pub networks: Vec<NetworkFact>,
    /// NICs of VMs that are on any network, running or defined.
    pub users: Vec<NetworkUser>,
    /// Leases of the network that the operation names, where it runs.
    pub leases: Vec<LeaseFact>,
    /// What the machine itself has; `None` where it is another than this one.
    pub host: Option<HostNetworks>,
    /// libvirt's version as one number: 11.3.0 is 11003000.
    pub libvirt: u64,
}

/// A network.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkFact {
    /// UUID.
    pub id: Uuid,
    /// Name, not cleaned.
    pub name: String,
    /// Started.
    pub active: bool,
    /// Starts with the host.
    pub autostart: Option<bool>,
    /// Defined, not only running.
    pub persistent: Option<bool>,
    /// As it runs, else as it is defined.
    pub definition: NetworkDefinition,
    /// Its XML as it is defined (of a transient one as it runs), of the network that the operation names.
    pub xml: String,
}

/// A NIC of a VM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkUser {
    /// Name of the VM, not cleaned.
    pub vm: String,
    /// The NIC as it is now in a VM that is active; else as it is defined.
    pub live: bool,
    /// MAC address, lower case.
    pub mac: String,
    /// The host's device of it.
    pub device: Option<String>,
    /// The network it is on.
    pub network: Option<String>,
    /// The bridge it is on, without a network.
    pub bridge: Option<String>,
}

/// A DHCP lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseFact {
    /// MAC address, lower case.
    pub mac: Option<String>,
    /// Address.
    pub address: IpAddr,
}

impl NetworkFacts {
    /// The network of this name.
    pub fn network(&self, name: &str) -> Option<&NetworkFact> {
        self.networks.iter().find(|n| n.name == name)
    }

    /// NICs on this network, or directly on the bridge that is its own.
    pub fn on<'f>(&'f self, network: &'f NetworkFact) -> impl Iterator<Item = &'f NetworkUser> {
        let own = network.own_bridge();
        self.users.iter().filter(move |u| {
            u.network.as_deref() == Some(&network.name) || own.is_some() && u.bridge.as_deref() == own
        })
    }
}

impl NetworkFact {
    /// The bridge that comes and goes with it.
    pub fn own_bridge(&self) -> Option<&str> {
        self.definition.bridge.as_deref().filter(|_| self.definition.forward.has_own_bridge())
    }
}

impl NetworkUser {
    /// The NIC in a word or two: `web01 (52:54:00:00:00:01, vnet3)`.
    pub fn told(&self) -> String {
        match &self.device {
            Some(device) if self.live => format!("{} ({}, {device})", self.vm, self.mac),
            _ => format!("{} ({})", self.vm, self.mac),
        }
    }
}

/// Whether the operation needs to know who uses networks: this reads the XML of every VM.
pub const fn needs_users(act: &NetworkOperation) -> bool {
    !matches!(
        act,
        NetworkOperation::Define(_) | NetworkOperation::Restore { .. } | NetworkOperation::Autostart { .. }
    )
}
