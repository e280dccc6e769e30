//! Snapshots by the built binary on a real host: what was on the disks then is on them again, layers are merged without
//! loss, and what would destroy anything is refused.

mod agent;
mod jobs;
mod kills;
mod machine;
mod stopped;
mod users;

use machine::Machine;

#[test]
fn inside_images_a_vm_goes_back_and_forth() {
    let Some(m) = Machine::up("inside", &["qcow2"]) else { return };
    m.write("vda", 1);
    m.done(&["create", "a", "off"]);
    m.write("vda", 2);
    m.virsh(&["start", "a"]);
    m.write("vda", 3);
    m.done(&["create", "a", "on", "--text", "it runs"]);
    m.write("vda", 4);
    m.done(&["revert", "a", "on"]);
    assert_eq!((m.state(), m.byte("vda")), ("running".into(), 3), "its memory was kept: it goes on");
    m.write("vda", 5);
    m.done(&["revert", "a", "off", "--keep", "now"]);
    assert_eq!((m.state(), m.byte("vda")), ("off".into(), 1));
    m.done(&["revert", "a", "now"]);
    assert_eq!((m.state(), m.byte("vda")), ("running".into(), 5), "what was kept first is there");
    assert_eq!(m.names(), ["off", "on", "now"], "as a tree");
    let list = m.json(&["list", "a"]);
    assert_eq!(
        (&list[1]["parent"], &list[1]["state"], &list[1]["kind"]),
        (&"off".into(), &"running".into(), &"internal".into())
    );
    assert_eq!((&list[1]["description"], &list[2]["current"]), (&"it runs".into(), &true.into()));
    m.done(&["revert", "a", "off", "--then", "running"]);
    assert_eq!((m.state(), m.byte("vda")), ("running".into(), 1), "booted from what was");
    m.done(&["delete", "a", "on"]);
    assert_eq!(m.names(), ["off", "now"]);
    m.done(&["delete", "a", "off", "--children"]);
    assert!(m.names().is_empty());
    assert_eq!((m.state(), m.byte("vda")), ("running".into(), 1), "deleting changes nothing of the VM");
    m.bed.sound();
}

#[test]
fn in_layers_raw_disks_go_back_and_are_merged() {
    let Some(m) = Machine::up("layers", &["raw", "qcow2"]) else { return };
    let images = m.files();
    let both = |byte| {
        m.write("vda", byte);
        m.write("vdb", byte + 100);
    };
    let hold =
        |byte: u8, when: &str| assert_eq!((m.byte("vda"), m.byte("vdb")), (byte, byte + 100), "{when}");
    both(1);
    m.done(&["create", "a", "off"]);
    both(2);
    m.virsh(&["start", "a"]);
    m.done(&["create", "a", "disks", "--disks-only"]);
    both(3);
    m.done(&["create", "a", "memory"]);
    both(4);
    let list = m.json(&["list", "a"]);
    assert!(
        list.as_array()
            .unwrap()
            .iter()
            .all(|s| s["kind"] == "external" && s["size_bytes"].as_u64() > Some(0)),
        "{list}"
    );
    m.done(&["revert", "a", "memory"]);
    assert_eq!(m.state(), "running");
    hold(3, "with its memory");
    m.done(&["revert", "a", "disks"]);
    assert_eq!(m.state(), "off");
    hold(2, "without memory it is off");
    let (code, said) = m.snapshot(&["delete", "a", "disks", "--yes"]);
    assert!(code == 4 && said.contains("memory rests on it as well"), "{code}: {said}");
    m.done(&["delete", "a", "memory"]);
    m.virsh(&["start", "a"]);
    both(5);
    m.done(&["delete", "a", "disks"]);
    hold(5, "merged while it runs");
    m.virsh(&["destroy", "a"]);
    m.done(&["delete", "a", "off"]);
    hold(5, "merged while it is off");
    assert_eq!(m.files(), images, "no layer is left");
    assert!(m.names().is_empty());
    m.bed.sound();
}

#[test]
fn what_would_destroy_or_cannot_work_is_refused_and_changes_nothing() {
    let Some(m) = Machine::up("refused", &["qcow2"]) else { return };
    let refused = |args: &[&str], said: &str| {
        let before = m.files();
        let (code, told) = m.snapshot(&[args, &["--yes"]].concat());
        assert!(code == 4 && told.contains(said), "{args:?}: {code}: {told}");
        assert_eq!(m.files(), before, "{args:?}");
    };
    m.write("vda", 1);
    m.virsh(&["start", "a"]);
    refused(&["create", "a", "x", "--disks-only", "--way", "internal"], "with its memory only");
    refused(&["create", "a", "x", "--disks-only", "--freeze", "always"], "cannot be frozen");
    m.done(&["create", "a", "in"]);
    refused(&["create", "a", "in"], "already");
    refused(&["create", "a", "x", "--disks-only"], "layers over them could not be merged");
    // What somebody else's hand did: libvirt itself lets it happen, and would let the layer be destroyed.
    m.write("vda", 2);
    m.virsh(&["snapshot-create-as", "a", "over", "--disk-only"]);
    m.write("vda", 3);
    refused(&["revert", "a", "in"], "going back would destroy them");
    refused(&["delete", "a", "over"], "virsh blockcommit a vda --active --pivot");
    refused(&["delete", "a", "in"], "inside an image below the layers of over");
    assert_eq!(m.byte("vda"), 3);
    // The way that is told works.
    m.virsh(&["blockcommit", "a", "vda", "--active", "--pivot"]);
    m.done(&["delete", "a", "over", "--metadata-only"]);
    assert_eq!(m.byte("vda"), 3);
    refused(&["revert", "a", "in"], "Others rest on an image that would be written to or removed: image ");
    std::fs::remove_file(format!("{}/a-vda.over", m.bed.host.images())).unwrap();
    m.done(&["revert", "a", "in"]);
    assert_eq!(m.byte("vda"), 1);
    m.virsh(&["managedsave", "a"]);
    refused(&["create", "a", "x"], "Its memory is saved");
    refused(&["revert", "a", "in"], "Its memory is saved");
    let (code, told) = m.snapshot(&["revert", "a", "nothing", "--yes"]);
    assert!(code == 3 && told.contains("no snapshot nothing"), "{code}: {told}");
    m.virsh(&["start", "a"]);
    // A name is typed where something is lost: without a terminal there is nobody to type it.
    let (code, told) = m.snapshot(&["revert", "a", "in"]);
    assert_eq!(code, 4, "{told}");
    m.bed.sound();
}

#[test]
fn files_that_are_there_are_never_written_over() {
    let Some(m) = Machine::up("there", &["raw"]) else { return };
    let images = m.bed.host.images();
    for file in ["a-vda.s.qcow2", "a-vda.s.memory"] {
        std::fs::write(format!("{images}/{file}"), "precious").unwrap();
    }
    m.virsh(&["start", "a"]);
    m.done(&["create", "a", "s"]);
    for file in ["a-vda.s.qcow2", "a-vda.s.memory"] {
        assert_eq!(std::fs::read_to_string(format!("{images}/{file}")).unwrap(), "precious");
    }
    assert!(
        m.files().iter().any(|f| f == "a-vda.s-2.qcow2") && m.files().iter().any(|f| f == "a-vda.s-2.memory")
    );
    m.bed.sound();
}
