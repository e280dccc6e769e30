use proptest::prelude::*;

use super::*;
use crate::model::hardware::{Boot, Medium, Plug};
use crate::xml::domain;

/// As somebody may have left it: comments, unknown elements, both kinds of quotes, other units.
const VM: &str = r#"<?xml version="1.0"?>
<!-- kept by hand -->
<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>web01</name>
  <memory unit='MiB'>2048</memory>
  <currentMemory unit="KiB">1048576</currentMemory><!-- half -->
  <vcpu placement='static' current='2'>4</vcpu>
  <vcpus>
    <vcpu id='0' enabled='yes' hotpluggable='no'/>
  </vcpus>
  <os>
    <type arch='x86_64'>hvm</type>
    <boot dev='hd'/>
    <boot dev="network"/>
    <bootmenu enable='yes'/>
  </os>
  <cpu mode='host-model'><topology sockets='2' cores='2' threads='1'/></cpu>
  <devices>
    <emulator>/usr/bin/qemu</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' iothread='1' queues="2"/>
      <source file='/images/a&amp;b.qcow2'/>
      <target dev='vda' bus='virtio'/>
      <future thing='1'>text &lt; more</future>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
    </disk>
    <disk type='file' device='cdrom'>
      <driver name='qemu' type='raw'/>
      <target dev='sda' bus='sata'/>
      <readonly/>
    </disk>
    <!-- the front -->
    <interface type='network'>
      <mac address='52:54:00:AA:00:01'/>
      <source network='default' portid='x' bridge='virbr0'/>
      <model type='virtio'/>
    </interface>
    <interface type="bridge"><mac address="52:54:00:aa:00:02"/><source bridge="br0"/></interface>
  </devices>
  <qemu:commandline><qemu:arg value='-foo'/></qemu:commandline>
</domain>
"#;

const NEW_DISK: &str = "<disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='/images/new.img'/>
      <target dev='vdb' bus='virtio'/>
    </disk>";
const NEW_NIC: &str = "<interface type='network'><mac address='52:54:00:AA:00:03'/></interface>";

fn vda() -> Device {
    Device::Disk("vda".into())
}

fn nic(n: u8) -> Device {
    Device::Nic(format!("52:54:00:aa:00:0{n}"))
}

fn boot(classes: &[&str], devices: &[Device]) -> Edit {
    let classes = classes.iter().map(|c| (*c).to_owned()).collect();
    Edit::Boot(Boot { classes, devices: devices.to_vec() })
}

fn medium(target: &str, path: Option<&str>) -> Edit {
    Edit::Medium { target: target.into(), medium: path.map(|p| Medium::File(p.into())) }
}

fn one_edit(edit: Edit) -> String {
    apply(VM, &[edit]).unwrap()
}

/// What is only in the one, and only in the other.
fn differs(before: &str, after: &str) -> (String, String) {
    let lines = crate::xml::diff::unified(before, after);
    let of = |sign: char| {
        let with = lines.lines().filter(|l| l.starts_with(sign)).map(|l| l[1..].trim());
        with.collect::<Vec<_>>().join("\n")
    };
    (of('-'), of('+'))
}

fn changes(edit: Edit, gone: &str, come: &str) {
    let said = format!("{edit:?}");
    let after = one_edit(edit);
    assert_eq!(differs(VM, &after), (gone.to_owned(), come.to_owned()), "{said}");
}

