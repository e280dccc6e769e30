//! The configuration as a documented file.

use std::fmt::Write;

use super::keys::{KEYS, Key};
use super::settings::Settings;

const HEAD: &str = "\
# NovaCron's settings. This is the documented default: every key, with the value it has when nothing is set.
# `novacron config --default > ~/.config/novacron/config.toml` begins a file of your own; keep what you change.
#
# Read in this order, later ones stand above: /etc/novacron/config.toml, ~/.config/novacron/config.toml, the
# host's own section, the environment (NOVACRON_POLL_FAST_SECONDS=5), the command line.
";

const TAIL: &str = "
# What holds for one host only, by its URI. All keys that say \"per host\" may stand here.
# [hosts.\"qemu+ssh://root@kvm01/system\"]
# read_only = true
# poll.fast_seconds = 10
";

/// The documented default: what `assets/config.toml` holds.
pub fn documented() -> String {
    let mut out = String::from(HEAD);
    write_keys(&mut out, &Settings::default(), true);
    out.push_str(TAIL);
    out
}

/// These settings as a file that would set them, without comments.
pub fn effective(settings: &Settings) -> String {
    let mut out = String::new();
    write_keys(&mut out, settings, false);
    out
}

fn write_keys(out: &mut String, settings: &Settings, comments: bool) {
    let mut section = "";
    for key in KEYS {
        let (of, name) = key.path.split_once('.').unwrap_or(("", key.path));
        if of != section {
            section = of;
            let gap = if out.is_empty() { "" } else { "\n" };
            let _ = writeln!(out, "{gap}[{section}]");
        }
        if comments {
            comment(out, key);
        }
        let _ = writeln!(out, "{name} = {}", key.value(settings).to_toml());
    }
}

fn comment(out: &mut String, key: &Key) {
    let per_host = if key.per_host { "; per host" } else { "" };
    let text = format!("{} ({}{per_host})", key.doc, key.kind.describe());
    if !out.lines().last().is_some_and(|l| l.starts_with('[')) {
        out.push('\n');
    }
    for line in wrapped(&text, 108) {
        let _ = writeln!(out, "# {line}");
    }
}

/// The text in lines of at most `width` characters, broken at spaces.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
