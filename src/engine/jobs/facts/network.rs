//! Reading what plans about virtual networks rest on.

use super::{Definitions, definitions, found};
use crate::hypervisor::{HvErrorKind, HvResult, Hypervisor, Lease, NetworkXml};
use crate::model::network::Reservation;
use crate::model::operation::{NetworkOperation, Operation};
use crate::model::vm::NicSource;
use crate::operations::{LeaseFact, NetworkFact, NetworkFacts, NetworkUser, needs_users};
use crate::xml::{self, domain};

/// Reads what the operation needs; nothing where it is not about a network.
pub(super) fn network_facts(hv: &dyn Hypervisor, operation: &Operation) -> HvResult<NetworkFacts> {
    match operation {
        Operation::Network { name, act } => facts_of(hv, name, act),
        _ => Ok(NetworkFacts::default()),
    }
}

/// All there is to know of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSeen {
    /// The network.
    pub network: NetworkFact,
    /// NICs on it.
    pub users: Vec<NetworkUser>,
    /// Addresses that DHCP has given; none where the driver knows none.
    pub leases: Vec<Lease>,
    /// Addresses that DHCP keeps.
    pub reservations: Vec<Reservation>,
}

/// Reads a network and who is on it; `None` when there is no such one. Takes a call for each VM.
///
/// # Errors
/// Those of the connection.
pub fn on_network(hv: &dyn Hypervisor, name: &str) -> HvResult<Option<NetworkSeen>> {
    let facts = facts_of(hv, name, &NetworkOperation::Stop)?;
    let Some(network) = facts.network(name).cloned() else { return Ok(None) };
    let users = facts.on(&network).cloned().collect();
    let leases = if network.active { leases_of(hv, network.id)? } else { Vec::new() };
    let reservations = xml::network::parts(&network.xml).unwrap_or_default().reservations;
    Ok(Some(NetworkSeen { network, users, leases, reservations }))
}

/// Why a text is no definition of a network; `None` when it is one.
pub fn no_network(text: &str) -> Option<String> {
    xml::network::parse(text).err().map(|e| e.to_string())
}

fn facts_of(hv: &dyn Hypervisor, name: &str, act: &NetworkOperation) -> HvResult<NetworkFacts> {
    let mut networks = Vec::new();
    let mut leases = Vec::new();
    for n in hv.networks()? {
        let named = n.name == name;
        if named && n.active {
            let all = leases_of(hv, n.id)?.into_iter();
            leases = all.map(|l| LeaseFact { mac: l.mac, address: l.address }).collect();
        }
        let xml = if named { found(hv.network_xml(name, NetworkXml::Defined))? } else { None };
        networks.push(NetworkFact {
            id: n.id,
            name: n.name,
            active: n.active,
            autostart: n.autostart,
            persistent: n.persistent,
            definition: n.definition,
            xml: xml.unwrap_or_default(),
        });
    }
    let users = if needs_users(act) { users(hv)? } else { Vec::new() };
    let host = hv.capabilities().local.then(crate::host::networks);
    Ok(NetworkFacts { networks, users, leases, host, libvirt: hv.node()?.libvirt_version })
}

/// Leases; none where the driver knows none.
fn leases_of(hv: &dyn Hypervisor, id: uuid::Uuid) -> HvResult<Vec<Lease>> {
    use HvErrorKind::{InvalidState, NotFound, Unsupported};
    match hv.leases(id) {
        Err(e) if matches!(e.kind, Unsupported | InvalidState | NotFound) => Ok(Vec::new()),
        answer => answer,
    }
}

/// NICs of all VMs: as they run, and as they are defined.
fn users(hv: &dyn Hypervisor) -> HvResult<Vec<NetworkUser>> {
    let mut all = Vec::new();
    for Definitions { vm, live, defined } in definitions(hv)? {
        all.extend(nics(&vm.name, &live, vm.state.is_active()));
        all.extend(defined.iter().flat_map(|defined| nics(&vm.name, defined, false)));
    }
    Ok(all)
}

fn nics(vm: &str, xml: &str, live: bool) -> Vec<NetworkUser> {
    let nics = domain::parse(xml).unwrap_or_default().nics;
    let user = |nic: crate::model::vm::NicDefinition| {
        let (network, bridge) = match nic.source {
            NicSource::Network(name) => (Some(name), None),
            NicSource::Bridge(name) => (None, Some(name)),
            _ => return None,
        };
        Some(NetworkUser { vm: vm.to_owned(), live, mac: nic.mac, device: nic.device, network, bridge })
    };
    nics.into_iter().filter_map(user).collect()
}
