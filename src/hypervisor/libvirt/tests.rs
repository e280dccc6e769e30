//! The adapter against what really answers: libvirt's test driver, and the private test host where there is one.

mod child;
mod disrupt;
mod events;
mod fake;

use std::time::Duration;

use fake::FakeVm;

use super::{ConnectOptions, LibvirtConnector};
use crate::hypervisor::{Connector, Groups, HvErrorKind, Hypervisor, Purpose, Which};
use crate::model::id::VmId;
use crate::model::metric::Group;
use crate::model::vm::AddressSource;

const ALL: [Group; 6] =
    [Group::State, Group::Cpu, Group::Vcpu, Group::Balloon, Group::Block, Group::Interface];

fn connector(uri: &str, read_only: bool) -> LibvirtConnector {
    LibvirtConnector::new(ConnectOptions { uri: Some(uri.to_owned()), read_only }).unwrap()
}

fn open(uri: &str) -> Box<dyn Hypervisor> {
    connector(uri, false).connect(Purpose::Poll).unwrap()
}

fn the_vm(hv: &dyn Hypervisor, name: &str) -> VmId {
    hv.vms().unwrap().into_iter().find(|v| v.name == name).unwrap().id
}

/// The private test host, if this run has one.
fn real_host() -> Option<String> {
    let uri = std::env::var("NOVACRON_TEST_URI").ok();
    if uri.is_none() {
        println!("skipped: NOVACRON_TEST_URI is not set");
    }
    uri
}

#[test]
fn the_test_driver_lists_its_host() {
    let hv = open("test:///default");
    let node = hv.node().unwrap();
    assert_eq!(node.driver, "TEST");
    assert!(node.cpus > 0 && node.memory > 0 && node.libvirt_version >= 9_000_000);
    let vms = hv.vms().unwrap();
    let test = vms.iter().find(|v| v.name == "test").unwrap();
    assert_eq!(test.state.word(), "running");
    assert_eq!(test.domain_id, Some(1));
    assert!(hv.vm_xml(test.id).unwrap().contains("<name>test</name>"));
    assert!(hv.vm_flags(test.id).unwrap().persistent.unwrap());
    let pools = hv.pool_names().unwrap();
    let (pool, _) = pools.into_iter().find(|(_, n)| n == "default-pool").unwrap();
    let record = hv.pool(pool).unwrap();
    assert_eq!((record.kind.as_str(), record.path.as_deref()), ("dir", Some("/default-pool")));
    assert!(record.capacity.unwrap() > 0);
    assert_eq!(hv.volumes(pool, true).unwrap(), []);
    let network = hv.networks().unwrap().into_iter().find(|n| n.name == "default").unwrap();
    assert!(network.active);
}

#[test]
fn a_wrong_uri_says_so() {
    let kind = |uri: &str| connector(uri, false).connect(Purpose::Poll).err().unwrap();
    for (uri, wanted) in [
        ("nonsense", HvErrorKind::BadUri),
        ("qemu+unix:///system?socket=/nonexistent/sock", HvErrorKind::NoConnection),
        ("test:///nonexistent/host.xml", HvErrorKind::BadUri),
        ("qemu+tcp://127.0.0.1:1/system", HvErrorKind::Unreachable),
    ] {
        let error = kind(uri);
        assert_eq!(error.kind, wanted, "{uri}: {error}");
        assert!(!error.message.contains('\n'), "{error}");
    }
}

#[test]
fn a_real_host_gives_everything_in_bulk() {
    let Some(uri) = real_host() else { return };
    let hv = open(&uri);
    assert_eq!(hv.capabilities().no_bulk_stats, None);
    assert!(ALL.iter().all(|g| hv.capabilities().groups.has(*g)));
    let vms = hv.vms().unwrap();
    let counters = hv.vm_counters(Groups::of(&ALL), Which::Active).unwrap();
    assert!(!counters.is_empty());
    for c in &counters {
        assert!(vms.iter().any(|v| v.id == c.id));
        assert!(c.state.is_some() && c.cpu.is_some_and(|c| c.time_ns > 0));
        assert!(!c.vcpus.is_empty() && c.nics.is_some());
    }
    assert_eq!(hv.node().unwrap().driver, "QEMU");
    let node = hv.node_counters().unwrap();
    assert!(node.cpu.is_some_and(|c| c.idle_ns > 0) && node.memory.is_some_and(|m| m.used() > 0));
}

