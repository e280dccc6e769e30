//! Giving a network another definition.

use std::net::IpAddr;

use super::facts::NetworkFact;
use super::{Made, On, act, subnet};
use crate::model::network::NetworkDefinition;
use crate::model::operation::{NetworkOperation as Op, Operation};
use crate::model::plan::{NetworkAct, Planned, RefusalKind, Weight};
use crate::xml;

pub(super) fn edit(on: &On<'_>, text: &str) -> Made {
    let network = on.defined()?;
    let now = NetworkFact { definition: read(on, text)?, ..network.clone() };
    let parts = xml::network::parts(text).unwrap_or_default();
    if parts.name.as_deref() != Some(on.name) {
        let remedy = "Define a network of the new name, move the VMs there, and undefine this one.";
        return Err(on.bad("libvirt cannot give a network another name.", remedy));
    }
    let id = network.id.to_string();
    if parts.uuid.as_ref().is_some_and(|uuid| !uuid.eq_ignore_ascii_case(&id)) {
        return Err(on.bad("A network keeps its UUID.", "Leave <uuid> as it was, or leave it out."));
    }
    let text = xml::network::with_uuid(text, &id);
    if same(&text, &network.xml) {
        return Err(on.no(RefusalKind::AlreadySo, "Nothing of it would change.", ""));
    }
    fits(on, &now)?;
    let define =
        NetworkAct::Define { network: on.name.into(), xml: text.clone(), before: Some(network.xml.clone()) };
    let file = format!("{}.xml", on.name);
    let command = ["virsh", "net-define", "--file", &file].map(str::to_owned).to_vec();
    let later = "What runs stays as it is until the network is stopped and started again.";
    Ok(on
        .draft(network)
        .summary(if network.active { "from its next start on" } else { "its definition" })
        .step_by("Define it anew", command, act(define))
        .note_if(network.active, Weight::Warning, later)
        .rests_on("its definition", &network.xml)
        .diff(&xml::diff::unified(&network.xml, &text))
        .back_by(Operation::network(on.name, Op::Edit { xml: network.xml.clone() }))
        .planned(on.facts))
}

fn same(one: &str, other: &str) -> bool {
    let lines = |text: &str| text.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
    let (one, other): (Vec<String>, Vec<String>) = (lines(one), lines(other));
    one == other
}

/// The definition that a text holds.
pub(super) fn read(on: &On<'_>, text: &str) -> Result<NetworkDefinition, Planned> {
    xml::network::parse(text).map_err(|e| on.bad(format!("This is no definition of a network: {e}"), ""))
}

/// Refuses a definition whose bridge or addresses others have, or whose DHCP serves addresses that it has not.
pub(super) fn fits(on: &On<'_>, now: &NetworkFact) -> Result<(), Planned> {
    let known = on.known();
    let others = || known.networks.iter().filter(|n| n.name != on.name);
    if let Some(bridge) = now.own_bridge()
        && let Some(other) = others().find(|n| n.own_bridge() == Some(bridge))
    {
        let reason = format!("Network {} has the bridge {bridge} already.", other.name);
        return Err(on.no(RefusalKind::Taken, reason, "Choose another name for the bridge."));
    }
    for (_, net) in subnet::of(now) {
        if let Some(who) = subnet::taken(net, on.name, false, known) {
            return Err(on.no(RefusalKind::Taken, who, "Choose another subnet."));
        }
    }
    let (Op::Edit { xml: text } | Op::Restore { xml: text, .. }) = on.act else { return Ok(()) };
    let parts = xml::network::parts(text).unwrap_or_default();
    let inside = |address: IpAddr| match address {
        IpAddr::V4(address) => subnet::of(now).any(|(_, net)| net.contains(address)),
        IpAddr::V6(_) => true,
    };
    let ends = parts.ranges.iter().flat_map(|(first, last)| [*first, *last]);
    let fixed = parts.reservations.iter().filter_map(|r| r.address);
    match ends.chain(fixed).find(|a| !inside(*a)) {
        Some(out) => {
            Err(on.bad(format!("DHCP would give {out}, which is in no subnet of this network."), ""))
        }
        None => Ok(()),
    }
}
