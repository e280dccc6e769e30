use super::*;
use crate::model::network::{HostChange, Reservation};
use crate::model::operation::NewForward;

const RUNNING: &str = "<network>\n  <name>lab</name>\n  <uuid>1e6ce43b-f1b5-445f-acd1-49a07ce4ed7c</uuid>\n  \
    <ip address='192.168.177.1' prefix='24'>\n    <dhcp>\n      \
    <range start='192.168.177.2' end='192.168.177.254'/>\n      \
    <host mac='52:54:00:AA:bb:01' name='web' ip='192.168.177.9'/>\n      \
    <host mac='52:54:00:aa:bb:02' ip='192.168.177.10'>\n        <lease expiry='2' unit='hours'/>\n      </host>\n    \
    </dhcp>\n  </ip>\n</network>\n";

#[test]
fn what_is_written_is_read_again() {
    let spec = NetworkSpec {
        name: "lab & co",
        forward: NewForward::Route,
        bridge: Some("virbr7"),
        device: Some("eno1"),
        address: Some(([10, 9, 8, 1].into(), 24)),
        range: Some(([10, 9, 8, 10].into(), [10, 9, 8, 99].into())),
        domain: Some("lab.example"),
        mtu: Some(1450),
        ..NetworkSpec::default()
    };
    let xml = write(&spec);
    let read = parse(&xml).unwrap();
    assert_eq!(read.forward, Forward::Route);
    assert_eq!((read.forward_device.as_deref(), read.bridge.as_deref()), (Some("eno1"), Some("virbr7")));
    assert_eq!(read.addresses, ["10.9.8.1/24"]);
    assert!(read.dhcp && read.domain.as_deref() == Some("lab.example"));
    let parts = parts(&xml).unwrap();
    assert_eq!(parts.name.as_deref(), Some("lab & co"));
    assert_eq!(parts.ranges, [("10.9.8.10".parse().unwrap(), "10.9.8.99".parse().unwrap())]);
    assert!(xml.contains("<mtu size='1450'/>"));
}

#[test]
fn a_bridge_with_tags_is_a_trunk_when_they_are_several() {
    let spec = |vlans| NetworkSpec {
        name: "tagged",
        forward: NewForward::Bridge,
        bridge: Some("br0"),
        vlans,
        openvswitch: true,
        ..NetworkSpec::default()
    };
    let one = write(&spec(&[42]));
    assert_eq!(
        one,
        "<network>\n  <name>tagged</name>\n  <forward mode='bridge'/>\n  <bridge name='br0'/>\n  \
         <virtualport type='openvswitch'/>\n  <vlan>\n    <tag id='42'/>\n  </vlan>\n</network>\n"
    );
    assert!(write(&spec(&[42, 43])).contains("<vlan trunk='yes'>"));
    assert_eq!(parse(&write(&spec(&[42, 43]))).unwrap().vlans, [42, 43]);
}

#[test]
fn fixed_addresses_come_change_and_go() {
    let macs = |xml: &str| {
        let known = |r: Reservation| (r.mac.unwrap(), r.address.unwrap().to_string());
        parts(xml).unwrap().reservations.into_iter().map(known).collect::<Vec<_>>()
    };
    let at = |mac: &str, ip: &str| (mac.to_owned(), ip.to_owned());
    let (first, second) =
        (at("52:54:00:aa:bb:01", "192.168.177.9"), at("52:54:00:aa:bb:02", "192.168.177.10"));
    assert_eq!(macs(RUNNING), [first.clone(), second.clone()]);
    let new = host_element("52:54:00:aa:bb:03", Some("192.168.177.11".parse().unwrap()), Some("db"));
    assert_eq!(new, "<host mac='52:54:00:aa:bb:03' name='db' ip='192.168.177.11'/>");
    let added = with_host(RUNNING, HostChange::Add, "52:54:00:aa:bb:03", &new);
    assert_eq!(macs(&added), [first.clone(), second, at("52:54:00:aa:bb:03", "192.168.177.11")]);
    // One with an element inside goes as a whole.
    let gone = with_host(RUNNING, HostChange::Delete, "52:54:00:aa:bb:02", "");
    assert_eq!(macs(&gone), [first]);
    assert!(!gone.contains("expiry"));
    let other = host_element("52:54:00:aa:bb:01", Some("192.168.177.77".parse().unwrap()), None);
    let changed = with_host(RUNNING, HostChange::Modify, "52:54:00:aa:bb:01", &other);
    assert_eq!(macs(&changed)[0].1, "192.168.177.77");
    assert_eq!(with_host("<network/>\n", HostChange::Add, "x", "<host/>"), "<network/>\n");
}

#[test]
fn a_uuid_is_put_in_where_there_is_none() {
    let with = with_uuid("<network>\n  <name>a</name>\n</network>", "u");
    assert_eq!(with, "<network>\n  <name>a</name>\n  <uuid>u</uuid>\n</network>");
    assert_eq!(with_uuid(RUNNING, "u"), RUNNING);
    assert_eq!(with_uuid("no XML", "u"), "no XML");
}
