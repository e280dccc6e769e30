use std::fmt::Write;

use proptest::prelude::*;

use crate::model::hardware::Plug;
use crate::model::id::VmId;
use crate::model::operation::{
    ChangeWhen, DiskSourceName, HardwareChange, HardwareOperation as Hw, Memory, NewDisk, NewNic, Operation,
    Vcpus, VmOperation as Op,
};
use crate::model::plan::{Act, HardwareAct, Planned};
use crate::model::shell;
use crate::model::storage::Volume;
use crate::model::text::clean;
use crate::model::vm::{VmDefinition, VmFlags, VmState};
use crate::operations::{Facts, HardwareFacts, Image, VmDevices, VmFacts, plan};
use crate::xml::{domain, edit};

const ID: VmId = VmId::from_bytes([7; 16]);
const GIB: u64 = 1 << 30;

const XML: &str = "<domain type='kvm'>
  <name>web01</name>
  <memory unit='GiB'>4</memory>
  <currentMemory unit='GiB'>2</currentMemory>
  <vcpu current='2'>4</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-10.0'>hvm</type>
    <boot dev='hd'/>
  </os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/images/web01.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='cdrom'>
      <driver name='qemu' type='raw'/>
      <source file='/images/old.iso'/>
      <target dev='sda' bus='sata'/>
      <readonly/>
    </disk>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' index='1' model='pcie-root-port'/>
    <interface type='network'>
      <mac address='52:54:00:00:00:01'/>
      <source network='default'/>
      <model type='virtio'/>
    </interface>
    <memballoon model='virtio'/>
  </devices>
</domain>
";

fn volume(pool: &str, name: &str, format: &str) -> Image {
    let volume = Volume {
        name: name.into(),
        key: String::new(),
        path: format!("/{pool}/{name}"),
        kind: "file",
        format: Some(format.into()),
        capacity: 10 * GIB,
        allocation: GIB,
        backing: None,
    };
    Image { pool: pool.into(), free: Some(GIB), volume }
}

fn facts(state: VmState, live: &str, defined: &str) -> Facts {
    let flags = VmFlags { persistent: Some(true), autostart: Some(false), managed_save: Some(false) };
    let definition = domain::parse(if state.is_active() { live } else { defined }).unwrap();
    let other = "<domain><devices>
        <disk device='disk'><source file='/images/db01.qcow2'/><target dev='vda'/>
            <backingStore type='file'><source file='/images/base.qcow2'/></backingStore></disk>
        <disk device='cdrom'><source file='/images/new.iso'/><target dev='sda'/><readonly/></disk>
        <interface type='network'><mac address='52:54:00:00:00:02'/><source network='default'/></interface>
        </devices></domain>";
    let other = domain::parse(other).unwrap();
    let based = Volume {
        backing: Some("/images/golden.qcow2".into()),
        ..volume("images", "child.qcow2", "qcow2").volume
    };
    let hardware = HardwareFacts {
        live_xml: if state.is_active() { live.to_owned() } else { String::new() },
        others: vec![VmDevices { name: "db01".into(), disks: other.disks, nics: other.nics }],
        images: vec![
            volume("images", "web01.qcow2", "qcow2"),
            volume("images", "data.qcow2", "qcow2"),
            volume("images", "raw.img", "raw"),
            volume("images", "new.iso", "iso"),
            volume("images", "db01.qcow2", "qcow2"),
            volume("images", "base.qcow2", "qcow2"),
            volume("images", "golden.qcow2", "qcow2"),
            Image { pool: "images".into(), free: None, volume: based },
        ],
        networks: vec![("default".into(), true), ("lab".into(), true), ("offline".into(), false)],
        capacity: Some(10 * GIB),
        node: Some((8, 16 * GIB)),
    };
    let vm =
        VmFacts { id: ID, name: "web01".into(), state, flags, definition, defined_xml: defined.to_owned() };
    Facts { vm: Some(vm), hardware, ..Facts::default() }
}

fn running() -> Facts {
    facts(VmState::Running, XML, XML)
}

fn off() -> Facts {
    facts(VmState::ShutOff, XML, XML)
}

fn ask(what: Hw, facts: &Facts) -> Planned {
    plan(&Operation::vm(ID, Op::Hardware(HardwareChange { what, when: ChangeWhen::Now })), facts)
}

