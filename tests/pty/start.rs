//! The usual way: start, look around, leave.

use super::host;
use super::scene::{ENTER, ESC, console, is_live, live, quit, row_of, says, selected, vm_rows};
use super::term::{SOON, Term};

/// Looks around and leaves; there is a running VM of this name.
fn look_around(term: &mut Term, running: &str) {
    term.send("?");
    term.until("help", SOON, |s| says(s, "Half a page down"));
    term.send(ESC);
    term.until("no help", SOON, |s| !says(s, "Half a page down"));
    term.send(":");
    term.until("the palette", SOON, |s| says(s, "Only what needs attention"));
    term.send("theme: light");
    term.until("what matches", SOON, |s| says(s, "Theme: light") && !says(s, "Theme: dark"));
    term.send(ESC);
    term.until("no palette", SOON, |s| !says(s, "Theme: light"));

    term.send("/");
    term.send(&format!("state:running {running}"));
    term.until("one VM", SOON, |s| vm_rows(s).len() == 1 && row_of(s, running).is_some());
    term.send(ENTER);
    term.until("it selected", SOON, |s| selected(s).as_deref() == Some(running));
    term.send(ENTER);
    term.until("its own screen", SOON, |s| says(s, "Summary  Charts  Disks  NICs  Snapshots  XML  History"));
    for _ in 0..5 {
        term.send("\t");
    }
    term.until("its XML", SOON, |s| says(s, "<domain type=") && says(s, &format!("<name>{running}</name>")));
    // Esc goes back, and never further than the top.
    for _ in 0..4 {
        term.send(ESC);
        term.listen(std::time::Duration::from_millis(30));
    }
    term.until("the list", SOON, |s| row_of(s, running).is_some());
}

#[test]
fn the_test_driver_from_start_to_end() {
    let mut term = live("test:///default", "test");
    assert!(term.is_raw());
    look_around(&mut term, "test");
    quit(&mut term);
}

#[test]
fn a_real_host_from_start_to_end() {
    let Some(uri) = host::private() else { return };
    let mut term = live(&uri, "web01");
    look_around(&mut term, "web01");
    quit(&mut term);
}

#[test]
fn keys_move_the_cursor() {
    let mut term = console(&host::many_vms());
    term.until("the list", SOON, |s| is_live(s) && vm_rows(s).len() > 10);
    let first = selected(term.cells()).unwrap();
    term.send("j");
    term.until("the second", SOON, |s| selected(s).is_some_and(|vm| vm != first));
    let second = selected(term.cells()).unwrap();
    term.send("\x1b[B");
    term.until("the third", SOON, |s| selected(s).is_some_and(|vm| vm != first && vm != second));
    term.send("kk");
    term.until("the first again", SOON, |s| selected(s).as_ref() == Some(&first));
    term.send("G");
    term.until("the last", SOON, |s| selected(s).is_some_and(|vm| vm != first && vm != second));
    term.send("gg");
    term.until("the first by a sequence", SOON, |s| selected(s).as_ref() == Some(&first));
    quit(&mut term);
}

#[test]
fn the_mouse_selects_and_scrolls() {
    let mut term = console(&host::many_vms());
    term.until("the list", SOON, |s| is_live(s) && vm_rows(s).len() > 10);
    let wanted = vm_rows(term.cells())[4].split_whitespace().nth(1).unwrap().to_owned();
    // Header, strip, frame, titles: the fifth VM is in the ninth line.
    term.send("\x1b[<0;10;9M\x1b[<0;10;9m");
    term.until("it is selected", SOON, |s| selected(s).as_ref() == Some(&wanted));
    term.send("\x1b[<65;10;9M");
    term.until("further down", SOON, |s| selected(s).is_some_and(|vm| vm != wanted));
    quit(&mut term);
    let mut term = Term::novacron(&["--connect", "test:///default", "--no-mouse"], &[], 24, 80);
    term.until("live", SOON, is_live);
    quit(&mut term);
    assert!(!term.raw().windows(8).any(|w| w == b"\x1b[?1000h"), "the mouse is the terminal's");
}

#[test]
fn a_name_is_copied_to_the_terminals_clipboard() {
    let mut term = live("test:///default", "test");
    let from = term.raw().len();
    term.send("y");
    term.until_text("UUID");
    term.send(ENTER);
    // "test" in base64.
    term.until_bytes("the sequence", from, b"\x1b]52;c;dGVzdA==");
    term.settle();
    quit(&mut term);
}

#[test]
fn every_screen_opens() {
    let Some(uri) = host::private() else { return };
    let mut term = live(&uri, "web01");
    for (key, seen) in [
        ("2", "LATENCY"),
        ("3", "Volumes"),
        ("5", "Alerts"),
        ("6", "virbr0"),
        ("8", "Log"),
        ("1", "Topology"),
    ] {
        term.send(key);
        term.until_text(seen);
    }
    quit(&mut term);
}
