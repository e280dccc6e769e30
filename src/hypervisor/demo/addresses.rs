//! Addresses of the demo's guests. The test driver makes some up, too, but brings the process down when a VM's
//! network has no address of its own (libvirt 11.3), and knows no leases.

use std::net::Ipv4Addr;

use crate::hypervisor::sim::dice;
use crate::hypervisor::{Lease, NetworkRecord};
use crate::model::vm::{AddressSource, GuestAddress, NicSource, VmDefinition};

/// The network that bridges lead to: not libvirt's, so it has no lease to tell.
const OUTSIDE: (Ipv4Addr, u8) = (Ipv4Addr::new(10, 0, 5, 0), 24);

/// A NIC's address.
struct NicAddress {
    mac: String,
    ip: Ipv4Addr,
    prefix: u8,
    leased_by: Option<String>,
}

fn all(vm: &VmDefinition, networks: &[NetworkRecord]) -> Vec<NicAddress> {
    vm.nics
        .iter()
        .filter_map(|nic| {
            let network = match &nic.source {
                NicSource::Network(name) => networks.iter().find(|n| n.name == *name),
                NicSource::Bridge(_) => None,
                _ => return None,
            };
            let own = network.and_then(|n| subnet(n.definition.addresses.first()?));
            let (base, prefix) = own.unwrap_or(OUTSIDE);
            Some(NicAddress {
                mac: nic.mac.clone(),
                ip: host(base, &nic.mac),
                prefix,
                leased_by: network.filter(|n| n.definition.dhcp).map(|n| n.name.clone()),
            })
        })
        .collect()
}

/// What a source would tell of a running VM's addresses.
pub(super) fn of(vm: &VmDefinition, networks: &[NetworkRecord], source: AddressSource) -> Vec<GuestAddress> {
    all(vm, networks)
        .into_iter()
        .filter(|a| source != AddressSource::Lease || a.leased_by.is_some())
        .map(|a| GuestAddress {
            mac: Some(a.mac),
            address: a.ip.into(),
            prefix: if source == AddressSource::Arp { 0 } else { a.prefix },
            source,
        })
        .collect()
}

/// The leases a network gave to a running VM.
pub(super) fn leases(
    vm: &VmDefinition,
    hostname: &str,
    networks: &[NetworkRecord],
    network: &str,
) -> Vec<Lease> {
    all(vm, networks)
        .into_iter()
        .filter(|a| a.leased_by.as_deref() == Some(network))
        .map(|a| Lease {
            mac: Some(a.mac),
            address: a.ip.into(),
            prefix: a.prefix,
            hostname: Some(hostname.to_owned()),
        })
        .collect()
}

/// `192.168.122.1/24` as the network's address and prefix; only of IPv4 networks with room for guests.
fn subnet(of: &str) -> Option<(Ipv4Addr, u8)> {
    let (address, prefix) = of.split_once('/')?;
    let (address, prefix): (Ipv4Addr, u8) = (address.parse().ok()?, prefix.parse().ok()?);
    (8..=24)
        .contains(&prefix)
        .then(|| (Ipv4Addr::from(u32::from(address) & (u32::MAX << (32 - prefix))), prefix))
}

/// The address of the NIC with this MAC: always the same.
fn host(base: Ipv4Addr, mac: &str) -> Ipv4Addr {
    let number = mac.bytes().fold(0, |n, b| dice::mix(n, b.into())) % 100;
    Ipv4Addr::from(u32::from(base) + 100 + number as u32)
}