fn later(what: Hw, facts: &Facts) -> Planned {
    plan(&Operation::vm(ID, Op::Hardware(HardwareChange { what, when: ChangeWhen::NextStart })), facts)
}

fn told(planned: &Planned) -> String {
    let mut out = String::new();
    match planned {
        Planned::Refused(no) => {
            let _ = writeln!(out, "{} REFUSED ({:?}): {} {}", no.title, no.kind, no.reason, no.remedy);
        }
        Planned::Plan(p) => {
            let _ = writeln!(out, "{}: {}", p.title, p.summary);
            for step in &p.steps {
                let back = if step.undo.is_some() { "" } else { " (stays)" };
                let _ = writeln!(out, "  - {}{back} | {}", step.title, shell::line(&step.command));
            }
            for note in &p.notes {
                let _ = writeln!(out, "  {:?}: {}", note.weight, note.text);
            }
            for space in &p.space {
                let _ = writeln!(out, "  needs {} in {}, free {:?}", space.needs, space.place, space.free);
            }
            for line in p.diff.lines().filter(|l| l.starts_with(['+', '-'])) {
                let _ = writeln!(out, "  | {line}");
            }
            if let Some(Operation::Vm { act: Op::Hardware(back), .. }) = &p.inverse {
                let _ = writeln!(out, "  back: {:?}", back.what);
            }
        }
    }
    out
}

fn size(vcpus: Option<(u32, Option<u32>)>, memory: Option<(u64, Option<u64>)>) -> Hw {
    Hw::Resize {
        vcpus: vcpus.map(|(count, max)| Vcpus { count, max }),
        memory: memory.map(|(bytes, max)| Memory { bytes, max }),
    }
}

fn disk(source: &str) -> NewDisk {
    NewDisk {
        source: DiskSourceName::of(source),
        target: None,
        bus: None,
        format: None,
        read_only: false,
        shareable: false,
        cdrom: false,
    }
}

fn nic(to: &str, mac: &str) -> NewNic {
    NewNic { to: Plug::Network(to.into()), model: None, mac: mac.into(), up: true }
}

fn insert(source: &str) -> Hw {
    Hw::InsertMedia { target: None, source: DiskSourceName::of(source).unwrap(), force: false }
}

