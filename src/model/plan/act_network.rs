//! Acts about virtual networks.

use serde::{Deserialize, Serialize};

use crate::model::network::HostChange;

/// One call about a virtual network, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkAct {
    /// Define it, or define it anew.
    Define {
        /// Its name.
        network: String,
        /// The whole XML.
        xml: String,
        /// The definition before; `None` where there was none.
        before: Option<String>,
    },
    /// Forget it.
    Undefine {
        /// Its name.
        network: String,
    },
    /// Start it.
    Start {
        /// Its name.
        network: String,
    },
    /// Stop it.
    Stop {
        /// Its name.
        network: String,
    },
    /// Start it with the host, or not.
    SetAutostart {
        /// Its name.
        network: String,
        /// Whether.
        on: bool,
    },
    /// Change a fixed address that DHCP gives, in what is defined and in what runs.
    DhcpHost {
        /// Its name.
        network: String,
        /// How.
        change: HostChange,
        /// The NIC's MAC address, lower case.
        mac: String,
        /// The address it has after this; `None` where it has none.
        address: Option<std::net::IpAddr>,
        /// The host name given with it.
        hostname: Option<String>,
    },
}

impl NetworkAct {
    /// The network's name.
    pub fn network(&self) -> &str {
        match self {
            Self::Define { network, .. }
            | Self::Undefine { network }
            | Self::Start { network }
            | Self::Stop { network }
            | Self::SetAutostart { network, .. }
            | Self::DhcpHost { network, .. } => network,
        }
    }
}
