//! Guests' own consoles on the private host: a terminal lent to one, and given back.

use std::time::Duration;

use rustix::process::Signal;

use super::command::run;
use super::host;
use super::scene::{lines, live, row_of, says, selected};
use super::term::{SOON, Term};

/// A guest answers slowly: it is emulated, and so is its serial line.
const GUEST: Duration = Duration::from_secs(30);

/// `novacron vm console` on a guest of the private host, once it is open.
fn lent(uri: &str, vm: &str) -> Term {
    // Some other test may have it open.
    let mut term = Term::novacron(&["vm", "console", vm, "--force", "--connect", uri], &[], 24, 80);
    term.until_text("Ctrl-] leaves it");
    term
}

/// Types a line until the guest answers it: after a start, it is not there at once.
fn answered(term: &mut Term, number: u32) {
    term.send("\r");
    term.until("a prompt", GUEST, |s| s.contents().trim_end().ends_with('#'));
    term.send(&format!("echo $(({number}*2))\r"));
    let answer = (number * 2).to_string();
    term.until("the guest's answer", GUEST, |s| s.contents().lines().any(|l| l.trim_end() == answer));
}

#[test]
fn a_guest_is_typed_into_and_left() {
    let Some(uri) = host::private() else { return };
    let mut term = lent(&uri, "web02");
    answered(&mut term, 21_000_021);
    assert!(term.is_raw());
    // The guest leaves modes behind that this program must not.
    term.send("printf '\\033[?25l\\033[?1h\\033[31m\\033[?2004h\\033[?1000hde''corated\\n'\r");
    term.until("the modes", GUEST, |s| s.contents().contains("decorated") && s.hide_cursor());
    // Title and clipboard are not the guest's to set.
    term.send("printf '\\033]0;ti''tle\\007\\033]52;c;QQ==\\007har''mless\\n'\r");
    term.until("the text alone", GUEST, |s| s.contents().lines().any(|l| l.trim_end() == "harmless"));
    let written = String::from_utf8_lossy(term.raw()).into_owned();
    assert!(!written.contains("\x1b]"), "{written:?}");
    // Ctrl-C is the guest's, not ours.
    term.send("sh -c 'echo be''gun; exec sleep 1000'\r");
    term.until("a command that goes on", GUEST, |s| s.contents().lines().any(|l| l.trim_end() == "begun"));
    term.send("\x03");
    answered(&mut term, 21_000_022);
    term.send("\x1d");
    assert!(term.wait_exit(SOON).success());
    assert!(term.screen().contains("Left the console of web02."), "{}", term.screen());
    term.assert_terminal_restored();
    let data = term.home().join("data");
    let list = ["audit", "list", "--operation", "vm.console", "--format", "json", "--connect", &uri];
    let mut audit = Term::novacron(&list, &[("XDG_DATA_HOME", data.to_str().unwrap())], 60, 200);
    audit.wait_exit(SOON);
    let told = audit.screen();
    assert!(told.contains("Begun.") && told.contains("Closed."), "{told}");
}

#[test]
fn the_console_shows_a_guest_through_its_own_emulator() {
    let Some(uri) = host::private() else { return };
    let mut term = live(&uri, "mail");
    // The row of `mail` is found by the filter.
    term.send("/mail\r");
    term.until("mail selected", SOON, |s| selected(s).is_some_and(|row| row.contains("mail")));
    term.send("c");
    term.until("how to leave", SOON, |s| {
        lines(s).last().is_some_and(|l| l.contains("mail") && l.contains("Ctrl-]"))
    });
    term.send("\r");
    term.until("a prompt", GUEST, |s| s.contents().contains("mail:"));
    let from = term.raw().len();
    // A title, the clipboard, another charset, the terminal's own screen: none of it leaves the emulator.
    term.send("printf '\\033]0;ti''tle\\007\\033]52;c;QQ==\\007\\033(0\\033(B\\033[?1049h\\033[?1049l\\033[1;31mho''stile\\033[0m\\n'\r");
    term.until("the text alone", GUEST, |s| s.contents().lines().any(|l| l.trim_end() == "hostile"));
    let written = String::from_utf8_lossy(&term.raw()[from..]).into_owned();
    for foreign in ["\x1b]0;", "\x1b]52;", "\x1b(0", "\x1b[?1049"] {
        assert!(!written.contains(foreign), "{foreign:?} reached the terminal");
    }
    // q is the guest's; the menu leaves.
    term.send("q\x15");
    term.send("\x1d");
    term.until("the menu", SOON, |s| says(s, "Leave") && says(s, "Look back"));
    term.send("\r");
    term.until("the list again", SOON, |s| !says(s, "menu, leave") && row_of(s, "mail").is_some());
    // Closed with it: another opens it at once. Leaving the program closes it as well.
    term.send("c");
    term.until("open again", SOON, |s| says(s, "menu, leave"));
    term.send("\r");
    term.until("a prompt", GUEST, |s| s.contents().contains("mail:"));
    term.signal(Signal::TERM);
    term.wait_exit(SOON);
    term.assert_terminal_restored();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let Some(uri) = host::private() else { return };
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut term = lent(&uri, "build07");
        answered(&mut term, 4_000_000);
        term.signal(signal);
        assert_eq!(term.wait_exit(SOON).exit_code(), 5);
        term.assert_terminal_restored();
    }
}

#[test]
fn what_cannot_be_opened_says_so() {
    let Some(uri) = host::private() else { return };
    let ended = |args: &[&str]| {
        let args = [&["vm", "console"], args, &["--connect", &uri]].concat();
        let mut term = Term::novacron(&args, &[], 24, 80);
        let code = term.wait_exit(SOON).exit_code();
        term.assert_terminal_restored();
        (code, term.screen().replace('\n', " "))
    };
    let (code, said) = ended(&["web02", "--read-only"]);
    assert!(code == 4 && said.contains("read-only"), "{code} {said}");
    let (code, said) = ended(&["old-wiki"]);
    assert!(code == 4 && said.contains("It is off"), "{code} {said}");
    let (code, said) = ended(&["web2"]);
    assert!(code == 3 && said.contains("did you mean"), "{code} {said}");
    let none = run(&["vm", "console", "web02", "--connect", &uri]);
    assert_eq!(none.code, 2, "{}", none.err);
}

#[test]
fn one_has_it_until_another_takes_it() {
    let Some(uri) = host::private() else { return };
    let mut first = lent(&uri, "db01");
    answered(&mut first, 3_000_000);
    let mut second = Term::novacron(&["vm", "console", "db01", "--connect", &uri], &[], 24, 80);
    assert_eq!(second.wait_exit(SOON).exit_code(), 4);
    assert!(second.screen().contains("--force"), "{}", second.screen());
    let mut third = lent(&uri, "db01");
    answered(&mut third, 3_000_001);
    assert!(first.wait_exit(SOON).success());
    first.assert_terminal_restored();
    third.send("\x1d");
    assert!(third.wait_exit(SOON).success());
}
