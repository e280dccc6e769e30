use proptest::prelude::*;

use super::{NOVACRON, novacron_element, parse};
use crate::model::vm::{
    BackingLayer, DiskDefinition, DiskSource, Firmware, Graphics, NicSource, StartGate, StartOrder,
    VmDefinition,
};

fn of(xml: &str) -> VmDefinition {
    parse(xml).unwrap_or_else(|e| panic!("{e}"))
}

fn file(path: &str) -> DiskSource {
    DiskSource::File(path.into())
}

#[test]
fn a_running_vm_tells_its_chain_tags_and_ports() {
    let vm = of(include_str!("../../../tests/data/xml/domain-chain-live.xml"));
    assert_eq!(vm.title.as_deref(), Some("Web front end 1"));
    assert_eq!(vm.description.as_deref(), Some("nginx, public"));
    assert_eq!(vm.tags, ["web", "prod"]);
    assert_eq!((vm.virt_type.as_str(), vm.vcpus, vm.vcpus_max), ("qemu", 1, 1));
    assert_eq!((vm.memory, vm.memory_max), (128 << 20, 128 << 20));
    assert_eq!(vm.arch.as_deref(), Some("x86_64"));
    assert_eq!(vm.machine.as_deref(), Some("pc-q35-10.0"));
    assert_eq!(vm.firmware, Firmware::DirectKernel);
    assert_eq!(vm.boot, ["hd"]);
    assert_eq!(vm.cpu_model.as_deref(), Some("qemu64"));
    assert_eq!(vm.emulator.as_deref(), Some("/usr/bin/qemu-system-x86_64"));
    let layer = |path: &str| BackingLayer { format: Some("qcow2".into()), source: file(path) };
    assert_eq!(
        vm.disks,
        [DiskDefinition {
            target: "vda".into(),
            device: "disk".into(),
            bus: "virtio".into(),
            format: Some("qcow2".into()),
            source: Some(file("/var/lib/libvirt/images/web01.qcow2")),
            backing: vec![
                layer("/var/lib/libvirt/images/web-golden.qcow2"),
                layer("/var/lib/libvirt/images/base-debian12.qcow2"),
            ],
            ..DiskDefinition::default()
        }]
    );
    let nic = &vm.nics[0];
    assert_eq!(nic.mac, "52:54:00:76:17:d2");
    assert_eq!(nic.source, NicSource::Network("default".into()));
    assert_eq!((nic.device.as_deref(), nic.model.as_deref()), (Some("vnet0"), Some("virtio")));
    assert!(nic.link_up && nic.vlans.is_empty());
    let vnc = Graphics { kind: "vnc".into(), listen: Some("127.0.0.1".into()), port: Some(5900) };
    assert_eq!(vm.graphics, [vnc]);
    assert!(vm.has_console && vm.has_balloon && !vm.has_agent_channel && !vm.has_tpm);
    assert_eq!((vm.agent_connected, vm.balloon_period_s, vm.passthrough), (None, 0, 0));
}

#[test]
fn the_agent_is_known_to_be_connected() {
    let vm = of(include_str!("../../../tests/data/xml/domain-agent-live.xml"));
    assert!(vm.has_agent_channel);
    assert_eq!(vm.agent_connected, Some(true));
    assert_eq!(vm.disks.iter().map(|d| d.target.as_str()).collect::<Vec<_>>(), ["vda", "vdb"]);
    assert!(vm.disks.iter().all(|d| d.backing.is_empty()));
}

#[test]
fn a_vm_that_is_off_has_no_port_and_no_device() {
    let vm = of(include_str!("../../../tests/data/xml/domain-inactive.xml"));
    assert_eq!(vm.graphics[0].port, None);
    assert_eq!(vm.nics[0].device, None);
    assert_eq!(vm.vcpus, 4);
    assert_eq!(vm.memory, 4 << 30);
}

#[test]
fn a_cdrom_is_read_only_and_a_title_may_hold_anything() {
    let vm = of(include_str!("../../../tests/data/xml/domain-cdrom-live.xml"));
    assert_eq!(vm.title.as_deref(), Some("Build worker 🛠 №7"));
    let cdrom = &vm.disks[1];
    assert_eq!((cdrom.device.as_str(), cdrom.bus.as_str(), cdrom.read_only), ("cdrom", "sata", true));
}

