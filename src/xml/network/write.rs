//! The XML that defines a network.

use std::fmt::Write;
use std::net::Ipv4Addr;

use quick_xml::escape::escape;

use crate::model::operation::NewForward;

/// What a new network is, with nothing left open but what libvirt chooses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSpec<'s> {
    /// Its name.
    pub name: &'s str,
    /// How it reaches out.
    pub forward: NewForward,
    /// The host's bridge, or the name of its own.
    pub bridge: Option<&'s str>,
    /// The host's device by which alone it reaches out.
    pub device: Option<&'s str>,
    /// The host's address on it, with the length of its prefix.
    pub address: Option<(Ipv4Addr, u8)>,
    /// First and last address that DHCP gives.
    pub range: Option<(Ipv4Addr, Ipv4Addr)>,
    /// DNS domain.
    pub domain: Option<&'s str>,
    /// Bytes of a frame's content.
    pub mtu: Option<u32>,
    /// VLAN tags; several make a trunk.
    pub vlans: &'s [u16],
    /// The bridge is one of Open vSwitch.
    pub openvswitch: bool,
}

/// The XML that defines it.
pub fn write(spec: &NetworkSpec<'_>) -> String {
    let mut xml = format!("<network>\n  <name>{}</name>\n", escape(spec.name));
    let mut line = |text: String| {
        let _ = writeln!(xml, "  {text}");
    };
    let mode = match spec.forward {
        NewForward::Nat => Some("nat"),
        NewForward::Route => Some("route"),
        NewForward::Bridge => Some("bridge"),
        NewForward::Isolated => None,
    };
    let device = spec.device.map_or_else(String::new, |d| format!(" dev='{}'", escape(d)));
    if let Some(mode) = mode {
        line(format!("<forward{device} mode='{mode}'/>"));
    }
    if let Some(bridge) = spec.bridge {
        line(format!("<bridge name='{}'/>", escape(bridge)));
    }
    if let Some(mtu) = spec.mtu {
        line(format!("<mtu size='{mtu}'/>"));
    }
    if let Some(domain) = spec.domain {
        line(format!("<domain name='{}'/>", escape(domain)));
    }
    if spec.openvswitch {
        line("<virtualport type='openvswitch'/>".to_owned());
    }
    if !spec.vlans.is_empty() {
        let trunk = if spec.vlans.len() > 1 { " trunk='yes'" } else { "" };
        line(format!("<vlan{trunk}>"));
        spec.vlans.iter().for_each(|tag| line(format!("  <tag id='{tag}'/>")));
        line("</vlan>".to_owned());
    }
    if let Some((address, prefix)) = spec.address {
        let ip = format!("<ip address='{address}' prefix='{prefix}'");
        match spec.range {
            None => line(format!("{ip}/>")),
            Some((first, last)) => {
                line(format!("{ip}>"));
                line("  <dhcp>".to_owned());
                line(format!("    <range start='{first}' end='{last}'/>"));
                line("  </dhcp>".to_owned());
                line("</ip>".to_owned());
            }
        }
    }
    xml.push_str("</network>\n");
    xml
}
