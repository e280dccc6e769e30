//! Volumes of deleted VMs and of templates.

use super::bed;

fn orphans(bed: &crate::operate::bed::Bed) -> String {
    let (code, said) = bed.run(&["volume", "orphans"]);
    assert_eq!(code, 0, "{said}");
    said
}

#[test]
fn volumes_of_deleted_vms_and_of_templates_are_not_nobodys() {
    let Some(bed) = bed("tplheld", 8) else { return };
    bed.does(&["template", "create", "src", "web"]);
    bed.does(&["vm", "clone", "src", "new"]);
    bed.virsh(&["vol-create-as", "--pool", "default", "free.qcow2", "1M", "--format", "qcow2"]);
    bed.does(&["vm", "delete", "new"]);
    let found = orphans(&bed);
    assert!(found.contains("default/free.qcow2"), "{found}");
    assert!(!found.contains("new.qcow2") && !found.contains("template-web"), "{found}");
    bed.refuses(&["volume", "delete", "default/new.qcow2"], "new (deleted, can be brought back)");
    bed.refuses(&["volume", "wipe", "default/new.qcow2"], "new (deleted");
    bed.refuses(&["vm", "create", "x", "--disk", "default/new.qcow2", "--accel", "qemu"], "new (deleted");
    for verb in ["delete", "wipe"] {
        let of = "template web, version 1";
        bed.refuses(&["volume", verb, "default/template-web-v1.qcow2"], of);
        bed.refuses(&["volume", verb, "default/template-web-v1.xml"], of);
    }
    bed.does(&["vm", "undelete", "new"]);
    assert!(bed.same("src.qcow2", "new.qcow2"));
    bed.does(&["vm", "delete", "new"]);
    bed.does(&["vm", "purge", "new"]);
    assert!(orphans(&bed).contains("default/new.qcow2"), "it is nobody's now");
    bed.does(&["volume", "delete", "default/new.qcow2"]);
}

#[test]
fn a_purge_takes_the_disks_along_that_nobody_else_uses() {
    let Some(bed) = bed("tplpurge", 8) else { return };
    bed.does(&["vm", "clone", "src", "child", "--linked"]);
    bed.does(&["vm", "protect", "src", "off"]);
    bed.does(&["vm", "delete", "src"]);
    bed.refuses(&["vm", "purge", "src", "--volumes"], "volume default/child.qcow2");
    let (code, plan) = bed.run(&["vm", "purge", "src", "--dry-run"]);
    assert!(code == 0 && plan.contains("stay where they are"), "{plan}");
    assert!(bed.volumes("default").contains(&"src.qcow2".to_owned()));
    bed.does(&["vm", "delete", "child"]);
    bed.refuses(&["vm", "purge", "src", "--volumes"], "volume default/child.qcow2");
    // Killed when the disk is gone: the next start goes on.
    bed.killed_at("acted 0", &["purge", "child", "--volumes"]);
    let records = bed.audited(5);
    assert_eq!(records[0]["result"], "done", "{}", records[0]);
    assert_eq!(bed.volumes("default"), ["src.qcow2"]);
    bed.does(&["vm", "purge", "src", "--volumes"]);
    assert!(bed.volumes("default").is_empty());
    let (_, held) = bed.run(&["vm", "held"]);
    assert!(!held.contains("src") && !held.contains("child"), "{held}");
    assert_eq!(bed.vms(), ["bystander"]);
    bed.sound();
}
