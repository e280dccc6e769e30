//! The simulated host's networks.

use super::build::uuid;
use super::names::NETWORKS;
use super::spec::VmSpec;
use crate::hypervisor::{Lease, NetworkRecord};
use crate::model::network::{Forward, NetworkDefinition};
use crate::model::operation::NewForward;
use crate::xml::network::{NetworkSpec, with_uuid, write};

/// Salt of the networks' UUIDs.
const SALT: u64 = 0x006e_6574;

/// A network of the host.
#[derive(Clone, Debug)]
pub(super) struct SimNetwork {
    /// As it is listed.
    pub(super) record: NetworkRecord,
    /// Its number among those the host began with: the VMs know it by that.
    pub(super) planned: Option<usize>,
    /// Its XML as it is defined.
    pub(super) defined: String,
    /// Its XML as it runs.
    pub(super) live: Option<String>,
}

/// The `index`th network that the host begins with.
pub(super) fn planned(seed: u64, index: usize) -> SimNetwork {
    let record = network(seed, index);
    let defined = xml_of(&record, index);
    SimNetwork { record, planned: Some(index), live: Some(defined.clone()), defined }
}

fn xml_of(record: &NetworkRecord, index: usize) -> String {
    let of = &record.definition;
    let third = u8::try_from(20 + index).unwrap_or(0);
    let spec = NetworkSpec {
        name: &record.name,
        forward: match of.forward {
            Forward::Nat => NewForward::Nat,
            Forward::Route => NewForward::Route,
            Forward::Bridge => NewForward::Bridge,
            _ => NewForward::Isolated,
        },
        bridge: of.bridge.as_deref(),
        device: of.forward_device.as_deref(),
        address: of.dhcp.then(|| ([10, third, 0, 1].into(), 16)),
        range: of.dhcp.then(|| ([10, third, 0, 2].into(), [10, third, 255, 254].into())),
        domain: of.domain.as_deref(),
        ..NetworkSpec::default()
    };
    with_uuid(&write(&spec), &record.id.to_string())
}

/// How the `index`th network reaches out: NAT, routed, a bridge, isolated, and again.
fn forward(index: usize) -> Forward {
    match index % 4 {
        0 => Forward::Nat,
        1 => Forward::Route,
        2 => Forward::Bridge,
        _ => Forward::Isolated,
    }
}

/// Whether libvirt serves DHCP on the `index`th network.
pub(crate) fn has_dhcp(index: usize) -> bool {
    forward(index) != Forward::Bridge
}

/// The name of the `index`th network.
pub(crate) fn name(index: usize) -> String {
    NETWORKS.get(index).map_or_else(|| format!("net{index}"), |n| (*n).to_owned())
}

/// The `index`th network.
pub(crate) fn network(seed: u64, index: usize) -> NetworkRecord {
    let forward = forward(index);
    let dhcp = has_dhcp(index);
    let bridge = if dhcp { format!("virbr{index}") } else { format!("br{}", index / 4) };
    NetworkRecord {
        id: uuid(seed ^ SALT, index as u64),
        name: name(index),
        active: true,
        autostart: Some(true),
        persistent: Some(true),
        definition: NetworkDefinition {
            forward_device: (forward == Forward::Route).then(|| "eno1".to_owned()),
            forward,
            bridge: Some(bridge),
            addresses: if dhcp { vec![format!("10.{}.0.1/16", 20 + index)] } else { Vec::new() },
            dhcp,
            domain: dhcp.then(|| format!("{}.example", name(index))),
            vlans: Vec::new(),
        },
    }
}

/// The leases of a network to these VMs, which run.
pub(crate) fn leases<'a>(index: usize, running: impl Iterator<Item = &'a VmSpec>) -> Vec<Lease> {
    running
        .flat_map(|vm| vm.nics.iter().map(move |nic| (vm, nic)))
        .filter(|(_, nic)| nic.network == index && nic.leased)
        .map(|(vm, nic)| Lease {
            mac: Some(nic.mac.clone()),
            address: nic.address.into(),
            prefix: 16,
            hostname: Some(vm.name.clone()),
        })
        .collect()
}
