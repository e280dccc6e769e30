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

    /// Has the daemon killed in the middle of a copy to the pool beside it: what was said. A copy may be faster than the
    /// kill: then `again` makes things as they were, and it is tried again.
    fn cut(&self, args: &[&str], again: impl Fn()) -> String {
        for _ in 0..5 {
            let child = self.begin(&[args, &["--yes"]].concat());
            self.kill_once("the copy is not begun", || !self.files().is_empty());
            let (code, said) = ended(child);
            if code != 0 {
                return said;
            }
            again();
        }
        panic!("{args:?} was always done before the kill");
    }

    /// Nothing half-made is there, the source is whole, and the audit tells.
    fn as_before(&self, said: &str) {
        assert!(said.contains("taken back"), "{said}");
        assert!(self.files().is_empty(), "{:?}: {said}", self.files());
        let listed = self.bed.virsh(&["vol-list", "other"]);
        assert!(!listed.contains("raw") && !listed.contains("qcow2"), "{listed}");
        holds(&self.image);
        let record = &self.bed.audit()[0];
        assert_eq!(record["result"], "failed");
        assert!(record["outcome"].as_str().unwrap().contains("taken back"), "{record}");
        let jobs = self.bed.run(&["job", "list"]);
        assert!(jobs.0 == 0 && !jobs.1.contains("interrupted"), "{}", jobs.1);
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
    run(Command::new("qemu-io").args(["-f", "raw", "-c", "write -P 9 300M 1000M", &rough.image]));
    let clones: [&[&str]; 2] = [
        &["volume", "convert", "default/a.raw", "other/b.qcow2", "--to", "qcow2"],
        &["volume", "clone", "default/a.raw", "other/b.raw"],
    ];
    for args in clones {
        let said = rough.cut(args, || {
            let file = rough.files().remove(0);
            rough.bed.virsh(&["vol-delete", &file, "--pool", "other"]);
        });
        rough.as_before(&said);
        // The daemon's copy is gone with it: the next one is a whole one.
        assert_eq!(rough.bed.run(&[args, &["--yes"]].concat()).0, 0, "{args:?}");
        let file = rough.files().remove(0);
        if args[1] == "clone" {
            holds(&format!("{}/{file}", rough.other));
        }
        rough.bed.virsh(&["vol-delete", &file, "--pool", "other"]);
    }
    // A disk that moves while its VM is off is copied in the same way.
    let back = || {
        rough.bed.done(&["migrate-disk", "a", "vda", "--pool", "default"]);
    };
    let said = rough.cut(&["vm", "migrate-disk", "a", "vda", "--pool", "other"], back);
    rough.as_before(&said);
    let list = rough.bed.virsh(&["domblklist", "a", "--inactive"]);
    assert!(list.contains(&rough.image), "{list}");
    rough.bed.done(&["migrate-disk", "a", "vda", "--pool", "other"]);
    holds(&format!("{}/a.raw", rough.other));
    rough.bed.sound();
}

impl Rough {
    /// Has a snapshot made, and the daemon killed then: what is told is what is so.
    fn snapshot(&self, kill: impl FnOnce()) {
        self.bed.virsh(&["start", "a"]);
        let child = self.begin(&["snapshot", "create", "a", "one", "--yes"]);
        kill();
        let (code, said) = ended(child);
        let list = self.bed.virsh(&["snapshot-list", "a", "--name"]);
        assert_eq!(code == 0, list.contains("one"), "{said}: {list}");
        assert!(said.contains("snapshot one of a"), "{said}");
        let record = &self.bed.audit()[0];
        assert_eq!(record["result"], if code == 0 { "done" } else { "failed" }, "{record}");
        assert_eq!(self.bed.state("a"), "running");
        self.bed.sound();
    }
}

#[test]
fn a_snapshot_whose_daemon_dies_is_told_as_it_is() {
    let Some(rough) = Rough::up("lay-snap") else { return };
    rough.snapshot(|| {
        rough.bed.step_begun(0);
        rough.kill_once("", || true);
    });
}

#[test]
fn a_snapshot_whose_daemon_dies_before_it_answers_is_found() {
    let Some(rough) = Rough::up("lay-snapped") else { return };
    let written = Path::new(&rough.image).ancestors().nth(2).unwrap().join("lib/qemu/snapshot/a/one.xml");
    rough.snapshot(|| rough.kill_once("the snapshot is not made", || written.exists()));
}
