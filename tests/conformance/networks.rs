//! Virtual networks.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use novacron::hypervisor::HvErrorKind;

use super::host::{Host, NOBODY, fails};

/// Whether an address lies in a network written as `192.168.122.1/24`. Of IPv6 it is not asked.
fn lies_in(address: IpAddr, network: &str) -> bool {
    let Some((base, prefix)) = network.split_once('/') else { return false };
    match (address, base.parse::<Ipv4Addr>(), prefix.parse::<u32>()) {
        (IpAddr::V4(a), Ok(base), Ok(prefix)) => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            u32::from(a) & mask == u32::from(base) & mask
        }
        _ => true,
    }
}

pub(super) fn leases_fit_their_network(host: &Host<'_>) {
    let hv = host.open();
    let networks = hv.networks().unwrap();
    assert!(!networks.is_empty(), "a host under test has networks");
    assert_eq!(networks.iter().map(|n| n.id).collect::<BTreeSet<_>>().len(), networks.len());
    assert_eq!(networks.iter().map(|n| &n.name).collect::<BTreeSet<_>>().len(), networks.len());
    for network in networks {
        let leases = match hv.leases(network.id) {
            Err(e) if e.kind == HvErrorKind::Unsupported => {
                host.skip("the driver knows no leases");
                continue;
            }
            // Some versions refuse to tell of a network that is not started.
            Err(e) if e.kind == HvErrorKind::InvalidState && !network.active => continue,
            leases => leases.unwrap(),
        };
        assert!(network.definition.dhcp || leases.is_empty(), "{} has no DHCP: {leases:?}", network.name);
        for lease in leases {
            assert!(lease.prefix > 0 && lease.prefix <= 128, "{lease:?}");
            assert!(lease.mac.is_none_or(|m| m == m.to_lowercase()));
            assert!(
                network.definition.addresses.iter().any(|n| lies_in(lease.address, n)),
                "{}",
                network.name
            );
        }
    }
}

pub(super) fn an_unknown_network_is_not_found(host: &Host<'_>) {
    fails(host.open().leases(NOBODY), &[HvErrorKind::NotFound]);
}