#[test]
fn metadata_is_found_whatever_its_prefix() {
    let vm = of(include_str!("../../../tests/data/xml/domain-q35-uefi.xml"));
    assert_eq!(vm.tags, ["lab", "gpu"], "each once, trimmed, and none of a foreign namespace");
    assert_eq!(vm.os.as_deref(), Some("fedora41"));
    assert_eq!(vm.description.as_deref(), Some("First line\nsecond line & more"));
    let on_root =
        "<domain xmlns:q='urn:novacron:vm:1'><metadata><q:vm><q:tag>a</q:tag></q:vm></metadata></domain>";
    assert_eq!(of(on_root).tags, ["a"]);
    let foreign = "<domain><metadata><vm><tag>a</tag></vm><x:vm><tag>b</tag></x:vm></metadata></domain>";
    assert!(of(foreign).tags.is_empty());
}

#[test]
fn a_rich_vm_is_read_in_full() {
    let vm = of(include_str!("../../../tests/data/xml/domain-q35-uefi.xml"));
    assert_eq!((vm.memory, vm.memory_max, vm.vcpus, vm.vcpus_max), (12 << 30, 16 << 30, 6, 8));
    assert_eq!(vm.firmware, Firmware::Uefi { secure_boot: true });
    assert_eq!(vm.cpu_model.as_deref(), Some("host-passthrough"));
    assert_eq!(vm.boot, ["network", "vda", "sda"]);
    assert_eq!((vm.passthrough, vm.has_tpm, vm.balloon_period_s), (3, true, 5));
    assert_eq!((vm.has_agent_channel, vm.agent_connected, vm.has_console), (true, Some(false), false));
    let graphics = |kind: &str, listen: Option<&str>, port| Graphics {
        kind: kind.into(),
        listen: listen.map(Into::into),
        port,
    };
    assert_eq!(
        vm.graphics,
        [graphics("spice", Some("0.0.0.0"), Some(5901)), graphics("egl-headless", None, None)]
    );
}

#[test]
fn disks_of_every_kind_say_where_they_lie() {
    let vm = of(include_str!("../../../tests/data/xml/domain-q35-uefi.xml"));
    let described: Vec<_> =
        vm.disks.iter().map(|d| d.source.as_ref().map_or("empty".into(), DiskSource::describe)).collect();
    assert_eq!(
        described,
        [
            "/srv/vm/fedora-ws.snap2",
            "fast/ws-data",
            "rbd:vms/ws-archive",
            "https:mirror.example.org:443/iso/fedora.iso",
            "nvme 0000:01:00.0",
            "vhostuser /run/vhost-blk.sock",
            "dir /srv/floppy",
            "empty",
        ]
    );
    let first = &vm.disks[0];
    assert_eq!(first.backing[1].source, DiskSource::Block("/dev/vg0/golden".into()));
    assert_eq!((first.cache.as_deref(), first.serial.as_deref()), (Some("none"), Some("SN-0001")));
    assert!(vm.disks[1].shareable && !first.shareable);
}

#[test]
fn nics_of_every_kind_say_what_they_are_plugged_into() {
    let vm = of(include_str!("../../../tests/data/xml/domain-q35-uefi.xml"));
    let sources: Vec<_> = vm.nics.iter().map(|n| n.source.clone()).collect();
    assert_eq!(
        sources,
        [
            NicSource::Network("host-bridge".into()),
            NicSource::Bridge("br1".into()),
            NicSource::Direct("eno2".into()),
            NicSource::User,
            NicSource::HostDevice,
            NicSource::Other("vhostuser".into()),
        ]
    );
    assert_eq!(vm.nics[0].mac, "52:54:00:ab:cd:01");
    assert_eq!(vm.nics[0].vlans, [10, 20]);
    assert!(vm.nics[0].link_up && !vm.nics[1].link_up);
}

#[test]
fn other_drivers_and_architectures_read_too() {
    let lxc = of(include_str!("../../../tests/data/xml/domain-lxc.xml"));
    assert_eq!((lxc.virt_type.as_str(), lxc.memory_max, lxc.memory), ("lxc", 1 << 30, 512 << 20));
    assert_eq!((lxc.vcpus, lxc.has_console, lxc.has_balloon), (2, true, false));
    let arm = of(include_str!("../../../tests/data/xml/domain-arm.xml"));
    assert_eq!(arm.firmware, Firmware::Uefi { secure_boot: false });
    assert_eq!(arm.boot, ["network", "hd", "cdrom"]);
    assert_eq!((arm.memory, arm.vcpus, arm.has_balloon), (4_000_000_000, 4, false));
    assert_eq!(arm.cpu_model.as_deref(), Some("cortex-a57"));
    assert_eq!(arm.nics[0].source, NicSource::Other("ethernet".into()));
    let test = of(include_str!("../../../tests/data/xml/domain-test-driver.xml"));
    assert_eq!((test.vcpus, test.memory, test.memory_max), (2, 2 << 30, 8 << 30));
}

