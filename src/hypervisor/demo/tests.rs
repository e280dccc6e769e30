use std::time::Duration;

use super::DemoConnector;
use super::facts::{Facts, HOST_FILE};
use crate::hypervisor::sim::SimClock;
use crate::hypervisor::{Ask, Connector, Groups, HvErrorKind, Hypervisor, Purpose, StartHow, Which, XmlOf};
use crate::model::id::VmId;
use crate::model::metric::{GROUPS, Group};
use crate::model::vm::{AddressSource, Firmware, PauseReason, VmState};
use crate::xml;

fn demo() -> (SimClock, DemoConnector, Box<dyn Hypervisor>) {
    let clock = SimClock::manual();
    let connector = DemoConnector::on(clock.clone(), false).unwrap();
    let connection = connector.connect(Purpose::Poll).unwrap();
    (clock, connector, connection)
}

fn named(c: &dyn Hypervisor, name: &str) -> VmId {
    c.vms().unwrap().into_iter().find(|vm| vm.name == name).unwrap().id
}

#[test]
fn facts_are_those_of_the_file() {
    let facts = Facts::read(HOST_FILE);
    assert!(facts.of("network", "guest-wifi").inactive);
    assert!(!facts.of("network", "default").inactive);
    assert_eq!(facts.of("pool", "archive").capacity, Some(500 << 30));
    assert!(facts.of("domain", "erp").autostart && facts.of("domain", "erp").load.is_some());
    assert!(facts.has("domain", "büro-druck") && !facts.has("domain", "nobody"));
}

#[test]
fn the_host_has_something_of_everything() {
    let (_, _, c) = demo();
    let vms = c.vms().unwrap();
    assert!(vms.len() >= 24);
    for state in ["running", "paused", "off", "crashed"] {
        assert!(vms.iter().any(|vm| vm.state.word() == state), "no VM is {state}");
    }
    let definitions: Vec<_> =
        vms.iter().map(|vm| xml::domain::parse(&c.vm_xml(vm.id).unwrap()).unwrap()).collect();
    let any = |f: &dyn Fn(&crate::model::vm::VmDefinition) -> bool| definitions.iter().any(f);
    assert!(any(&|d| d.tags.len() > 1) && any(&|d| d.description.is_some()));
    assert!(any(&|d| d.disks.iter().any(|disk| disk.backing.len() > 1)));
    assert!(any(&|d| d.nics.len() > 1) && any(&|d| matches!(d.firmware, Firmware::Uefi { .. })));
    assert!(any(&|d| d.disks.iter().any(|disk| disk.device == "cdrom")));
    let facts = Facts::read(HOST_FILE);
    assert!(vms.iter().all(|vm| facts.of("domain", &vm.name).load.is_some()), "a VM has no load");
    let networks = c.networks().unwrap();
    let words: std::collections::BTreeSet<_> = networks.iter().map(|n| n.definition.forward.word()).collect();
    assert_eq!(words.into_iter().collect::<Vec<_>>(), ["bridge", "isolated", "nat", "route"]);
    assert!(networks.iter().any(|n| !n.active));
    let pools: Vec<_> = c.pool_names().unwrap().into_iter().map(|(id, _)| c.pool(id).unwrap()).collect();
    assert!(pools.len() >= 4);
    let fullest = pools.iter().map(|p| p.allocation.unwrap() as f64 / p.capacity.unwrap() as f64);
    assert!(fullest.fold(0.0, f64::max) > 0.9, "no pool is nearly full");
}

#[test]
fn every_disk_of_a_vm_is_a_volume_of_a_pool() {
    let (_, _, c) = demo();
    for vm in c.vm_counters(Groups::of(&[Group::Block]), Which::All).unwrap() {
        for disk in vm.disks.unwrap() {
            assert!(disk.path.is_none() || disk.capacity.is_some(), "{:?} of {}", disk.path, vm.id);
        }
    }
}

#[test]
fn connections_see_the_same_host_and_leave_no_file() {
    let (clock, connector, poll) = demo();
    let detail = connector.connect(Purpose::Detail).unwrap();
    assert!(connector.is_demo());
    clock.advance(Duration::from_secs(30));
    let all = |c: &dyn Hypervisor| c.vm_counters(Groups::of(&GROUPS), Which::All).unwrap();
    assert_eq!(all(&*poll), all(&*detail));
    let vm = named(&*poll, "cache01");
    detail.arm_memory_stats(vm, Duration::from_secs(5)).unwrap();
    let seen = poll.vm_counters(Groups::of(&[Group::Balloon]), Which::These(&[vm])).unwrap();
    assert!(seen[0].balloon.unwrap().usable.is_some());
    assert!(xml::domain::parse(&detail.vm_xml(vm).unwrap()).unwrap().balloon_period_s == 5);
}