fn order(order: &[&str]) -> Hw {
    Hw::BootOrder { order: order.iter().map(|o| (*o).to_owned()).collect() }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<(&'static str, Planned)> {
    let full = XML.replace(
        "<model type='virtio'/>",
        "<model type='virtio'/><address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>",
    );
    let full = facts(VmState::Running, &full, XML);
    let pinned =
        XML.replace("<devices>", "<cpu><topology sockets='2' cores='2' threads='1'/></cpu><devices>");
    let pinned = facts(VmState::ShutOff, "", &pinned);
    let mut transient = running();
    transient.vm.as_mut().unwrap().flags.persistent = Some(false);
    let mut saved = off();
    saved.vm.as_mut().unwrap().flags.managed_save = Some(true);
    let share = NewDisk { shareable: true, ..disk("images/data.qcow2") };
    let of = |target: &str| Hw::DetachDisk { target: target.into() };
    let grow = |to| Hw::GrowDisk { target: "vda".into(), to };
    let bus = |bus: &str| Hw::ChangeBus { target: "vda".into(), bus: bus.into(), to: None };
    let link = |nic: &str, up| Hw::SetLink { nic: nic.into(), up };
    let network = |to: &str| Hw::ChangeNetwork { nic: "default".into(), to: Plug::Network(to.into()) };
    vec![
        ("3 vCPUs, running", ask(size(Some((3, None)), None), &running())),
        ("8 vCPUs, running", ask(size(Some((8, None)), None), &running())),
        ("1 vCPU, running", ask(size(Some((1, None)), None), &running())),
        ("3 vCPUs later", later(size(Some((3, None)), None), &running())),
        ("2 vCPUs, running", ask(size(Some((2, None)), None), &running())),
        ("more than the host", ask(size(Some((16, Some(16))), Some((32 * GIB, None))), &off())),
        ("no vCPUs", ask(size(Some((0, None)), None), &off())),
        ("at most fewer", ask(size(Some((4, Some(2))), None), &off())),
        ("topology", ask(size(Some((8, None)), None), &pinned)),
        ("topology", ask(size(Some((5, None)), None), &pinned)),
        ("1 GiB, running", ask(size(None, Some((GIB, None))), &running())),
        ("8 GiB, running", ask(size(None, Some((8 * GIB, None))), &running())),
        ("8 GiB, transient", ask(size(None, Some((8 * GIB, None))), &transient)),
        ("3 GiB, off, saved", ask(size(None, Some((3 * GIB, None))), &saved)),
        ("both", ask(size(Some((8, None)), Some((3 * GIB, None))), &running())),
        ("odd memory", ask(size(None, Some((GIB + 1, None))), &off())),
        ("neither", ask(size(None, None), &off())),
        ("volume, running", ask(Hw::AttachDisk(disk("images/data.qcow2")), &running())),
        ("volume, off", ask(Hw::AttachDisk(disk("images/data.qcow2")), &off())),
        ("volume, no port", ask(Hw::AttachDisk(disk("images/data.qcow2")), &full)),
        ("volume, transient", ask(Hw::AttachDisk(disk("images/data.qcow2")), &transient)),
        ("volume, no port, transient", {
            let mut full = full.clone();
            full.vm.as_mut().unwrap().flags.persistent = Some(false);
            ask(Hw::AttachDisk(disk("images/data.qcow2")), &full)
        }),
        (
            "sata",
            ask(Hw::AttachDisk(NewDisk { bus: Some("sata".into()), ..disk("images/raw.img") }), &running()),
        ),
        (
            "block device",
            ask(Hw::AttachDisk(NewDisk { target: Some("vdq".into()), ..disk("/dev/vg/a") }), &running()),
        ),
        ("unknown format", ask(Hw::AttachDisk(disk("/elsewhere/a.img")), &off())),
        (
            "wrong format",
            ask(Hw::AttachDisk(NewDisk { format: Some("raw".into()), ..disk("images/data.qcow2") }), &off()),
        ),
        ("shared qcow2", ask(Hw::AttachDisk(share), &off())),
        ("drive", ask(Hw::AttachDisk(NewDisk { source: None, cdrom: true, ..disk("") }), &running())),
        ("nothing", ask(Hw::AttachDisk(disk("")), &off())),
        (
            "taken target",
            ask(Hw::AttachDisk(NewDisk { target: Some("vda".into()), ..disk("images/raw.img") }), &off()),
        ),
        (
            "bad target",
            ask(Hw::AttachDisk(NewDisk { target: Some("vd1".into()), ..disk("images/raw.img") }), &off()),
        ),
        (
            "bad bus",
            ask(Hw::AttachDisk(NewDisk { bus: Some("nvme".into()), ..disk("images/raw.img") }), &off()),
        ),
        ("of another", ask(Hw::AttachDisk(disk("images/db01.qcow2")), &off())),
        ("below another", ask(Hw::AttachDisk(disk("/images/base.qcow2")), &off())),
        ("below a volume", ask(Hw::AttachDisk(disk("images/golden.qcow2")), &off())),
        ("its own", ask(Hw::AttachDisk(disk("images/web01.qcow2")), &off())),
        ("no such volume", ask(Hw::AttachDisk(disk("images/none")), &off())),
        ("boot disk, running", ask(of("vda"), &running())),
        ("boot disk, off", ask(of("vda"), &off())),
        ("drive, running", ask(of("sda"), &running())),
        ("no such disk", ask(of("vdz"), &off())),
        ("larger, running", ask(grow(20 * GIB), &running())),
        ("larger, off", ask(grow(20 * GIB + 1), &off())),
        ("larger, saved", ask(grow(20 * GIB), &saved)),
        ("as large", ask(grow(10 * GIB), &off())),
        ("smaller", ask(grow(GIB), &off())),
        ("bus, running", ask(bus("sata"), &running())),
        ("bus, off", ask(bus("scsi"), &off())),
        ("its bus", ask(bus("virtio"), &off())),
        ("NIC, running", ask(Hw::AttachNic(nic("lab", "52:54:00:00:00:0A")), &running())),
        ("NIC, no port", ask(Hw::AttachNic(nic("lab", "52:54:00:00:00:0a")), &full)),
        ("NIC, network off", ask(Hw::AttachNic(nic("offline", "52:54:00:00:00:0a")), &running())),
        ("NIC, taken", ask(Hw::AttachNic(nic("lab", "52:54:00:00:00:02")), &off())),
        ("NIC, taken", ask(Hw::AttachNic(nic("lab", "52:54:00:00:00:01")), &off())),
        ("NIC, multicast", ask(Hw::AttachNic(nic("lab", "53:54:00:00:00:0a")), &off())),
        ("NIC, no network", ask(Hw::AttachNic(nic("none", "52:54:00:00:00:0a")), &off())),
        ("NIC goes", ask(Hw::DetachNic { nic: "52:54:00:00:00:01".into() }, &running())),
        ("NIC that is none", ask(Hw::DetachNic { nic: "lab".into() }, &running())),
        ("link down", ask(link("default", false), &running())),
        ("link up", ask(link("default", true), &off())),
        ("another network", ask(network("lab"), &running())),
        ("network off", ask(network("offline"), &running())),
        ("its network", ask(network("default"), &running())),
        ("medium", ask(insert("images/new.iso"), &running())),
        ("medium that is written", ask(insert("/images/db01.qcow2"), &off())),
        ("eject", ask(Hw::EjectMedia { target: None, force: true }, &running())),
        ("no drive", ask(Hw::EjectMedia { target: Some("vda".into()), force: false }, &off())),
        ("boot", ask(order(&["network", "vda"]), &running())),
        ("boot by class", ask(order(&["cdrom", "hd"]), &off())),
        ("boot as it is", ask(order(&["hd"]), &off())),
        ("boot from nothing", ask(order(&["vdq"]), &off())),
        ("boot twice", ask(order(&["vda", "vda"]), &off())),
        ("XML that is none", ask(Hw::AttachXml { xml: "<hostdev/>".into() }, &off())),
        ("unknown state", ask(order(&["vda"]), &facts(VmState::Unknown, XML, XML))),
    ]
}

#[test]
fn plans_of_hardware() {
    let all = cases().iter().fold(String::new(), |mut out, (when, planned)| {
        let _ = write!(out, "{when}: {}", told(planned));
        out
    });
    insta::assert_snapshot!(all);
}

/// The facts once a plan was carried out.
fn after(planned: &Planned, facts: &Facts) -> Option<Facts> {
    let mut facts = facts.clone();
    let vm = facts.vm.as_mut()?;
    for step in &planned.plan()?.steps {
        match &step.act {
            Act::Hardware(HardwareAct::Define { edits, .. }) => {
                vm.defined_xml = edit::apply(&vm.defined_xml, edits).unwrap();
            }
            Act::Hardware(HardwareAct::Live { edit, .. }) => {
                let live = &mut facts.hardware.live_xml;
                *live = edit::apply(live, std::slice::from_ref(edit)).unwrap();
            }
            _ => return None,
        }
    }
    Some(facts)
}

#[test]
fn what_was_done_is_found_done_and_what_takes_it_back_gives_what_was() {
    let mut seen = 0;
    for (when, planned) in cases() {
        let Some(plan_made) = planned.plan() else { continue };
        let before = match plan_made.basis[0].was.as_str() {
            "running" => running(),
            _ => off(),
        };
        let (Some(done), Some(back)) = (after(&planned, &before), &plan_made.inverse) else { continue };
        // Of empty drives there may be any number.
        let again = plan(&plan_made.operation, &done);
        assert!(again.plan().is_none() || when == "drive", "{when}: asked for twice");
        let undone = after(&plan(back, &done), &done);
        let Some(undone) = undone else { panic!("{when}: cannot be taken back: {:?}", plan(back, &done)) };
        let read = |xml: &str| {
            let mut read = domain::parse(xml).unwrap();
            // Where it stands among its kind is told by its target.
            read.disks.sort_by(|a, b| a.target.cmp(&b.target));
            read
        };
        let (was, is) = (before.vm.unwrap(), undone.vm.unwrap());
        assert_eq!(read(&was.defined_xml), read(&is.defined_xml), "{when}");
        if !before.hardware.live_xml.is_empty() {
            // A vCPU that came goes only where the hypervisor says that it can.
            let live = |xml: &str| VmDefinition { vcpus: 0, ..read(xml) };
            assert_eq!(live(&before.hardware.live_xml), live(&undone.hardware.live_xml), "{when}");
        }
        seen += 1;
    }
    assert!(seen > 15, "{seen}");
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\u{0}-\u{1f}\u{7f}-\u{9f}\u{202a}-\u{202e}a\"'<&>/:]{0,8}",
        "\\PC{0,8}",
        Just("vda".to_owned()),
        Just("52:54:00:00:00:01".to_owned()),
        Just("/images/x".to_owned()),
    ]
}

