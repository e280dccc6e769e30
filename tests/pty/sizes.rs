//! The terminal's size changes, to anything.

use super::host;
use super::names::is_framed;
use super::scene::{ENTER, console, is_live, quit, says, vm_rows};
use super::term::{SOON, Term};

fn open() -> Term {
    let mut term = console(&host::many_vms());
    term.until("the list", SOON, |s| is_live(s) && vm_rows(s).len() > 10);
    term
}

#[test]
fn to_one_cell_and_back() {
    let mut term = open();
    for (rows, cols) in [(1, 1), (2, 1), (1, 300), (100, 1)] {
        term.resize(rows, cols);
        term.send("j");
    }
    term.resize(24, 80);
    term.until("all of it", SOON, |s| is_live(s) && is_framed(s));
    term.resize(10, 60);
    term.until("what it needs", SOON, |s| says(s, "NovaCron needs 80×24; this is 60×10."));
    term.resize(100, 300);
    term.until("all of it", SOON, |s| is_live(s) && is_framed(s));
    quit(&mut term);
}

#[test]
fn to_any_size_on_any_screen() {
    let mut term = open();
    // Numbers that jump about, the same in every run (Lehmer's generator).
    let mut seed: u64 = 48_271;
    let mut number = |most: u64| {
        seed = seed * 48_271 % 0x7fff_ffff;
        (seed % most) as u16
    };
    let keys = ["1", "2", "3", "5", "6", "8", "2", ENTER, "\t", "z"];
    for round in 0..60 {
        let (rows, cols) = (1 + number(110), 1 + number(310));
        term.resize(rows, cols);
        term.send(keys[round % keys.len()]);
        if rows >= 24 && cols >= 80 {
            term.until(&format!("round {round}: {rows}x{cols}"), SOON, is_framed);
        } else {
            term.send("j");
        }
    }
    term.resize(40, 120);
    term.send("1");
    term.until("the list", SOON, |s| is_framed(s) && vm_rows(s).len() > 10);
    quit(&mut term);
}