#[test]
fn a_vm_that_runs_uses_cpu_and_one_that_does_not_uses_none() {
    let (clock, _, c) = demo();
    let cpu = || -> Vec<_> {
        let groups = Groups::of(&[Group::State, Group::Cpu]);
        c.vm_counters(groups, Which::All).unwrap().into_iter().map(|vm| (vm.state, vm.cpu)).collect()
    };
    let before = cpu();
    clock.advance(Duration::from_secs(10));
    for ((state, before), (_, after)) in before.into_iter().zip(cpu()) {
        match state.unwrap() {
            VmState::Running => assert!(after.unwrap().time_ns > before.unwrap().time_ns),
            VmState::Paused(_) => assert_eq!(after.unwrap(), before.unwrap()),
            _ => assert_eq!(after, None),
        }
    }
}

#[test]
fn addresses_come_from_their_sources() {
    let (_, _, c) = demo();
    let of = |name: &str, source| c.addresses(named(&*c, name), source);
    assert_eq!(of("mail", AddressSource::Lease).unwrap(), [], "a bridge gives no lease");
    assert_eq!(of("mail", AddressSource::Agent).unwrap().len(), 1);
    assert_eq!(of("dns01", AddressSource::Agent).unwrap_err().kind, HvErrorKind::AgentUnavailable);
    assert_eq!(of("old-erp", AddressSource::Arp).unwrap_err().kind, HvErrorKind::InvalidState);
    let web = of("web01", AddressSource::Lease).unwrap();
    let dmz = c.networks().unwrap().into_iter().find(|n| n.name == "dmz").unwrap();
    let leases = c.leases(dmz.id).unwrap();
    assert!(leases.iter().any(|l| l.mac == web[0].mac && l.hostname.as_deref() == Some("web01")));
}

#[test]
fn what_is_changed_is_not_hidden_by_the_host_file() {
    let (_, connector, poll) = demo();
    let c = connector.connect(Purpose::Operate).unwrap();
    let autostart = |id| [&c, &poll].map(|c| c.vm_flags(id).unwrap().autostart);
    let (on, off) = (named(&*c, "erp"), named(&*c, "old-erp"));
    assert_eq!((autostart(on), autostart(off)), ([Some(true); 2], [Some(false); 2]));
    c.set_autostart(on, false).unwrap();
    c.set_autostart(off, true).unwrap();
    assert_eq!((autostart(on), autostart(off)), ([Some(false); 2], [Some(true); 2]));
    // The host file knows a VM by the name it had.
    let mail = named(&*c, "mail");
    let before = autostart(mail);
    assert_eq!(before, [Some(true); 2]);
    c.force_off(mail).unwrap();
    c.rename(mail, "post").unwrap();
    assert_eq!((named(&*poll, "post"), autostart(mail)), (mail, before));
    c.set_title(mail, "Front").unwrap();
    assert_eq!(xml::domain::parse(&poll.vm_xml(mail).unwrap()).unwrap().title.as_deref(), Some("Front"));
}

#[test]
fn vms_start_and_stop_as_their_guests_would() {
    let (clock, connector, poll) = demo();
    let c = connector.connect(Purpose::Operate).unwrap();
    let cpu = |id| poll.vm_counters(Groups::of(&[Group::Cpu]), Which::These(&[id])).unwrap()[0].cpu;
    let (mail, dns) = (named(&*c, "mail"), named(&*c, "dns01"));
    assert_eq!(c.shutdown(dns, Ask::Agent).unwrap_err().kind, HvErrorKind::AgentUnavailable);
    c.shutdown(mail, Ask::Agent).unwrap();
    c.shutdown(dns, Ask::Acpi).unwrap();
    assert_eq!([mail, dns].map(|id| c.vm_state(id).unwrap()), [VmState::ShutOff; 2]);
    assert_eq!(c.shutdown(mail, Ask::Agent).unwrap_err().kind, HvErrorKind::InvalidState);
    assert_eq!(cpu(mail), None);
    c.start(mail, StartHow { paused: true, discard_saved: false }).unwrap();
    assert_eq!(c.vm_state(mail).unwrap(), VmState::Paused(PauseReason::User));
    c.resume(mail).unwrap();
    assert_eq!(cpu(mail).unwrap().time_ns, 0);
    clock.advance(Duration::from_secs(10));
    assert!(cpu(mail).unwrap().time_ns > 0);
    c.save(mail).unwrap();
    assert_eq!(poll.vm_flags(mail).unwrap().managed_save, Some(true));
    c.start(mail, StartHow { paused: false, discard_saved: true }).unwrap();
    assert_eq!(poll.vm_flags(mail).unwrap().managed_save, Some(false));
    assert!(c.xml_of(mail, XmlOf::Defined).unwrap().contains("<name>mail</name>"));
    assert_eq!(c.vm_progress(mail).unwrap(), None);
}

#[test]
fn a_read_only_demo_changes_nothing() {
    let connector = DemoConnector::on(SimClock::manual(), true).unwrap();
    let c = connector.connect(Purpose::Operate).unwrap();
    let mail = named(&*c, "mail");
    assert_eq!(c.shutdown(mail, Ask::Agent).unwrap_err().kind, HvErrorKind::ReadOnly);
    assert_eq!(c.set_autostart(mail, false).unwrap_err().kind, HvErrorKind::ReadOnly);
    assert_eq!(c.vm_state(mail).unwrap(), VmState::Running);
}
