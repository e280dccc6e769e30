//! Defining networks.

use std::net::Ipv4Addr;

use super::facts::NetworkFact;
use super::reserve::is_host_name;
use super::subnet::{self, Net};
use super::{Made, On, act, edit};
use crate::model::operation::{Dhcp, NetworkOperation as Op, NewForward, NewNetwork, Operation, Subnet};
use crate::model::plan::{AfterKill, NetworkAct, Planned, RefusalKind, Weight};
use crate::operations::build::Draft;
use crate::xml;
use crate::xml::network::{NetworkSpec, write};

/// The first libvirt that tags VLANs on bridges of the kernel.
const TAGS_ON_BRIDGES: u64 = 11_000_000;
/// Bytes of a device's name at most, as the kernel has it.
const MAX_DEVICE: usize = 15;

pub(super) fn define(on: &On<'_>, new: &NewNetwork) -> Made {
    name_is_free(on)?;
    makes_sense(on, new)?;
    bridge(on, new)?;
    vlans(on, new)?;
    let net = address(on, new)?;
    let range = range(on, new, net)?;
    let text = write(&NetworkSpec {
        name: on.name,
        forward: new.forward,
        bridge: new.bridge.as_deref(),
        device: new.device.as_deref(),
        address: net.map(|(address, net)| (address, net.prefix())),
        range,
        domain: new.domain.as_deref(),
        mtu: new.mtu,
        vlans: &new.vlans,
        openvswitch: new.openvswitch,
    });
    let mut summary = vec![new.forward.word().to_owned()];
    summary.extend(net.map(|(_, net)| net.to_string()));
    summary.extend(new.bridge.as_ref().map(|b| format!("bridge {b}")));
    let plan = steps(on, on.new_draft().summary(summary.join(", ")), &text, new.start, new.autostart)
        .note_if(
            !new.autostart,
            Weight::Info,
            "It does not start with the host; --autostart, or `network autostart`, sets that.",
        )
        .note_if(
            new.forward == NewForward::Route,
            Weight::Info,
            "Others reach it only where their routes lead to its subnet by this host.",
        )
        .note_if(
            on.known().host.is_none() && net.is_some(),
            Weight::Info,
            "The host's own routes are not known from here: where they collide, libvirt does not start it.",
        );
    Ok(about_bridge(on, new, plan).planned(on.facts))
}

pub(super) fn restore(on: &On<'_>, text: &str, start: bool, autostart: bool) -> Made {
    name_is_free(on)?;
    let definition = edit::read(on, text)?;
    let parts = xml::network::parts(text).unwrap_or_default();
    if parts.name.as_deref() != Some(on.name) {
        return Err(on.bad("The definition is of a network of another name.", ""));
    }
    let now = NetworkFact {
        id: uuid::Uuid::nil(),
        name: on.name.to_owned(),
        active: false,
        autostart: None,
        persistent: None,
        definition,
        xml: String::new(),
    };
    edit::fits(on, &now)?;
    let draft = on.new_draft().summary("as it was");
    Ok(steps(on, draft, text, start, autostart).planned(on.facts))
}

fn name_is_free(on: &On<'_>) -> Result<(), Planned> {
    if let Err(why) = crate::operations::vm::name_is_good(on.name) {
        return Err(on.bad(why, "Give it a name such as lab."));
    }
    if on.known().network(on.name).is_some() {
        let reason = format!("There is a network {} already.", on.name);
        return Err(on.no(RefusalKind::Taken, reason, "Choose another name."));
    }
    Ok(())
}

/// The steps, of which none stays alone.
fn steps(on: &On<'_>, draft: Draft, text: &str, start: bool, autostart: bool) -> Draft {
    let network = || on.name.to_owned();
    let file = format!("{}.xml", on.name);
    let command = ["virsh", "net-define", "--file", &file].map(str::to_owned).to_vec();
    let define = NetworkAct::Define { network: network(), xml: text.to_owned(), before: None };
    let mut plan = draft
        .step_by("Define it", command, act(define))
        .undo(act(NetworkAct::Undefine { network: network() }));
    if autostart {
        let set = NetworkAct::SetAutostart { network: network(), on: true };
        plan = plan.step_by("Have it started with the host", on.virsh("net-autostart", &[]), act(set));
    }
    if start {
        let call = NetworkAct::Start { network: network() };
        plan = plan.step_by("Start it", on.virsh("net-start", &[]), act(call));
    }
    plan =
        plan.rests_on("its definition", text).diff(&xml::diff::unified("", text)).after_kill(AfterKill::Undo);
    plan.back_by(Operation::network(on.name, Op::Undefine))
}