fn any_change() -> impl Strategy<Value = Hw> {
    let text = hostile;
    let maybe = || prop::option::of(hostile());
    let flag = any::<bool>;
    let named = || hostile().prop_map(|t| DiskSourceName::of(&t).unwrap_or(DiskSourceName::Path(t)));
    prop_oneof![
        (prop::option::of(any::<(u32, Option<u32>)>()), prop::option::of(any::<(u64, Option<u64>)>()))
            .prop_map(|(v, m)| size(v, m)),
        (prop::option::of(named()), maybe(), maybe(), maybe(), any::<[bool; 3]>()).prop_map(
            |(source, target, bus, format, [read_only, shareable, cdrom])| {
                Hw::AttachDisk(NewDisk { source, target, bus, format, read_only, shareable, cdrom })
            }
        ),
        text().prop_map(|target| Hw::DetachDisk { target }),
        (text(), any::<u64>()).prop_map(|(target, to)| Hw::GrowDisk { target, to }),
        (text(), text(), maybe()).prop_map(|(target, bus, to)| Hw::ChangeBus { target, bus, to }),
        (text(), maybe(), text(), flag()).prop_map(|(to, model, mac, up)| {
            Hw::AttachNic(NewNic { to: Plug::Bridge(to), model, mac, up })
        }),
        text().prop_map(|nic| Hw::DetachNic { nic }),
        (text(), flag()).prop_map(|(nic, up)| Hw::SetLink { nic, up }),
        (text(), text()).prop_map(|(nic, to)| Hw::ChangeNetwork { nic, to: Plug::Bridge(to) }),
        (maybe(), named(), flag()).prop_map(|(target, source, force)| Hw::InsertMedia {
            target,
            source,
            force
        }),
        (maybe(), flag()).prop_map(|(target, force)| Hw::EjectMedia { target, force }),
        prop::collection::vec(text(), 0..3).prop_map(|order| Hw::BootOrder { order }),
        text().prop_map(|xml| Hw::AttachXml { xml }),
        text().prop_map(|t| Hw::AttachXml { xml: format!("<disk><target dev='{t}' bus='usb'/></disk>") }),
    ]
}

