//! The daemon stalls, dies and comes back under the console. Each test has a host of its own.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::host::Scratch;
use super::scan::assert_only_pictures;
use super::scene::{ENTER, ESC, console, header, is_live, live, quit, row_of, says, selected};
use super::term::{SOON, Term};

/// A console on a host with these VMs, the cursor on the last.
fn console_with(host: &Scratch, vms: &[&str]) -> Term {
    for vm in vms {
        host.define(vm);
    }
    let last = vms[vms.len() - 1];
    let mut term = live(&host.uri, last);
    term.send("G");
    term.until("the last VM selected", SOON, |s| selected(s).as_deref() == Some(last));
    term
}

fn keys_work(term: &mut Term) {
    let before = selected(term.cells());
    term.send("k");
    term.until("the cursor moves", SOON, |s| selected(s) != before);
    term.send("j");
    term.until("and back", SOON, |s| selected(s) == before);
    term.send("2");
    term.until_text("LATENCY");
    term.send(ESC);
    term.until_text("Topology");
}

#[test]
fn a_stalled_daemon() {
    let Some(host) = Scratch::up("stall") else { return };
    let mut term = console_with(&host, &["alpha", "beta"]);
    host.ctl("stall");
    term.until("the header says so", SOON, |s| header(s).contains("no answer for 2 s"));
    keys_work(&mut term);
    assert!(row_of(term.cells(), "alpha").is_some(), "what was known stays");
    term.send("x");
    term.until_text("The XML could not be read.");
    term.send(ESC);
    term.until("back to the list", SOON, |s| selected(s).as_deref() == Some("beta"));
    host.ctl("cont");
    term.until("live again", SOON, is_live);
    assert_eq!(selected(term.cells()).as_deref(), Some("beta"));

    let mut other = live(&host.uri, "beta");
    host.ctl("stall");
    term.until("stalled again", SOON, |s| header(s).contains("no answer for"));
    let begun = Instant::now();
    quit(&mut term);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());

    // A signal ends it as well.
    other.until("stalled", SOON, |s| header(s).contains("no answer for"));
    other.signal(Signal::TERM);
    assert_eq!(other.wait_exit(SOON).exit_code(), 0);
    other.assert_terminal_restored();
    assert_only_pictures(&other);
    host.ctl("cont");
}

#[test]
fn a_killed_daemon_comes_back() {
    let Some(host) = Scratch::up("kill") else { return };
    let mut term = console_with(&host, &["alpha", "beta", "gamma"]);
    host.virsh(&["start", "beta"]);
    term.until("it runs", SOON, |s| row_of(s, "beta").is_some_and(|row| row.contains("running")));
    for _ in 0..2 {
        host.ctl("kill");
        term.until("the loss", SOON, |s| header(s).contains("connection lost, trying again in"));
        assert_eq!(selected(term.cells()).as_deref(), Some("gamma"));
        keys_work(&mut term);
        host.ctl("start");
        term.until("live again", Duration::from_secs(40), is_live);
        assert_eq!(selected(term.cells()).as_deref(), Some("gamma"));
        term.until("it still runs", SOON, |s| row_of(s, "beta").is_some_and(|row| row.contains("running")));
        term.until("no stale words", SOON, |s| !says(s, "connection lost") && !says(s, "no connection"));
    }
    host.virsh(&["destroy", "beta"]);
    quit(&mut term);
}

#[test]
fn a_daemon_that_comes_up_later() {
    let Some(host) = Scratch::up("later") else { return };
    host.define("alpha");
    host.ctl("kill");
    let mut term = console(&host.uri);
    term.until("no connection", SOON, |s| header(s).contains("no connection, trying again in"));
    term.until("the reason", SOON, |s| says(s, "Could not connect") && says(s, "Ctrl-r tries again now."));
    host.ctl("start");
    // At once, without waiting for the next try.
    term.send("\x12");
    term.until("live", SOON, |s| is_live(s) && row_of(s, "alpha").is_some());
    term.until("no stale words", SOON, |s| !says(s, "Could not connect"));
    quit(&mut term);
}

#[test]
fn devices_come_and_go() {
    let Some(host) = Scratch::up("devices") else { return };
    let mut term = console_with(&host, &["alpha"]);
    let nic = |verb: &str, when: &str, more: &[&str]| {
        host.virsh(&[&[verb, "alpha", "network"], more, &[when]].concat());
    };
    let (first, second) = ("52:54:00:00:00:a1", "52:54:00:00:00:a2");
    nic("attach-interface", "--config", &["isolated", "--model", "virtio", "--mac", first]);
    // libvirt 9.0 does not tell: it is seen when the VM is looked at again.
    let seen = Duration::from_secs(45);
    term.until("the NIC of a VM that is off", seen, |s| says(s, first));
    nic("detach-interface", "--config", &["--mac", first]);
    term.until("no NIC", seen, |s| !says(s, first));

    host.virsh(&["start", "alpha"]);
    term.until("it runs", SOON, |s| row_of(s, "alpha").is_some_and(|row| row.contains("running")));
    term.send(ENTER);
    term.until_text("Summary  Charts");
    for _ in 0..3 {
        term.send("\t");
    }
    term.until("no NIC yet", SOON, |s| says(s, "NIC") && !says(s, second));
    nic("attach-interface", "--live", &["isolated", "--model", "virtio", "--mac", second]);
    term.until("the NIC", SOON, |s| says(s, second) && says(s, "isolated"));
    term.send(ESC);
    // In the tree a NIC that runs has its host device.
    term.until("the tree", SOON, |s| says(s, "Topology") && says(s, "vnet"));
    quit(&mut term);
}

#[test]
fn vms_come_change_and_go() {
    let Some(host) = Scratch::up("change") else { return };
    let mut term = console_with(&host, &["alpha", "beta"]);
    let state = |vm: &'static str, word: &'static str| {
        move |s: &vt100::Screen| row_of(s, vm).is_some_and(|row| row.contains(word))
    };
    host.define("newcomer");
    term.until("it is listed", SOON, state("newcomer", "off"));
    host.virsh(&["start", "newcomer"]);
    term.until("it runs", SOON, state("newcomer", "running"));
    host.virsh(&["suspend", "newcomer"]);
    term.until("it is paused", SOON, state("newcomer", "paused"));
    host.virsh(&["resume", "newcomer"]);
    term.until("it runs again", SOON, state("newcomer", "running"));
    host.virsh(&["destroy", "newcomer"]);
    term.until("it is off", SOON, state("newcomer", "off"));
    assert_eq!(selected(term.cells()).as_deref(), Some("beta"), "the cursor stays on its VM");
    host.virsh(&["undefine", "newcomer"]);
    term.until("it is gone", SOON, |s| row_of(s, "newcomer").is_none());

    // The selected VM goes: its neighbour is selected.
    host.virsh(&["undefine", "beta"]);
    term.until("the neighbour is selected", SOON, |s| selected(s).as_deref() == Some("alpha"));
    // The VM whose screen is open goes.
    term.send(ENTER);
    term.until_text("Summary  Charts");
    host.virsh(&["undefine", "alpha"]);
    term.until("a sentence", SOON, |s| says(s, "is gone") || says(s, "no longer"));
    for tab in 0..5 {
        term.send("\t");
        term.until(&format!("tab {tab}"), SOON, |s| says(s, "is gone") || says(s, "no longer"));
    }
    term.send(ESC);
    term.until_text("No VMs are defined on this host.");
    quit(&mut term);
}
