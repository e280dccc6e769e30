//! Templates, and VMs of them; VMs that are installed.

use super::bed;

#[test]
fn a_template_is_made_used_and_deleted() {
    let Some(bed) = bed("tpltpl", 8) else { return };
    bed.does(&["template", "create", "src", "web"]);
    bed.refuses(&["template", "create", "src", "web"], "already, version 1");
    bed.does(&["template", "create", "src", "web", "--new-version"]);
    assert!(bed.same("src.qcow2", "template-web-v1.qcow2"));
    // The first VM is not needed any more.
    bed.virsh(&["undefine", "src"]);
    bed.virsh(&["vol-delete", "--pool", "default", "src.qcow2"]);
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUuKXk= me: \"x\" #1";
    bed.does(&[
        "vm",
        "create",
        "one",
        "--template",
        "web@1",
        "--vcpus",
        "2",
        "--memory",
        "64M",
        "--disk-size",
        "1G",
        "--user",
        "admin",
        "--ssh-key",
        key,
        "--hostname",
        "one.example.org",
    ]);
    bed.does(&["vm", "create", "two", "--template", "web", "--linked"]);
    let xml = bed.virsh(&["dumpxml", "one"]);
    for part in [">2</vcpu>", "<memory unit='KiB'>65536</memory>", "one.qcow2", "one-seed.iso"] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
    let info = bed.host.exec(&["qemu-img", "info", "-U", &bed.host.path("images/one.qcow2")]);
    assert!(info.contains("1 GiB"), "{info}");
    assert!(bed.same("two.qcow2", "template-web-v2.qcow2"));
    let seed = std::fs::read(bed.host.path("images/one-seed.iso")).unwrap();
    let text = String::from_utf8_lossy(&seed);
    assert!(text.contains("hostname: \"one.example.org\"") && text.contains("- name: \"admin\""));
    assert!(text.contains("me: \\\"x\\\" #1\""), "a key is quoted whole");
    for vm in ["one", "two"] {
        bed.does(&["vm", "start", vm]);
        assert_eq!(bed.state(vm), "running");
        bed.virsh(&["destroy", vm]);
    }
    // The medium was made for it: both go together, and no longer than it is anyone else's.
    bed.does(&["vm", "clone", "one", "twin"]);
    bed.does(&["vm", "delete", "one"]);
    bed.does(&["vm", "purge", "one", "--volumes"]);
    assert!(!bed.volumes("default").contains(&"one.qcow2".to_owned()));
    assert!(bed.volumes("default").contains(&"one-seed.iso".to_owned()), "its clone reads it");
    bed.does(&["vm", "delete", "twin"]);
    bed.does(&["vm", "purge", "twin", "--volumes"]);
    assert!(!bed.volumes("default").iter().any(|v| v.starts_with("twin") || v.starts_with("one")));
    let (_, listed) = bed.run(&["template", "list"]);
    assert!(listed.contains("default/two.qcow2"), "{listed}");
    bed.refuses(&["template", "delete", "web"], "default/two.qcow2");
    bed.does(&["template", "delete", "web", "--of", "1"]);
    bed.virsh(&["undefine", "two"]);
    bed.virsh(&["vol-delete", "--pool", "default", "two.qcow2"]);
    bed.does(&["template", "delete", "web"]);
    assert!(!bed.volumes("default").iter().any(|v| v.starts_with("template-")));
}

#[test]
fn a_vm_is_made_from_a_medium_and_around_a_disk() {
    let Some(bed) = bed("tplnew", 8) else { return };
    bed.virsh(&["vol-create-as", "--pool", "default", "cd.iso", "1M", "--format", "raw"]);
    let common = ["--accel", "qemu", "--memory", "64M", "--vcpus", "1"];
    let iso = ["vm", "create", "new", "--iso", "default/cd.iso", "--disk-size", "100M"];
    bed.does(&[&iso[..], &common].concat());
    let xml = bed.virsh(&["dumpxml", "new"]);
    for part in ["cd.iso", "new.qcow2", "org.qemu.guest_agent.0", "<rng ", "<console ", "bus='virtio'"] {
        assert!(xml.contains(part), "{part}: {xml}");
    }
    bed.does(&["vm", "start", "new"]);
    assert_eq!(bed.state("new"), "running");
    bed.refuses(&[&iso[..], &common].concat(), "There is a VM new already");
    let disk = |volume: &'static str| [&["vm", "create", "third", "--disk", volume][..], &common].concat();
    bed.refuses(&disk("default/src.qcow2"), "is used by src");
    bed.virsh(&["vol-create-as", "--pool", "default", "own.qcow2", "100M", "--format", "qcow2"]);
    bed.does(&disk("default/own.qcow2"));
    bed.does(&["vm", "start", "third"]);
}