#[test]
fn one_thing_changes_and_all_else_stays() {
    changes(
        Edit::Memory { current: 1 << 30, max: 4 << 30 },
        "<memory unit='MiB'>2048</memory>",
        "<memory unit='MiB'>4096</memory>",
    );
    changes(
        Edit::Memory { current: (1 << 30) + 4096, max: (2 << 30) + 4096 },
        "<memory unit='MiB'>2048</memory>\n<currentMemory unit=\"KiB\">1048576</currentMemory><!-- half -->",
        "<memory unit='KiB'>2097156</memory>\n<currentMemory unit=\"KiB\">1048580</currentMemory><!-- half -->",
    );
    changes(Edit::Link { mac: "52:54:00:aa:00:01".into(), up: false }, "", "<link state='down'/>");
    changes(medium("sda", Some("/iso/a&b'.iso")), "", "<source file='/iso/a&amp;b&apos;.iso'/>");
    changes(
        Edit::Plug { mac: "52:54:00:aa:00:01".into(), to: Plug::Network("isolated".into()) },
        "<source network='default' portid='x' bridge='virbr0'/>",
        "<source network='isolated'/>",
    );
    changes(
        Edit::Plug { mac: "52:54:00:aa:00:01".into(), to: Plug::Bridge("virbr0".into()) },
        "<interface type='network'>\n<source network='default' portid='x' bridge='virbr0'/>",
        "<interface type='bridge'>\n<source bridge='virbr0'/>",
    );
    changes(
        Edit::Bus { from: "vda".into(), to: "sdb".into(), bus: "sata".into() },
        "<driver name='qemu' type='qcow2' iothread='1' queues=\"2\"/>\n<target dev='vda' bus='virtio'/>\n\
         <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>",
        "<driver name='qemu' type='qcow2'/>\n<target dev='sdb' bus='sata'/>",
    );
    changes(
        boot(&[], &[vda(), nic(2)]),
        "<boot dev='hd'/>\n<boot dev=\"network\"/>\n<interface type=\"bridge\"><mac address=\"52:54:00:aa:00:02\"/><source \
         bridge=\"br0\"/></interface>",
        "<boot order='1'/>\n<interface type=\"bridge\"><mac address=\"52:54:00:aa:00:02\"/><source \
         bridge=\"br0\"/><boot order='2'/></interface>",
    );
}

#[test]
fn vcpus_are_written_with_what_depends_on_them() {
    let after = one_edit(Edit::Vcpus { count: 8, max: 8, sockets: Some(4) });
    let (gone, come) = differs(VM, &after);
    assert!(gone.contains("<vcpus>") && gone.contains("sockets='2'"), "{gone}");
    assert_eq!(
        come,
        "<vcpu placement='static'>8</vcpu>\n<cpu mode='host-model'><topology sockets='4' cores='2' threads='1'/></cpu>"
    );
    let none = VM.replace("  <vcpu placement='static' current='2'>4</vcpu>\n", "");
    let after = apply(&none, &[Edit::Vcpus { count: 2, max: 3, sockets: None }]).unwrap();
    assert!(
        after.contains("-->\n  <vcpu current='2'>3</vcpu>") || after.contains("<vcpu current='2'>3</vcpu>")
    );
    let read = domain::parse(&after).unwrap();
    assert_eq!((read.vcpus, read.vcpus_max), (2, 3));
}

#[test]
fn what_is_so_already_leaves_every_byte() {
    for edit in [
        Edit::Vcpus { count: 2, max: 4, sockets: Some(2) },
        Edit::Memory { current: 1 << 30, max: 2 << 30 },
        Edit::Add { xml: NEW_NIC.replace("00:03", "00:01") },
        Edit::Remove(Device::Disk("vdz".into())),
        Edit::Bus { from: "vda".into(), to: "vda".into(), bus: "virtio".into() },
        Edit::Bus { from: "hda".into(), to: "vda".into(), bus: "virtio".into() },
        medium("sda", None),
        medium("vda", Some("/images/a&b.qcow2")),
        Edit::Link { mac: "52:54:00:AA:00:02".into(), up: true },
        Edit::Plug { mac: "52:54:00:aa:00:01".into(), to: Plug::Network("default".into()) },
        Edit::Plug { mac: "52:54:00:aa:00:02".into(), to: Plug::Bridge("br0".into()) },
        boot(&["hd", "network"], &[]),
    ] {
        assert!(is_so(VM, std::slice::from_ref(&edit)).unwrap(), "{edit:?}");
    }
    // In a network, a bridge stands beside it; plugged into that bridge it is not.
    assert!(
        !is_so(VM, &[Edit::Plug { mac: "52:54:00:aa:00:01".into(), to: Plug::Bridge("virbr0".into()) }])
            .unwrap()
    );
}

