//! Networks that really run.

use novacron::engine::jobs::{Consent, on_network};
use novacron::hypervisor::NetworkXml;
use novacron::model::job::JobState;
use novacron::model::network::Forward;
use novacron::model::operation::{NetworkOperation as Op, NewForward, NewNetwork, Operation, Subnet};
use novacron::model::plan::{Confirm, Planned, RefusalKind, Weight};

use super::bed::Bed;
use crate::desk::{begin, done, over, plan, planned};

#[test]
fn a_network_with_its_bridge_and_dhcp_comes_and_goes() {
    let Some(bed) = Bed::new() else { return };
    let desk = bed.desk();
    let desk = desk.handle();
    let (domain, mtu) = (Some("net.example".into()), Some(1450));
    let new = NewNetwork { domain, mtu, ..bed.new_network() };
    let defined = done(&desk, bed.act(Op::Define(new)));
    let now = bed.seen().unwrap();
    assert!(now.active && now.autostart == Some(true) && now.definition.forward == Forward::Nat);
    let bridge = now.definition.bridge.clone().unwrap();
    let told = bed.exec(&["ip", "-4", "addr", "show", &bridge]);
    assert!(told.contains(&format!("{}.1/24", bed.net)) && told.contains("mtu 1450"), "{told}");
    // The same subnet twice, and the same bridge.
    let other = |new| Operation::network(format!("{}-b", bed.network), Op::Define(new));
    let taken = |new: NewNetwork| match planned(&desk, other(new)) {
        Planned::Refused(no) => assert_eq!(no.kind, RefusalKind::Taken, "{no:?}"),
        Planned::Plan(plan) => panic!("{plan:?}"),
    };
    taken(bed.new_network());
    taken(NewNetwork { subnet: Subnet::Free, bridge: Some(bridge.clone()), ..NewNetwork::default() });
    let stopped = done(&desk, bed.act(Op::Stop));
    assert!(!bed.exec(&["ip", "link"]).contains(&format!(" {bridge}:")));
    done(&desk, stopped.undo.unwrap());
    assert!(bed.exec(&["ip", "link"]).contains(&format!(" {bridge}:")));
    let forgotten = done(&desk, defined.undo.unwrap());
    assert!(bed.seen().is_none() && !bed.exec(&["ip", "link"]).contains(&format!(" {bridge}:")));
    done(&desk, forgotten.undo.unwrap());
    assert_eq!(bed.seen().map(|n| (n.id, n.active, n.autostart)), Some((now.id, true, Some(true))));
}

#[test]
fn isolated_and_routed_networks_run_too() {
    for forward in [NewForward::Isolated, NewForward::Route] {
        let Some(bed) = Bed::new() else { return };
        let desk = bed.desk();
        done(&desk.handle(), bed.act(Op::Define(NewNetwork { forward, ..bed.new_network() })));
        let now = bed.seen().unwrap();
        assert!(now.active && now.definition.forward.word() == forward.word(), "{now:?}");
    }
    let Some(bed) = Bed::new() else { return };
    let new = NewNetwork { forward: NewForward::Isolated, subnet: Subnet::None, ..bed.new_network() };
    done(&bed.desk().handle(), bed.act(Op::Define(new)));
    assert!(bed.seen().is_some_and(|n| n.active && n.definition.addresses.is_empty()));
}

/// A bridge of the host.
struct OwnBridge<'b> {
    bed: &'b Bed,
    name: String,
}

impl<'b> OwnBridge<'b> {
    fn new(bed: &'b Bed) -> Self {
        let name = format!("own{}", std::process::id());
        bed.exec(&["ip", "link", "add", &name, "type", "bridge"]);
        Self { bed, name }
    }
}

impl Drop for OwnBridge<'_> {
    fn drop(&mut self) {
        self.bed.exec(&["ip", "link", "del", &self.name]);
    }
}

#[test]
fn a_bridge_of_the_host_is_used_with_and_without_a_tag() {
    let Some(bed) = Bed::new() else { return };
    let desk = bed.desk();
    // Not one of libvirt's own: with a network on such a bridge it forgets that one's leases.
    let own = OwnBridge::new(&bed);
    let (forward, bridge) = (NewForward::Bridge, Some(own.name.clone()));
    let new = NewNetwork { forward, bridge, start: true, ..NewNetwork::default() };
    let defined = done(&desk.handle(), bed.act(Op::Define(new.clone())));
    assert!(bed.seen().is_some_and(|n| n.active && n.definition.forward == Forward::Bridge));
    done(&desk.handle(), defined.undo.unwrap());
    let tagged = bed.act(Op::Define(NewNetwork { vlans: vec![42], ..new }));
    if bed.hv.node().unwrap().libvirt_version < 11_000_000 {
        return assert!(matches!(planned(&desk.handle(), tagged), Planned::Refused(_)));
    }
    done(&desk.handle(), tagged);
    assert_eq!(bed.seen().unwrap().definition.vlans, [42]);
}

