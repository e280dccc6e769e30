//! What forms mean, and when they say that something is wrong.

use super::*;
use crate::console::screens::testing::{host, ops as made};
use crate::model::operation::{
    ChangeWhen, Dhcp, HardwareOperation, Medium, NetworkOperation, NewForward, NewVmFrom, PoolOperation,
    PoolSource, SnapshotContent, SnapshotOperation, Subnet, VmOperation, VolumeOperation,
};
use crate::model::snapshot::Snapshot;
use crate::model::vm::Vm;

fn web(view: &Snapshot) -> &Vm {
    view.vm(made::id(view, "web01")).unwrap()
}

/// Puts the focus on a field and types into it, in place of what is there.
fn fill(form: &mut Form, key: &str, text: &str) {
    form.focus = form.fields.iter().position(|f| f.key == key).unwrap();
    form.edit(InputRequest::GoToEnd);
    form.edit(InputRequest::DeleteFromStart);
    for c in text.chars() {
        form.edit(InputRequest::InsertChar(c));
    }
}

/// Goes through a choice until it is this word.
fn choose(form: &mut Form, key: &str, word: &str) {
    form.focus = form.fields.iter().position(|f| f.key == key).unwrap();
    for _ in 0..20 {
        if form.word(key) == word {
            return;
        }
        form.edit(InputRequest::GoToNextChar);
    }
    panic!("{key} has no {word}");
}

fn tick(form: &mut Form, key: &str) {
    form.focus = form.fields.iter().position(|f| f.key == key).unwrap();
    form.edit(InputRequest::InsertChar(' '));
}

