//! libvirt's daemon killed in the middle of a copy: it is brought to an end on the next connection, and nothing half-made
//! stays.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::bed::run;
use crate::operate::bed::Bed;

const WAIT: Duration = Duration::from_secs(60);

/// A VM `a` with 300 MiB on its disk, and a pool `other`, on a host whose daemon may be killed.
struct Rough {
    bed: Bed,
    image: String,
    other: String,
}

impl Rough {
    fn up(name: &str) -> Option<Self> {
        let bed = Bed::up(name)?;
        let images = bed.host.images();
        let other = Path::new(&images).with_file_name("other").display().to_string();
        run(Command::new("install").args(["-d", "-m", "755", &other]));
        bed.virsh(&["pool-define-as", "other", "dir", "--target", &other]);
        bed.virsh(&["pool-start", "other"]);
        bed.virsh(&["pool-autostart", "other"]);
        let image = format!("{images}/a.raw");
        run(Command::new("qemu-img").args(["create", "-q", "-f", "raw", &image, "2G"]));
        run(Command::new("qemu-io").args(["-f", "raw", "-c", "write -P 9 0 300M", &image]));
        bed.virsh(&["pool-refresh", "default"]);
        bed.host.define_xml(&format!(
            "<domain type='qemu'><name>a</name><memory unit='MiB'>32</memory><os><type arch='x86_64' machine='pc'>hvm</type></os>\
             <devices><disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{image}'/>\
             <target dev='vda' bus='virtio'/></disk><memballoon model='none'/></devices></domain>"
        ));
        Some(Self { bed, image, other })
    }

    fn begin(&self, args: &[&str]) -> Child {
        let mut command = self.bed.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Kills the daemon once that is so, and starts it again.
    fn kill_once(&self, what: &str, is_so: impl Fn() -> bool) {
        let until = Instant::now() + WAIT;
        while !is_so() {
            assert!(Instant::now() < until, "{what}");
            std::thread::yield_now();
        }
        self.bed.host.ctl("kill");
        self.bed.host.ctl("start");
    }

    fn files(&self) -> Vec<String> {
        let all = std::fs::read_dir(&self.other).unwrap();
        all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn ended(child: Child) -> (i32, String) {
    let out = child.wait_with_output().unwrap();
    let said = [out.stdout, out.stderr].concat();
    (out.status.code().unwrap_or(-1), String::from_utf8(said).unwrap())
}

fn holds(path: &str) {
    let out = Command::new("qemu-io").args(["-r", "-f", "raw", "-c", "read -P 9 0 300M", path]).output();
    let said = String::from_utf8_lossy(&out.unwrap().stdout).into_owned();
    assert!(said.contains("read ") && !said.contains("failed"), "{said}");
}

#[test]
fn a_disk_that_moves_goes_on_moving() {
    let Some(rough) = Rough::up("lay-move") else { return };
    rough.bed.virsh(&["start", "a"]);
    let child =
        rough.begin(&["vm", "migrate-disk", "a", "vda", "--pool", "other", "--bandwidth", "60", "--yes"]);
    let copies = || {
        let out = rough.bed.host_virsh(&["blockjob", "a", "vda", "--info"]);
        String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).contains("Block Copy")
    };
    rough.kill_once("the copy is not begun", copies);
    let (code, said) = ended(child);
    assert_eq!(code, 0, "{said}");
    assert_eq!(rough.files(), ["a.raw"]);
    assert!(!Path::new(&rough.image).exists(), "the old one is gone");
    let there = format!("{}/a.raw", rough.other);
    for inactive in [&["domblklist", "a"][..], &["domblklist", "a", "--inactive"]] {
        let list = rough.bed.virsh(inactive);
        assert!(list.contains(&there), "{list}");
    }
    rough.bed.virsh(&["destroy", "a"]);
    holds(&there);
    rough.bed.virsh(&["start", "a"]);
    rough.bed.sound();
}

#[test]
fn a_volume_that_is_cloned_is_there_whole_or_not_at_all() {
    let Some(rough) = Rough::up("lay-clone") else { return };
    let child =
        rough.begin(&["volume", "convert", "default/a.raw", "other/b.qcow2", "--to", "qcow2", "--yes"]);
    rough.kill_once("the copy is not begun", || !rough.files().is_empty());
    let (code, said) = ended(child);
    // It may have been faster than the kill.
    if code == 0 {
        assert_eq!(rough.files(), ["b.qcow2"], "{said}");
        rough.bed.virsh(&["vol-delete", "b.qcow2", "--pool", "other"]);
    } else {
        assert!(said.contains("taken back"), "{said}");
        assert_eq!(rough.bed.audit()[0]["result"], "failed");
    }
    assert!(rough.files().is_empty(), "{:?}: {said}", rough.files());
    holds(&rough.image);
    // A disk that moves while its VM is off is copied in the same way.
    let child = rough.begin(&["vm", "migrate-disk", "a", "vda", "--pool", "other", "--yes"]);
    rough.kill_once("the copy is not begun", || !rough.files().is_empty());
    let (code, said) = ended(child);
    if code != 0 {
        assert!(said.contains("taken back"), "{said}");
        assert!(rough.files().is_empty(), "{:?}: {said}", rough.files());
        rough.bed.done(&["migrate-disk", "a", "vda", "--pool", "other"]);
    }
    holds(&format!("{}/a.raw", rough.other));
    rough.bed.sound();
}

#[test]
fn a_snapshot_whose_daemon_dies_ends_with_a_sentence() {
    let Some(rough) = Rough::up("lay-snap") else { return };
    rough.bed.virsh(&["start", "a"]);
    let child = rough.begin(&["snapshot", "create", "a", "one", "--yes"]);
    rough.bed.step_begun(0);
    rough.kill_once("", || true);
    let (code, said) = ended(child);
    let list = rough.bed.virsh(&["snapshot-list", "a", "--name"]);
    assert_eq!(code == 0, list.contains("one"), "{said}: {list}");
    assert!(said.contains("snapshot one of a"), "{said}");
    assert_eq!(rough.bed.state("a"), "running");
    rough.bed.sound();
}
