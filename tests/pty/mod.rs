//! The built binary in a real pseudo-terminal. Waits for what is to be seen, never for time.
//!
//! [`term`] is the harness, [`modes`] reads which terminal modes were left behind. Here they are tried on programs whose
//! behaviour is known, so that a scenario that passes means something.

mod acts;
mod collect;
mod command;
mod commands;
mod disrupt;
mod endings;
mod files;
mod guest;
mod guest_screen;
pub(crate) mod host;
pub(crate) mod modes;
mod names;
mod operate;
mod past;
mod plain;
mod quiet;
mod scan;
mod scene;
mod shells;
mod sizes;
mod ssh;
mod sshd;
mod start;
pub(crate) mod term;
mod trouble;

use modes::{Changed, changed};
use rustix::process::Signal;
use term::{SOON, Term};

fn shell(script: &str) -> Term {
    Term::spawn("/bin/sh", &["-c", script], &[("PS1", "$ ")], 24, 80)
}

#[test]
fn keys_reach_the_program_and_its_screen_comes_back() {
    let mut term = Term::spawn("/bin/cat", &[], &[], 5, 40);
    assert!(!term.is_raw());
    term.send("h\u{e9}llo\r");
    // Once by the terminal's echo, once by cat.
    term.until("twice", SOON, |screen| screen.contents() == "h\u{e9}llo\nh\u{e9}llo");
    assert_eq!(term.screen(), "h\u{e9}llo\nh\u{e9}llo");
    term.send("\x04");
    let status = term.wait_exit(SOON);
    assert!(status.success(), "{status:?}");
    term.assert_terminal_restored();
    assert_eq!(term.raw(), "h\u{e9}llo\r\nh\u{e9}llo\r\n".as_bytes());
}

#[test]
fn the_built_binary_gives_the_terminal_back() {
    let mut term = Term::novacron(&["--help"], &[], 24, 80);
    let status = term.wait_exit(SOON);
    assert!(status.success(), "{status:?}: {}", term.screen());
    term.assert_terminal_restored();
}

#[test]
fn the_end_is_seen_whole_with_its_code() {
    let mut term = shell("seq 1 20000; pwd; exit 3");
    let status = term.wait_exit(SOON);
    assert_eq!(status.exit_code(), 3);
    let text = String::from_utf8_lossy(term.raw()).into_owned();
    assert!(text.contains("\r\n20000\r\n"), "all output is taken in before the end");
    assert!(text.contains(term.home().to_str().unwrap()));
}

#[test]
fn signals_and_sizes_arrive() {
    let script =
        "trap 'stty size' WINCH; trap 'echo asked; exit 7' TERM; echo ready; while :; do read -r x; done";
    let mut term = shell(script);
    term.until_text("ready");
    term.resize(30, 100);
    term.until_text("30 100");
    term.resize(1, 1);
    term.resize(24, 80);
    term.until_text("24 80");
    assert!(term.pid() > 1);
    term.signal(Signal::TERM);
    assert_eq!(term.wait_exit(SOON).exit_code(), 7);
    assert!(term.screen().contains("asked"));
}

#[test]
fn a_lost_terminal_is_a_hang_up() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let script = format!(
        "trap 'echo hup > {}; exit 5' HUP; trap 'echo x' WINCH; echo ready; while :; do read -r x; done",
        seen.display()
    );
    let mut term = shell(&script);
    term.until_text("ready");
    term.hang_up();
    assert_eq!(term.wait_exit(SOON).exit_code(), 5);
    assert_eq!(std::fs::read_to_string(seen).unwrap(), "hup\n");
}

#[test]
fn a_terminal_left_changed_is_noticed() {
    for (script, restored) in [
        (
            r"printf '\033[?1049h\033[?25l\033[?1000;1006h\033[>1u\033[31mhi\033[<u\033[0m\033[?1006;1000l\033[?25h\033[?1049l'",
            true,
        ),
        (r"printf '\033[?1049h'", false),
        (r"printf '\033[?25l'", false),
        (r"printf '\033[?1003h'", false),
        (r"printf '\033[?2004h'", false),
        (r"printf '\033[>1u'", false),
        (r"printf '\033[1;31mred'", false),
        ("stty raw -echo", false),
        ("stty -echo; stty echo", true),
    ] {
        let mut term = shell(script);
        assert!(term.wait_exit(SOON).success());
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| term.assert_terminal_restored()));
        assert_eq!(seen.is_ok(), restored, "{script}");
    }
}

#[test]
fn waiting_in_vain_shows_the_screen() {
    let mut term = shell("echo here; read x");
    term.until_text("here");
    let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        term.until("gone", std::time::Duration::from_millis(20), |screen| screen.contents().is_empty());
    }));
    let message = *seen.unwrap_err().downcast::<String>().unwrap();
    assert!(message.starts_with("gone: not within 20ms") && message.contains("|here "), "{message}");
    assert_eq!(term.listen(std::time::Duration::from_millis(20)), 0);
}

#[test]
fn modes_are_read_from_bytes() {
    assert_eq!(changed(b"plain \x1b[2J\x1b[1;1H\x1b[?7h\x1b[?25h\x1b[?1004l"), Changed::default());
    let left = changed(b"\x1b[?1004;2026h\x1b[?2026l\x1b[>5u\x1b[38;5;9m\x1b[");
    assert_eq!(left.modes, [(1004, true)].into());
    assert_eq!((left.keyboard, left.coloured), (1, true));
    assert!(!changed(b"\x1b[31m\x1b[39;49m\x1b[>4;1m").coloured);
}
