//! Clones of VMs that are off and of those that run.

use super::bed;

#[test]
fn a_clone_holds_the_same_bytes_and_runs_beside_its_source() {
    let Some(bed) = bed("tplfull", 8) else { return };
    bed.does(&["vm", "clone", "src", "new"]);
    assert!(bed.same("src.qcow2", "new.qcow2"));
    let [first, second] = ["src", "new"].map(|vm| bed.virsh(&["dumpxml", vm]));
    let of = |xml: &str, name: &str| {
        xml.lines().find(|l| l.contains(name)).map(|l| l.trim().to_owned()).unwrap_or_default()
    };
    for name in ["<uuid>", "<mac ", "<source file="] {
        assert_ne!(of(&first, name), of(&second, name), "{name}");
        assert!(!of(&second, name).is_empty(), "{name}");
    }
    assert!(second.contains("<n:tag>web</n:tag>") && !second.contains("protected"), "{second}");
    assert!(!second.contains("ONE") && !second.contains("src.log") && !second.contains("5977"), "{second}");
    // Nothing that only one can have keeps them from running at once.
    bed.virsh(&["start", "src"]);
    bed.virsh(&["start", "new"]);
    assert_eq!([bed.state("src"), bed.state("new")], ["running", "running"]);
    bed.refuses(&["vm", "clone", "src", "bystander"], "There is a VM bystander already");
    bed.sound();
}

#[test]
fn what_a_linked_clone_lies_on_is_not_written_to() {
    let Some(bed) = bed("tpllink", 8) else { return };
    bed.virsh(&["snapshot-create-as", "src", "before"]);
    bed.does(&["vm", "clone", "src", "new", "--linked"]);
    assert!(bed.same("src.qcow2", "new.qcow2"));
    let lies_on = bed.host.exec(&["qemu-img", "info", "-U", &bed.host.path("images/new.qcow2")]);
    assert!(lies_on.contains("images/src.qcow2"), "{lies_on}");
    bed.virsh(&["start", "new"]);
    bed.refuses(&["vm", "start", "src"], "base of others");
    bed.refuses(&["volume", "grow", "default/src.qcow2", "1G"], "default/new.qcow2");
    bed.refuses(&["volume", "wipe", "default/src.qcow2"], "default/new.qcow2");
    bed.refuses(&["volume", "delete", "default/src.qcow2"], "default/new.qcow2");
    bed.refuses(&["vm", "clone", "new", "third", "--linked"], "It is running");
    bed.refuses(&["snapshot", "revert", "src", "before"], "default/new.qcow2");
    bed.refuses(&["snapshot", "delete", "src", "before"], "default/new.qcow2");
    // Once nothing lies on it, it is a VM like all others.
    bed.virsh(&["destroy", "new"]);
    bed.virsh(&["undefine", "new"]);
    bed.virsh(&["vol-delete", "--pool", "default", "new.qcow2"]);
    bed.does(&["vm", "start", "src"]);
    assert_eq!(bed.state("src"), "running");
}

#[test]
fn a_vm_is_cloned_while_it_runs() {
    let Some(bed) = bed("tplrun", 8) else { return };
    bed.virsh(&["start", "src"]);
    bed.does(&["vm", "clone", "src", "new"]);
    assert_eq!(bed.state("src"), "running");
    bed.virsh(&["start", "new"]);
    bed.virsh(&["destroy", "new"]);
    bed.virsh(&["destroy", "src"]);
    // The guest has no system, and wrote nothing since.
    assert!(bed.same("src.qcow2", "new.qcow2"));
    assert!(!bed.virsh(&["dumpxml", "src"]).contains("new.qcow2"), "its own disks stay as they were");
}