#[test]
fn what_is_missing_or_nonsense_becomes_a_default() {
    let vm = of("<domain/>");
    assert_eq!(vm, VmDefinition { vcpus: 1, vcpus_max: 1, ..VmDefinition::default() });
    let odd = of(
        "<domain><memory unit='parsec'>7</memory><currentMemory unit='EiB'>99999999999</currentMemory>\
                  <vcpu current='-3'>many</vcpu><devices><disk/><interface/><graphics port='99999'/></devices></domain>",
    );
    assert_eq!((odd.memory, odd.memory_max, odd.vcpus), (u64::MAX, 7 << 10, 1));
    assert_eq!((odd.disks[0].device.as_str(), &odd.nics[0].source), ("disk", &NicSource::None));
    assert_eq!(odd.graphics[0].port, None);
}

#[test]
fn os_ids_read_as_osinfo_shortens_them() {
    for (id, expected) in [
        ("http://debian.org/debian/12", Some("debian12")),
        ("http://microsoft.com/win/2k19", Some("win2k19")),
        ("http://ubuntu.com/ubuntu/24.04", Some("ubuntu24.04")),
        ("custom", Some("custom")),
        ("http://host/", None),
    ] {
        let xml = format!(
            "<domain><metadata><l:libosinfo xmlns:l='http://libosinfo.org/xmlns/libvirt/domain/1.0'>\
             <l:os id='{id}'/></l:libosinfo></metadata></domain>"
        );
        assert_eq!(of(&xml).os.as_deref(), expected, "{id}");
    }
}

#[test]
fn a_disk_in_a_pool_keeps_its_pools_name_while_it_runs() {
    let vm = of(include_str!("../../../tests/data/xml/domain-volume-live.xml"));
    let volume = DiskSource::Volume { pool: "default".into(), volume: "mail.qcow2".into() };
    assert_eq!(vm.disks[0].source, Some(volume));
}

/// NovaCron's element in a domain, as libvirt keeps it: under a prefix, children too.
fn kept(element: &str) -> String {
    let prefixed = element.replace("</", "\0").replace('<', "<n:").replace('\0', "</n:");
    let prefixed = prefixed.replacen("<n:vm>", &format!("<n:vm xmlns:n='{NOVACRON}'>"), 1);
    format!("<domain><metadata>{prefixed}</metadata></domain>")
}

#[test]
fn metadata_is_read_as_it_was_written() {
    let tags = ["web".to_owned(), "a<b & \"c\" 'd'>".to_owned(), "ünï".to_owned()];
    let start = StartOrder { order: 3, delay_s: 90, gate: StartGate::Address };
    let element = novacron_element(&tags, true, Some(start)).unwrap();
    let vm = of(&kept(&element));
    assert_eq!((&vm.tags[..], vm.protected, vm.start_order), (&tags[..], true, Some(start)));
    assert_eq!(novacron_element(&[], false, None), None, "nothing to say");
    let default = StartOrder { order: 0, delay_s: 0, gate: StartGate::Running };
    for (protected, start) in [(true, None), (false, Some(default))] {
        let vm = of(&kept(&novacron_element(&[], protected, start).unwrap()));
        assert_eq!((vm.tags.len(), vm.protected, vm.start_order), (0, protected, start));
    }
}

#[test]
fn a_start_order_that_is_nonsense_is_the_default() {
    let vm = of(&kept("<vm><start order='-1' delay='soon' gate='magic'/></vm>"));
    assert_eq!(vm.start_order, Some(StartOrder { order: 0, delay_s: 0, gate: StartGate::Running }));
    // The description is libvirt's own element's; one in NovaCron's is not believed.
    let vm = of(&kept("<vm><description>old</description><protected/></vm>"));
    assert_eq!((vm.description, vm.protected), (None, true));
}

proptest! {
    #[test]
    fn any_tags_survive(
        tags in prop::collection::btree_set("[!-~äß€🛠]([ -~äß€🛠]{0,12}[!-~äß€🛠])?", 0..6),
        protected: bool,
        order in prop::option::of((any::<u32>(), any::<u32>(), 0..3_usize)),
    ) {
        let tags: Vec<_> = tags.into_iter().collect();
        let start = order.map(|(order, delay_s, gate)| StartOrder { order, delay_s, gate: StartGate::ALL[gate] });
        let vm = novacron_element(&tags, protected, start).map(|e| of(&kept(&e))).unwrap_or_default();
        prop_assert_eq!((vm.tags, vm.protected, vm.start_order), (tags, protected, start));
    }
}
