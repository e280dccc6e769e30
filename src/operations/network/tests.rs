use std::net::Ipv4Addr;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::model::network::{HostDevice, HostNetworks, HostRoute, NetworkDefinition};
use crate::model::operation::{Dhcp, NewForward, NewNetwork, Subnet};
use crate::model::plan::{AfterKill, Confirm, Plan, Weight};

const MAC: &str = "52:54:00:00:00:01";

fn xml(name: &str, hosts: &str) -> String {
    format!(
        "<network>\n  <name>{name}</name>\n  <uuid>{}</uuid>\n  <forward mode='nat'/>\n  <bridge name='virbr1'/>\n  \
         <ip address='192.168.100.1' prefix='24'>\n    <dhcp>\n      \
         <range start='192.168.100.2' end='192.168.100.254'/>\n{hosts}    </dhcp>\n  </ip>\n</network>\n",
        Uuid::from_u128(1)
    )
}

fn network(name: &str, active: bool, text: &str) -> NetworkFact {
    NetworkFact {
        id: Uuid::from_u128(1),
        name: name.into(),
        active,
        autostart: Some(false),
        persistent: Some(true),
        definition: crate::xml::network::parse(text).unwrap(),
        xml: text.into(),
    }
}

fn user(vm: &str, live: bool, mac: &str) -> NetworkUser {
    NetworkUser {
        vm: vm.into(),
        live,
        mac: mac.into(),
        device: live.then(|| "vnet3".into()),
        network: Some("lab".into()),
        bridge: None,
    }
}

/// A host with one network, `lab`, which has 192.168.100.0/24; another route; and a bridge.
fn facts(active: bool) -> Facts {
    let device = |name: &str, vlan_filtering| HostDevice { name: name.into(), vlan_filtering };
    let host = HostNetworks {
        routes: vec![
            HostRoute { network: [10, 1, 0, 0].into(), prefix: 16, device: "eth0".into() },
            HostRoute { network: [192, 168, 100, 0].into(), prefix: 24, device: "virbr1".into() },
        ],
        devices: vec![device("br0", Some(false)), device("eth0", None), device("virbr1", Some(false))],
    };
    let networks = NetworkFacts {
        networks: vec![network("lab", active, &xml("lab", ""))],
        host: Some(host),
        libvirt: 11_003_000,
        ..NetworkFacts::default()
    };
    Facts { networks, ..Facts::default() }
}

#[expect(clippy::needless_pass_by_value, reason = "a test reads better without references")]
fn ask(act: Op, facts: &Facts) -> Planned {
    let name = if matches!(act, Op::Define(_)) { "new" } else { "lab" };
    plan(name, &act, facts)
}

#[track_caller]
fn planned(act: Op, facts: &Facts) -> Plan {
    match ask(act, facts) {
        Planned::Plan(plan) => *plan,
        Planned::Refused(no) => panic!("{no:?}"),
    }
}

#[track_caller]
fn refused(act: Op, facts: &Facts, kind: RefusalKind, says: &str) {
    match ask(act, facts) {
        Planned::Refused(no) => {
            assert_eq!(no.kind, kind, "{no:?}");
            assert!(no.reason.contains(says), "{no:?}");
        }
        Planned::Plan(plan) => panic!("{plan:?}"),
    }
}

fn nat(subnet: &str) -> NewNetwork {
    NewNetwork { subnet: Subnet::Given(subnet.into()), start: true, ..NewNetwork::default() }
}

fn bridged(bridge: &str, vlans: &[u16]) -> NewNetwork {
    let (forward, bridge) = (NewForward::Bridge, Some(bridge.to_owned()));
    NewNetwork { forward, bridge, vlans: vlans.to_vec(), start: true, ..NewNetwork::default() }
}

fn has(plan: &Plan, weight: Weight, says: &str) -> bool {
    plan.notes.iter().any(|n| n.weight == weight && n.text.contains(says))
}

