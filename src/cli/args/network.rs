//! Arguments of `novacron network`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::vm::{How, Switch};
use crate::model::operation::{Dhcp, NetworkOperation, NewForward, NewNetwork, Operation, Subnet};

/// `novacron network`.
#[derive(Args, Clone, Debug)]
pub struct Network {
    /// How it is gone about.
    #[command(flatten)]
    pub how: How,
    /// What is done.
    #[command(subcommand)]
    pub action: NetworkAction,
}

/// What is done to a network.
#[derive(Clone, Debug, Subcommand)]
pub enum NetworkAction {
    /// Define a new network and start it: `novacron network define lab --subnet 192.168.150.0/24`.
    Define(Box<DefineNetwork>),
    /// Start a network.
    Start(NetworkName),
    /// Stop a network; VMs on it lose their connection.
    Stop(NetworkName),
    /// Have a network started with the host, or not.
    Autostart {
        /// Name of the network.
        network: String,
        /// Whether.
        #[arg(value_enum, value_name = "on|off")]
        switch: Switch,
    },
    /// Forget a network that no running VM is on.
    Undefine(NetworkName),
    /// Change a network's XML in an editor ($VISUAL, $EDITOR), or take it from a file; what runs stays until its next start.
    Edit {
        /// Name of the network.
        network: String,
        /// Take the XML from this file, or from standard input (-), instead of an editor.
        #[arg(long, value_hint = clap::ValueHint::FilePath)]
        file: Option<std::path::PathBuf>,
    },
    /// Have DHCP give a NIC always the same address, at once and for good.
    Reserve {
        /// Name of the network.
        network: String,
        /// The NIC's MAC address, or the name of a VM with one NIC on the network.
        #[arg(value_name = "MAC|VM")]
        who: String,
        /// The address; the one it has unless this is given, else a free one.
        #[arg(conflicts_with = "remove")]
        address: Option<String>,
        /// A host name that DHCP gives with it.
        #[arg(long, value_name = "NAME", conflicts_with = "remove")]
        hostname: Option<String>,
        /// Take the reservation away.
        #[arg(long)]
        remove: bool,
    },
    /// List the addresses that DHCP has given, and those that are reserved.
    Leases(NetworkName),
    /// Tell all there is to know of a network, and who is on it.
    Show(NetworkName),
}

/// A network.
#[derive(Args, Clone, Debug)]
pub struct NetworkName {
    /// Name of the network.
    pub network: String,
}

/// A new network.
#[derive(Args, Clone, Debug)]
pub struct DefineNetwork {
    /// Its name.
    pub network: String,
    /// How it reaches out: with address translation, routed, not at all, or by a bridge that the host has.
    #[arg(long, default_value = "nat", value_parser = kinds())]
    pub kind: NewForward,
    /// IPv4 subnet such as 192.168.150.0/24, where the host gets the first address (or the one that is given instead of
    /// the subnet's); none for an isolated network without one. A free one unless this is given.
    #[arg(long, value_name = "SUBNET|none")]
    pub subnet: Option<String>,
    /// Addresses that DHCP gives, or off; all of the subnet unless this is given.
    #[arg(long, value_name = "FIRST-LAST|off", value_parser = dhcp)]
    pub dhcp: Option<Dhcp>,
    /// The host's bridge (for --kind bridge), or a name for the network's own.
    #[arg(long, value_name = "NAME", required_if_eq("kind", "bridge"))]
    pub bridge: Option<String>,
    /// The host's device by which alone it reaches out.
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// DNS domain of its guests.
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// Bytes of a frame's content at most.
    #[arg(long, value_name = "BYTES")]
    pub mtu: Option<u32>,
    /// VLAN tag of guests on the host's bridge; several make a trunk.
    #[arg(long, value_name = "NUMBER")]
    pub vlan: Vec<u16>,
    /// The host's bridge is one of Open vSwitch.
    #[arg(long)]
    pub openvswitch: bool,
    /// Leave it stopped.
    #[arg(long)]
    pub no_start: bool,
    /// Have it started with the host.
    #[arg(long)]
    pub autostart: bool,
}

impl DefineNetwork {
    fn asked(&self) -> NewNetwork {
        NewNetwork {
            forward: self.kind,
            bridge: self.bridge.clone(),
            device: self.device.clone(),
            subnet: match self.subnet.as_deref() {
                None => Subnet::Free,
                Some("none") => Subnet::None,
                Some(subnet) => Subnet::Given(subnet.to_owned()),
            },
            dhcp: self.dhcp.clone().unwrap_or_default(),
            domain: self.domain.clone(),
            mtu: self.mtu,
            vlans: self.vlan.clone(),
            openvswitch: self.openvswitch,
            start: !self.no_start,
            autostart: self.autostart,
        }
    }
}