#[test]
fn devices_come_behind_their_kind_and_go_without_a_trace() {
    for (element, device, before) in [
        (NEW_DISK, Device::Disk("vdb".into()), "      <readonly/>\n    </disk>\n    "),
        (NEW_NIC, nic(3), "<source bridge=\"br0\"/></interface>\n    "),
    ] {
        let with = one_edit(Edit::Add { xml: element.into() });
        assert!(with.contains(&format!("{before}{element}\n")), "{with}");
        assert_eq!(super::element(&with, &device).unwrap(), element);
        assert_eq!(apply(&with, &[Edit::Remove(device)]).unwrap(), VM);
    }
    for empty in ["<domain><devices/></domain>", "<domain><devices></devices></domain>"] {
        let with = apply(empty, &[Edit::Add { xml: NEW_NIC.into() }]).unwrap();
        assert_eq!(with, format!("<domain><devices>{NEW_NIC}</devices></domain>"));
    }
}

#[test]
fn what_is_called_alike_elsewhere_is_left_alone() {
    let foreign = "<x:os><boot dev='fd'/></x:os>";
    let with = VM.replacen("<os>", &format!("{foreign}<os>"), 1);
    let edit = boot(&["cdrom"], &[]);
    assert!(!is_so(&with, std::slice::from_ref(&edit)).unwrap());
    let done = apply(&with, std::slice::from_ref(&edit)).unwrap();
    assert_eq!(done, apply(VM, &[edit]).unwrap().replacen("<os>", &format!("{foreign}<os>"), 1));
}

#[test]
fn what_is_not_there_is_said() {
    let error = |edit| apply(VM, &[edit]).unwrap_err().to_string();
    assert_eq!(error(medium("hdc", None)), "there is no hdc");
    assert_eq!(error(Edit::Link { mac: "x\u{1b}".into(), up: true }), "there is no x");
    assert_eq!(error(boot(&[], &[Device::Disk("vdq".into())])), "there is no vdq");
    assert!(error(Edit::Add { xml: "<disk/>".into() }).starts_with("this is no disk"));
    assert!(
        error(Edit::Add { xml: "<hostdev/><disk><target dev='a'/></disk>".into() }).starts_with("this is no")
    );
    assert!(apply("<domain>", &[]).is_ok() && apply("<domain>", &[medium("a", None)]).is_err());
    assert!(matches!(apply("<domain/>", &[boot(&[], &[])]), Err(EditError::Lacks("os"))));
}

fn junk() -> impl Strategy<Value = Vec<String>> {
    let piece = prop_oneof![
        "[a-z ]{0,12}".prop_map(|s| format!("<!-- {s} -->")),
        "[a-z]{1,6}".prop_map(|s| format!("<x:{s} a=\"&gt;1\" b='/>'>text &amp; <deep/></x:{s}>")),
        "[a-z]{1,6}".prop_map(|s| format!("<{s}-unknown  q = 'a' />")),
        Just("<![CDATA[<disk>]]>".to_owned()),
        Just("\n\t  ".to_owned()),
    ];
    prop::collection::vec(piece, 6)
}

