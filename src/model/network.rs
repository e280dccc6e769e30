//! Virtual networks of the host.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::time::Timestamp;

/// How a network reaches out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Forward {
    /// Not at all.
    #[default]
    Isolated,
    /// With address translation.
    Nat,
    /// Routed.
    Route,
    /// Forwarded without libvirt's firewall rules.
    Open,
    /// A bridge of the host.
    Bridge,
    /// Any other libvirt mode.
    Other(String),
}

impl Forward {
    /// Whether libvirt makes a bridge for it, which goes when the network is stopped.
    pub const fn has_own_bridge(&self) -> bool {
        matches!(self, Self::Isolated | Self::Nat | Self::Route | Self::Open)
    }

    /// One word.
    pub fn word(&self) -> &str {
        match self {
            Self::Isolated => "isolated",
            Self::Nat => "nat",
            Self::Route => "route",
            Self::Open => "open",
            Self::Bridge => "bridge",
            Self::Other(other) => other,
        }
    }
}

/// What a network's XML defines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkDefinition {
    /// How it reaches out.
    pub forward: Forward,
    /// Host device it forwards to, where bound to one.
    pub forward_device: Option<String>,
    /// Bridge name.
    pub bridge: Option<String>,
    /// Host addresses on it with prefix: `192.168.122.1/24`.
    pub addresses: Vec<String>,
    /// Whether libvirt serves DHCP on it.
    pub dhcp: bool,
    /// DNS domain.
    pub domain: Option<String>,
    /// VLAN tags.
    pub vlans: Vec<u16>,
}

/// A network as seen now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// UUID.
    pub id: Uuid,
    /// Name, not cleaned.
    pub name: String,
    /// Whether it is started.
    pub active: bool,
    /// Starts with the host.
    pub autostart: Option<bool>,
    /// Defined, not only running.
    pub persistent: Option<bool>,
    /// What it defines.
    pub definition: NetworkDefinition,
    /// When it was read.
    pub at: Timestamp,
}

impl Network {
    /// The name, fit to be drawn.
    pub fn display_name(&self) -> std::borrow::Cow<'_, str> {
        super::text::clean(&self.name)
    }
}

/// A fixed address that DHCP gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// MAC address of the NIC, lower case; `None` where it goes by a name or a DUID.
    pub mac: Option<String>,
    /// The address.
    pub address: Option<std::net::IpAddr>,
    /// The host name given with it.
    pub hostname: Option<String>,
}

/// How a reservation is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostChange {
    /// One more.
    Add,
    /// The one of this MAC address gets another address or name.
    Modify,
    /// The one of this MAC address goes.
    Delete,
}

impl HostChange {
    /// The word of `virsh net-update`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Modify => "modify",
            Self::Delete => "delete",
        }
    }
}

/// What the machine itself has of networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostNetworks {
    /// Where its IPv4 routes lead, the default route left out.
    pub routes: Vec<HostRoute>,
    /// Its network devices by name; bridges among them say whether they filter VLANs.
    pub devices: Vec<HostDevice>,
}

/// An IPv4 route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRoute {
    /// First address of what it leads to.
    pub network: std::net::Ipv4Addr,
    /// Length of its prefix.
    pub prefix: u8,
    /// By which device.
    pub device: String,
}

/// A network device of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostDevice {
    /// Its name.
    pub name: String,
    /// Whether it filters VLANs; `None` where it is no bridge of the kernel's.
    pub vlan_filtering: Option<bool>,
}
