//! Virtual networks.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use novacron::hypervisor::{HvErrorKind, NetworkXml, Purpose};
use novacron::model::network::HostChange;
use novacron::model::operation::NewForward;
use novacron::xml::network::{NetworkSpec, host_element, parts, write};

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

fn written(name: &str, octet: u8, forward: NewForward) -> String {
    write(&NetworkSpec {
        name,
        forward,
        address: Some(([10, 254, octet, 1].into(), 24)),
        range: Some(([10, 254, octet, 10].into(), [10, 254, octet, 99].into())),
        ..NetworkSpec::default()
    })
}

pub(super) fn networks_come_and_go(host: &Host<'_>) {
    let hv = host.connector.connect(Purpose::Operate).unwrap();
    let name = format!("conforms-{}", std::process::id());
    let seen = || hv.networks().unwrap().into_iter().find(|n| n.name == name);
    let gone = [HvErrorKind::NotFound];
    fails(hv.start_network(&name), &gone);
    fails(hv.network_xml(&name, NetworkXml::Live), &gone);
    let octet = u8::try_from(std::process::id() % 250).unwrap();
    hv.define_network(&written(&name, octet, NewForward::Nat)).unwrap();
    let made = seen().unwrap();
    assert!(!made.active && made.persistent == Some(true) && made.autostart == Some(false), "{made:?}");
    assert!(made.definition.dhcp && made.definition.addresses == [format!("10.254.{octet}.1/24")]);
    // The same name without its UUID is another network.
    let again = hv.define_network(&written(&name, octet, NewForward::Nat)).unwrap_err();
    assert!(
        matches!(again.kind, HvErrorKind::Exists | HvErrorKind::Other | HvErrorKind::InvalidState),
        "{again}"
    );
    hv.set_network_autostart(&name, true).unwrap();
    assert_eq!(seen().unwrap().autostart, Some(true));
    hv.set_network_autostart(&name, false).unwrap();
    hv.start_network(&name).unwrap();
    assert!(seen().unwrap().active);
    fails(hv.start_network(&name), &[HvErrorKind::InvalidState]);
    let mac = "52:54:00:fe:00:01";
    let fixed = |which| {
        let parts = parts(&hv.network_xml(&name, which).unwrap()).unwrap();
        parts.reservations.into_iter().map(|r| (r.mac.unwrap(), r.address.unwrap())).collect::<Vec<_>>()
    };
    let at = |last: u8| IpAddr::from([10, 254, octet, last]);
    for (change, last) in [(HostChange::Add, 20), (HostChange::Modify, 21)] {
        hv.change_dhcp_host(&name, change, &host_element(mac, Some(at(last)), None)).unwrap();
        for which in [NetworkXml::Live, NetworkXml::Defined] {
            assert_eq!(fixed(which), [(mac.to_owned(), at(last))], "{which:?}");
        }
    }
    hv.change_dhcp_host(&name, HostChange::Delete, &host_element(mac, None, None)).unwrap();
    assert!(fixed(NetworkXml::Live).is_empty() && fixed(NetworkXml::Defined).is_empty());
    // What is defined anew is not yet what runs; the test driver tells of what runs only.
    let before = hv.network_xml(&name, NetworkXml::Defined).unwrap();
    hv.define_network(&before.replace(&format!("10.254.{octet}.99"), &format!("10.254.{octet}.88"))).unwrap();
    let (defined, live) = (NetworkXml::Defined, NetworkXml::Live);
    let has = |which| hv.network_xml(&name, which).unwrap().contains(&format!("10.254.{octet}.88"));
    assert!(!has(live) && (has(defined) || hv.node().unwrap().driver == "TEST"));
    if let Some(read_only) = host.read_only.map(|c| c.connect(Purpose::Operate).unwrap()) {
        let refused = [HvErrorKind::ReadOnly];
        fails(read_only.define_network(&written("no", 1, NewForward::Nat)), &refused);
        fails(read_only.stop_network(&name), &refused);
        fails(read_only.undefine_network(&name), &refused);
        fails(read_only.set_network_autostart(&name, true), &refused);
        fails(read_only.change_dhcp_host(&name, HostChange::Add, "<host/>"), &refused);
    }
    hv.stop_network(&name).unwrap();
    // The test driver does not look.
    if hv.node().unwrap().driver != "TEST" {
        fails(hv.stop_network(&name), &[HvErrorKind::InvalidState]);
    }
    hv.undefine_network(&name).unwrap();
    assert!(seen().is_none());
    fails(hv.undefine_network(&name), &gone);
}