fn hardware(form: &Form) -> (HardwareOperation, ChangeWhen) {
    match form.operations().unwrap().remove(0) {
        Operation::Vm { act: VmOperation::Hardware(change), .. } => (change.what, change.when),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_snapshot_is_made_of_each_with_what_was_chosen() {
    let view = host();
    let vms: Vec<&Vm> = view.vms.iter().take(2).map(AsRef::as_ref).collect();
    let mut form = vm::snapshot(&vms, "before".into());
    assert_eq!(form.title, "Take a snapshot of 2 VMs");
    choose(&mut form, "content", "disks only");
    choose(&mut form, "freeze", "never");
    let operations = form.operations().unwrap();
    assert_eq!(operations.len(), 2);
    let Operation::Snapshot { act: SnapshotOperation::Create(new), .. } = &operations[1] else { panic!() };
    assert_eq!((new.name.as_str(), new.content), ("before", SnapshotContent::Disks));
    assert_eq!(new.freeze, crate::model::operation::Freeze::Never);
}

#[test]
fn a_field_is_there_only_for_what_it_belongs_to() {
    let view = host();
    let mut form = vm::snapshot(&[web(&view)], "x".into());
    let shown = |form: &Form, key: &str| form.shown().any(|(_, f)| f.key == key);
    assert!(!shown(&form, "freeze"));
    choose(&mut form, "content", "disks only");
    assert!(shown(&form, "freeze"));
    let mut form = network::define();
    choose(&mut form, "dhcp", "a range");
    assert!(shown(&form, "from"));
    choose(&mut form, "forward", "bridge");
    assert!(!shown(&form, "from") && !shown(&form, "dhcp"), "what belongs to a hidden choice is hidden");
}

#[test]
fn what_is_missing_is_told_only_once_it_is_given_and_gets_the_focus() {
    let view = host();
    let pool = view.pools.as_ref().unwrap()[0].clone();
    let mut form = storage::create_volume(&pool);
    assert!(form.wrong.is_some() && form.told().is_none());
    fill(&mut form, "size", "20");
    assert_eq!(form.told().map(|w| w.field), None, "the name is looked at first, and is only missing");
    assert_eq!(form.give(), None);
    assert_eq!(form.told().map(|w| w.field), Some("name"));
    assert_eq!(form.focused().map(|f| f.key), Some("name"));
    fill(&mut form, "name", "data.qcow2");
    assert_eq!(form.told().map(|w| w.field), Some("size"), "20 of what?");
    fill(&mut form, "size", "20G");
    assert_eq!(form.told(), None);
    let operations = form.give().unwrap();
    let Operation::Volume { pool, name, act: VolumeOperation::Create(new) } = &operations[0] else {
        panic!()
    };
    assert_eq!((pool.as_str(), name.as_str(), new.capacity), ("default", "data.qcow2", Some(20 << 30)));
    fill(&mut form, "name", "a/b");
    assert_eq!(form.told().map(|w| w.field), Some("name"));
}

#[test]
fn sizes_of_a_vm_are_changed_by_what_is_typed() {
    let view = host();
    let mut form = vm::resize(&[web(&view)]);
    assert_eq!(form.text("memory"), "4G");
    fill(&mut form, "vcpus", "8");
    assert_eq!(form.told().map(|w| w.field), Some("vcpus-max"), "fewer at most than it shall have");
    fill(&mut form, "vcpus-max", "8");
    fill(&mut form, "memory", "8G");
    fill(&mut form, "memory-max", "8G");
    choose(&mut form, "when", "at the next start");
    let (HardwareOperation::Resize { vcpus, memory }, when) = hardware(&form) else { panic!() };
    assert_eq!(vcpus.map(|v| (v.count, v.max)), Some((8, Some(8))));
    assert_eq!(memory.map(|m| m.bytes), Some(8 << 30));
    assert_eq!(when, ChangeWhen::NextStart);
    // Of several nothing is changed that is not typed.
    let vms: Vec<&Vm> = view.vms.iter().take(3).map(AsRef::as_ref).collect();
    let mut form = vm::resize(&vms);
    assert!(form.operations().is_err());
    fill(&mut form, "memory", "2G");
    let operations = form.operations().unwrap();
    assert_eq!(operations.len(), 3);
}

#[test]
fn disks_and_nics_are_attached_as_typed() {
    let view = host();
    let mut form = device::attach_disk(web(&view), &view);
    assert!(form.operations().is_err(), "a disk needs an image");
    form.focus = form.fields.iter().position(|f| f.key == "source").unwrap();
    fill(&mut form, "source", "fast/db");
    assert_eq!(form.focused().unwrap().could_be(), Some(("fast/db01.qcow2", 1)));
    form.complete();
    let (HardwareOperation::AttachDisk(disk), ChangeWhen::Now) = hardware(&form) else { panic!() };
    assert_eq!(disk.source.map(|s| s.text()).as_deref(), Some("fast/db01.qcow2"));
    assert_eq!((disk.bus, disk.format, disk.cdrom), (None, None, false));
    let mut form = device::attach_disk(web(&view), &view);
    choose(&mut form, "device", "CD-ROM drive");
    let (HardwareOperation::AttachDisk(drive), _) = hardware(&form) else { panic!() };
    assert!(drive.cdrom && drive.source.is_none());
    let mut form = device::attach_nic(web(&view), &view, device::free_mac(&view, 7));
    choose(&mut form, "network", "isolated0");
    let (HardwareOperation::AttachNic(nic), _) = hardware(&form) else { panic!() };
    assert_eq!(nic.to.phrase(), "network isolated0");
    assert!(nic.mac.starts_with("52:54:00:") && nic.up);
    fill(&mut form, "mac", "52:54:00:1");
    assert_eq!(form.told().map(|w| w.field), Some("mac"));
    choose(&mut form, "to", "bridge");
    assert!(form.operations().is_err());
}

#[test]
fn completing_goes_through_all_that_it_could_be() {
    let mut field = Field::text("x", "X", "b").known(["ab".into(), "cd".into(), "ba".into()]);
    let now = |field: &Field| match &field.value {
        Value::Text { input, .. } => input.value().to_owned(),
        _ => panic!(),
    };
    let mut seen = Vec::new();
    for _ in 0..3 {
        field.complete();
        seen.push(now(&field));
    }
    assert_eq!(seen, ["ab", "ba", "ab"]);
}

#[test]
fn pools_and_networks_of_every_kind() {
    let mut form = storage::define_pool();
    fill(&mut form, "name", "images");
    fill(&mut form, "path", "/srv/images");
    choose(&mut form, "build", "where there is none");
    let kind = |form: &Form| match form.operations().unwrap().remove(0) {
        Operation::Pool { act: PoolOperation::Define(new), .. } => new,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(&form).source, PoolSource::Dir);
    assert!(kind(&form).build.is_some() && kind(&form).start && kind(&form).autostart);
    choose(&mut form, "kind", "netfs");
    assert!(form.operations().is_err(), "no server");
    fill(&mut form, "host", "nas");
    fill(&mut form, "dir", "/export");
    assert!(matches!(kind(&form).source, PoolSource::NetFs { host, .. } if host == "nas"));
    choose(&mut form, "kind", "logical");
    fill(&mut form, "source", "vg0");
    assert!(matches!(kind(&form), crate::model::operation::NewPool { path: None, .. }));

    let mut form = network::define();
    fill(&mut form, "name", "lab");
    let new = |form: &Form| match form.operations().unwrap().remove(0) {
        Operation::Network { act: NetworkOperation::Define(new), .. } => new,
        other => panic!("{other:?}"),
    };
    assert_eq!((new(&form).forward, new(&form).subnet), (NewForward::Nat, Subnet::Free));
    choose(&mut form, "dhcp", "a range");
    assert!(form.operations().is_err());
    fill(&mut form, "from", "192.168.9.10");
    fill(&mut form, "to", "192.168.9.90");
    assert!(matches!(new(&form).dhcp, Dhcp::Range { .. }));
    choose(&mut form, "forward", "bridge");
    assert_eq!(form.operations().err().map(|w| w.field), Some("bridge"));
    fill(&mut form, "bridge", "br0");
    fill(&mut form, "vlans", "10 20");
    assert_eq!((new(&form).vlans, new(&form).dhcp), (vec![10, 20], Dhcp::Off));
    fill(&mut form, "vlans", "10 5000");
    assert_eq!(form.told().map(|w| w.field), Some("vlans"));
}

#[test]
fn deleting_and_the_start_order() {
    let view = host();
    let mut form = vm::delete(&[web(&view)]);
    tick(&mut form, "force");
    let expected = VmOperation::Delete { force_off: true, discard_saved: false };
    assert_eq!(form.operations().unwrap(), [Operation::vm(web(&view).id, expected)]);
    let mut form = vm::start_order(&[web(&view)]);
    fill(&mut form, "order", "3");
    choose(&mut form, "gate", "address");
    let Operation::Vm { act: VmOperation::StartOrder { start: Some(start) }, .. } =
        form.operations().unwrap().remove(0)
    else {
        panic!()
    };
    assert_eq!((start.order, start.delay_s), (3, 0));
    tick(&mut form, "in");
    let none = VmOperation::StartOrder { start: None };
    assert_eq!(form.operations().unwrap(), [Operation::vm(web(&view).id, none)]);
}

#[test]
fn vms_are_made_of_images_disks_and_templates() {
    let view = host();
    let id = VmId::from_bytes([8; 16]);
    let mut form = making::new_vm(&view, id, 7, None);
    let new = |form: &Form| match form.operations().unwrap().remove(0) {
        Operation::NewVm { id: made, name, new } => {
            assert_eq!((made, name.as_str(), new.salt), (id, "web02", 7));
            *new
        }
        other => panic!("{other:?}"),
    };
    fill(&mut form, "name", "web02");
    assert_eq!(form.operations().err().map(|w| w.field), Some("iso"));
    fill(&mut form, "iso", "/srv/debian.iso");
    fill(&mut form, "memory", "4G");
    choose(&mut form, "firmware", "bios");
    assert_eq!(new(&form).from, NewVmFrom::Iso(Medium::Path("/srv/debian.iso".into())));
    assert_eq!((new(&form).memory, new(&form).firmware.as_deref()), (Some(4 << 30), Some("bios")));
    assert!(new(&form).seed.is_none() && new(&form).pool.is_none() && new(&form).network.is_none());
    choose(&mut form, "from", "disk that is there");
    fill(&mut form, "disk", "default/web01.qcow2");
    choose(&mut form, "network", "isolated0");
    let made = new(&form);
    assert!(matches!(made.from, NewVmFrom::Disk { volume, .. } if volume == "web01.qcow2"));
    assert_eq!(made.network.as_deref(), Some("isolated0"));
    let mut form = making::new_vm(&view, id, 7, Some("debian12@2".into()));
    fill(&mut form, "name", "web02");
    fill(&mut form, "key", "AAAA");
    assert_eq!(form.told().map(|w| w.field), Some("key"));
    fill(&mut form, "key", "ssh-ed25519 AAAA anna");
    tick(&mut form, "linked");
    let made = new(&form);
    let expected = NewVmFrom::Template { name: "debian12".into(), version: Some(2), linked: true };
    assert_eq!((made.from, made.firmware), (expected, None));
    assert_eq!(made.seed.map(|s| s.ssh_keys.len()), Some(1));
}

#[test]
fn a_clone_is_the_same_however_often_it_is_planned() {
    let view = host();
    let id = VmId::from_bytes([8; 16]);
    let mut form = making::clone_vm(web(&view), &view, id, 9);
    assert_eq!(form.operations(), form.operations());
    tick(&mut form, "linked");
    let Operation::Vm { id: of, act: VmOperation::Clone(clone) } = form.operations().unwrap().remove(0)
    else {
        panic!()
    };
    assert_eq!((of, clone.name.as_str(), clone.identity.id), (web(&view).id, "web01-clone", id));
    assert!(clone.linked && clone.pool.is_none());
    let form = making::template_of(web(&view), &view);
    assert!(matches!(
        form.operations().unwrap().remove(0),
        Operation::Vm { act: VmOperation::Template(template), .. } if template.name == "web01" && !template.again
    ));
}
