//! Operations by the built binary on a real host: what a kill, a daemon that dies, and somebody else's hand leave behind.
//!
//! Each test has a host of its own, whose daemon it may kill.

pub(crate) mod bed;
mod kills;
mod startup;
mod trouble;
mod upkeep;
mod waits;

use bed::Bed;

#[test]
fn a_vm_goes_through_its_life() {
    let Some(bed) = Bed::up("life") else { return };
    bed.define("a");
    let steps: [(&[&str], &str); 8] = [
        (&["start", "a"], "running"),
        (&["pause", "a"], "paused"),
        (&["resume", "a"], "running"),
        (&["save", "a"], "off"),
        (&["start", "a"], "running"),
        (&["reset", "a"], "running"),
        (&["force-off", "a"], "off"),
        (&["start", "a", "--paused"], "paused"),
    ];
    for (args, state) in steps {
        bed.done(args);
        assert_eq!(bed.state("a"), state, "{args:?}");
    }
    bed.done(&["force-off", "a"]);
    bed.done(&["tag", "a", "add", "web", "prod"]);
    bed.done(&["autostart", "a", "on"]);
    bed.done(&["protect", "a", "on"]);
    bed.done(&["rename", "a", "b"]);
    let shown = bed.virsh(&["dumpxml", "b"]);
    assert!(shown.contains("tag>prod</"), "{shown}");
    bed.done(&["start", "b"]);
    let (code, said) = bed.vm(&["force-off", "b", "--yes"]);
    assert_eq!((code, bed.state("b").as_str()), (4, "running"), "protected: {said}");
    bed.done(&["protect", "b", "off"]);
    bed.done(&["force-off", "b"]);
    let audit = bed.audit();
    let words: Vec<&str> = audit.iter().rev().map(|r| r["operation"].as_str().unwrap()).collect();
    let expected = [
        "start",
        "pause",
        "resume",
        "save",
        "start",
        "reset",
        "force-off",
        "start",
        "force-off",
        "tag",
        "autostart",
        "protect",
        "rename",
        "start",
        "protect",
        "force-off",
    ];
    assert_eq!(
        words,
        expected.map(|w| format!("vm.{w}")),
        "each once, in order; what was refused changed nothing"
    );
    assert!(audit.iter().all(|r| r["result"] == "done"));
    bed.sound();
}

#[test]
fn a_guest_that_does_not_listen_keeps_running_and_is_told() {
    let Some(bed) = Bed::up("deaf") else { return };
    bed.define("a");
    bed.done(&["start", "a"]);
    // There is no system in it that could hear the button.
    let (code, said) = bed.vm(&["shutdown", "a", "--within", "1", "--yes"]);
    assert_eq!(code, 7, "{said}");
    assert!(said.contains("still runs after 1 s") && said.contains("force-off"), "{said}");
    assert_eq!(bed.state("a"), "running");
    bed.done(&["force-off", "a"]);
}

#[test]
fn many_are_done_together_and_told_one_by_one() {
    let Some(bed) = Bed::up("many") else { return };
    let names = ["m1", "m2", "m3", "m4", "m5", "m6"];
    for name in names {
        bed.define(name);
    }
    bed.virsh(&["start", "m3"]);
    let (code, said) = bed.vm(&[&["start"], &names[..], &["--yes"]].concat());
    assert_eq!(code, 0, "one runs already, which is what was asked for: {said}");
    for name in names {
        assert_eq!(bed.state(name), "running");
        assert!(said.lines().any(|l| l.starts_with(name)), "{said}");
    }
    bed.done(&[&["force-off"], &names[..]].concat());
    assert_eq!(bed.audit().len(), 11, "five starts, six ends");
    bed.sound();
}
