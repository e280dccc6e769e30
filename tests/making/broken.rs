//! Making that does not come to its end.

use std::time::{Duration, Instant};

use super::bed;

/// Killed at each of these places, nothing half-made stays.
fn killed(name: &str, runs: bool, args: &[&str], places: &[&str]) {
    let Some(bed) = bed(name, 8) else { return };
    if runs {
        bed.virsh(&["start", "src"]);
    }
    for (n, place) in (1..).zip(places) {
        let mut command = bed.command(&[args, &["--yes"]].concat());
        let out = command.env("NOVACRON_DEBUG_KILL", place).output().unwrap();
        let signal = std::os::unix::process::ExitStatusExt::signal(&out.status);
        assert_eq!(signal, Some(9), "{place}: {}", String::from_utf8_lossy(&out.stderr));
        let records = bed.audited(n);
        assert_eq!(records[0]["result"], "failed", "{place}: {}", records[0]);
        bed.is_as_before();
        assert_eq!(bed.state("src"), if runs { "running" } else { "off" }, "{place}");
    }
    bed.sound();
    // What was left behind holds up nobody.
    bed.does(args);
}

#[test]
fn a_full_clone_that_was_killed() {
    killed("tplkf", false, &["vm", "clone", "src", "new"], &["begun", "acted 0", "begun 1"]);
}

#[test]
fn a_linked_clone_that_was_killed() {
    let places = ["begun", "acted 0", "begun 1", "acted 1", "begun 2"];
    killed("tplkl", false, &["vm", "clone", "src", "new", "--linked"], &places);
}

#[test]
fn a_clone_of_a_running_vm_that_was_killed() {
    let places = ["begun", "acted 0", "begun 1", "acted 1", "begun 2", "acted 2", "begun 3"];
    killed("tplkr", true, &["vm", "clone", "src", "new"], &places);
}

#[test]
fn a_template_that_was_killed() {
    let places = ["begun", "acted 0", "begun 1", "acted 1", "begun 2"];
    killed("tplkt", false, &["template", "create", "src", "web"], &places);
}

#[test]
fn a_clone_that_was_killed_as_it_was_done_is_there() {
    let Some(bed) = bed("tplkd", 8) else { return };
    bed.killed_at("acted 1", &["clone", "src", "new"]);
    let records = bed.audited(1);
    assert_eq!(records[0]["result"], "done", "{}", records[0]);
    assert_eq!(bed.vms(), ["bystander", "new", "src"]);
    assert!(bed.same("src.qcow2", "new.qcow2"));
}

#[test]
fn a_clone_that_does_not_fit_is_refused() {
    let Some(bed) = bed("tplfit", 120) else { return };
    bed.refuses(&["vm", "clone", "src", "new", "--pool", "small"], "in pool small");
    bed.is_as_before();
    assert!(bed.volumes("small").is_empty());
}

#[test]
fn a_stopped_clone_leaves_nothing() {
    let Some(bed) = bed("tplstop", 400) else { return };
    let copy = bed.host.path("images/new.qcow2");
    let mut command = bed.command(&["vm", "clone", "src", "new", "--yes"]);
    let mut child =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    // The copy is begun once its file is there.
    while !std::path::Path::new(&copy).exists() {
        assert!(Instant::now() < until && child.try_wait().unwrap().is_none(), "the copy never began");
        std::thread::yield_now();
    }
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(5), "cancelled");
    bed.is_as_before();
    assert_eq!(bed.audit()[0]["result"], "cancelled");
}

#[test]
fn a_stopped_copy_of_a_running_vm_leaves_nothing() {
    let Some(bed) = bed("tplstopr", 400) else { return };
    bed.virsh(&["start", "src"]);
    let mut command = bed.command(&["vm", "clone", "src", "new", "--yes"]);
    let mut child =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    bed.step_begun(2);
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5), "cancelled");
    bed.is_as_before();
    assert_eq!((bed.state("src").as_str(), &bed.audit()[0]["result"]), ("running", &"cancelled".into()));
    let job = bed.virsh(&["domjobinfo", "src"]);
    assert!(job.contains("None"), "{job}");
}

/// A disk whose bytes are packed takes more room as a copy than can be told before.
fn packed(bed: &crate::operate::bed::Bed) {
    let [disk, plain] = ["src.qcow2", "plain.qcow2"].map(|n| bed.host.path(&format!("images/{n}")));
    bed.host.exec(&["mv", &disk, &plain]);
    bed.host.exec(&["qemu-img", "convert", "-c", "-O", "qcow2", &plain, &disk]);
    bed.host.exec(&["rm", &plain]);
    bed.virsh(&["pool-refresh", "default"]);
}

fn full(name: &str, runs: bool) {
    let Some(bed) = bed(name, 200) else { return };
    packed(&bed);
    if runs {
        bed.virsh(&["start", "src"]);
    }
    let (code, said) = bed.run(&["vm", "clone", "src", "new", "--pool", "small", "--yes"]);
    assert_eq!(code, 1, "{said}");
    bed.is_as_before();
    assert!(bed.volumes("small").is_empty());
    assert_eq!(bed.state("src"), if runs { "running" } else { "off" });
    assert_eq!(bed.audit()[0]["result"], "failed");
    // With room it is made.
    bed.does(&["vm", "clone", "src", "new"]);
    bed.sound();
}

#[test]
fn a_disk_that_becomes_full_while_it_is_copied_to_leaves_nothing() {
    full("tplenospc", false);
}

#[test]
fn a_disk_that_becomes_full_while_a_running_vm_is_copied_leaves_nothing() {
    full("tplenospr", true);
}

/// libvirtd dies in the middle of a copy, and comes back.
fn daemon_dies(name: &str, runs: bool, step: usize) {
    let Some(bed) = bed(name, 400) else { return };
    // So much more that the kill comes before the end.
    let disk = bed.host.path("images/src.qcow2");
    bed.host.exec(&["qemu-img", "resize", "-q", "-f", "qcow2", &disk, "3G"]);
    bed.host.exec(&["qemu-io", "-f", "qcow2", "-c", "write -q -P 0x5a 500M 2000M", &disk]);
    bed.virsh(&["pool-refresh", "default"]);
    if runs {
        bed.virsh(&["start", "src"]);
    }
    let mut command = bed.command(&["vm", "clone", "src", "new", "--yes"]);
    let child =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    bed.step_begun(step);
    bed.host.ctl("kill");
    bed.host.ctl("start");
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
    let records = bed.audited(1);
    assert_eq!(records[0]["result"], "failed", "{}", records[0]);
    bed.is_as_before();
    assert_eq!(bed.state("src"), if runs { "running" } else { "off" });
    bed.does(&["vm", "clone", "src", "new"]);
    bed.sound();
}

#[test]
fn a_daemon_that_dies_while_it_copies_leaves_nothing() {
    daemon_dies("tpldaemon", false, 0);
}

#[test]
fn a_daemon_that_dies_while_a_running_vm_is_copied_leaves_nothing() {
    daemon_dies("tpldaemonr", true, 2);
}