proptest! {
    #[test]
    fn whatever_is_asked_for_is_a_whole_plan_or_a_refusal(what in any_change(), runs in any::<bool>()) {
        let before = if runs { running() } else { off() };
        let planned = ask(what, &before);
        match &planned {
            Planned::Plan(p) => {
                prop_assert!(!p.steps.is_empty() && p.notes.is_sorted_by_key(|n| n.weight));
                prop_assert_eq!(p.stale_against(p), None);
                let shown = [&p.title, &p.verb, &p.summary].into_iter().chain(p.steps.iter().map(|s| &s.title));
                for text in shown.chain(p.notes.iter().map(|n| &n.text)) {
                    prop_assert!(clean(text) == text.as_str(), "{text:?}");
                }
                // What it makes of the definition is one.
                if let Some(done) = after(&planned, &before) {
                    prop_assert!(domain::parse(&done.vm.unwrap().defined_xml).is_ok());
                }
            }
            Planned::Refused(no) => {
                prop_assert!(!no.reason.is_empty());
                for text in [&no.title, &no.reason, &no.remedy] {
                    prop_assert!(clean(text) == text.as_str(), "{text:?}");
                }
            }
        }
        let read_only = Facts { read_only: Some("No.".into()), ..before };
        let Some(p) = planned.plan() else { return Ok(()) };
        prop_assert!(plan(&p.operation, &read_only).plan().is_none());
    }
}
