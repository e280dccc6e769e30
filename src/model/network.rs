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
