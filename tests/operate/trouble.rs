//! Somebody else's hand, a daemon that dies, a disk that is full.

use std::process::Stdio;

use super::Bed;

#[test]
fn a_daemon_that_dies_ends_the_job_with_a_sentence() {
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
    assert!(said.contains("Shut down a:"), "{said}");
    bed.host.ctl("start");
    assert_eq!(bed.state("a"), "running", "the guest outlives its daemon");
    let newest = &bed.audit()[0];
    assert_eq!((&newest["operation"], &newest["result"]), (&"vm.shutdown".into(), &"failed".into()));
    bed.done(&["force-off", "a"]);
    bed.sound();
}