#[test]
fn a_new_network_is_defined_and_started_whole() {
    let plan = planned(Op::Define(NewNetwork { autostart: true, ..nat("192.168.150.0/24") }), &facts(true));
    let commands: Vec<String> = plan.steps.iter().map(|s| s.command.join(" ")).collect();
    assert_eq!(
        commands,
        [
            "virsh net-define --file new.xml",
            "virsh net-autostart --network new",
            "virsh net-start --network new"
        ]
    );
    assert_eq!(plan.after_kill, AfterKill::Undo);
    assert!(
        matches!(&plan.steps[0].undo, Some(Act::Network(NetworkAct::Undefine { network })) if network == "new")
    );
    assert!(plan.diff.contains("+  <ip address='192.168.150.1' prefix='24'>"), "{}", plan.diff);
    assert!(plan.diff.contains("start='192.168.150.2' end='192.168.150.254'"), "{}", plan.diff);
    assert_eq!(plan.inverse, Some(Operation::network("new", Op::Undefine)));
    // Without a subnet the first that is free is taken: 192.168.100.0/24 is lab's.
    let free = planned(Op::Define(NewNetwork::default()), &facts(false));
    assert!(free.summary.contains("192.168.101.0/24"), "{}", free.summary);
    // The host's address may be said; the larger side of it is given.
    let above = planned(Op::Define(nat("192.168.150.254/24")), &facts(true));
    assert!(above.diff.contains("start='192.168.150.1' end='192.168.150.253'"), "{}", above.diff);
}

