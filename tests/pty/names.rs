//! Names that try to break the picture: it holds, at every size, on every screen.

use super::host::Scratch;
use super::scene::{ENTER, back, is_live, lines, live, quit, says, vm_rows};
use super::term::{SOON, Term};
use vt100::Screen;

/// How many VMs tests/data/odd-names.xml has.
const VMS: usize = 11;

fn odd_names() -> String {
    format!("test://{}/tests/data/odd-names.xml", env!("CARGO_MANIFEST_DIR"))
}

/// Every line between header and footer begins and ends with a frame: nothing pushed it aside. Save the last, over
/// which notices and the filter line lie.
pub(crate) fn is_framed(screen: &Screen) -> bool {
    let (rows, cols) = screen.size();
    let is_edge =
        |row, col| screen.cell(row, col).is_some_and(|c| "│╭╰╮╯".contains(c.contents()) && c.has_contents());
    let first = lines(screen).iter().position(|line| line.starts_with('╭')).unwrap_or(0) as u16;
    (1..=2).contains(&first) && (first..rows - 2).all(|row| is_edge(row, 0) && is_edge(row, cols - 1))
}

/// The picture is framed, and the same when all of it is drawn anew.
fn holds(term: &mut Term, what: &str) {
    term.until(&format!("{what}: framed"), SOON, is_framed);
    term.settle();
    let before = lines(term.cells());
    let cleared = term.raw().len();
    term.send("\x0c");
    term.until_bytes(&format!("{what}: drawn anew"), cleared, b"\x1b[2J");
    let wanted = before.join("\n");
    term.until(&format!("{what}: the same as before:\n{wanted}\n"), SOON, |s| lines(s) == before);
}

#[test]
fn odd_names_break_no_picture() {
    for (rows, cols) in [(24, 80), (40, 120), (45, 160)] {
        let mut term = Term::novacron(&["--connect", &odd_names()], &[], rows, cols);
        term.until("all VMs", SOON, |s| is_live(s) && vm_rows(s).len() == VMS);
        term.until("their states", SOON, |s| vm_rows(s).iter().all(|row| row.contains("running")));
        term.send("Z");
        term.until_text("frozen");
        for screen in ["1", "2", "5", "6", "3"] {
            term.send(screen);
            holds(&mut term, screen);
        }
        term.send("2");
        // Each VM's own screen, at the size where room is scarce.
        for vm in 0..if cols == 80 { VMS } else { 0 } {
            term.send(ENTER);
            term.until_text("Summary  Charts");
            holds(&mut term, &format!("VM {vm}"));
            back(&mut term, "the list", |s| vm_rows(s).len() == VMS);
            term.send("j");
        }
        // Back to the top, and out.
        term.send("1Z");
        term.until("live", SOON, is_live);
        quit(&mut term);
    }
}

#[test]
fn xml_of_an_odd_name_breaks_no_picture() {
    let mut term = live(&odd_names(), "tabinside");
    term.send("/");
    term.send("csi");
    term.until("one VM", SOON, |s| vm_rows(s).len() == 1);
    term.send(ENTER);
    term.until("no filter line", SOON, |s| !says(s, "keep"));
    term.send("x");
    term.until_text("<domain");
    term.until("framed", SOON, is_framed);
    back(&mut term, "the filtered list", |s| vm_rows(s).len() == 1);
    back(&mut term, "the list", |s| vm_rows(s).len() == VMS);
    quit(&mut term);
}

#[test]
fn a_paste_breaks_no_picture() {
    let mut term = live("test:///default", "test");
    for key in ["/", ":"] {
        term.send(key);
        term.send("\x1b[200~a\x1b]0;title\x07\u{9b}2J\r\nb\tc\u{202e}d\x1b[201~");
        term.until("what was pasted", SOON, |s| says(s, "2J"));
        term.until("framed", SOON, is_framed);
        back(&mut term, "gone", |s| !says(s, "2J"));
    }
    quit(&mut term);
}

#[test]
fn volumes_named_like_escape_sequences() {
    let Some(host) = Scratch::up("names") else { return };
    // Files with C0 controls libvirt leaves out by itself.
    host.add_volume("a\u{9b}31mred\u{202e}\u{85}b.raw");
    let mut term = Term::novacron(&["--connect", &host.uri], &[], 40, 120);
    term.until("live", SOON, is_live);
    term.send("3");
    term.until("the pools", SOON, |s| says(s, "Volumes of cold"));
    term.send("j");
    term.until("its volume", SOON, |s| says(s, "a31mredb.raw"));
    term.until("framed", SOON, is_framed);
    back(&mut term, "the overview", |s| says(s, "Topology"));
    quit(&mut term);
}
