//! Every way out leaves the terminal as it was found, and no process behind.

use std::time::Duration;

use rustix::process::Signal;

use super::scan::{assert_only_pictures, last_words};
use super::scene::{CTRL_C, QUICK, is_live, live, quit, says};
use super::term::{SOON, Term};

fn open() -> Term {
    live("test:///default", "test")
}

#[test]
fn signals_end_it_quietly() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let mut term = open();
        term.signal(signal);
        let status = term.wait_exit(SOON);
        assert_eq!(status.exit_code(), 0, "{signal:?}: {status:?}");
        term.assert_terminal_restored();
        assert_only_pictures(&term);
        assert_eq!(last_words(&term), "", "{signal:?}");
    }
}

#[test]
fn ctrl_c_is_a_key() {
    let mut term = open();
    term.send("?");
    term.until_text("Half a page down");
    term.send(CTRL_C);
    term.until("no help", SOON, |s| !says(s, "Half a page down"));
    // At the top it quits.
    term.send(CTRL_C);
    assert_eq!(term.wait_exit(SOON).exit_code(), 0);
    term.assert_terminal_restored();
}

#[test]
fn q_in_a_text_field_is_a_letter() {
    let mut term = open();
    term.send("/q");
    term.until_text("No VM matches the filter.");
    term.send("\x7f");
    term.until("the list", SOON, |s| super::scene::row_of(s, "test").is_some());
    term.send("\x1b");
    term.until("no filter line", SOON, |s| !says(s, "cancel"));
    quit(&mut term);
}

#[test]
fn a_lost_terminal_ends_it() {
    for size in [(24, 80), (40, 120)] {
        let mut term = Term::novacron(&["--connect", "test:///default"], &QUICK, size.0, size.1);
        term.until("live", SOON, is_live);
        let pid = term.pid();
        term.hang_up();
        term.wait_exit(SOON);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "no process is left");
    }
}

#[test]
fn a_lost_terminal_ends_it_while_the_host_is_silent() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("qemu+tcp://{}/system", silent.local_addr().unwrap());
    let mut term = Term::novacron(&["--connect", &uri], &[], 24, 80);
    term.until_text("connecting");
    term.hang_up();
    term.wait_exit(Duration::from_secs(3));
}

#[test]
fn without_a_terminal_it_says_so() {
    for script in
        ["exec $NOVACRON </dev/null", "exec $NOVACRON <&-", "$NOVACRON | cat; exit ${PIPESTATUS[0]}"]
    {
        let env = [("NOVACRON", env!("CARGO_BIN_EXE_novacron")), ("LIBVIRT_DEFAULT_URI", "test:///default")];
        let mut term = Term::spawn("/bin/bash", &["-c", script], &env, 24, 80);
        let status = term.wait_exit(SOON);
        assert_eq!(status.exit_code(), 2, "{script}: {}", term.screen());
        assert!(term.screen().contains("the console needs a terminal"), "{script}: {}", term.screen());
        assert!(term.screen().contains("novacron list vms"), "{}", term.screen());
        term.assert_terminal_restored();
    }
}

/// A bug on whichever thread: the terminal is given back, one sentence, exit code 1, the report in the log.
#[cfg(debug_assertions)]
#[test]
fn a_panic_is_one_sentence_and_a_report() {
    for (place, report) in [("ui", "the clock broke"), ("worker", "the connector broke")] {
        let env = [QUICK[0], QUICK[1], ("NOVACRON_DEBUG_PANIC", place)];
        let mut term = Term::novacron(&["--connect", "test:///default"], &env, 24, 80);
        let status = term.wait_exit(SOON);
        assert_eq!(status.exit_code(), 1, "{place}: {status:?} {}", term.screen());
        term.assert_terminal_restored();
        if place == "ui" {
            assert_only_pictures(&term);
        }
        let words = last_words(&term);
        assert!(words.starts_with("novacron: NovaCron met a bug"), "{place}: {words}");
        let log = term.home().join("data/novacron/novacron.log");
        assert!(words.contains(log.to_str().unwrap()), "{place}: {words}");
        assert_eq!(words.lines().count(), 2, "{place}: {words}");
        let log = std::fs::read_to_string(log).unwrap();
        assert!(log.contains(report), "{place}: {log}");
    }
}