/// Refuses what this kind of network cannot have.
fn makes_sense(on: &On<'_>, new: &NewNetwork) -> Result<(), Planned> {
    let bridged = new.forward == NewForward::Bridge;
    let addressed =
        !matches!(new.subnet, Subnet::Free | Subnet::None) || matches!(new.dhcp, Dhcp::Range { .. });
    let no = |what: &str| {
        let reason = format!("A network on the host's own bridge has no {what} of libvirt's.");
        Err(on.bad(reason, "What is on the bridge already gives addresses and names there."))
    };
    match new {
        _ if bridged && addressed => return no("subnet and DHCP"),
        NewNetwork { domain: Some(_), .. } if bridged => return no("domain"),
        NewNetwork { mtu: Some(_), .. } if bridged => return no("MTU"),
        NewNetwork { device: Some(_), .. }
            if matches!(new.forward, NewForward::Bridge | NewForward::Isolated) =>
        {
            return Err(on.bad("Only NAT and routed networks go out by a device.", "Leave the device out."));
        }
        NewNetwork { bridge: None, .. } if bridged => {
            return Err(
                on.bad("It has to be said which bridge of the host it is on.", "Name it with --bridge.")
            );
        }
        _ => {}
    }
    if let Some(bad) = new.domain.as_deref().filter(|d| !is_host_name(d)) {
        return Err(on.bad(format!("“{bad}” is no domain."), "Give one such as lab.example."));
    }
    if new.mtu.is_some_and(|mtu| !(576..=65_535).contains(&mtu)) {
        return Err(on.bad("An MTU is 576 to 65535 bytes.", ""));
    }
    let devices = [&new.bridge, &new.device];
    match devices.into_iter().flatten().find(|d| !is_device(d)) {
        Some(bad) => {
            let remedy = format!("Up to {MAX_DEVICE} letters, digits and . _ -");
            Err(on.bad(format!("“{bad}” is no name of a device."), remedy))
        }
        None => Ok(()),
    }
}