/// What a network command asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkAsked {
    /// An operation.
    Operation(Operation),
    /// An operation whose XML has to be had first.
    Edit {
        /// Name of the network.
        network: String,
        /// The file it is in; `None` asks an editor.
        file: Option<std::path::PathBuf>,
    },
    /// Leases to be listed.
    Leases(String),
    /// A network to be told of.
    Show(String),
}

impl NetworkAction {
    /// What is asked for.
    pub fn asked(&self) -> NetworkAsked {
        let (name, act) = match self {
            Self::Define(new) => (&new.network, NetworkOperation::Define(new.asked())),
            Self::Start(name) => (&name.network, NetworkOperation::Start),
            Self::Stop(name) => (&name.network, NetworkOperation::Stop),
            Self::Autostart { network, switch } => {
                (network, NetworkOperation::Autostart { on: *switch == Switch::On })
            }
            Self::Undefine(name) => (&name.network, NetworkOperation::Undefine),
            Self::Reserve { network, who, remove: true, .. } => {
                (network, NetworkOperation::Release { who: who.clone() })
            }
            Self::Reserve { network, who, address, hostname, .. } => {
                let (who, address, hostname) = (who.clone(), address.clone(), hostname.clone());
                (network, NetworkOperation::Reserve { who, address, hostname })
            }
            Self::Edit { network, file } => {
                return NetworkAsked::Edit { network: network.clone(), file: file.clone() };
            }
            Self::Leases(name) => return NetworkAsked::Leases(name.network.clone()),
            Self::Show(name) => return NetworkAsked::Show(name.network.clone()),
        };
        NetworkAsked::Operation(Operation::network(name, act))
    }
}

fn kinds() -> impl TypedValueParser<Value = NewForward> {
    PossibleValuesParser::new(NewForward::ALL.map(NewForward::word))
        .try_map(|word| NewForward::ALL.into_iter().find(|f| f.word() == word).ok_or("not a kind of network"))
}

fn dhcp(text: &str) -> Result<Dhcp, String> {
    if text == "off" {
        return Ok(Dhcp::Off);
    }
    match text.split_once('-') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => {
            Ok(Dhcp::Range { from: from.trim().to_owned(), to: to.trim().to_owned() })
        }
        _ => Err("a range is FIRST-LAST, such as 192.168.150.100-192.168.150.200".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Command};
    use super::*;

    fn parse(line: &str) -> Result<NetworkAsked, clap::Error> {
        match Cli::try_parse_from(line.split(' '))?.command {
            Some(Command::Network(network)) => Ok(network.action.asked()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_asked_for_is_said_by_the_same_command() {
        let lines = [
            "novacron network define lab --kind nat",
            "novacron network define lab --kind isolated --subnet none --no-start",
            "novacron network define lab --kind route --subnet 10.9.8.0/24 --dhcp 10.9.8.10-10.9.8.99 --bridge virbr7 \
             --device eno1 --domain lab.example --mtu 1450 --autostart",
            "novacron network define lab --kind bridge --bridge br0 --vlan 42 --vlan 43 --openvswitch",
            "novacron network define lab --kind nat --dhcp off",
            "novacron network start lab",
            "novacron network stop lab",
            "novacron network autostart lab off",
            "novacron network undefine lab",
            "novacron network reserve lab web01",
            "novacron network reserve lab 52:54:00:00:00:01 10.9.8.7 --hostname web",
            "novacron network reserve lab web01 --remove",
        ];
        for line in lines {
            let NetworkAsked::Operation(operation) = parse(line).unwrap() else { panic!("{line}") };
            assert_eq!(crate::cli::operate::words_of(&operation).join(" "), line);
        }
        assert_eq!(parse("novacron network show lab").unwrap(), NetworkAsked::Show("lab".into()));
    }

    #[test]
    fn what_makes_no_sense_is_a_mistake() {
        for line in [
            "novacron network define lab --kind bridge",
            "novacron network define lab --kind vxlan",
            "novacron network define lab --dhcp 10.0.0.1",
            "novacron network reserve lab web01 10.0.0.9 --remove",
            "novacron network define",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
