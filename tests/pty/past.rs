//! Looking back: what a console recorded it shows again, as it was.

use std::time::Duration;

use vt100::Screen;

use super::host;
use super::scene::{ENTER, back, header, is_live, live, quit, row_of, says};
use super::term::{SOON, Term};

/// The banner of the past.
fn is_past(screen: &Screen) -> bool {
    header(screen).contains("PAST 2") && !header(screen).contains("reading")
}

/// Whether the row of a VM has a CPU value.
fn has_value(screen: &Screen, vm: &str) -> bool {
    let value = |word: &str| word.contains('.') && word.parse::<f64>().is_ok();
    row_of(screen, vm).is_some_and(|row| row.split_whitespace().any(value))
}

/// Goes back until there is something to see: what was measured is written some seconds later.
fn scrub_back(term: &mut Term, vm: &str) {
    for _ in 0..60 {
        term.send("[");
        term.listen(Duration::from_millis(400));
        if is_past(term.cells()) {
            if has_value(term.cells(), vm) {
                return;
            }
            back(term, "now again", |s| !is_past(s));
        }
    }
    panic!("no past: {}", term.screen());
}

#[test]
fn what_was_recorded_is_seen_again_and_the_end_of_the_past_is_now() {
    let Some(uri) = host::private() else { return };
    let mut term = live(&uri, "web01");
    term.until("a value", SOON, |s| has_value(s, "web01"));
    scrub_back(&mut term, "web01");
    // Nothing is done in the past.
    term.send("\x12");
    term.until("why not", SOON, |s| says(s, "This is the past. Esc returns to now."));
    back(&mut term, "now", |s| is_live(s) && !is_past(s) && has_value(s, "web01"));

    // The charts have the same minutes, and the ranking names the VMs.
    term.send("W");
    term.until("the ranking", SOON, |s| says(s, "CPU · mean") && !says(s, "Loading") && says(s, "█"));
    term.send(ENTER);
    term.until("charts", SOON, |s| says(s, "[15 min]") && says(s, "Memory in the guest"));
    term.send("-");
    term.until("an hour", SOON, |s| says(s, "[1 h]") && says(s, "There is no history before"));
    back(&mut term, "the list", |s| row_of(s, "web01").is_some());
    quit(&mut term);
}