#[test]
fn the_test_driver_is_asked_vm_by_vm() {
    let hv = open("test:///default");
    let capabilities = hv.capabilities();
    assert!(capabilities.no_bulk_stats.is_some());
    assert!(ALL.iter().all(|g| capabilities.groups.has(*g)), "{capabilities:?}");
    assert_eq!((capabilities.local, &capabilities.no_events), (false, &None));
    let test = the_vm(&*hv, "test");
    hv.arm_memory_stats(test, Duration::from_secs(2)).unwrap();
    for which in [Which::All, Which::Active, Which::These(&[test])] {
        let counters = hv.vm_counters(Groups::of(&ALL), which).unwrap();
        let c = counters.iter().find(|c| c.id == test).unwrap();
        assert_eq!(c.state.unwrap().word(), "running");
        assert!(c.cpu.unwrap().time_ns > 0);
        assert_eq!(c.vcpus.len(), 2);
        let balloon = c.balloon.unwrap();
        assert_eq!((balloon.current, balloon.maximum), (Some(2 << 30), Some(8 << 30)));
        assert!(balloon.available.unwrap() >= balloon.usable.unwrap());
        let disk = &c.disks.as_ref().unwrap()[0];
        assert_eq!((disk.target.as_str(), disk.path.as_deref()), ("vda", Some("/guest/diskimage1")));
        assert!(disk.read.bytes.unwrap() > 0 && disk.capacity.unwrap() > 0);
        let nic = &c.nics.as_ref().unwrap()[0];
        assert_eq!(nic.device, "testnet0");
        assert!(nic.rx_bytes.is_some() && nic.tx_packets.is_some());
    }
    // One group brings nothing of the others.
    let only = hv.vm_counters(Groups::of(&[Group::Interface]), Which::These(&[test])).unwrap();
    assert!(only[0].nics.is_some() && only[0].cpu.is_none() && only[0].disks.is_none());
    assert_eq!(hv.vm_counters(Groups::NONE, Which::All).unwrap(), []);
}

#[test]
fn odd_names_come_through_unharmed() {
    let hv = open("test:///default");
    for name in ["naïve ✉ 🛠", "\u{202e}reversed", "a\tb & <c> 'd' \"e\"", &"x".repeat(255), "مرحبا"]
    {
        let vm = FakeVm::define(name);
        let listed = hv.vms().unwrap().into_iter().find(|v| v.id == vm.id).unwrap();
        assert_eq!(listed.name, vm.domain.name().unwrap());
        assert!(hv.vm_xml(vm.id).unwrap().contains("<domain"));
        let (id, shown) = (vm.id, crate::model::text::clean(&listed.name).into_owned());
        vm.remove();
        let error = hv.vm_xml(id).unwrap_err();
        assert_eq!((error.kind, error.object), (HvErrorKind::NotFound, shown));
    }
}

#[test]
fn a_vm_that_vanished_is_left_out() {
    let hv = open("test:///default");
    let (gone, stays) = (FakeVm::define("vanish-gone"), FakeVm::define("vanish-stays"));
    gone.domain.create().unwrap();
    stays.domain.create().unwrap();
    let ids = [gone.id, stays.id];
    // Lists it, so that its handle is kept.
    assert!(ids.iter().all(|id| hv.vms().unwrap().iter().any(|v| v.id == *id)));
    assert_eq!(hv.vm_counters(Groups::of(&ALL), Which::These(&ids)).unwrap().len(), 2);
    gone.remove();
    for groups in [&ALL[..1], &ALL[1..], &ALL] {
        let counters = hv.vm_counters(Groups::of(groups), Which::These(&ids)).unwrap();
        assert_eq!(counters.iter().map(|c| c.id).collect::<Vec<_>>(), [stays.id]);
    }
    stays.remove();
}

#[test]
fn a_read_only_connection_refuses_changes() {
    let hv = connector("test:///default", true).connect(Purpose::Poll).unwrap();
    let capabilities = hv.capabilities();
    assert!(capabilities.read_only && capabilities.no_arming.is_some());
    assert!(capabilities.no_agent.is_some() && capabilities.no_refresh.is_some());
    let test = the_vm(&*hv, "test");
    let error = hv.arm_memory_stats(test, Duration::from_secs(2)).unwrap_err();
    assert_eq!(error.kind, HvErrorKind::ReadOnly, "{error}");
    let (pool, _) = hv.pool_names().unwrap().remove(0);
    let error = hv.refresh_pool(pool).unwrap_err();
    assert_eq!(error.kind, HvErrorKind::ReadOnly, "{error}");
    assert!(hv.vm_xml(test).is_ok());
    assert!(!hv.vm_counters(Groups::of(&ALL), Which::All).unwrap().is_empty());
}

/// libvirt's test driver crashes on a network without an IP range when asked for addresses.
#[test]
fn a_fake_network_without_addresses_is_survived() {
    let domain = |name: &str, network: &str| {
        format!(
            "<domain type='test'><name>{name}</name><memory>65536</memory>
             <os><type arch='i686'>hvm</type></os><devices>
             <interface type='network'><source network='{network}'/></interface></devices></domain>"
        )
    };
    let host = format!(
        "<node>{}{}{}<network><name>bare</name><bridge name='vb0'/></network>
         <network><name>ranged</name><bridge name='vb1'/><ip address='10.1.2.1' netmask='255.255.255.0'/></network>
         </node>",
        domain("a", "bare"),
        domain("b", "ranged"),
        domain("c", "absent"),
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), host).unwrap();
    let hv = open(&format!("test://{}", file.path().display()));
    for source in [AddressSource::Lease, AddressSource::Agent, AddressSource::Arp] {
        assert_eq!(hv.addresses(the_vm(&*hv, "a"), source).unwrap(), []);
        assert_eq!(hv.addresses(the_vm(&*hv, "c"), source).unwrap(), []);
        let found = hv.addresses(the_vm(&*hv, "b"), source).unwrap();
        assert!(found[0].address.to_string().starts_with("10.1.2."), "{found:?}");
    }
    assert_eq!(hv.vm_counters(Groups::of(&ALL), Which::Active).unwrap().len(), 3);
}
