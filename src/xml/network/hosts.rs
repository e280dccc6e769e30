//! Fixed addresses that a network's DHCP gives, and other parts that only plans ask for.

use std::fmt::Write;
use std::net::IpAddr;

use quick_xml::escape::escape;

use super::super::XmlError;
use super::super::tree::{Document, Element};
use crate::model::network::{HostChange, Reservation};

/// What plans ask of a network's XML beyond its definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkParts {
    /// Name.
    pub name: Option<String>,
    /// UUID, as it is written.
    pub uuid: Option<String>,
    /// First and last address of each range that DHCP gives from.
    pub ranges: Vec<(IpAddr, IpAddr)>,
    /// Fixed addresses.
    pub reservations: Vec<Reservation>,
}

/// Reads them.
///
/// # Errors
/// When the text is not well-formed, or its root is not `<network>`.
pub fn parts(xml: &str) -> Result<NetworkParts, XmlError> {
    let document = Document::parse(xml, "network")?;
    let network = document.root();
    let mut parts = NetworkParts {
        name: network.child_text("name"),
        uuid: network.child_text("uuid"),
        ..NetworkParts::default()
    };
    for dhcp in network.all("ip").filter_map(|ip| ip.child("dhcp")) {
        let range = |r: Element<'_>| Some((r.attr("start")?.parse().ok()?, r.attr("end")?.parse().ok()?));
        parts.ranges.extend(dhcp.all("range").filter_map(range));
        parts.reservations.extend(dhcp.all("host").map(|h| Reservation {
            mac: h.string("mac").map(|m| m.to_ascii_lowercase()),
            address: h.attr("ip").and_then(|ip| ip.parse().ok()),
            hostname: h.string("name"),
        }));
    }
    Ok(parts)
}

/// The element of a fixed address.
pub fn host_element(mac: &str, address: Option<IpAddr>, hostname: Option<&str>) -> String {
    let mut xml = format!("<host mac='{}'", escape(mac));
    if let Some(name) = hostname {
        let _ = write!(xml, " name='{}'", escape(name));
    }
    if let Some(address) = address {
        let _ = write!(xml, " ip='{address}'");
    }
    xml.push_str("/>");
    xml
}

/// The XML with a fixed address more, less, or another one, as libvirt would write it: line by line. Where it has no
/// DHCP nothing changes.
pub fn with_host(xml: &str, change: HostChange, mac: &str, element: &str) -> String {
    let mut out = String::with_capacity(xml.len() + element.len() + 16);
    let mut in_host = false;
    let is_it = |line: &str| {
        let line = line.trim_start();
        line.starts_with("<host ") && line.to_ascii_lowercase().contains(mac)
    };
    let end = xml.lines().position(|l| l.trim() == "</dhcp>");
    for (n, line) in xml.lines().enumerate() {
        if in_host {
            in_host = line.trim() != "</host>";
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        if change != HostChange::Add && is_it(line) {
            in_host = !line.trim_end().ends_with("/>");
            if change == HostChange::Modify {
                let _ = writeln!(out, "{indent}{element}");
            }
            continue;
        }
        if change == HostChange::Add && Some(n) == end {
            let _ = writeln!(out, "{indent}  {element}");
        }
        let _ = writeln!(out, "{line}");
    }
    out
}

/// The XML with this UUID, where it has none: without one libvirt would take it for another network.
pub fn with_uuid(xml: &str, uuid: &str) -> String {
    match (parts(xml), xml.find("</name>")) {
        (Ok(parts), Some(at)) if parts.uuid.is_none() => {
            let (head, rest) = xml.split_at(at + "</name>".len());
            format!("{head}\n  <uuid>{uuid}</uuid>{rest}")
        }
        _ => xml.to_owned(),
    }
}