#[test]
fn what_others_have_is_refused() {
    let all = facts(false);
    let no = |new, kind, says| refused(Op::Define(new), &all, kind, says);
    no(nat("192.168.100.128/25"), RefusalKind::Taken, "Network lab has 192.168.100.0/24");
    no(nat("192.168.0.0/16"), RefusalKind::Taken, "Network lab");
    no(nat("10.1.7.0/24"), RefusalKind::Taken, "eth0");
    let named = |bridge: &str| NewNetwork { bridge: Some(bridge.into()), ..nat("10.9.0.0/24") };
    no(named("virbr1"), RefusalKind::Taken, "Network lab has the bridge virbr1");
    no(named("eth0"), RefusalKind::Taken, "a device eth0");
    no(named("a bridge"), RefusalKind::BadRequest, "no name of a device");
    let again = plan("lab", &Op::Define(nat("10.9.0.0/24")), &all);
    assert!(matches!(again, Planned::Refused(no) if no.kind == RefusalKind::Taken));
    // Of another machine the routes are not known, and that is said.
    let mut far = facts(false);
    far.networks.host = None;
    assert!(has(&planned(Op::Define(nat("10.1.7.0/24")), &far), Weight::Info, "not known from here"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let all = facts(true);
    let no = |new, says| refused(Op::Define(new), &all, RefusalKind::BadRequest, says);
    let range = |from: &str, to: &str| NewNetwork {
        dhcp: Dhcp::Range { from: from.into(), to: to.into() },
        ..nat("10.9.8.0/24")
    };
    no(range("10.9.8.50", "10.9.9.60"), "no range of guests' addresses in 10.9.8.0/24");
    no(range("10.9.8.60", "10.9.8.50"), "no range");
    no(range("10.9.8.1", "10.9.8.50"), "host's own address");
    no(range("10.9.8.0", "10.9.8.50"), "no range");
    no(nat("10.9.8.0"), "no IPv4 subnet");
    no(nat("10.9.8.0/33"), "no IPv4 subnet");
    no(nat("10.9.8.0/31"), "no room");
    no(nat("127.9.8.0/24"), "no subnet that hosts can have");
    no(NewNetwork { subnet: Subnet::None, ..NewNetwork::default() }, "needs a subnet");
    no(NewNetwork { mtu: Some(10), ..nat("10.9.8.0/24") }, "MTU");
    no(NewNetwork { domain: Some("a b".into()), ..nat("10.9.8.0/24") }, "no domain");
    no(NewNetwork { vlans: vec![42], ..nat("10.9.8.0/24") }, "VLANs");
    no(NewNetwork { forward: NewForward::Bridge, ..NewNetwork::default() }, "which bridge");
    no(
        NewNetwork { subnet: Subnet::Given("10.9.8.0/24".into()), ..bridged("br0", &[]) },
        "no subnet and DHCP",
    );
    no(bridged("br0", &[4095]), "1 to 4094");
}

#[test]
fn a_bridge_of_the_host_is_used_as_it_is() {
    let plan = planned(Op::Define(bridged("br0", &[])), &facts(true));
    assert!(!plan.diff.contains("<ip") && plan.diff.contains("<forward mode='bridge'/>"), "{}", plan.diff);
    assert!(!plan.notes.iter().any(|n| n.weight == Weight::Warning), "{:?}", plan.notes);
    assert!(has(&planned(Op::Define(bridged("br7", &[])), &facts(true)), Weight::Warning, "no bridge br7"));
    let tagged = planned(Op::Define(bridged("br0", &[42])), &facts(true));
    assert!(has(&tagged, Weight::Warning, "does not filter VLANs") && tagged.diff.contains("<tag id='42'/>"));
    let mut old = facts(true);
    old.networks.libvirt = 9_000_000;
    refused(Op::Define(bridged("br0", &[42])), &old, RefusalKind::Unsupported, "libvirt 9.0");
    let switched = NewNetwork { openvswitch: true, ..bridged("br0", &[42]) };
    assert!(planned(Op::Define(switched), &old).diff.contains("openvswitch"));
}

#[test]
fn stopping_tells_who_is_cut_off() {
    let nobody = planned(Op::Stop, &facts(true));
    assert_eq!(nobody.confirm, Confirm::Yes);
    assert_eq!(nobody.inverse, Some(Operation::network("lab", Op::Start)));
    let mut used = facts(true);
    let own_bridge =
        NetworkUser { network: None, bridge: Some("virbr1".into()), ..user("direct", true, "02") };
    let users = [user("web01", true, MAC), user("web01", false, MAC), user("off02", false, "03"), own_bridge];
    used.networks.users = users.to_vec();
    let plan = planned(Op::Stop, &used);
    assert_eq!(plan.confirm, Confirm::Name("lab".into()));
    assert!(
        has(&plan, Weight::Danger, "web01 (52:54:00:00:00:01, vnet3), direct (02, vnet3)"),
        "{:?}",
        plan.notes
    );
    assert!(
        has(&plan, Weight::Warning, "off will not start while it is stopped: off02."),
        "{:?}",
        plan.notes
    );
    // Somebody who came meanwhile makes the plan stale.
    assert!(nobody.stale_against(&plan).is_some());
    refused(Op::Stop, &facts(false), RefusalKind::AlreadySo, "not started");
}

#[test]
fn a_bridge_of_the_host_stays_when_its_network_stops() {
    let mut used = facts(true);
    used.networks.networks[0].definition = NetworkDefinition {
        forward: crate::model::network::Forward::Bridge,
        bridge: Some("br0".into()),
        ..NetworkDefinition::default()
    };
    used.networks.users = vec![user("web01", true, MAC)];
    let plan = planned(Op::Stop, &used);
    assert_eq!(plan.confirm, Confirm::Yes);
    assert!(has(&plan, Weight::Info, "keep their connection"));
}

#[test]
fn whose_leases_go_with_a_network_is_told() {
    let mut shared = facts(false);
    let lab = shared.networks.networks[0].clone();
    let bridge = |name: &str| NetworkDefinition {
        forward: crate::model::network::Forward::Bridge,
        bridge: Some(name.into()),
        ..NetworkDefinition::default()
    };
    shared.networks.networks[0].definition = bridge("virbr1");
    shared.networks.networks.push(NetworkFact { name: "default".into(), ..lab });
    let told = "default is on the same bridge, and libvirt forgets its DHCP leases too";
    assert!(has(&planned(Op::Undefine, &shared), Weight::Warning, told));
    shared.networks.networks[0].active = true;
    assert!(!has(&planned(Op::Stop, &shared), Weight::Warning, told), "it stays defined");
    shared.networks.networks[0].persistent = Some(false);
    assert!(has(&planned(Op::Stop, &shared), Weight::Warning, told));
    shared.networks.networks[0].persistent = Some(true);
    shared.networks.networks[0].definition = bridge("br0");
    assert!(!has(&planned(Op::Undefine, &shared), Weight::Warning, told));
}

#[test]
fn starting_looks_for_others_that_run() {
    let plan = planned(Op::Start, &facts(false));
    assert!(has(&plan, Weight::Info, "does not start with the host"));
    refused(Op::Start, &facts(true), RefusalKind::AlreadySo, "already");
    let mut twin = facts(false);
    twin.networks.networks.push(network("twin", true, &xml("twin", "")));
    refused(Op::Start, &twin, RefusalKind::Taken, "Network twin has 192.168.100.0/24");
    twin.networks.networks[1].active = false;
    planned(Op::Start, &twin);
}

#[test]
fn undefining_keeps_what_brings_it_back() {
    let off = planned(Op::Undefine, &facts(false));
    assert_eq!(off.steps.len(), 1);
    let back = Op::Restore { xml: xml("lab", ""), start: false, autostart: false };
    assert_eq!(off.inverse, Some(Operation::network("lab", back.clone())));
    let runs = planned(Op::Undefine, &facts(true));
    assert!(matches!(runs.steps[0].undo, Some(Act::Network(NetworkAct::Start { .. }))));
    let mut used = facts(true);
    used.networks.users = vec![user("web01", true, MAC)];
    refused(Op::Undefine, &used, RefusalKind::InUse, "web01");
    used.networks.users = vec![user("web01", false, MAC)];
    assert!(has(&planned(Op::Undefine, &used), Weight::Warning, "will not start without it: web01."));
    // And back.
    let mut gone = facts(false);
    gone.networks.networks.clear();
    // Its bridge went with it.
    gone.networks.host = None;
    let restored = planned(back.clone(), &gone);
    assert!(restored.diff.contains("+  <name>lab</name>"));
    refused(back, &facts(false), RefusalKind::Taken, "already");
}

#[test]
fn a_change_is_seen_through_before_it_is_made() {
    let edit = |text: String| Op::Edit { xml: text };
    let all = facts(true);
    let longer = xml("lab", "").replace("192.168.100.254", "192.168.100.99");
    let plan = planned(edit(longer.clone()), &all);
    assert!(has(&plan, Weight::Warning, "stopped and started again"));
    assert!(
        plan.diff.contains("-      <range start='192.168.100.2' end='192.168.100.254'/>"),
        "{}",
        plan.diff
    );
    assert_eq!(plan.inverse, Some(Operation::network("lab", edit(xml("lab", "")))));
    let id = format!("  <uuid>{}</uuid>\n", Uuid::from_u128(1));
    assert_eq!(planned(edit(longer.replace(&id, "")), &all).steps[0].act, {
        let xml_ = longer.replace(&id, "").replace("</name>\n", &format!("</name>\n{id}"));
        act(NetworkAct::Define { network: "lab".into(), xml: xml_, before: Some(xml("lab", "")) })
    });
    refused(edit(xml("lab", "")), &all, RefusalKind::AlreadySo, "Nothing");
    refused(edit("<network".into()), &all, RefusalKind::BadRequest, "no definition");
    refused(edit(xml("other", "")), &all, RefusalKind::BadRequest, "another name");
    let other_id = xml("lab", "").replace(&Uuid::from_u128(1).to_string(), &Uuid::from_u128(2).to_string());
    refused(edit(other_id), &all, RefusalKind::BadRequest, "UUID");
    refused(
        edit(longer.replace("192.168.100.99", "192.168.7.99")),
        &all,
        RefusalKind::BadRequest,
        "192.168.7.99",
    );
    refused(edit(xml("lab", "").replace("192.168.100.", "10.1.2.")), &all, RefusalKind::Taken, "eth0");
}

#[test]
fn addresses_are_reserved_and_released() {
    let reserve = |who: &str, address: Option<&str>| Op::Reserve {
        who: who.into(),
        address: address.map(Into::into),
        hostname: None,
    };
    let mut all = facts(true);
    all.networks.users = vec![user("web01", true, MAC), user("two", true, "02"), user("two", true, "03")];
    let lease = |mac: &str, last| LeaseFact { mac: Some(mac.into()), address: [192, 168, 100, last].into() };
    all.networks.leases = vec![lease(MAC, 77), lease("52:54:00:00:00:09", 254)];
    let kept = planned(reserve("web01", None), &all);
    let element = format!("<host mac='{MAC}' ip='192.168.100.77'/>");
    assert_eq!(
        kept.steps[0].command[4..],
        ["add", "ip-dhcp-host", "--xml", element.as_str(), "--config", "--live"].map(str::to_owned)
    );
    assert!(kept.diff.contains(&format!("+      {element}")), "{}", kept.diff);
    assert_eq!(kept.inverse, Some(Operation::network("lab", Op::Release { who: MAC.into() })));
    // Nobody's: the last that is free, which is not the one that somebody has.
    let free = planned(reserve("52:54:00:00:00:0A", None), &all);
    assert!(free.summary.contains("192.168.100.253 for 52:54:00:00:00:0a"), "{}", free.summary);
    assert!(has(&free, Weight::Warning, "No NIC"));
    assert!(has(
        &planned(reserve(MAC, Some("192.168.100.254")), &all),
        Weight::Warning,
        "until its lease ends"
    ));
    let bad = RefusalKind::BadRequest;
    refused(reserve(MAC, Some("192.168.100.1")), &all, bad, "host's own");
    refused(reserve(MAC, Some("192.168.101.9")), &all, bad, "no address for a guest");
    refused(reserve(MAC, Some("192.168.100.255")), &all, bad, "no address for a guest");
    refused(reserve("two", None), &all, bad, "several NICs");
    refused(reserve("nobody", None), &all, RefusalKind::NotFound, "nobody");
    refused(Op::Release { who: MAC.into() }, &all, RefusalKind::AlreadySo, "No address");
    let hosts = format!("      <host mac='{MAC}' name='web' ip='192.168.100.9'/>\n");
    all.networks.networks[0] = network("lab", true, &xml("lab", &hosts));
    let moved = planned(reserve(MAC, Some("192.168.100.10")), &all);
    assert_eq!(moved.steps[0].command[4], "modify");
    let (address, hostname) = (Some("192.168.100.9".into()), Some("web".into()));
    let before = Op::Reserve { who: MAC.into(), address, hostname };
    assert_eq!(moved.inverse, Some(Operation::network("lab", before.clone())));
    refused(before, &all, RefusalKind::AlreadySo, "always already");
    refused(reserve("52:54:00:00:00:0a", Some("192.168.100.9")), &all, RefusalKind::Taken, "reserved for");
    let gone = planned(Op::Release { who: "web01".into() }, &all);
    assert!(gone.diff.contains(&format!("-{}", hosts.trim_end())), "{}", gone.diff);
}

#[test]
fn read_only_refuses_and_unknown_names_are_told() {
    let read_only = Facts { read_only: Some("Read-only.".into()), ..facts(true) };
    refused(Op::Stop, &read_only, RefusalKind::NotAllowed, "Read-only.");
    let nowhere = plan("nowhere", &Op::Start, &facts(true));
    assert!(matches!(nowhere, Planned::Refused(no) if no.kind == RefusalKind::NotFound));
}

proptest! {
    #[test]
    fn subnets_hold_their_addresses(a in any::<u32>(), p in 0u8..=32, b in any::<u32>(), q in 0u8..=32) {
        let (one, other) = (subnet::Net::new(Ipv4Addr::from_bits(a), p), subnet::Net::new(Ipv4Addr::from_bits(b), q));
        prop_assert!(one.contains(Ipv4Addr::from_bits(a)) && one.contains(one.last()) && one.contains(one.at(0)));
        prop_assert_eq!(one.overlaps(other), other.overlaps(one));
        prop_assert_eq!(one.overlaps(other), one.contains(other.at(0)) || other.contains(one.at(0)));
        prop_assert_eq!(subnet::read(&one.to_string()), Some((one.at(0), one)));
    }

    #[test]
    fn whatever_is_asked_ends_in_a_plan_or_a_reason(
        text in ".{0,40}", other in ".{0,40}", subnet in "[0-9./]{0,20}", n in any::<u16>(), what in 0usize..8,
        kind in 0usize..4, active in any::<bool>(),
    ) {
        let some = || Some(text.clone());
        let act = match what {
            0 | 1 => Op::Define(NewNetwork {
                forward: NewForward::ALL[kind],
                bridge: (n % 2 == 0).then(|| text.clone()),
                device: (n % 3 == 0).then(|| other.clone()),
                subnet: Subnet::Given(subnet.clone()),
                dhcp: Dhcp::Range { from: subnet.clone(), to: other.clone() },
                domain: (n % 5 == 0).then(|| other.clone()),
                mtu: Some(n.into()),
                vlans: vec![n],
                openvswitch: active,
                start: true,
                autostart: active,
            }),
            2 => Op::Reserve { who: text.clone(), address: Some(subnet.clone()), hostname: Some(other.clone()) },
            3 => Op::Reserve { who: MAC.into(), address: None, hostname: some() },
            4 => Op::Release { who: text.clone() },
            5 => Op::Edit { xml: xml("lab", &text) },
            6 => Op::Restore { xml: text.clone(), start: true, autostart: active },
            _ => Op::Edit { xml: xml("lab", "").replace("192.168.100.1'", &format!("{subnet}'")) },
        };
        let name = if what == 1 { text.as_str() } else if what == 0 { "new" } else { "lab" };
        let drawn = |s: &str| !s.contains(|c: char| c.is_control());
        match plan(name, &act, &facts(active)) {
            Planned::Refused(no) => {
                prop_assert!(!no.reason.is_empty() && drawn(&no.reason) && drawn(&no.remedy) && drawn(&no.title));
            }
            Planned::Plan(p) => {
                prop_assert!(!p.steps.is_empty() && drawn(&p.title) && drawn(&p.summary));
                prop_assert!(p.notes.iter().all(|n| drawn(&n.text)));
                prop_assert!(p.steps.iter().all(|s| drawn(&s.title)));
            }
        }
    }
}
