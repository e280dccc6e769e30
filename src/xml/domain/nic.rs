//! An `<interface>`: what a VM is plugged into.

use crate::model::vm::{NicDefinition, NicSource};
use crate::xml::tree::Element;
use crate::xml::value;

/// Reads one NIC.
pub(super) fn read(interface: Element<'_>) -> NicDefinition {
    NicDefinition {
        mac: interface.child_attr("mac", "address").unwrap_or_default().to_ascii_lowercase(),
        model: interface.child_attr("model", "type"),
        source: source(interface),
        device: interface.child_attr("target", "dev"),
        link_up: !interface.child("link").is_some_and(|link| link.attr_is("state", "down")),
        vlans: value::vlans(interface),
    }
}

fn source(interface: Element<'_>) -> NicSource {
    let named = |attribute| interface.child_attr("source", attribute);
    // A running VM tells the bridge or device its network gave it as the type; the network still stands beside.
    if let Some(network) = named("network") {
        return NicSource::Network(network);
    }
    let Some(kind) = interface.string("type") else { return NicSource::None };
    let of = |source: Option<String>, make: fn(String) -> NicSource| source.map_or(NicSource::None, make);
    match kind.as_str() {
        "network" => NicSource::None,
        "bridge" => of(named("bridge"), NicSource::Bridge),
        "direct" => of(named("dev"), NicSource::Direct),
        "user" => NicSource::User,
        "hostdev" => NicSource::HostDevice,
        _ => NicSource::Other(kind),
    }
}
