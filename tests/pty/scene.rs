//! What scenarios share: opening a console, reading its screen, leaving.

use vt100::Screen;

use super::scan::assert_only_pictures;
use super::term::{SOON, Term};

/// Paces that make a test short.
pub(crate) const QUICK: [(&str, &str); 2] =
    [("NOVACRON_POLL_FAST_SECONDS", "0.5"), ("NOVACRON_POLL_STALL_AFTER_SECONDS", "1")];

/// Keys as an xterm sends them.
pub(crate) const ESC: &str = "\x1b";
pub(crate) const ENTER: &str = "\r";
pub(crate) const CTRL_C: &str = "\x03";

/// Opens the console on a host, at 120×40.
pub(crate) fn console(uri: &str) -> Term {
    Term::novacron(&["--connect", uri], &QUICK, 40, 120)
}

/// Opens the console and waits until it is live and lists this VM.
pub(crate) fn live(uri: &str, vm: &str) -> Term {
    let mut term = console(uri);
    term.until(&format!("live with {vm}"), SOON, |s| is_live(s) && row_of(s, vm).is_some());
    term
}

/// Leaves with `q`: at once, with exit code 0, the terminal as it was, and nothing foreign written before.
pub(crate) fn quit(term: &mut Term) {
    term.send("q");
    let status = term.wait_exit(SOON);
    assert_eq!(status.exit_code(), 0, "{status:?}");
    term.assert_terminal_restored();
    assert_only_pictures(term);
    assert_eq!(super::scan::last_words(term), "");
}

/// The header.
pub(crate) fn header(screen: &Screen) -> String {
    lines(screen).swap_remove(0)
}

/// Goes back, and waits until the screen is so: what follows Esc at once would be taken for Alt and a key.
pub(crate) fn back(term: &mut Term, what: &str, is_so: impl Fn(&Screen) -> bool) {
    term.send(ESC);
    term.until(what, SOON, is_so);
}

/// The header says that values are being renewed.
pub(crate) fn is_live(screen: &Screen) -> bool {
    // A narrow header has the sign alone.
    let header = header(screen);
    header.contains("● live") || header.contains("* live") || header.contains("● ")
}

/// All lines, trailing blanks left out.
pub(crate) fn lines(screen: &Screen) -> Vec<String> {
    screen.rows(0, screen.size().1).map(|row| row.trim_end().to_owned()).collect()
}

/// The row of the VM list that names this VM.
pub(crate) fn row_of(screen: &Screen, vm: &str) -> Option<String> {
    vm_rows(screen).into_iter().find(|row| row.split_whitespace().any(|word| word == vm))
}

/// The VM that the cursor is on.
pub(crate) fn selected(screen: &Screen) -> Option<String> {
    let row = vm_rows(screen).into_iter().find(|row| row.contains('▌'))?;
    row.split_once('▌')?.1.split_whitespace().nth(1).map(str::to_owned)
}

/// Rows of the VM list, which is at the left edge, without its frame.
pub(crate) fn vm_rows(screen: &Screen) -> Vec<String> {
    let cut = |line: String| Some(line.strip_prefix('│')?.split('│').next()?.to_owned());
    let rows = lines(screen).into_iter().skip_while(|l| !l.contains("╭ VMs")).skip(2);
    rows.map_while(cut).filter(|row| !row.trim().is_empty()).collect()
}

/// Whether the screen says this, be it wrapped within the pane at the left.
pub(crate) fn says(screen: &Screen, text: &str) -> bool {
    screen.contents().contains(text) || left_pane(screen).contains(text)
}

/// The pane at the left edge as running text.
fn left_pane(screen: &Screen) -> String {
    let cut = |line: String| Some(line.strip_prefix('│')?.split('│').next()?.trim().to_owned());
    lines(screen).into_iter().filter_map(cut).collect::<Vec<_>>().join(" ")
}
