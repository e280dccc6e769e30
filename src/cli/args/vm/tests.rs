use clap::Parser;

use super::*;
use crate::cli::args::{Cli, Command};
use crate::model::operation::{DiskMove, LayerChange, LayerOperation};

fn parse(line: &[&str]) -> Result<Vm, clap::error::ErrorKind> {
    let words = ["novacron", "vm"].iter().chain(line);
    match Cli::try_parse_from(words) {
        Ok(Cli { command: Some(Command::Vm(vm)), .. }) => Ok(vm),
        Ok(other) => panic!("{other:?}"),
        Err(e) => Err(e.kind()),
    }
}

fn asked(line: &[&str]) -> (Vec<String>, VmOperation) {
    match parse(line).unwrap_or_else(|e| panic!("{line:?}: {e}")).asked() {
        Asking::Vms(names, act) | Asking::Held(names, act) => (names, act),
        Asking::New(_) | Asking::Other => panic!("{line:?} has a way of its own"),
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|w| (*w).to_owned()).collect()
}

#[test]
fn every_action_is_understood() {
    use VmOperation as Op;
    let order = |order, delay_s, gate| Op::StartOrder { start: Some(StartOrder { order, delay_s, gate }) };
    let layers = |what| Op::Layers(LayerChange { target: "vda".into(), what, bandwidth: None });
    let up = |boot, within_s| Op::UntilUp { boot, within_s };
    let one: Vec<(&[&str], Op)> = vec![
        (&["start", "a"], Op::Start { paused: false, discard_saved: false }),
        (&["start", "--paused", "a", "--discard-saved"], Op::Start { paused: true, discard_saved: true }),
        (&["shutdown", "a"], Op::Shutdown { by: AskGuest::Auto, within_s: 90 }),
        (
            &["shutdown", "a", "--by", "acpi", "--within", "5"],
            Op::Shutdown { by: AskGuest::Acpi, within_s: 5 },
        ),
        (&["shutdown", "a", "--wait"], Op::Shutdown { by: AskGuest::Auto, within_s: 90 }),
        (&["--wait=7", "shutdown", "a"], Op::Shutdown { by: AskGuest::Auto, within_s: 7 }),
        (&["start", "--wait", "a"], up(Boot::Start { discard_saved: false }, 120)),
        (&["start", "--wait=9", "--discard-saved", "a"], up(Boot::Start { discard_saved: true }, 9)),
        (&["start", "--wait", "--paused", "a"], Op::Start { paused: true, discard_saved: false }),
        (&["reboot", "a", "--wait"], up(Boot::Reboot { by: AskGuest::Auto }, 120)),
        (&["reset", "a", "--wait=5"], up(Boot::Reset, 5)),
        (&["pause", "a", "--wait"], Op::Pause),
        (&["reboot", "a", "--by", "agent"], Op::Reboot { by: AskGuest::Agent }),
        (&["reset", "a"], Op::Reset),
        (&["force-off", "a"], Op::ForceOff),
        (&["pause", "a"], Op::Pause),
        (&["resume", "a"], Op::Resume),
        (&["save", "a"], Op::Save),
        (&["discard-saved", "a"], Op::DiscardSaved),
        (&["autostart", "a", "on"], Op::Autostart { on: true }),
        (&["start-order", "a", "3"], order(3, 0, StartGate::Running)),
        (&["start-order", "a", "3", "--delay", "9", "--gate", "agent"], order(3, 9, StartGate::Agent)),
        (&["start-order", "a", "none"], Op::StartOrder { start: None }),
        (&["rename", "a", "b"], Op::Rename { to: "b".into() }),
        (&["rename", "a", "--", "-b"], Op::Rename { to: "-b".into() }),
        (&["tag", "a", "add", "x", "y"], Op::ChangeTags { add: words(&["x", "y"]), remove: vec![] }),
        (&["tag", "a", "remove", "x"], Op::ChangeTags { add: vec![], remove: words(&["x"]) }),
        (&["tag", "a", "set", "x", "add"], Op::SetTags { tags: words(&["x", "add"]) }),
        (&["tag", "a", "clear"], Op::SetTags { tags: vec![] }),
        (&["describe", "a", "--title", ""], Op::Describe { title: Some(String::new()), description: None }),
        (
            &["describe", "a", "--text", "-x", "--title", "t"],
            Op::Describe { title: Some("t".into()), description: Some("-x".into()) },
        ),
        (&["console", "a"], Op::Console { take: false }),
        (&["console", "a", "--force"], Op::Console { take: true }),
        (&["send-key", "a", "ctrl-alt-F2"], Op::SendKeys { codes: vec![29, 56, 60], hold_ms: 100 }),
        (&["send-key", "a", "#240", "--hold", "5"], Op::SendKeys { codes: vec![240], hold_ms: 5 }),
        (&["protect", "a", "off"], Op::Protect { on: false }),
        (
            &["migrate-disk", "a", "vda", "--pool", "p", "--image-format", "raw", "--keep-below"],
            layers(LayerOperation::Migrate(DiskMove {
                pool: "p".into(),
                format: Some("raw".into()),
                keep_below: true,
                ..DiskMove::default()
            })),
        ),
        (&["pull-disk", "a", "vda"], layers(LayerOperation::Pull { onto: None })),
    ];
    for (line, expected) in one {
        assert_eq!(asked(line), (words(&["a"]), expected), "{line:?}");
    }
}

#[test]
fn several_vms_are_named_before_what_is_set() {
    for line in [
        ["pause", "a", "b"].as_slice(),
        &["autostart", "a", "b", "off"],
        &["start-order", "a", "b", "none"],
        &["tag", "a", "b", "clear"],
        &["protect", "a", "b", "on"],
    ] {
        assert_eq!(asked(line).0, words(&["a", "b"]), "{line:?}");
    }
    // Like this a VM can be reached whose name is a word of the command.
    assert_eq!(asked(&["autostart", "on", "off", "on"]).0, words(&["on", "off"]));
}

#[test]
fn what_makes_no_sense_is_a_mistake_of_usage() {
    for line in [
        ["start"].as_slice(),
        &["shutdown", "a", "--within", "0"],
        &["shutdown", "a", "--by", "mail"],
        &["autostart", "a"],
        &["autostart", "a", "maybe"],
        &["start-order", "a", "-1"],
        &["start-order", "a", "first"],
        &["rename", "a"],
        &["rename", "a", "b", "c"],
        &["tag", "a"],
        &["tag", "a", "add"],
        &["tag", "add", "x"],
        &["describe", "a"],
        &["describe", "a", "b", "--title", "t"],
        &["pause", "a", "--paused"],
        &["pause", "a", "--format", "csv"],
    ] {
        assert!(parse(line).is_err(), "{line:?}");
    }
}

#[test]
fn how_it_is_gone_about_stands_anywhere() {
    for line in [
        ["--yes", "--format", "json", "--dry-run", "tag", "a", "add", "x"].as_slice(),
        &["tag", "a", "add", "x", "--yes", "--dry-run", "-f", "json"],
        &["tag", "--dry-run", "a", "-y", "add", "-f", "json", "x"],
    ] {
        let how = parse(line).unwrap().how;
        assert!(how.yes && how.dry_run && how.format == Form::Json, "{line:?}");
        assert_eq!(asked(line).1, VmOperation::ChangeTags { add: words(&["x"]), remove: vec![] });
    }
    let how = parse(&["pause", "a"]).unwrap().how;
    assert!(!how.yes && !how.dry_run && how.format == Form::Text && how.timeout.as_secs() == 30);
}
