//! Guests' screens on the private host: as files, as pictures in the console, and the ways from there.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::command::run;
use super::host;
use super::scene::{ESC, QUICK, lines, row_of, says, selected};
use super::term::{SOON, Term};

#[test]
fn a_screen_is_saved_as_it_was_given() {
    let Some(uri) = host::private() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("web01 screen");
    let path = file.to_str().unwrap();
    let shot = run(&["vm", "screenshot", "web01", "-o", path, "--format", "json", "--connect", &uri]);
    assert_eq!(shot.code, 0, "{}", shot.err);
    let told: serde_json::Value = serde_json::from_str(&shot.out).unwrap();
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"P6"));
    assert_eq!(told["bytes"], bytes.len());
    assert!(told["width"].as_u64().unwrap() >= 320, "{told}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // What is there stays, unless it is to be replaced; nothing is left beside it.
    let again = run(&["vm", "screenshot", "web01", "-o", path, "--connect", &uri]);
    assert_eq!(again.code, 4, "{}", again.err);
    let replaced = run(&["vm", "screenshot", "web01", "-o", path, "--overwrite", "--connect", &uri]);
    assert_eq!(replaced.code, 0, "{}", replaced.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    // Without a screen, and off.
    for vm in ["web02", "old-wiki"] {
        let none = folder.path().join("none");
        let failed = run(&["vm", "screenshot", vm, "-o", none.to_str().unwrap(), "--connect", &uri]);
        assert!(failed.code != 0 && !failed.err.is_empty() && !none.exists(), "{vm}: {}", failed.err);
    }
}

#[test]
fn the_ways_to_a_guest_are_told() {
    let Some(uri) = host::private() else { return };
    let display = run(&["vm", "display", "web01", "--connect", &uri]);
    assert!(
        display.code == 0 && display.out.starts_with("vnc://127.0.0.1:59"),
        "{} {}",
        display.out,
        display.err
    );
    assert_eq!(run(&["vm", "display", "web02", "--connect", &uri]).code, 4);
    let ssh = run(&["vm", "ssh", "web02", "--user", "ann", "--dry-run", "--connect", &uri, "--", "uptime"]);
    assert_eq!(ssh.code, 0, "{}", ssh.err);
    let words: Vec<&str> = ssh.out.split_whitespace().collect();
    assert!(
        matches!(words.as_slice(), ["ssh", "-l", "ann", address, "uptime"] if address.parse::<std::net::IpAddr>().is_ok()),
        "{words:?}"
    );
    assert_eq!(run(&["vm", "ssh", "old-wiki", "--connect", &uri]).code, 4);
}

/// The console with the screen of `web01` open, and this in place of SSH.
fn looking(uri: &str, ssh: &str) -> Term {
    let env = [QUICK.as_slice(), &[("NOVACRON_SSH_COMMAND", ssh), ("DISPLAY", ""), ("WAYLAND_DISPLAY", "")]]
        .concat();
    let mut term = Term::novacron(&["--connect", uri], &env, 40, 120);
    term.until("live", SOON, |s| row_of(s, "web01").is_some());
    term.send("/web01\r");
    term.until("web01 selected", SOON, |s| selected(s).is_some_and(|row| row.contains("web01")));
    term.send("v");
    term.until("its picture", SOON, |s| says(s, "▀▀▀▀▀▀") && lines(s)[0].contains(" × "));
    term
}

#[test]
fn a_screen_is_looked_at_and_keys_are_pressed() {
    let Some(uri) = host::private() else { return };
    let mut term = looking(&uri, "ssh");
    term.until("its address", SOON, |s| says(s, "vnc://127.0.0.1:59"));
    // No display here: the address is told instead.
    term.send("v");
    term.until("no display", SOON, |s| says(s, "There is no display here") && says(s, "vnc://"));
    // Keys have a plan, whose first button does nothing.
    term.send("k");
    term.until("the menu", SOON, |s| says(s, "ctrl-alt-delete"));
    term.send("\x1b[F");
    term.send("\r");
    term.until("the line", SOON, |s| says(s, "Press keys of web01"));
    term.send("shift\r");
    term.until("the plan", SOON, |s| says(s, "send-key"));
    term.send("\t\r");
    term.until("its end", SOON, |s| !says(s, "send-key") && says(s, "web01"));
    term.send("r");
    term.until("another picture", SOON, |s| says(s, "▀▀▀▀▀▀"));
    term.send(ESC);
    term.until("the list", SOON, |s| row_of(s, "web01").is_some() && !says(s, "▀▀▀▀▀▀"));
    let audit = run_home(&term, &["audit", "list", "--operation", "vm.send-key", "--connect", &uri]);
    assert!(audit.contains("web01"), "{audit}");
    let looked = run_home(&term, &["audit", "list", "--operation", "vm.screenshot", "--connect", &uri]);
    assert_eq!(looked.matches("web01").count(), 1, "once, however many pictures: {looked}");
}

/// What a command says that has the same home as this console.
fn run_home(term: &Term, args: &[&str]) -> String {
    let data = term.home().join("data");
    let mut other = Term::novacron(args, &[("XDG_DATA_HOME", data.to_str().unwrap())], 24, 120);
    other.wait_exit(SOON);
    other.screen()
}

/// How often the command began: what earlier ones wrote is still there.
fn entered(screen: &vt100::Screen) -> usize {
    lines(screen).iter().filter(|line| line.contains("in the guest of 1 words")).count()
}

#[test]
fn the_terminal_is_lent_and_taken_back() {
    let Some(uri) = host::private() else { return };
    let folder = tempfile::tempdir().unwrap();
    let ssh = folder.path().join("ssh");
    let script = "#!/bin/sh\nstty -echo\necho \"in the guest of $# words\"\nread -r line\necho \"read $line\"\n[ \"$line\" = fine ] || exit 255\n";
    fs::write(&ssh, script).unwrap();
    fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).unwrap();
    let mut term = looking(&uri, ssh.to_str().unwrap());
    term.until("its address", SOON, |s| {
        lines(s)
            .iter()
            .any(|l| l.contains("SSH") && !l.contains("no address known") && l.contains("graphics"))
    });
    term.send("s");
    term.until("the command", SOON, |s| entered(s) == 1);
    assert!(!term.is_raw());
    term.send("fine\r");
    term.until("the picture again", SOON, |s| says(s, "▀▀▀▀▀▀") && !says(s, "in the guest"));
    assert!(term.is_raw());
    // One that fails is read before the console comes back.
    term.send("s");
    term.until("the command", SOON, |s| entered(s) == 2);
    term.send("bad\r");
    term.until("why", SOON, |s| says(s, "Press Enter to return"));
    term.send("\r");
    term.until("the picture again", SOON, |s| says(s, "▀▀▀▀▀▀") && says(s, "failed"));
    term.send(ESC);
    term.until("the list", SOON, |s| row_of(s, "web01").is_some() && !says(s, "▀▀▀▀▀▀"));
    let audit = run_home(&term, &["audit", "list", "--operation", "vm.ssh", "--connect", &uri]);
    assert_eq!(audit.matches("web01").count(), 2, "{audit}");
    // It ends with the program, and the terminal is as it was before both.
    term.send("v");
    term.until("the picture", SOON, |s| says(s, "▀▀▀▀▀▀"));
    term.send("s");
    term.until("the command", SOON, |s| entered(s) == 3);
    term.signal(rustix::process::Signal::TERM);
    term.wait_exit(SOON);
    term.assert_terminal_restored();
}
