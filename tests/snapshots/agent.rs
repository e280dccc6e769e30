//! With a guest whose agent freezes its file systems, and one whose agent never answers.

use std::time::{Duration, Instant};

use super::Machine;
use crate::operate::bed::Bed;

const PATIENCE: Duration = Duration::from_secs(90);
const STATUS: &str = r#"{"execute":"guest-fsfreeze-status"}"#;

/// A guest with an agent, on a disk with a file system.
fn guest(test: &str) -> Option<Machine> {
    let m = Machine { bed: Bed::up(&format!("sn-{test}"))? };
    let cache = std::env::var("NOVACRON_CACHE_DIR").unwrap_or_else(|_| "/var/tmp/novacron-cache".into());
    let image = format!("{}/a-vda.qcow2", m.bed.host.images());
    std::fs::copy(format!("{cache}/data.qcow2"), &image).unwrap();
    m.bed.host.define_xml(&format!(
        "<domain type='qemu'><name>a</name><memory unit='MiB'>160</memory><os><type arch='x86_64' machine='pc'>hvm</type>\
         <kernel>{cache}/vmlinuz</kernel><initrd>{cache}/initrd-agent</initrd>\
         <cmdline>console=ttyS0,115200 quiet mitigations=off nokaslr no_timer_check random.trust_cpu=on nova.name=a nova.load=idle</cmdline></os>\
         <features><acpi/></features><devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/>\
         <source file='{image}'/><target dev='vda' bus='virtio'/></disk>\
         <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>\
         <serial type='pty'/></devices></domain>"
    ));
    m.virsh(&["start", "a"]);
    let until = Instant::now() + PATIENCE;
    while status(&m).is_none() {
        assert!(Instant::now() < until, "the agent answers");
    }
    Some(m)
}

/// Whether it is frozen, as the agent says; `None` where it does not answer.
fn status(m: &Machine) -> Option<bool> {
    let out = std::process::Command::new("virsh")
        .args(["--connect", &m.bed.host.uri, "qemu-agent-command", "a", "--timeout", "2", STATUS])
        .output()
        .unwrap();
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).contains("frozen"))
}

#[test]
fn a_guest_is_frozen_and_thawed_and_one_that_is_deaf_is_told() {
    let Some(m) = guest("agent") else { return };
    let (code, plan) = m.snapshot(&["create", "a", "s1", "--disks-only", "--dry-run"]);
    assert!(code == 0 && plan.contains("--quiesce") && plan.contains("guest frozen meanwhile"), "{plan}");
    m.done(&["create", "a", "s1", "--disks-only", "--freeze", "always"]);
    assert_eq!(status(&m), Some(false), "it is thawed again");

    // Somebody else froze it: the two would thaw each other's.
    m.virsh(&["domfsfreeze", "a"]);
    let (code, said) = m.snapshot(&["create", "a", "s2", "--disks-only", "--yes"]);
    assert!(code == 4 && said.contains("frozen already"), "{code}: {said}");
    assert_eq!(status(&m), Some(true), "what others froze stays so");
    m.virsh(&["domfsthaw", "a"]);

    // Killed when it was about to freeze; that it is frozen then is what a dead daemon leaves behind.
    m.bed.any_killed_at("begun 1", &["snapshot", "create", "a", "s2", "--disks-only"]);
    m.virsh(&["domfsfreeze", "a"]);
    let records = m.bed.audited(2);
    let said = records.first().unwrap()["outcome"].as_str().unwrap();
    assert!(records.first().unwrap()["result"] == "failed" && said.contains("taken back"), "{records:#?}");
    assert_eq!(
        (status(&m), m.names()),
        (Some(false), vec!["s1".to_owned()]),
        "it is thawed, and nothing was made"
    );

    // Its agent stops itself: connected, and never answers again.
    let stop =
        r#"{"execute":"guest-exec","arguments":{"path":"/bin/busybox","arg":["killall","-STOP","qemu-ga"]}}"#;
    drop(m.bed.host_virsh(&["qemu-agent-command", "a", stop]));
    let until = Instant::now() + PATIENCE;
    while status(&m).is_some() {
        assert!(Instant::now() < until, "the agent is silent");
    }
    let (code, said) = m.snapshot(&["create", "a", "s3", "--disks-only", "--freeze", "always", "--yes"]);
    assert!(code == 4 && said.contains("cannot be frozen"), "{code}: {said}");
    let begun = Instant::now();
    let (code, plan) = m.snapshot(&["create", "a", "s3", "--disks-only", "--dry-run"]);
    assert!(code == 0 && plan.contains("No guest agent answers") && !plan.contains("--quiesce"), "{plan}");
    assert!(begun.elapsed() < Duration::from_secs(15), "an agent that is silent holds up nobody for long");
    m.done(&["create", "a", "s3", "--disks-only"]);
    assert_eq!(m.names(), ["s1", "s3"]);
    m.bed.sound();
}
