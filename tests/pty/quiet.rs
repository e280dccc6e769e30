//! Nothing writes to the screen but the console, and the console only when something changed.

use std::time::Duration;

use super::host;
use super::scan::screen_bytes;
use super::scene::{QUICK, header, is_live, live, row_of};
use super::term::{SOON, Term};

#[test]
fn what_libraries_print_goes_to_the_log() {
    // libvirt itself writes every call to descriptor 2.
    let talkative = [("LIBVIRT_DEBUG", "1"), ("LIBVIRT_LOG_OUTPUTS", "1:stderr"), QUICK[0], QUICK[1]];
    let mut term = Term::novacron(&["--connect", "test:///default"], &talkative, 40, 120);
    term.until("live", SOON, |s| is_live(s) && row_of(s, "test").is_some());
    term.send("2");
    term.until_text("LATENCY");
    // A few polls later.
    term.listen(Duration::from_millis(1200));
    term.send("1");
    term.until_text("Topology");
    term.send("q");
    assert_eq!(term.wait_exit(SOON).exit_code(), 0);
    term.assert_terminal_restored();
    let screen = screen_bytes(term.raw());
    assert!(!screen.contains(&b'\n'), "a line of somebody else's: {}", screen.escape_ascii());
    let log = std::fs::read_to_string(term.home().join("data/novacron/novacron.log")).unwrap();
    assert!(log.contains("debug : virDomain"), "libvirt talks: {} bytes of log", log.len());
}

#[test]
fn a_frozen_picture_writes_nothing() {
    let Some(uri) = host::private() else { return };
    let mut term = live(&uri, "web01");
    term.send("Z");
    term.until("frozen", SOON, |s| header(s).contains("frozen"));
    term.settle();
    // The clock's minute may change once, not twice.
    for window in 0..2 {
        let clock = header(term.cells());
        let bytes = term.listen(Duration::from_secs(3));
        if bytes == 0 {
            break;
        }
        assert!(
            window == 0 && header(term.cells()) != clock,
            "{bytes} bytes within {window}: {}",
            term.tail()
        );
    }
    term.send("Z");
    term.until("live", SOON, is_live);
    super::scene::quit(&mut term);
}
