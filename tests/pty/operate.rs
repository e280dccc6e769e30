//! Doing something: a plan, a yes, a job, and what became of it.

use super::scene::{ENTER, back, is_live, live, quit, row_of, says};
use super::term::{SOON, Term};

/// Presses a key that asks for a plan, and waits for its dialog.
fn plan(term: &mut Term, key: &str, title: &str) {
    term.send(key);
    term.until(title, SOON, |s| says(s, title) && says(s, "[ Cancel ]"));
}

fn state_is(term: &mut Term, vm: &str, state: &str) {
    term.until(state, SOON, |s| row_of(s, vm).is_some_and(|row| row.contains(state)));
}

#[test]
fn a_vm_is_paused_and_resumed_and_forced_off_by_plans() {
    let mut term = live("test:///default", "test");
    // The button in focus does nothing.
    plan(&mut term, "p", "Pause test");
    term.until("the command", SOON, |s| says(s, "virsh suspend test"));
    term.send(ENTER);
    term.until("no dialog", SOON, |s| !says(s, "[ Cancel ]"));
    state_is(&mut term, "test", "running");

    plan(&mut term, "p", "Pause test");
    term.send("\t");
    term.send(ENTER);
    term.until("that it can be taken back", SOON, |s| says(s, "u undo"));
    state_is(&mut term, "test", "paused");

    plan(&mut term, "u", "Resume test");
    term.send("\t");
    term.send(ENTER);
    state_is(&mut term, "test", "running");

    // Where data may be lost, the name is typed; without it the button does nothing.
    plan(&mut term, "K", "Force off test");
    term.send("\t");
    term.send(ENTER);
    term.until("what is missing", SOON, |s| says(s, "Type test first."));
    term.send("test");
    term.until("the name", SOON, |s| says(s, "to go ahead: test"));
    term.send(ENTER);
    state_is(&mut term, "test", "off");

    term.send("7");
    term.until("the jobs", SOON, |s| {
        ["Force off test", "Resume test", "Pause test"].iter().all(|job| says(s, job)) && says(s, "Jobs 3")
    });
    term.send(ENTER);
    term.until("the newest in full", SOON, |s| says(s, "virsh destroy test") && says(s, "Asked for by"));
    back(&mut term, "the list of jobs", |s| !says(s, "Asked for by"));
    back(&mut term, "the VMs", |s| is_live(s) && row_of(s, "test").is_some());
    quit(&mut term);
}

#[test]
fn what_is_so_already_is_said_and_a_bad_name_is_refused() {
    let mut term = live("test:///default", "test");
    term.send("s");
    term.until("that it runs", SOON, |s| says(s, "It is running already."));
    term.send(":");
    term.until("the palette", SOON, |s| says(s, "an action, a VM or a theme"));
    term.send("rename");
    term.until("it", SOON, |s| says(s, "Rename") && !says(s, "Theme:"));
    term.send(ENTER);
    term.until("the line", SOON, |s| says(s, "> test"));
    term.send("/x");
    term.send(ENTER);
    term.until("why not", SOON, |s| says(s, "A name cannot hold a slash.") && says(s, "[ Close ]"));
    term.send(ENTER);
    term.until("no dialog", SOON, |s| !says(s, "[ Close ]"));
    quit(&mut term);
}
