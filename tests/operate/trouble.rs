//! Somebody else's hand, a daemon that dies, a disk that is full.

use std::process::Stdio;

use super::Bed;

#[test]
fn a_daemon_that_is_gone_is_told_and_what_became_of_it_looked_at_later() {
    let Some(bed) = Bed::up("daemon") else { return };
    bed.define("a");
    bed.done(&["start", "a"]);
    let mut command = bed.command(&["vm", "shutdown", "a", "--within", "50", "--yes"]);
    let running = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    bed.step_begun(1);
    bed.host.ctl("kill");
    let out = running.wait_with_output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(
        said.contains("Shut down a:")
            && said.contains("Waits for the hypervisor, to see what became of it. Could not connect"),
        "{said}"
    );
    bed.host.ctl("start");
    assert_eq!(bed.state("a"), "running", "the guest outlives its daemon");
    let (code, said) = bed.run(&["job", "recover"]);
    assert!(code == 0 && said.contains("This was not done: Wait"), "{code}: {said}");
    let newest = &bed.audit()[0];
    assert_eq!((&newest["operation"], &newest["result"]), (&"vm.shutdown".into(), &"failed".into()));
    bed.done(&["force-off", "a"]);
    bed.sound();
}

#[test]
fn a_wait_goes_on_behind_the_death_of_the_daemon() {
    let Some(bed) = Bed::up("wait-on") else { return };
    bed.define("a");
    bed.done(&["start", "a"]);
    let begin = |within: &str| {
        let mut command = bed.command(&["vm", "shutdown", "a", "--within", within, "--yes"]);
        let running = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        bed.step_begun(1);
        bed.host.ctl("kill");
        bed.host.ctl("start");
        running
    };
    let out = begin("8").wait_with_output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(7), "{said}");
    assert!(said.contains("It still runs after 8 s"), "{said}");

    let running = begin("50");
    bed.virsh(&["destroy", "a"]);
    let out = running.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    bed.sound();
}