fn is_device(name: &str) -> bool {
    (1..=MAX_DEVICE).contains(&name.len())
        && !name.starts_with('-')
        && name != "."
        && name != ".."
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Refuses a bridge of its own that somebody has.
fn bridge(on: &On<'_>, new: &NewNetwork) -> Result<(), Planned> {
    let Some(bridge) = new.bridge.as_deref().filter(|_| new.forward != NewForward::Bridge) else {
        return Ok(());
    };
    let known = on.known();
    let remedy = "Choose another name, or leave it to libvirt.";
    if let Some(other) = known.networks.iter().find(|n| n.definition.bridge.as_deref() == Some(bridge)) {
        let reason = format!("Network {} has the bridge {bridge} already.", other.name);
        return Err(on.no(RefusalKind::Taken, reason, remedy));
    }
    if known.host.iter().flat_map(|h| &h.devices).any(|d| d.name == bridge) {
        return Err(on.no(RefusalKind::Taken, format!("The host has a device {bridge} already."), remedy));
    }
    Ok(())
}

fn vlans(on: &On<'_>, new: &NewNetwork) -> Result<(), Planned> {
    if new.vlans.is_empty() && !new.openvswitch {
        return Ok(());
    }
    if new.forward != NewForward::Bridge {
        let reason = "VLANs are tagged only on networks that use a bridge of the host.";
        return Err(on.bad(reason, "Define it with --kind bridge --bridge NAME."));
    }
    if new.vlans.iter().any(|tag| !(1..=4094).contains(tag)) {
        return Err(on.bad("A VLAN has a number from 1 to 4094.", ""));
    }
    let libvirt = on.known().libvirt;
    if !new.openvswitch && !new.vlans.is_empty() && libvirt < TAGS_ON_BRIDGES {
        let version = format!("{}.{}", libvirt / 1_000_000, libvirt / 1000 % 1000);
        let reason = format!(
            "libvirt {version} tags VLANs on bridges of Open vSwitch only; from 11.0 on on others too."
        );
        let remedy = "Make a VLAN device with a bridge on it on the host, and use that bridge without a tag.";
        return Err(on.no(RefusalKind::Unsupported, reason, remedy));
    }
    Ok(())
}

/// The host's address on the new network, and its subnet.
fn address(on: &On<'_>, new: &NewNetwork) -> Result<Option<(Ipv4Addr, Net)>, Planned> {
    if new.forward == NewForward::Bridge {
        return Ok(None);
    }
    let (address, net) = match &new.subnet {
        Subnet::None if new.forward == NewForward::Isolated => return Ok(None),
        Subnet::None => {
            let reason = "A network that reaches out needs a subnet.";
            return Err(on.bad(reason, "Give it one, or let NovaCron choose one that is free."));
        }
        Subnet::Free => {
            let net = subnet::free(on.known()).ok_or_else(|| {
                let reason = "No subnet of 192.168.100.0 to 192.168.254.0 is free.";
                on.no(RefusalKind::Taken, reason, "Give it a subnet with --subnet.")
            })?;
            (net.at(1), net)
        }
        Subnet::Given(text) => {
            let (address, net) = subnet::read(text).ok_or_else(|| {
                let reason = format!("“{text}” is no IPv4 subnet.");
                on.bad(reason, "Give one such as 192.168.150.0/24.")
            })?;
            (if address == net.at(0) { net.at(1) } else { address }, net)
        }
    };
    if !(8..=30).contains(&net.prefix()) || !net.is_host(address) {
        let reason = format!("{address}/{} leaves no room for guests, or is none.", net.prefix());
        return Err(on.bad(reason, "Give a subnet with a prefix of 8 to 30."));
    }
    if address.is_loopback() || address.is_multicast() || address.is_unspecified() || address.is_broadcast() {
        return Err(on.bad(format!("{net} is no subnet that hosts can have."), "Choose another subnet."));
    }
    match subnet::taken(net, on.name, false, on.known()) {
        Some(who) => Err(on.no(RefusalKind::Taken, who, "Choose another subnet.")),
        None => Ok(Some((address, net))),
    }
}

/// The first and the last address that DHCP gives.
fn range(
    on: &On<'_>,
    new: &NewNetwork,
    net: Option<(Ipv4Addr, Net)>,
) -> Result<Option<(Ipv4Addr, Ipv4Addr)>, Planned> {
    let Some((own, net)) = net else {
        return match new.dhcp {
            Dhcp::Range { .. } => Err(on.bad("Without a subnet there is no DHCP.", "Give it a subnet.")),
            Dhcp::Whole | Dhcp::Off => Ok(None),
        };
    };
    let (from, to) = match &new.dhcp {
        Dhcp::Off => return Ok(None),
        Dhcp::Whole => return Ok(Some(around(own, net))),
        Dhcp::Range { from, to } => (from, to),
    };
    let (Ok(first), Ok(last)) = (from.parse::<Ipv4Addr>(), to.parse::<Ipv4Addr>()) else {
        return Err(on.bad(format!("“{from}-{to}” is no range of IPv4 addresses."), ""));
    };
    if !net.is_host(first) || !net.is_host(last) || first > last {
        let reason = format!("{first} to {last} is no range of guests' addresses in {net}.");
        return Err(on.bad(reason, "Choose addresses of the subnet, the smaller one first."));
    }
    if (first..=last).contains(&own) {
        let reason = format!("{own} is the host's own address there: DHCP must not give it.");
        return Err(on.bad(reason, "Leave it out of the range."));
    }
    Ok(Some((first, last)))
}

/// The larger part of the subnet beside the host's address.
fn around(own: Ipv4Addr, net: Net) -> (Ipv4Addr, Ipv4Addr) {
    let (first, last) = (net.at(1), Ipv4Addr::from_bits(net.last().to_bits() - 1));
    let (below, above) = (own.to_bits() - first.to_bits(), last.to_bits() - own.to_bits());
    if below > above {
        (first, Ipv4Addr::from_bits(own.to_bits() - 1))
    } else {
        (Ipv4Addr::from_bits(own.to_bits() + 1), last)
    }
}

/// What is to be known of the host's bridge.
fn about_bridge(on: &On<'_>, new: &NewNetwork, plan: Draft) -> Draft {
    let (Some(bridge), NewForward::Bridge) = (new.bridge.as_deref(), new.forward) else { return plan };
    let owner = on.known().networks.iter().find(|n| n.own_bridge() == Some(bridge));
    let plan = plan.note_if(
        owner.is_some(),
        Weight::Warning,
        format!("The bridge {bridge} comes and goes with network {}.", owner.map_or("", |o| o.name.as_str())),
    );
    let Some(host) = &on.known().host else { return plan };
    let device = host.devices.iter().find(|d| d.name == bridge);
    let unfiltered = device.is_some_and(|d| d.vlan_filtering == Some(false));
    plan.note_if(
        device.is_none(),
        Weight::Warning,
        format!("The host has no bridge {bridge} now: VMs on this network will not start before it is there."),
    )
    .note_if(
        unfiltered && !new.vlans.is_empty() && !new.openvswitch,
        Weight::Warning,
        format!(
            "The bridge {bridge} does not filter VLANs now: `ip link set {bridge} type bridge vlan_filtering 1` turns that on."
        ),
    )
}
