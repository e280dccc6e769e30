//! Completion in real shells, as a person has it: letters and a tab, and what the command gets in the end.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::term::{SOON, Term};

const TAB: &str = "\t";
const TO_BEGIN: &str = "\x01";
const CLEAR: &str = "\x0c";

/// A shell that has read the completion script, on the host of `tests/data/completion-names.xml`.
fn shell(kind: &str) -> Option<Term> {
    let program = format!("/usr/bin/{kind}");
    let program = if Path::new(&program).exists() { program } else { format!("/bin/{kind}") };
    if !Path::new(&program).exists() {
        println!("skipped: there is no {kind} here (./dev test installs it)");
        return None;
    }
    let home = tempfile::tempdir().unwrap();
    let at = |path: &str| home.path().join(path);
    for folder in ["bin", "functions", "config/novacron", "config/fish/completions"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    let binary = env!("CARGO_BIN_EXE_novacron");
    symlink(binary, at("bin/novacron")).unwrap();
    let host = format!("test://{}/tests/data/completion-names.xml", env!("CARGO_MANIFEST_DIR"));
    fs::write(at("config/novacron/config.toml"), format!("connect = \"{host}\"\n")).unwrap();
    let args = set_up(kind, &home);
    let path = format!("{}:/usr/bin:/bin", at("bin").display());
    let config = at("config");
    let env = [
        ("PATH", path.as_str()),
        ("XDG_CONFIG_HOME", config.to_str().unwrap()),
        ("ZDOTDIR", home.path().to_str().unwrap()),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut term = Term::spawn_in(home, &program, &args, &env, 30, 180);
    term.until_text("ready>");
    Some(term)
}

/// Puts the script where the shell looks for it; the shell's arguments.
fn set_up(kind: &str, home: &TempDir) -> Vec<&'static str> {
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_novacron"))
        .args(["completions", kind])
        .output()
        .unwrap();
    assert!(said.status.success());
    let write = |path: &str, text: &[u8]| fs::write(home.path().join(path), text).unwrap();
    match kind {
        "bash" => {
            write(".bashrc", &[&said.stdout[..], b"\nPS1='ready> '\n"].concat());
            vec!["--noprofile", "-i"]
        }
        "zsh" => {
            write("functions/_novacron", &said.stdout);
            write(
                ".zshrc",
                b"fpath=(~/functions $fpath)\nautoload -U compinit\ncompinit -u\nPS1='ready> '\n",
            );
            vec!["-d", "-i"]
        }
        _ => {
            write("config/fish/completions/novacron.fish", &said.stdout);
            write(
                "config/fish/config.fish",
                b"function fish_prompt; echo 'ready> '; end\nfunction fish_greeting; end\n",
            );
            vec!["-i"]
        }
    }
}

/// Types this behind `novacron `, and a tab; the line that comes of it has `seen` in it, and the command gets `last` as its
/// last argument.
fn completes(term: &mut Term, typed: &str, seen: &str, last: &str) {
    term.send(CLEAR);
    term.until("an empty screen", SOON, |s| s.contents().trim_end() == "ready>");
    term.send(&format!("novacron {typed}"));
    term.send(TAB);
    term.until(&format!("{typed}: {seen}"), SOON, |s| s.contents().contains(seen));
    term.send(&format!("{TO_BEGIN}printf '<%s>' "));
    term.until("the command before it", SOON, |s| s.contents().contains("printf '<%s>' novacron "));
    if typed.contains('\'') && !typed.contains("\\'") {
        // A quote that was open is closed by whoever asks for the word.
        term.send("\x05");
    }
    term.send("\r");
    let last = format!("<{last}>");
    term.until(&format!("{typed}: {last}"), SOON, |s| s.contents().contains(&last));
}

fn all(kind: &str) {
    let Some(mut term) = shell(kind) else { return };
    let term = &mut term;
    completes(term, "vm start web", "web01", "web01");
    completes(term, "vm start tw", "words", "two words");
    completes(term, "vm start it", "HOME", "it's \"$HOME\"");
    completes(term, "vm start db", "main", "db:main");
    completes(term, "vm start db:m", "main", "db:main");
    completes(term, "vm start web01 tw", "words", "two words");
    // What would be taken for an option, or may not be drawn, goes by its UUID.
    completes(term, "vm start 6c", "da50", "6c1a1c70-0000-4000-8000-00000000da50");
    completes(term, "vm start 7c", "c711", "7c1a1c70-0000-4000-8000-00000000c711");
    completes(term, "vm start 'tw", "words'", "two words");
    completes(term, "pool stop fa", "pool", "fast pool");
    completes(term, r"volume delete fast\ pool/da", "img", "fast pool/data;1.img");
    completes(term, "template delete si", "single", "single");
    completes(term, "vm create x --template si", "single", "single");
    // The host that the line names, and the words of the command line itself.
    completes(term, "--connect test:///default vm start te", "start test ", "test");
    completes(
        term,
        "--connect test:///default vm nic attach test --network de",
        "--network default ",
        "default",
    );
    completes(term, "vm migr", "migrate-disk", "migrate-disk");
    completes(term, "vm start --pau", "--paused", "--paused");
}

#[test]
fn bash_completes() {
    all("bash");
    let Some(mut term) = shell("bash") else { return };
    completes(&mut term, r"vm start \=", "zsh", "=zsh");
    completes(&mut term, "vm start -- -d", "dash", "-dash");
    completes(&mut term, "vm start \"tw", "words\"", "two words");
}

#[test]
fn zsh_completes() {
    all("zsh");
    let Some(mut term) = shell("zsh") else { return };
    completes(&mut term, r"vm start \=", "zsh", "=zsh");
    completes(&mut term, "vm start -- -d", "dash", "-dash");
}

#[test]
fn fish_completes() {
    all("fish");
    let Some(mut term) = shell("fish") else { return };
    completes(&mut term, "vm start -- -d", "dash", "-dash");
}