#[test]
fn who_is_cut_off_is_told_before_a_network_stops() {
    let Some(bed) = Bed::new() else { return };
    let desk = bed.desk();
    let desk = desk.handle();
    done(&desk, bed.define());
    let nobody = plan(&desk, bed.act(Op::Stop));
    assert_eq!(nobody.confirm, Confirm::Yes);
    bed.plug_in_a_vm();
    let job = over(&desk, begin(&desk, nobody));
    assert_eq!(job.state, JobState::Stale, "somebody came meanwhile: {}", job.outcome);
    assert!(bed.seen().unwrap().active);
    let stop = plan(&desk, bed.act(Op::Stop));
    let seen = on_network(&*bed.hv, &bed.network).unwrap().unwrap();
    let device = seen.users.iter().find_map(|u| u.device.clone().filter(|_| u.live)).unwrap();
    let danger = stop.notes.iter().find(|n| n.weight == Weight::Danger).unwrap();
    assert!(danger.text.contains(&bed.network) && danger.text.contains(&device), "{}", danger.text);
    assert_eq!(stop.confirm, Confirm::Name(bed.network.clone()));
    let unnamed = Consent::Given { names: Vec::new() };
    assert!(desk.submit(vec![stop.clone()], unnamed).blocking_recv().unwrap().is_err());
    let plugged = || bed.exec(&["ip", "link", "show", &device]).contains(" master ");
    assert!(plugged());
    match planned(&desk, bed.act(Op::Undefine)) {
        Planned::Refused(no) => assert_eq!(no.kind, RefusalKind::InUse),
        Planned::Plan(plan) => panic!("{plan:?}"),
    }
    assert_eq!(over(&desk, begin(&desk, stop)).state, JobState::Done);
    assert!(!plugged(), "it is cut off, as was told");
}

#[test]
fn an_address_is_reserved_while_the_network_runs() {
    let Some(bed) = Bed::new() else { return };
    let desk = bed.desk();
    let desk = desk.handle();
    done(&desk, bed.define());
    bed.plug_in_a_vm();
    let who = bed.network.clone();
    let reserve = bed.act(Op::Reserve { who: who.clone(), address: None, hostname: Some("guest".into()) });
    let kept = done(&desk, reserve);
    let reserved = || on_network(&*bed.hv, &bed.network).unwrap().unwrap().reservations;
    let mac = on_network(&*bed.hv, &bed.network).unwrap().unwrap().users[0].mac.clone();
    let now = reserved();
    assert_eq!(now.len(), 1);
    assert_eq!((now[0].mac.as_ref(), now[0].hostname.as_deref()), (Some(&mac), Some("guest")));
    // dnsmasq has it in the file that it reads.
    let file = format!("/var/lib/libvirt/dnsmasq/{}.hostsfile", bed.network);
    assert!(bed.exec(&["cat", &file]).contains(&format!("{mac},{},guest", now[0].address.unwrap())));
    assert!(bed.hv.network_xml(&bed.network, NetworkXml::Live).unwrap().contains(&mac));
    done(&desk, kept.undo.unwrap());
    assert!(reserved().is_empty());
}

/// libvirt refuses to start what collides with what NovaCron could not know: nothing half-made stays.
#[test]
fn a_network_that_does_not_start_is_not_left_behind() {
    let Some(bed) = Bed::new() else { return };
    let device = format!("d{}", std::process::id());
    bed.exec(&["ip", "link", "add", &device, "type", "bridge"]);
    bed.exec(&["ip", "addr", "add", &format!("{}.5/24", bed.net), "dev", &device]);
    bed.exec(&["ip", "link", "set", &device, "up"]);
    let desk = bed.desk();
    let job = over(&desk.handle(), begin(&desk.handle(), plan(&desk.handle(), bed.define())));
    bed.exec(&["ip", "link", "del", &device]);
    assert_eq!(job.state, JobState::Failed, "{}", job.outcome);
    assert!(job.outcome.contains("taken back"), "{}", job.outcome);
    assert!(bed.seen().is_none());
}
