//! Clones and VMs of templates that boot, with what their source held: a guest with a file system and an agent.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::operate::bed::Bed;

const PATIENCE: Duration = Duration::from_secs(120);

/// `src` on a host of its own, running, with a file of random bytes in its file system that nobody has synced.
fn guest(name: &str) -> Option<Bed> {
    guest_with(name, "<os><type arch='x86_64' machine='pc'>hvm</type>", "")
}

/// The same with that firmware, and with more devices.
pub(super) fn guest_with(name: &str, os: &str, devices: &str) -> Option<Bed> {
    let bed = Bed::up(name)?;
    bed.define("bystander");
    let cache = std::env::var("NOVACRON_CACHE_DIR").unwrap_or_else(|_| "/var/tmp/novacron-cache".into());
    let image = format!("{}/src.qcow2", bed.host.images());
    std::fs::copy(format!("{cache}/data.qcow2"), &image).unwrap();
    bed.virsh(&["pool-refresh", "default"]);
    bed.host.define_xml(&format!(
        "<domain type='qemu'><name>src</name><memory unit='MiB'>192</memory>{os}\
         <kernel>{cache}/vmlinuz</kernel><initrd>{cache}/initrd-agent</initrd>\
         <cmdline>console=ttyS0,115200 quiet mitigations=off nokaslr no_timer_check random.trust_cpu=on nova.name=src nova.load=idle</cmdline></os>\
         <features><acpi/></features><devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/>\
         <source file='{image}'/><target dev='vda' bus='virtio'/></disk>\
         <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>\
         <serial type='pty'/>{devices}</devices></domain>"
    ));
    bed.virsh(&["start", "src"]);
    said(&bed, "src", &["test", "-d", "/mnt/lost+found"]);
    said(&bed, "src", &["dd", "if=/dev/urandom", "of=/mnt/proof", "bs=64k", "count=48"]);
    Some(bed)
}

/// What the agent of a VM answers; `None` while it does not.
pub(crate) fn agent(bed: &Bed, vm: &str, ask: &Json) -> Option<Json> {
    let ask = ask.to_string();
    let out = bed.host_virsh(&["qemu-agent-command", vm, "--timeout", "5", &ask]);
    let answer: Json = serde_json::from_slice(&out.stdout).ok()?;
    out.status.success().then(|| answer["return"].clone())
}

/// Runs a command in the guest once its agent listens, until it does what it should: what it printed, as base64.
pub(crate) fn said(bed: &Bed, vm: &str, args: &[&str]) -> String {
    let until = Instant::now() + PATIENCE;
    let ask = json!({"execute": "guest-exec", "arguments":
        {"path": "/bin/busybox", "arg": args, "capture-output": true}});
    loop {
        assert!(Instant::now() < until, "{vm} does not do {args:?}");
        let Some(pid) = agent(bed, vm, &ask).map(|r| r["pid"].clone()) else { continue };
        let look = json!({"execute": "guest-exec-status", "arguments": {"pid": pid}});
        let ended = loop {
            assert!(Instant::now() < until, "{vm} does not end {args:?}");
            if let Some(status) = agent(bed, vm, &look).filter(|s| s["exited"] == true) {
                break status;
            }
        };
        if ended["exitcode"] == 0 {
            return ended["out-data"].as_str().unwrap_or_default().to_owned();
        }
    }
}

/// The checksum of its file, as it is in the guest.
pub(super) fn checksum(bed: &Bed, vm: &str) -> String {
    let sum = said(bed, vm, &["md5sum", "/mnt/proof"]);
    assert!(!sum.is_empty());
    sum
}

#[test]
fn a_clone_of_a_running_guest_boots_with_all_that_it_wrote() {
    let Some(bed) = guest("tplboot") else { return };
    let sum = checksum(&bed, "src");
    let (code, plan) = bed.run(&["vm", "clone", "src", "new", "--dry-run"]);
    assert!(code == 0 && plan.contains("holds it still for a moment"), "{plan}");
    bed.does(&["vm", "clone", "src", "new"]);
    assert_eq!(checksum(&bed, "src"), sum, "the first one goes on, and is not frozen");
    bed.does(&["vm", "start", "new"]);
    assert_eq!(checksum(&bed, "new"), sum);

    // Its agent stops itself: connected, and never answers again.
    let stop = ["killall", "-STOP", "qemu-ga"];
    let ask = json!({"execute": "guest-exec", "arguments": {"path": "/bin/busybox", "arg": stop}});
    agent(&bed, "src", &ask);
    let ping = json!({"execute": "guest-ping"});
    let until = Instant::now() + PATIENCE;
    while agent(&bed, "src", &ping).is_some() {
        assert!(Instant::now() < until, "the agent is silent");
    }
    let begun = Instant::now();
    let (code, plan) = bed.run(&["vm", "clone", "src", "other", "--dry-run"]);
    assert!(code == 0 && plan.contains("as after a power cut"), "{plan}");
    assert!(begun.elapsed() < Duration::from_secs(20), "an agent that is silent holds up nobody for long");
    bed.does(&["vm", "clone", "src", "other"]);
    bed.virsh(&["destroy", "src"]);
    bed.does(&["vm", "start", "other"]);
    assert_eq!(checksum(&bed, "other"), sum, "it was written long before");
    bed.sound();
}

#[test]
fn vms_of_a_template_and_a_linked_clone_boot_with_what_it_holds() {
    let Some(bed) = guest("tplboott") else { return };
    let sum = checksum(&bed, "src");
    said(&bed, "src", &["sync"]);
    bed.virsh(&["destroy", "src"]);
    bed.does(&["template", "create", "src", "web"]);
    assert!(bed.same("src.qcow2", "template-web-v1.qcow2"));
    bed.does(&["vm", "create", "one", "--template", "web", "--memory", "192M"]);
    assert!(bed.same("one.qcow2", "template-web-v1.qcow2"));
    bed.does(&["vm", "create", "two", "--template", "web", "--linked"]);
    bed.does(&["vm", "clone", "src", "three", "--linked"]);
    for vm in ["one", "two", "three"] {
        bed.does(&["vm", "start", vm]);
        assert_eq!(checksum(&bed, vm), sum, "{vm}");
        said(&bed, vm, &["sh", "-c", "echo changed > /mnt/proof; sync"]);
        bed.virsh(&["destroy", vm]);
    }
    // What those that lie on it write does not reach it.
    bed.does(&["vm", "create", "four", "--template", "web"]);
    bed.does(&["vm", "start", "four"]);
    assert_eq!(checksum(&bed, "four"), sum);
    let info = bed.host.exec(&["qemu-img", "check", "-U", &bed.host.path("images/src.qcow2")]);
    assert!(info.contains("No errors"), "{info}");
    bed.sound();
}
