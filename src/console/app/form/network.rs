//! Forms about virtual networks.

use super::vm::{chosen, plain_name};
use super::{Field, Form, On, Wrong, wrong};
use crate::model::network::Network;
use crate::model::operation::{Dhcp, NetworkOperation, NewForward, NewNetwork, Operation, Subnet};

/// A new network.
pub fn define() -> Form {
    let fields = vec![
        Field::text("name", "Name", "").otherwise("lab"),
        Field::choice("forward", "Reaches out", NewForward::ALL.map(NewForward::word), 0).hint(
            "nat: by the host's address; route: others know the way; isolated: not at all; bridge: one that the host has.",
        ),
        Field::text("bridge", "Bridge", "")
            .otherwise("libvirt names it")
            .hint("The host's own for forward mode bridge; else the name of the new one."),
        Field::text("subnet", "Subnet", "")
            .otherwise("one that is free")
            .only_for("forward", &["nat", "route", "isolated"])
            .hint("Such as 192.168.150.0/24; the host has its first address. `none`: no address."),
        Field::choice("dhcp", "DHCP", ["whole subnet", "a range", "off"], 0)
            .only_for("forward", &["nat", "route", "isolated"]),
        Field::text("from", "From", "").only_for("dhcp", &["a range"]),
        Field::text("to", "To", "").only_for("dhcp", &["a range"]),
        Field::text("device", "By device", "")
            .otherwise("any")
            .only_for("forward", &["nat", "route"])
            .hint("The host's device by which alone it reaches out."),
        Field::text("domain", "DNS domain", "").only_for("forward", &["nat", "route", "isolated"]),
        Field::text("vlans", "VLANs", "")
            .only_for("forward", &["bridge"])
            .hint("Tags with blanks between; several make a trunk."),
        Field::tick("ovs", "Open vSwitch", false).only_for("forward", &["bridge"]),
        Field::text("mtu", "MTU", "").otherwise("1500"),
        Field::tick("start", "Start it now", true),
        Field::tick("autostart", "Start with the host", true),
    ];
    Form::new("Define a network", On::Host, fields, new)
}

fn new(form: &Form) -> Result<Vec<Operation>, Wrong> {
    let name = plain_name(form, "name", "A network")?;
    let forward = chosen(&NewForward::ALL, NewForward::word, form.word("forward"));
    let bridged = forward == NewForward::Bridge;
    let bridge = form.given_text("bridge");
    if bridged && bridge.is_none() {
        return Err(wrong("bridge", "Which bridge of the host?"));
    }
    let subnet = match form.text("subnet") {
        _ if bridged => Subnet::None,
        "" => Subnet::Free,
        "none" => Subnet::None,
        given if given.contains('/') => Subnet::Given(given.to_owned()),
        _ => return Err(wrong("subnet", "A subnet is written 192.168.150.0/24.")),
    };
    let dhcp = match form.word("dhcp") {
        _ if bridged => Dhcp::Off,
        "a range" => Dhcp::Range { from: address(form, "from")?, to: address(form, "to")? },
        "off" => Dhcp::Off,
        _ => Dhcp::Whole,
    };
    let vlan = |text: &str| match text.parse::<u16>() {
        Ok(tag) if (1..=4094).contains(&tag) => Ok(tag),
        _ => Err(wrong("vlans", "A VLAN's tag is a number from 1 to 4094.")),
    };
    let vlans = form.text("vlans").split_whitespace().map(vlan).collect::<Result<Vec<_>, _>>()?;
    let new = NewNetwork {
        forward,
        bridge,
        device: form.given_text("device"),
        subnet,
        dhcp,
        domain: form.given_text("domain"),
        mtu: form.number("mtu")?,
        vlans,
        openvswitch: form.is_ticked("ovs"),
        start: form.is_ticked("start"),
        autostart: form.is_ticked("autostart"),
    };
    Ok(vec![Operation::network(name, NetworkOperation::Define(new))])
}

fn address(form: &Form, key: &'static str) -> Result<String, Wrong> {
    let text = form.needed(key, "An address of the subnet.")?;
    if text.parse::<std::net::Ipv4Addr>().is_err() {
        return Err(wrong(key, "An address is written 192.168.150.10."));
    }
    Ok(text)
}

/// An address that DHCP always gives to one NIC.
pub fn reserve(network: &Network, nics: Vec<String>) -> Form {
    let fields = vec![
        Field::text("who", "NIC or VM", "")
            .known(nics)
            .hint("A MAC address, or the name of a VM with one NIC on the network."),
        Field::text("address", "Address", "")
            .otherwise("the one it has, else a free one")
            .hint("Of the network's subnet."),
        Field::text("hostname", "Host name", "").hint("Given with it; may be empty."),
    ];
    let title = format!("Reserve an address on {}", network.display_name());
    Form::new(title, On::Network(network.name.clone()), fields, |form| {
        let On::Network(name) = &form.on else { return Ok(Vec::new()) };
        let act = NetworkOperation::Reserve {
            who: form.needed("who", "Whose?")?,
            address: form.given_text("address"),
            hostname: form.given_text("hostname"),
        };
        Ok(vec![Operation::network(name, act)])
    })
}

/// A reservation less.
pub fn release(network: &Network, nics: Vec<String>) -> Form {
    let fields = vec![
        Field::text("who", "NIC or VM", "")
            .known(nics)
            .hint("A MAC address, or the name of a VM with one NIC on the network."),
    ];
    let title = format!("Release a reserved address on {}", network.display_name());
    Form::new(title, On::Network(network.name.clone()), fields, |form| {
        let On::Network(name) = &form.on else { return Ok(Vec::new()) };
        let act = NetworkOperation::Release { who: form.needed("who", "Whose?")? };
        Ok(vec![Operation::network(name, act)])
    })
}
