//! Killed with −9 at every journalled place: the next start finds the job, and says what became of it.

use serde_json::Value as Json;

use super::Bed;

/// Where a kill comes, how the VM is after it, and how the job is told then.
struct Kill {
    place: &'static str,
    state: &'static str,
    result: &'static str,
    said: &'static str,
}

fn rehearse(name: &str, before: &[&str], args: &[&str], kills: &[Kill]) {
    let Some(bed) = Bed::up(name) else { return };
    bed.define("a");
    for (n, kill) in (1..).zip(kills) {
        match before {
            [] => {}
            verb => drop(bed.virsh(&[verb, &["a"]].concat())),
        }
        bed.killed_at(kill.place, args);
        bed.vm(&["pause", "a", "--dry-run"]);
        assert_eq!(bed.audit().len(), n - 1, "{}: who only looks changes nothing", kill.place);
        let records = bed.audited(n);
        let newest: &Json = &records[0];
        assert_eq!(records.len(), n, "{}: once, not twice", kill.place);
        assert_eq!(newest["result"], kill.result, "{}: {newest}", kill.place);
        assert!(newest["outcome"].as_str().unwrap().contains(kill.said), "{}: {newest}", kill.place);
        assert_eq!(bed.state("a"), kill.state, "{}", kill.place);
        if bed.state("a") != "off" {
            bed.virsh(&["destroy", "a"]);
        }
    }
    bed.sound();
    // What was left behind holds up nobody.
    bed.done(&["start", "a"]);
    bed.done(&["force-off", "a"]);
}

#[test]
fn a_start_that_was_killed() {
    rehearse(
        "k-start",
        &[],
        &["start", "a"],
        &[
            Kill { place: "begun", state: "off", result: "failed", said: "This was not done: Start it" },
            Kill { place: "acted 0", state: "running", result: "done", said: "found done" },
        ],
    );
}

#[test]
fn a_pause_that_was_killed() {
    rehearse(
        "k-pause",
        &["start"],
        &["pause", "a"],
        &[
            Kill { place: "begun", state: "running", result: "failed", said: "This was not done: Pause it" },
            Kill { place: "acted 0", state: "paused", result: "done", said: "found done" },
        ],
    );
}

#[test]
fn a_shutdown_that_was_killed() {
    rehearse(
        "k-shutdown",
        &["start"],
        &["shutdown", "a", "--within", "1"],
        &[
            Kill { place: "begun", state: "running", result: "failed", said: "cannot be told" },
            Kill { place: "acted 0", state: "running", result: "failed", said: "cannot be told" },
            Kill { place: "begun 1", state: "running", result: "failed", said: "This was not done: Wait" },
        ],
    );
}

#[test]
fn a_save_that_was_killed() {
    rehearse(
        "k-save",
        &["start"],
        &["save", "a"],
        &[
            Kill { place: "begun", state: "running", result: "failed", said: "This was not done" },
            Kill { place: "acted 0", state: "off", result: "done", said: "found done" },
        ],
    );
}
