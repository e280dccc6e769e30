//! Files of the user's with mistakes in them: the console starts, says so, and the log has file and line.

use std::fs;

use tempfile::TempDir;

use super::scene::{is_live, row_of, says};
use super::term::{SOON, Term};

/// A console in a home with these files below `.config/novacron`.
fn with(files: &[(&str, &str)], args: &[&str]) -> Term {
    let home: TempDir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = home.path().join(".config/novacron").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let args = [&["--connect", "test:///default"], args].concat();
    Term::spawn_in(home, env!("CARGO_BIN_EXE_novacron"), &args, &[], 40, 160)
}

/// It starts all the same, says this on screen, and the log names this place.
fn starts_and_says(mut term: Term, notice: &str, place: &str) {
    term.until(notice, SOON, |s| says(s, notice));
    term.until("live all the same", SOON, |s| is_live(s) && row_of(s, "test").is_some());
    super::scene::quit(&mut term);
    let log = fs::read_to_string(term.home().join("data/novacron/novacron.log")).unwrap();
    assert!(log.contains(place), "no {place} in {log}");
}

#[test]
fn a_keymap_with_a_clash() {
    // `g` hides `gg`; the action of the third line is none.
    let keymap = "[global]\n\"g\" = \"refresh\"\n\"Ctrl-x\" = \"no-such-action\"\n";
    starts_and_says(with(&[("keymap.toml", keymap)], &[]), "keymap.toml:", "keymap.toml:2");
    starts_and_says(with(&[("keymap.toml", keymap)], &[]), "keymap.toml:", "keymap.toml:3");
}

#[test]
fn a_config_that_is_no_toml() {
    let config = "[ui\ntheme = \"light\"\n";
    starts_and_says(with(&[("config.toml", config)], &[]), "config.toml:", "config.toml:1");
}

#[test]
fn a_config_with_a_slip() {
    let config = "[ui]\nthem = \"light\"\n[poll]\nfast_seconds = \"often\"\n";
    let term = with(&[("config.toml", config)], &[]);
    starts_and_says(term, "config.toml:", "config.toml:2");
}

#[test]
fn a_theme_with_a_bad_colour() {
    let theme = "inherits = \"dark\"\n[palette]\nred = \"#zzzzzz\"\n[roles]\ndanger = \"blurple\"\n";
    let term = with(&[("themes/mine.toml", theme)], &["--theme", "mine"]);
    starts_and_says(term, "mine.toml:", "mine.toml:");
}

#[test]
fn a_config_that_cannot_be_read() {
    let term = with(&[("config.toml/oops", "a folder in its place")], &[]);
    starts_and_says(term, "config.toml", "config.toml");
}
