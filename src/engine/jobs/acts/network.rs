//! Acts about virtual networks.

use super::Found;
use crate::engine::jobs::on_network;
use crate::hypervisor::{HvErrorKind, HvResult, Hypervisor, NetworkRecord, NetworkXml};
use crate::model::network::{HostChange, NetworkDefinition};
use crate::model::plan::NetworkAct;
use crate::xml;

/// Does it.
pub(super) fn perform(act: &NetworkAct, hv: &dyn Hypervisor) -> HvResult<()> {
    match act {
        NetworkAct::Define { xml, .. } => hv.define_network(xml),
        NetworkAct::Undefine { network } => gone_is_fine(hv.undefine_network(network)),
        NetworkAct::Start { network } => hv.start_network(network),
        NetworkAct::Stop { network } => hv.stop_network(network),
        NetworkAct::SetAutostart { network, on } => hv.set_network_autostart(network, *on),
        NetworkAct::DhcpHost { network, change, mac, address, hostname } => {
            let host = xml::network::host_element(mac, *address, hostname.as_deref());
            hv.change_dhcp_host(network, *change, &host)
        }
    }
}

/// A VM that is plugged into the network now.
pub(super) fn user(hv: &dyn Hypervisor, network: &str) -> HvResult<Option<String>> {
    let seen = on_network(hv, network)?;
    Ok(seen.and_then(|seen| seen.users.into_iter().find(|u| u.live).map(|u| u.vm)))
}

fn gone_is_fine(done: HvResult<()>) -> HvResult<()> {
    match done {
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Looks whether an act was done.
pub(super) fn probe(act: &NetworkAct, hv: &dyn Hypervisor) -> HvResult<Found> {
    let found = |so: bool| if so { Found::Done } else { Found::NotDone };
    let network = hv.networks()?.into_iter().find(|n| n.name == act.network());
    let is = |so: fn(&NetworkRecord) -> bool| network.as_ref().is_some_and(so);
    Ok(match act {
        NetworkAct::Define { network: name, xml, before } => {
            if network.is_none() {
                return Ok(Found::NotDone);
            }
            let now = hv.network_xml(name, NetworkXml::Defined)?;
            match before {
                Some(before) => found(now != *before),
                None => found(is_that(&now, xml)),
            }
        }
        // One that is only left running is undefined already.
        NetworkAct::Undefine { .. } => found(!is(|n| n.persistent != Some(false))),
        NetworkAct::Start { .. } => found(is(|n| n.active)),
        NetworkAct::Stop { .. } => found(!is(|n| n.active)),
        NetworkAct::SetAutostart { on: true, .. } => found(is(|n| n.autostart == Some(true))),
        NetworkAct::SetAutostart { on: false, .. } => found(is(|n| n.autostart == Some(false))),
        NetworkAct::DhcpHost { network: name, change, mac, address, hostname } => {
            let parts = xml::network::parts(&hv.network_xml(name, NetworkXml::Defined)?).unwrap_or_default();
            let mut own = parts.reservations.into_iter().filter(|r| r.mac.as_ref() == Some(mac));
            match (change, own.next()) {
                (HostChange::Delete, now) => found(now.is_none()),
                (_, now) => found(now.is_some_and(|r| r.address == *address && r.hostname == *hostname)),
            }
        }
    })
}

/// Whether what is defined now is what was asked for: another's network of the same name is not ours.
fn is_that(now: &str, asked: &str) -> bool {
    let read = |text| xml::network::parse(text).unwrap_or_default();
    let (now, asked) = (read(now), read(asked));
    let bridge = asked.bridge.is_none() || asked.bridge == now.bridge;
    bridge && NetworkDefinition { bridge: now.bridge.clone(), ..asked } == now
}
