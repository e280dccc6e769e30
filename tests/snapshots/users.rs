//! What others rest on is neither deleted nor written to, though they are off and no pool lists them.

use std::fs;
use std::process::Command;

use super::machine::{Machine, run};

impl Machine {
    fn images(&self) -> String {
        self.bed.host.images()
    }

    /// Defines a VM with that disk.
    fn vm_with(&self, name: &str, format: &str, file: &str) {
        self.bed.host.define_xml(&format!(
            "<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os>\
             <devices><disk type='file' device='disk'><driver name='qemu' type='{format}'/><source file='{file}'/>\
             <target dev='vda' bus='virtio'/></disk></devices></domain>"
        ));
    }

    /// `novacron volume delete` of a volume that is not deleted, and that it says why.
    fn keeps(&self, volume: &str, says: &str) {
        let (code, said) = self.bed.run(&["volume", "delete", &format!("default/{volume}"), "--yes"]);
        assert!(code == 4 && said.contains(says), "{volume}, {says}: {code}: {said}");
        assert!(self.files().contains(&volume.to_owned()), "{volume}");
    }
}

/// Makes an image on another, which is named as given.
fn image_on(file: &str, below: &str) {
    run(Command::new("qemu-img").args(["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", below, file]));
}

#[test]
fn an_image_that_somebody_rests_on_is_not_deleted() {
    let Some(m) = Machine::up("users", &["qcow2"]) else { return };
    let images = m.images();
    let outside = format!("{images}-outside");
    fs::create_dir(&outside).unwrap();
    for letter in 'c'..='f' {
        m.disk(letter, "qcow2");
    }
    m.virsh(&["pool-refresh", "default"]);
    m.done(&["create", "a", "s1", "--way", "external"]);
    m.keeps("a-vda.qcow2", "used by a");

    image_on(&format!("{outside}/mid.qcow2"), "../images/a-vdc.qcow2");
    image_on(&format!("{outside}/top.qcow2"), "mid.qcow2");
    m.vm_with("linked", "qcow2", &format!("{outside}/top.qcow2"));
    m.keeps("a-vdc.qcow2", "used by linked");

    m.vm_with("elsewhere", "qcow2", &format!("/proc/self/root{images}/a-vdd.qcow2"));
    m.keeps("a-vdd.qcow2", "used by elsewhere");

    let shut = format!("{images}-shut");
    m.virsh(&["pool-define-as", "shut", "dir", "--target", &shut]);
    m.virsh(&["pool-build", "shut"]);
    image_on(&format!("{shut}/forgotten.qcow2"), &format!("{images}/a-vde.qcow2"));
    m.keeps("a-vde.qcow2", "forgotten.qcow2");

    let (code, said) = m.bed.run(&["volume", "delete", "default/a-vdf.qcow2", "--dry-run"]);
    assert_eq!(code, 0, "{said}");
    let odd = format!("{outside}/odd.qed");
    fs::write(&odd, b"QED\0").unwrap();
    m.vm_with("odd", "qed", &odd);
    m.keeps("a-vdf.qcow2", "cannot be told: odd, ");
    m.virsh(&["undefine", "odd"]);
    let (code, said) = m.bed.run(&["volume", "delete", "default/a-vdf.qcow2", "--yes"]);
    assert_eq!(code, 0, "nobody has it: {said}");
}

#[test]
fn layers_are_not_merged_under_others() {
    let Some(m) = Machine::up("merge", &["qcow2"]) else { return };
    let images = m.images();
    m.done(&["create", "a", "s1", "--way", "external"]);
    let layer = m.files().into_iter().find(|f| f.starts_with("a-vda.") && f != "a-vda.qcow2").unwrap();
    for below in ["a-vda.qcow2", &layer] {
        let file = format!("{images}/linked.qcow2");
        image_on(&file, below);
        m.vm_with("linked", "qcow2", &file);
        let (code, said) = m.snapshot(&["delete", "a", "s1", "--yes"]);
        assert!(code == 4 && said.contains("linked"), "{below}: {code}: {said}");
        m.virsh(&["undefine", "linked"]);
        let (code, said) = m.snapshot(&["delete", "a", "s1", "--yes"]);
        assert!(code == 4 && said.contains("linked.qcow2"), "no VM has it, {below}: {code}: {said}");
        fs::remove_file(&file).unwrap();
    }
    assert!(m.files().contains(&layer), "nothing was merged");
    m.done(&["delete", "a", "s1"]);
    assert_eq!(m.names(), [""; 0]);
}

