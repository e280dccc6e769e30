//! What can be done to virtual networks.

use serde::{Deserialize, Serialize};

/// What can be done to a virtual network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkOperation {
    /// Define a new one.
    Define(NewNetwork),
    /// Define it from XML as it was: what takes undefining back.
    Restore {
        /// Its definition.
        xml: String,
        /// Start it.
        start: bool,
        /// Have it started with the host.
        autostart: bool,
    },
    /// Start it.
    Start,
    /// Stop it: VMs on it lose their connection.
    Stop,
    /// Start it with the host, or not.
    Autostart {
        /// Whether.
        on: bool,
    },
    /// Forget its definition; one that runs, and that nobody uses, is stopped first.
    Undefine,
    /// Give it another definition.
    Edit {
        /// The whole XML.
        xml: String,
    },
    /// Have DHCP give a NIC always the same address.
    Reserve {
        /// The NIC's MAC address, or the name of a VM with one NIC on the network.
        who: String,
        /// The address; `None` keeps the one it has, else takes a free one.
        address: Option<String>,
        /// A host name that DHCP gives with it.
        hostname: Option<String>,
    },
    /// Take such a reservation away.
    Release {
        /// The NIC's MAC address, or the name of a VM with one NIC on the network.
        who: String,
    },
}

/// A network that is to be defined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewNetwork {
    /// How it reaches out.
    pub forward: NewForward,
    /// The bridge: the host's own for [`NewForward::Bridge`]; else the name of the new one, which libvirt chooses where
    /// none is given.
    pub bridge: Option<String>,
    /// The host's device by which alone it reaches out, for NAT and routed ones.
    pub device: Option<String>,
    /// The host's address on it.
    pub subnet: Subnet,
    /// What DHCP serves.
    pub dhcp: Dhcp,
    /// DNS domain.
    pub domain: Option<String>,
    /// Bytes of a frame's content; `None` leaves it to libvirt (1500).
    pub mtu: Option<u32>,
    /// VLAN tags, for [`NewForward::Bridge`]; several make a trunk.
    pub vlans: Vec<u16>,
    /// The bridge is one of Open vSwitch.
    pub openvswitch: bool,
    /// Start it at once.
    pub start: bool,
    /// Start it with the host.
    pub autostart: bool,
}

/// How a new network reaches out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewForward {
    /// With address translation.
    #[default]
    Nat,
    /// Routed: others must know the way to its subnet.
    Route,
    /// Not at all.
    Isolated,
    /// By a bridge that the host has already.
    Bridge,
}

impl NewForward {
    /// All, as commands name them.
    pub const ALL: [Self; 4] = [Self::Nat, Self::Route, Self::Isolated, Self::Bridge];

    /// The word in commands.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nat => "nat",
            Self::Route => "route",
            Self::Isolated => "isolated",
            Self::Bridge => "bridge",
        }
    }
}

/// The IPv4 subnet of a new network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subnet {
    /// The first of `192.168.N.0/24`, N from 100 on, that nobody has.
    #[default]
    Free,
    /// None: the host has no address on it.
    None,
    /// This, as `192.168.150.0/24` (the host has its first address) or with the host's address, `192.168.150.254/24`.
    Given(String),
}

/// What DHCP serves on a new network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dhcp {
    /// All addresses of the subnet but the host's, where there is a subnet.
    #[default]
    Whole,
    /// Nothing.
    Off,
    /// From one address to another.
    Range {
        /// The first.
        from: String,
        /// The last.
        to: String,
    },
}

impl NetworkOperation {
    /// A stable word for records, filters and JSON: `network.start`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Define(_) => "network.define",
            Self::Restore { .. } => "network.restore",
            Self::Start => "network.start",
            Self::Stop => "network.stop",
            Self::Autostart { .. } => "network.autostart",
            Self::Undefine => "network.undefine",
            Self::Edit { .. } => "network.edit",
            Self::Reserve { .. } => "network.reserve",
            Self::Release { .. } => "network.release",
        }
    }

    /// What is done, as titles and buttons say it: `Stop network`.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Define(_) | Self::Restore { .. } => "Define network",
            Self::Start => "Start network",
            Self::Stop => "Stop network",
            Self::Autostart { on: true } => "Turn on autostart of network",
            Self::Autostart { on: false } => "Turn off autostart of network",
            Self::Undefine => "Undefine network",
            Self::Edit { .. } => "Change network",
            Self::Reserve { .. } => "Reserve an address on network",
            Self::Release { .. } => "Release a reserved address on network",
        }
    }
}
