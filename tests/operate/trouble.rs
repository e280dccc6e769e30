//! Somebody else's hand, a daemon that dies, a disk that is full.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::Bed;

#[test]
fn a_daemon_that_dies_ends_the_job_with_a_sentence() {
    let Some(bed) = Bed::up("daemon") else { return };
    bed.define("a");
    bed.done(&["start", "a"]);
    let mut command = bed.command(&["vm", "shutdown", "a", "--within", "50", "--yes", "--log-level", "info"]);
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(running.stderr.take().unwrap());
    // It waits for the guest once it was asked.
    let mut all = String::new();
    while !all.contains("Wait until it is off") {
        assert!(told.read_line(&mut all).unwrap() > 0, "{all}");
    }
    bed.host.ctl("kill");
    while told.read_line(&mut all).unwrap() > 0 {}
    assert_eq!(running.wait().unwrap().code(), Some(1), "{all}");
    assert!(all.contains("Shut down a:"), "{all}");
    bed.host.ctl("start");
    assert_eq!(bed.state("a"), "running", "the guest outlives its daemon");
    let newest = &bed.audit()[0];
    assert_eq!((&newest["operation"], &newest["result"]), (&"vm.shutdown".into(), &"failed".into()));
    bed.done(&["force-off", "a"]);
    bed.sound();
}