/// Seconds since 1970.
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// Whether the begin of an image holds this byte.
fn begins_with(file: &str, byte: u8) -> bool {
    let read = format!("read -P {byte} 0 64k");
    let out = Command::new("qemu-io").args(["-U", "-r", "-f", "qcow2", "-c", &read, file]).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(said.contains("read "), "{said}{}", String::from_utf8_lossy(&out.stderr));
    !said.contains("verification failed")
}

#[test]
fn an_image_that_others_rest_on_does_not_go_back() {
    let Some(m) = Machine::up("back", &["qcow2"]) else { return };
    let images = m.images();
    let refused = |args: &[&str], says: &str| {
        let (code, said) = m.snapshot(&[args, &["--yes"]].concat());
        assert!(
            code == 4 && said.contains("Others rest on an image") && said.contains(says),
            "{says}: {code}: {said}"
        );
    };
    m.write("vda", 1);
    m.done(&["create", "a", "in", "--way", "internal"]);
    m.write("vda", 2);
    let file = format!("{images}/linked.qcow2");
    image_on(&file, "a-vda.qcow2");
    m.vm_with("linked", "qcow2", &file);
    refused(&["revert", "a", "in"], "linked");
    refused(&["revert", "a", "in", "--keep", "now"], "linked");
    refused(&["delete", "a", "in"], "linked");
    let (code, said) = m.bed.vm(&["delete", "linked", "--yes"]);
    assert_eq!(code, 0, "{said}");
    refused(&["revert", "a", "in"], "linked (deleted, can be brought back)");
    let (code, said) = m.bed.vm(&["purge", "linked", "--yes"]);
    assert_eq!(code, 0, "{said}");
    refused(&["revert", "a", "in"], "linked.qcow2");
    assert_eq!((m.byte("vda"), m.names()), (2, vec!["in".to_owned()]), "nothing was changed");
    assert!(begins_with(&file, 2), "nor what rests on it");
    fs::remove_file(&file).unwrap();
    m.done(&["revert", "a", "in"]);
    assert_eq!(m.byte("vda"), 1);
    m.bed.sound();
}

#[test]
fn an_image_that_another_disk_of_the_vm_rests_on_is_not_merged_into() {
    let Some(m) = Machine::up("backo", &["qcow2"]) else { return };
    m.write("vda", 1);
    m.done(&["create", "a", "s", "--way", "external"]);
    m.write("vda", 2);
    let file = format!("{}/second.qcow2", m.images());
    image_on(&file, "a-vda.qcow2");
    m.virsh(&["attach-disk", "a", &file, "vdb", "--config", "--subdriver", "qcow2"]);
    let (code, said) = m.snapshot(&["delete", "a", "s", "--yes"]);
    assert!(code == 4 && said.contains("Others rest on an image") && said.contains("its disk vdb"), "{said}");
    assert!(begins_with(&file, 1));
    m.virsh(&["detach-disk", "a", "vdb", "--config"]);
    fs::remove_file(&file).unwrap();
    m.done(&["delete", "a", "s"]);
    assert_eq!(m.byte("vda"), 2);
    m.bed.sound();
}

#[test]
fn layers_that_others_rest_on_stay() {
    let Some(m) = Machine::up("backl", &["qcow2"]) else { return };
    let images = m.images();
    m.write("vda", 1);
    m.done(&["create", "a", "s", "--way", "external"]);
    m.write("vda", 2);
    let layer = m.files().into_iter().find(|f| f.starts_with("a-vda.") && f != "a-vda.qcow2").unwrap();
    let file = format!("{images}/linked.qcow2");
    image_on(&file, &layer);
    m.vm_with("linked", "qcow2", &file);
    let (code, said) = m.snapshot(&["revert", "a", "s", "--yes"]);
    assert!(
        code == 4 && said.contains("Others rest on an image") && said.contains("linked"),
        "{code}: {said}"
    );
    assert_eq!(m.byte("vda"), 2);
    assert!(begins_with(&file, 2));
    // What is kept first stays as it is, also for those that rest on it.
    m.done(&["revert", "a", "s", "--keep", "now"]);
    assert_eq!(m.byte("vda"), 1);
    assert!(begins_with(&file, 2), "it has what it had");
    // libvirt names layers after the second they are made in, and makes no two of one name.
    let layer = m.virsh(&["domblklist", "a"]);
    while layer.contains(&format!(".{}", now())) {
        std::thread::yield_now();
    }
    // So does the image below: going back to layers never writes to it.
    fs::remove_file(&file).unwrap();
    image_on(&file, "a-vda.qcow2");
    m.write("vda", 3);
    m.done(&["revert", "a", "s"]);
    assert_eq!(m.byte("vda"), 1);
    assert!(begins_with(&file, 1));
    m.bed.sound();
}
