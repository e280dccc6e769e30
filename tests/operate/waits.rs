//! `--wait`: a command that ends when the guest is as it should be, and not before.

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::bed::Bed;
use crate::making::boots::{agent, said};

/// A guest with a system and an agent in it, without a disk.
fn define_guest(bed: &Bed, name: &str) {
    let cache = std::env::var("NOVACRON_CACHE_DIR").unwrap_or_else(|_| "/var/tmp/novacron-cache".into());
    bed.host.define_xml(&format!(
        "<domain type='qemu'><name>{name}</name><memory unit='MiB'>160</memory><os><type arch='x86_64' machine='pc'>hvm</type>\
         <kernel>{cache}/vmlinuz</kernel><initrd>{cache}/initrd-agent</initrd>\
         <cmdline>console=ttyS0,115200 quiet mitigations=off nokaslr no_timer_check random.trust_cpu=on nova.name={name} nova.load=idle</cmdline></os>\
         <features><acpi/></features><devices>\
         <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>\
         <serial type='pty'/></devices></domain>"
    ));
}

/// Which boot of the guest this is; its agent has to be there at once.
fn boot_of(bed: &Bed, vm: &str) -> String {
    let ping = serde_json::json!({"execute": "guest-ping"});
    assert!(agent(bed, vm, &ping).is_some(), "the agent answers as soon as the command has ended");
    said(bed, vm, &["cat", "/proc/sys/kernel/random/boot_id"])
}

#[test]
fn a_guest_is_there_or_gone_when_the_command_ends() {
    let Some(bed) = Bed::up("waits") else { return };
    define_guest(&bed, "g");
    let out = bed.command(&["vm", "start", "g", "--wait", "--yes", "--format", "json"]).output().unwrap();
    let first = boot_of(&bed, "g");
    let told: Json = serde_json::from_slice(&out.stdout).unwrap();
    let text = told.to_string();
    assert_eq!(out.status.code(), Some(0), "{text}");
    assert!(text.contains("Wait until its agent is connected, 120 s at most"), "{text}");
    assert!(text.contains("It runs, and its agent is connected."), "{text}");
    let said = bed.done(&["reboot", "g", "--wait"]);
    assert!(said.contains("It is back"), "{said}");
    let second = boot_of(&bed, "g");
    bed.done(&["reset", "g", "--wait=100"]);
    let third = boot_of(&bed, "g");
    assert!(first != second && second != third, "{first} {second} {third}");
    bed.done(&["shutdown", "g", "--wait=100"]);
    assert_eq!(bed.state("g"), "off");
    let words: Vec<String> =
        bed.audit().iter().map(|r| r["operation"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(words, ["vm.shutdown", "vm.reset", "vm.reboot", "vm.start"]);
    bed.sound();
}

#[test]
fn an_agent_that_cannot_is_told() {
    let Some(bed) = Bed::up("cannot") else { return };
    define_guest(&bed, "g");
    bed.done(&["start", "g", "--wait"]);
    let broken = "printf '#!/bin/sh\nexit 1\n' > /sbin/shutdown; rm /etc/acpi/PWRF/*";
    said(&bed, "g", &["sh", "-c", broken]);
    let (code, told) = bed.vm(&["shutdown", "g", "--wait=1", "--yes"]);
    assert_eq!(code, 7, "{told}");
    assert!(told.contains("its agent did not do it (") && told.contains("failed to shutdown"), "{told}");
    bed.done(&["force-off", "g"]);
}

#[test]
fn when_the_time_is_over_the_guest_is_left_as_it_is() {
    let Some(bed) = Bed::up("waitlate") else { return };
    bed.define("plain");
    bed.host.define_xml(
        "<domain type='qemu'><name>mute</name><memory unit='MiB'>32</memory><os><type arch='x86_64'>hvm</type></os>\
         <features><acpi/></features><devices>\
         <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices></domain>",
    );
    // There is no system in it: no agent, and nobody who hears the button.
    for (args, why) in [
        (&["start", "mute", "--wait=1", "--yes"][..], "agent is not connected after 1 s"),
        (&["reboot", "mute", "--wait=1", "--yes"], "not rebooted after 1 s"),
        (&["shutdown", "mute", "--wait=1", "--yes"], "still runs after 1 s: the guest does not listen"),
    ] {
        let (code, said) = bed.vm(args);
        assert_eq!(code, 7, "{args:?}: {said}");
        assert!(said.contains(why), "{args:?}: {said}");
        assert_eq!(bed.state("mute"), "running", "{args:?}");
    }
    // Without an agent it is the VM that is waited for.
    let begun = Instant::now();
    bed.done(&["start", "plain", "--wait"]);
    let said = bed.done(&["reset", "plain", "--wait"]);
    assert!(said.contains("It boots anew."), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(30), "nothing else is waited for");
    // One that ends instead is not a matter of time.
    bed.virsh(&["suspend", "plain"]);
    bed.done(&["force-off", "plain", "--wait"]);
    assert_eq!(bed.state("plain"), "off");
}

#[test]
fn a_wait_that_a_kill_cut_off_is_told() {
    let Some(bed) = Bed::up("waitkill") else { return };
    bed.define("plain");
    bed.killed_at("begun 1", &["start", "plain", "--wait"]);
    let (code, said) = bed.run(&["job", "recover"]);
    assert_eq!((code, bed.state("plain").as_str()), (0, "running"), "{said}");
    let audit = bed.audited(1);
    assert_eq!(audit[0]["result"], "done", "{audit:?}");
    bed.sound();
}
