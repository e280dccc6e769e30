use std::time::Duration;

use super::*;
use crate::cli::appearance::Appearance;
use crate::cli::exit::{Exit, Failure};
use crate::cli::sample::snapshot;
use crate::config::{Overrides, Paths, load};

fn status(checks: &[Check], name: &str) -> Option<Status> {
    checks.iter().find(|c| c.name == name).map(|c| c.status)
}

fn text(checks: &[Check], format: Format, layout: Layout) -> String {
    let mut out = Vec::new();
    write(&mut out, checks, format, layout).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_host_that_answers_is_described_with_its_limits() {
    let s = snapshot();
    let checks = of_host(&Seen::Answered(&s, Duration::from_millis(12)), &Environment::default());
    assert_eq!(status(&checks, "connection"), Some(Status::Ok));
    assert_eq!(status(&checks, "guest agent"), Some(Status::Note));
    assert_eq!(status(&checks, "events"), Some(Status::Ok));
    assert_eq!(status(&checks, "memory"), Some(Status::Ok), "of those that run");
    assert_eq!(status(&checks, "CRIT"), Some(Status::Warn));
    let out = text(&checks, Format::Table, Layout { width: Some(80), ascii: true });
    assert!(out.is_ascii() && out.contains("qemu:///system answered within 12 ms"), "{out}");
    assert!(out.lines().all(|l| l.len() <= 80), "{out}");
    assert!(out.ends_with("\nIt works; 1 to look at.\n"), "{out}");
}

#[test]
fn a_host_that_does_not_answer_says_why_and_what_to_do() {
    let failure = Failure::new(Exit::NoConnection, "nobody listens").hint("Start it.");
    let uri = "qemu+unix:///system?socket=/nonexistent/sock";
    let checks = of_host(&Seen::Failed(uri, &failure), &Environment::default());
    assert_eq!(status(&checks, "connection"), Some(Status::Fail));
    assert_eq!(status(&checks, "socket"), Some(Status::Fail));
    assert!(checks.iter().all(|c| c.status == Status::Ok || !c.remedy.is_empty()));
    let parsed: Json = serde_json::from_str(&text(&checks, Format::Json, Layout::default())).unwrap();
    assert_eq!(parsed[0]["status"], json!("fail"));
    assert_eq!(parsed[0]["remedy"], json!("Start it."));
    let csv = text(&checks, Format::Csv, Layout::default());
    assert_eq!(csv.lines().count(), checks.len() + 1);
}

#[test]
fn surroundings_tell_configuration_terminal_and_tools() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "nonsense = 1\n").unwrap();
    std::fs::write(folder.path().join("keymap.toml"), "[global]\nx = \"no-such-thing\"\n").unwrap();
    let program = folder.path().join("qemu-img");
    std::fs::write(&program, "").unwrap();
    let paths = Paths::in_folders(folder.path().to_owned(), folder.path().to_owned());
    let environment = Environment::of([
        ("TERM", "xterm-256color"),
        ("LANG", "C"),
        ("PATH", folder.path().to_str().unwrap()),
    ]);
    let loaded = load(&Overrides::default(), &environment, paths).unwrap();
    let checks = of_surroundings(&loaded, &environment, &Appearance::new(&loaded, &environment));
    let mistakes: Vec<_> = checks.iter().filter(|c| c.name == "mistake").map(|c| c.found.as_str()).collect();
    assert_eq!(mistakes.len(), 2, "{mistakes:?}");
    assert!(
        mistakes[0].contains("config.toml:1:1: ") && mistakes[1].contains("keymap.toml:2: "),
        "{mistakes:?}"
    );
    assert_eq!(status(&checks, "characters"), Some(Status::Note));
    assert_eq!(status(&checks, "qemu-img"), Some(Status::Note), "it cannot be run");
    assert_eq!(checks.iter().find(|c| c.name == "colours").unwrap().found, "256");
    let dumb = Environment::of([("TERM", "dumb"), ("LC_ALL", "de_DE.UTF-8"), ("NO_COLOR", "1")]);
    let checks = of_surroundings(&loaded, &dumb, &Appearance::new(&loaded, &dumb));
    assert_eq!(status(&checks, "kind"), Some(Status::Warn));
    assert_eq!(status(&checks, "characters"), Some(Status::Ok));
    assert!(checks.iter().any(|c| c.found == "none, since NO_COLOR is set"));
}

#[test]
fn this_machine_tells_at_least_its_processor_and_memory() {
    let checks = of_machine();
    assert_eq!(status(&checks, "processor"), Some(Status::Ok));
    assert_eq!(status(&checks, "memory"), Some(Status::Ok));
}
