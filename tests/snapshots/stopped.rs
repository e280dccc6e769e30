//! Told to stop in the middle: nothing half-made stays, and what cannot be stopped says so.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::machine::{Machine, run};

const PATIENCE: Duration = Duration::from_secs(60);
/// MiB of a layer.
const FULL: usize = 700;

impl Machine {
    /// Gives the VM a memory that is full, so that keeping it takes a while.
    fn fill_memory(&self, mib: u32) {
        // QEMU's user reads it.
        let file = format!("{}-memory.bin", self.bed.host.images());
        run(Command::new("qemu-img").args(["create", "-q", "-f", "raw", &file, &format!("{mib}M")]));
        run(Command::new("qemu-io").args(["-f", "raw", "-c", &format!("write -P 7 0 {mib}M"), &file]));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let xml = self.virsh(&["dumpxml", "a", "--inactive"]);
        let xml = xml.replace(
            "<domain type='qemu'>",
            "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>",
        );
        let loader = format!(
            "<qemu:commandline><qemu:arg value='-device'/>\
             <qemu:arg value='loader,file={file},addr=0x2000000,force-raw=on'/></qemu:commandline></domain>"
        );
        let xml =
            xml.replace("32768</memory>", "2097152</memory>").replace("32768</current", "2097152</current");
        self.bed.host.define_xml(&xml.replace("</domain>", &loader));
        self.virsh(&["start", "a"]);
    }

    fn begin(&self, args: &[&str]) -> Child {
        let mut command = self.bed.command(&[&["snapshot"], args, &["--yes"]].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The newest audit record: result, and what was told.
    fn told(&self) -> (String, String) {
        let record = self.bed.audit().remove(0);
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        (text("result"), text("outcome"))
    }
}

/// Once that is so, tells the command to stop; how that ended.
fn stopped_once(mut child: Child, what: &str, is_so: impl Fn() -> bool) -> (i32, String) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        let over = child.try_wait().unwrap().is_some();
        if over || Instant::now() > until {
            let out = child.wait_with_output().unwrap();
            panic!("{what}: {}", String::from_utf8_lossy(&[out.stdout, out.stderr].concat()));
        }
        std::thread::yield_now();
    }
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.code().unwrap_or(-1), String::from_utf8([stdout, stderr].concat()).unwrap())
}

#[test]
fn memory_in_a_file_is_given_up() {
    let Some(m) = Machine::up("stopm", &["qcow2"]) else { return };
    m.fill_memory(1500);
    m.write("vda", 1);
    let (files, definition) = (m.files(), m.virsh(&["dumpxml", "a", "--inactive"]));
    let keeps = || m.virsh(&["domjobinfo", "a"]).contains("Snapshot");
    // A fast machine may be done before it is told to stop.
    let stopped = (0..5).any(|_| {
        let child = m.begin(&["create", "a", "s", "--way", "external"]);
        let (code, said) = stopped_once(child, "the memory is not kept", keeps);
        if code == 0 {
            m.done(&["delete", "a", "s"]);
            return false;
        }
        assert!(code == 5 && said.contains("Stopped"), "{code}: {said}");
        true
    });
    assert!(stopped, "it was always done before");
    assert_eq!(m.told().0, "cancelled");
    assert!(m.names().is_empty());
    assert_eq!((m.files(), m.virsh(&["dumpxml", "a", "--inactive"])), (files, definition), "as before");
    assert_eq!((m.state(), m.byte("vda")), ("running".into(), 1), "and it goes on");
    let job = m.virsh(&["domjobinfo", "a"]);
    assert!(job.contains("None"), "{job}");
    m.done(&["create", "a", "s", "--way", "external"]);
    m.bed.sound();
}

#[test]
fn memory_inside_an_image_cannot_be_stopped_and_says_so() {
    let Some(m) = Machine::up("stopi", &["qcow2"]) else { return };
    run(Command::new("qemu-img").args([
        "resize",
        "-q",
        &format!("{}/a-vda.qcow2", m.bed.host.images()),
        "2G",
    ]));
    m.fill_memory(700);
    m.write("vda", 1);
    let (_, plan) = m.snapshot(&["create", "a", "s", "--way", "internal", "--dry-run"]);
    assert!(plan.contains("Told to stop, it goes on to its end"), "{plan}");
    let child = m.begin(&["create", "a", "s", "--way", "internal"]);
    let (code, said) = stopped_once(child, "", || {
        m.bed.step_begun(0);
        true
    });
    let (result, outcome) = m.told();
    // It may be told before libvirt was.
    if code == 5 {
        assert!(result == "cancelled" && m.names().is_empty(), "{said}: {outcome}");
    } else {
        assert_eq!((code, result.as_str(), m.names()), (0, "done", vec!["s".to_owned()]), "{said}");
        assert!(outcome.contains("told to stop") && said.contains("told to stop"), "{outcome}: {said}");
    }
    assert_eq!((m.state(), m.byte("vda")), ("running".into(), 1));
    m.bed.sound();
}

#[test]
fn a_merge_goes_on_to_its_end_and_the_next_is_not_begun() {
    let Some(m) = Machine::up("stopd", &["qcow2"]) else { return };
    let image = format!("{}/a-vda.qcow2", m.bed.host.images());
    run(Command::new("qemu-img").args(["resize", "-q", &image, "2G"]));
    let files = m.files();
    m.virsh(&["start", "a"]);
    m.write("vda", 1);
    m.done(&["create", "a", "one", "--disks-only"]);
    m.write("vda", 2);
    m.done(&["create", "a", "two", "--disks-only"]);
    let write = format!("write -P 3 0 {FULL}M");
    let device = "/machine/peripheral/virtio-disk0/virtio-backend";
    m.virsh(&["qemu-monitor-command", "a", "--hmp", &format!("qemu-io -d {device} \"{write}\"")]);
    let child = m.begin(&["delete", "a", "one", "--children"]);
    let merges = || {
        let out = m.bed.host_virsh(&["blockjob", "a", "vda", "--info"]);
        String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).contains("Commit")
    };
    let (code, said) = stopped_once(child, "nothing is merged", merges);
    let (result, outcome) = m.told();
    assert_eq!((code, result.as_str()), (5, "cancelled"), "{said}");
    let stays = "This was done before, and stays: Delete snapshot two";
    assert!(outcome.contains(stays) && said.contains(stays), "{outcome}: {said}");
    assert_eq!(
        (m.names(), m.byte("vda")),
        (vec!["one".to_owned()], 3),
        "the merge is whole, the other not begun"
    );
    assert_eq!(m.virsh(&["domblklist", "a", "--inactive"]), m.virsh(&["domblklist", "a"]));

    m.virsh(&["qemu-monitor-command", "a", "--hmp", &format!("qemu-io -d {device} \"{write}\"")]);
    let child = m.begin(&["delete", "a", "one"]);
    let (code, said) = stopped_once(child, "nothing is merged", merges);
    assert_eq!((code, m.told().0.as_str()), (0, "done"), "{said}");
    assert!(said.contains("told to stop"), "{said}");
    assert!(m.names().is_empty());
    assert_eq!((m.files(), m.byte("vda"), m.state()), (files, 3, "running".into()), "all is merged");
    m.bed.sound();
}
