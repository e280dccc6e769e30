//! A virtual network's XML.

mod hosts;
#[cfg(test)]
mod tests;
mod write;

use std::net::IpAddr;

use super::XmlError;
use super::tree::{Document, Element};
use super::value;
use crate::model::network::{Forward, NetworkDefinition};

pub use hosts::{NetworkParts, host_element, parts, with_host, with_uuid};
pub use write::{NetworkSpec, write};

/// Reads what a network is defined as.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<network>`.
pub fn parse(xml: &str) -> Result<NetworkDefinition, XmlError> {
    let document = Document::parse(xml, "network")?;
    let network = document.root();
    let forward = network.child("forward");
    Ok(NetworkDefinition {
        forward: forward.map_or(Forward::Isolated, mode),
        forward_device: forward.and_then(|f| f.string("dev").or_else(|| f.child_attr("interface", "dev"))),
        bridge: network.child_attr("bridge", "name"),
        addresses: network.all("ip").filter_map(address).collect(),
        dhcp: network.all("ip").any(|ip| ip.child("dhcp").is_some()),
        domain: network.child_attr("domain", "name"),
        vlans: value::vlans(network),
    })
}

fn mode(forward: Element<'_>) -> Forward {
    match forward.attr("mode").as_deref() {
        None | Some("nat") => Forward::Nat,
        Some("none") => Forward::Isolated,
        Some("route") => Forward::Route,
        Some("open") => Forward::Open,
        Some("bridge") => Forward::Bridge,
        Some(other) => Forward::Other(other.to_owned()),
    }
}

/// The address with its prefix; without a prefix or netmask the one libvirt assumes.
fn address(ip: Element<'_>) -> Option<String> {
    let address = ip.string("address")?;
    let prefix =
        ip.attr("prefix").and_then(|p| p.parse().ok()).or_else(|| netmask_prefix(&ip.attr("netmask")?));
    let prefix = prefix.or_else(|| match address.parse().ok()? {
        IpAddr::V4(v4) => Some(match v4.octets()[0] {
            0..128 => 8,
            128..192 => 16,
            _ => 24,
        }),
        IpAddr::V6(_) => Some(64),
    });
    Some(prefix.map_or_else(|| address.clone(), |p: u32| format!("{address}/{p}")))
}

fn netmask_prefix(mask: &str) -> Option<u32> {
    match mask.parse().ok()? {
        IpAddr::V4(mask) => Some(u32::from(mask).leading_ones()),
        IpAddr::V6(mask) => Some(u128::from(mask).leading_ones()),
    }
}