/// The definition with such pieces strewn about.
fn strewn(junk: &[String]) -> String {
    let places =
        ["<name>", "<os>", "<bootmenu", "<emulator>", "<!-- the front -->", "<model type='virtio'/>"];
    places
        .iter()
        .zip(junk)
        .fold(VM.to_owned(), |xml, (place, piece)| xml.replacen(place, &format!("{piece}{place}"), 1))
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let target = prop_oneof![Just("vda"), Just("sda"), Just("vdb")].prop_map(str::to_owned);
    let mac = (1u8..4).prop_map(|n| format!("52:54:00:aa:00:0{n}"));
    prop_oneof![
        (1u32..9, 0u32..9, prop::option::of(1u32..5)).prop_map(|(count, more, sockets)| Edit::Vcpus {
            count,
            max: count + more,
            sockets
        }),
        (1u64..1 << 24, 0u64..1 << 24)
            .prop_map(|(kib, more)| Edit::Memory { current: kib << 10, max: (kib + more) << 10 }),
        prop_oneof![Just(NEW_DISK), Just(NEW_NIC)].prop_map(|xml| Edit::Add { xml: xml.to_owned() }),
        target.clone().prop_map(|t| Edit::Remove(Device::Disk(t))),
        mac.clone().prop_map(|m| Edit::Remove(Device::Nic(m))),
        (target.clone(), prop_oneof![Just(("sdz", "scsi")), Just(("vdz", "virtio"))])
            .prop_map(|(from, (to, bus))| Edit::Bus { from, to: to.into(), bus: bus.into() }),
        (target.clone(), prop::option::of("/[a-z<&'\" ]{1,9}"))
            .prop_map(|(target, path)| Edit::Medium { target, medium: path.map(Medium::File) }),
        (mac.clone(), any::<bool>()).prop_map(|(mac, up)| Edit::Link { mac, up }),
        (mac.clone(), "[a-z<&'\"]{1,5}", any::<bool>()).prop_map(|(mac, name, network)| Edit::Plug {
            mac,
            to: if network { Plug::Network(name) } else { Plug::Bridge(name) }
        }),
        (target, mac, any::<bool>()).prop_map(|(t, m, both)| {
            let second = both.then_some(Device::Nic(m));
            Edit::Boot(Boot {
                classes: Vec::new(),
                devices: std::iter::once(Device::Disk(t)).chain(second).collect(),
            })
        }),
        Just(boot(&["cdrom", "hd"], &[])),
    ]
}

proptest! {
    #[test]
    fn edits_hold_leave_what_is_unknown_and_change_nothing_the_second_time(
        junk in junk(),
        edits in prop::collection::vec(any_edit(), 1..5),
    ) {
        let xml = strewn(&junk);
        let Ok(once) = apply(&xml, &edits) else { return Ok(()) };
        // The last of them holds, whatever came before.
        let last = &edits[edits.len() - 1..];
        prop_assert!(is_so(&once, last).unwrap(), "{once}");
        prop_assert_eq!(&apply(&once, last).unwrap(), &once);
        prop_assert!(domain::parse(&once).is_ok());
        let mut rest = once.as_str();
        for piece in junk.iter().filter(|p| !p.trim().is_empty()) {
            // What stands within a device goes with it.
            let kept = rest.find(piece.as_str());
            let taken = edits.iter().any(|e| matches!(e, Edit::Remove(_)));
            prop_assert!(kept.is_some() || taken, "{piece} in {once}");
            rest = &rest[kept.unwrap_or(0)..];
        }
        for stays in ["<!-- kept by hand -->", "<qemu:arg value='-foo'/>", "<bootmenu enable='yes'/>", "<!-- half -->"] {
            prop_assert!(once.contains(stays));
        }
    }

    #[test]
    fn what_came_goes_byte_for_byte(junk in junk()) {
        let xml = strewn(&junk);
        for (element, device) in [(NEW_DISK, Device::Disk("vdb".into())), (NEW_NIC, nic(3))] {
            let with = apply(&xml, &[Edit::Add { xml: element.into() }]).unwrap();
            prop_assert_eq!(&apply(&with, &[Edit::Remove(device)]).unwrap(), &xml);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}", edit in any_edit()) {
        let _ = apply(&text, std::slice::from_ref(&edit));
        let _ = apply(&format!("<domain>{text}</domain>"), std::slice::from_ref(&edit));
        let _ = apply(&VM.replace("<readonly/>", &text), std::slice::from_ref(&edit));
        let _ = device_of(&text);
    }
}
