//! Terminals that know less: no colour, sixteen colours, ASCII alone.

use std::collections::BTreeSet;

use super::host;
use super::scan::{colours, screen_bytes};
use super::scene::{QUICK, back, is_live, says};
use super::term::{SOON, Term};

/// Looks at every screen in this environment; returns all bytes of the screens.
fn tour(uri: &str, env: &[(&str, &str)], args: &[&str]) -> Vec<u8> {
    let args = [&["--connect", uri], args].concat();
    let mut term = Term::novacron(&args, &[&QUICK, env].concat(), 40, 120);
    term.until("live", SOON, is_live);
    for (key, seen) in
        [("3", "Volumes"), ("5", "Nothing needs attention"), ("6", "Pools and who"), ("8", "Log")]
    {
        term.send(key);
        term.until_text(seen);
    }
    for (key, seen) in [("?", "Half a page down"), (":", "an action, a VM or a theme")] {
        term.send(key);
        term.until_text(seen);
        back(&mut term, "closed", |s| !says(s, seen));
    }
    term.send("2");
    term.until_text("LATENCY");
    term.send("\r");
    for tab in ["autostart", "CPU", "FORMAT", "MAC", "has no snapshots.", "<domain"] {
        term.until_text(tab);
        term.send("\t");
    }
    term.send("1");
    term.until_text("Topology");
    term.send("q");
    assert_eq!(term.wait_exit(SOON).exit_code(), 0);
    term.assert_terminal_restored();
    screen_bytes(term.raw()).to_vec()
}

/// The host with the most names that are not ASCII.
fn uri() -> String {
    host::private().unwrap_or_else(|| "test:///default".into())
}

#[test]
fn without_a_utf8_locale_every_byte_is_ascii() {
    for env in [&[("LANG", "C")][..], &[("LANG", "de_DE.ISO-8859-1")], &[("LC_ALL", "POSIX")]] {
        let bytes = tour(&uri(), env, &[]);
        assert!(
            bytes.is_ascii(),
            "{env:?}: {:?}",
            String::from_utf8_lossy(&bytes).chars().find(|c| !c.is_ascii())
        );
    }
    assert!(tour(&uri(), &[], &["--ascii"]).is_ascii());
}

#[test]
fn no_color_means_no_colour() {
    let bytes = tour(&uri(), &[("NO_COLOR", "1")], &[]);
    assert_eq!(colours(&bytes), BTreeSet::new());
    let bytes = tour(&uri(), &[("TERM", "vt220")], &[]);
    assert_eq!(colours(&bytes), BTreeSet::new());
}

#[test]
fn the_kernels_console_gets_sixteen_colours_and_ascii() {
    let bytes = tour(&uri(), &[("TERM", "linux")], &[]);
    let colours = colours(&bytes);
    assert!(!colours.is_empty());
    // The sixteen by their own codes, dark and bright, of text and behind it; or back to the default.
    let sixteen = |c: &String| matches!(c.parse(), Ok(30u8..=37 | 39..=47 | 49 | 90..=97 | 100..=107));
    assert!(colours.iter().all(sixteen), "{colours:?}");
    assert!(bytes.is_ascii());
}
