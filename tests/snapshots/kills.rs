//! Killed with −9 at every journalled place: what was begun is found, told once, and nothing that was there is lost.

use super::Machine;

/// Kills at that place, and waits until the job was looked after; its result and how it was told.
fn killed(m: &Machine, args: &[&str], place: &str) -> (String, String) {
    let before = m.bed.audit().len();
    m.bed.any_killed_at(place, &[&["snapshot"], args].concat());
    let records = m.bed.audited(before + 1);
    assert_eq!(records.len(), before + 1, "{place}: once, not twice");
    let text = |key: &str| records.first().unwrap()[key].as_str().unwrap().to_owned();
    (text("result"), text("outcome"))
}

#[test]
fn one_that_is_taken() {
    let Some(m) = Machine::up("k1", &["raw"]) else { return };
    m.write("vda", 1);
    m.virsh(&["start", "a"]);
    let (result, said) = killed(&m, &["create", "a", "s"], "begun");
    assert!(result == "failed" && said.contains("This was not done"), "{said}");
    assert!(m.names().is_empty());
    let (result, said) = killed(&m, &["create", "a", "s"], "acted 0");
    assert!(result == "done" && said.contains("found done"), "{said}");
    assert_eq!((m.names(), m.byte("vda"), m.state()), (vec!["s".to_owned()], 1, "running".into()));
    m.bed.sound();
}

#[test]
fn one_that_is_gone_back_to_after_the_present_was_kept() {
    let Some(m) = Machine::up("k2", &["qcow2"]) else { return };
    m.write("vda", 1);
    m.done(&["create", "a", "then"]);
    m.write("vda", 2);
    let cases = [
        ("begun", "failed", "This was not done", 2),
        ("acted 0", "failed", "This was not done: Go back", 2),
        ("begun 1", "failed", "This was not done: Go back", 2),
        ("acted 1", "done", "found done", 1),
    ];
    for (n, (place, result, said, byte)) in cases.into_iter().enumerate() {
        let keep = format!("keep{n}");
        let told = killed(&m, &["revert", "a", "then", "--keep", &keep], place);
        assert!(told.0 == result && told.1.contains(said), "{place}: {told:?}");
        assert_eq!(m.byte("vda"), byte, "{place}");
        assert_eq!(m.names().contains(&keep), place != "begun", "{place}: what was kept stays");
    }
    m.done(&["revert", "a", "keep3"]);
    assert_eq!(m.byte("vda"), 2, "the present was kept before anything was lost");
    m.bed.sound();
}

#[test]
fn those_that_are_deleted_go_to_the_end() {
    let Some(m) = Machine::up("k3", &["raw"]) else { return };
    let images = m.files();
    for place in ["begun", "acted 0", "begun 1", "acted 1"] {
        m.write("vda", 1);
        m.done(&["create", "a", "one"]);
        m.write("vda", 2);
        m.done(&["create", "a", "two"]);
        m.write("vda", 3);
        let (result, said) = killed(&m, &["delete", "a", "one", "--children"], place);
        if place == "begun" {
            assert!(result == "failed" && said.contains("This was not done"), "{said}");
            assert_eq!(m.names().len(), 2);
            m.done(&["delete", "a", "one", "--children"]);
        } else {
            assert_eq!(result, "done", "{place}: {said}");
        }
        assert!(m.names().is_empty(), "{place}");
        assert_eq!((m.byte("vda"), m.files()), (3, images.clone()), "{place}");
    }
    m.bed.sound();
}
