//! Hosts that are not there, not for us, or do not answer: a sentence and a remedy, keys that work, and `q` leaves.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::{Duration, Instant};

use super::command::{Ended, run};
use super::scene::{ESC, console, header, quit, says};
use super::term::{SOON, Term};

/// Leaving takes no longer than this, whatever the host does; the machine may be busy with other tests.
const AT_ONCE: Duration = Duration::from_secs(2);

/// The console shows the sentence and the remedy, keys work meanwhile, and it leaves at once.
fn the_console_says(term: &mut Term, sentence: &str, remedy: &str) {
    term.until(sentence, SOON, |s| says(s, sentence) && says(s, remedy));
    keys_work(term);
    leaves_at_once(term);
}

fn keys_work(term: &mut Term) {
    term.send("?");
    term.until_text("Half a page down");
    term.send(ESC);
    term.until("no help", SOON, |s| !says(s, "Half a page down"));
    term.send("8");
    term.until_text("Log");
    term.send(ESC);
    term.until_text("sort: cpu");
}

fn leaves_at_once(term: &mut Term) {
    let begun = Instant::now();
    quit(term);
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
}

/// Every command ends with this code and says why on standard error.
fn commands_end_with(uri: &str, code: i32, sentence: &str) {
    for words in [&["list", "vms", "--timeout", "0.5"][..], &["show", "web01", "--timeout", "0.5"]] {
        let ended = run(&[words, &["--connect", uri]].concat());
        assert_eq!(ended.code, code, "{words:?}: {}", ended.err);
        assert!(ended.err.contains(sentence), "{words:?}: {}", ended.err);
        assert_eq!(ended.out, "", "{words:?}");
        let lines: Vec<_> = ended.err.lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with("novacron: "), "a sentence and a remedy: {lines:?}");
    }
}

fn doctor_ends_with(uri: &str, code: i32, sentence: &str) {
    let ended = run(&["doctor", "--timeout", "0.5", "--connect", uri]);
    assert_eq!(ended.code, code, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains(sentence), "{}", ended.out);
    assert!(ended.out.contains("FAIL"), "{}", ended.out);
}

#[test]
fn no_daemon() {
    let uri = "qemu+unix:///system?socket=/nonexistent/libvirt-sock";
    let (sentence, remedy) = ("No such file or directory", "systemctl status libvirtd virtqemud");
    the_console_says(&mut console(uri), sentence, remedy);
    commands_end_with(uri, 6, sentence);
    doctor_ends_with(uri, 6, sentence);
}

#[test]
fn no_daemon_in_a_small_terminal() {
    let uri = "qemu+unix:///system?socket=/nonexistent/libvirt-sock";
    let mut term = Term::novacron(&["--connect", uri], &[], 24, 80);
    // All of it, over several lines.
    term.until("the whole remedy", SOON, |s| {
        says(s, "No such file or directory") && says(s, "`novacron demo` needs neither.")
    });
    assert!(header(term.cells()).contains("trying again in"), "{}", header(term.cells()));
    leaves_at_once(&mut term);
}

#[test]
fn nobody_listens_at_the_port() {
    // A port that was free a moment ago, and is closed again.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let uri = format!("qemu+tcp://127.0.0.1:{port}/system");
    the_console_says(&mut console(&uri), "Connection refused", "Is the host's name right");
    commands_end_with(&uri, 6, "Connection refused");
    doctor_ends_with(&uri, 6, "Connection refused");
}

#[test]
fn a_wrong_uri() {
    the_console_says(&mut console("nonsense"), "Could not connect", "Examples: qemu:///system");
    commands_end_with("nonsense", 2, "Could not connect");
    doctor_ends_with("nonsense", 2, "Could not connect");
}

#[test]
fn a_host_that_accepts_and_never_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("qemu+tcp://{}/system", silent.local_addr().unwrap());
    let mut term = console(&uri);
    term.until("no answer", SOON, |s| {
        header(s).contains("no answer for") && says(s, "does not answer") && says(s, "Ctrl-r connects anew")
    });
    keys_work(&mut term);
    leaves_at_once(&mut term);
    commands_end_with(&uri, 7, "did not answer in time");
    doctor_ends_with(&uri, 7, "did not answer in time");
}

#[test]
fn an_ssh_that_fails_and_complains() {
    // What stands for ssh speaks its mind on descriptor 2, as ssh does.
    let folder = tempfile::tempdir().unwrap();
    let ssh = folder.path().join("ssh");
    std::fs::write(
        &ssh,
        "#!/bin/sh\necho 'Pseudo-terminal will not be allocated.' >&2\n\
         echo 'root@kvm01: Permission denied (publickey).' >&2\nhead -c 1 >/dev/null\nexit 255\n",
    )
    .unwrap();
    std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();
    let uri = format!("qemu+ssh://root@kvm01/system?command={}", ssh.display());
    the_console_says(&mut console(&uri), "Permission denied (publickey)", "ssh-add -l");
    commands_end_with(&uri, 6, "Permission denied (publickey)");
}

/// Whether a file that only root may use is closed to this process; root has to become somebody else first.
fn as_nobody() -> Option<[&'static str; 4]> {
    if !rustix::process::geteuid().is_root() {
        return Some(["/usr/bin/env", "-u", "NOBODY", "--"]);
    }
    let setpriv = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    if std::path::Path::new(setpriv[0]).exists() {
        return Some(setpriv);
    }
    println!("skipped: this is root, and setpriv is not there to become somebody else");
    None
}

#[test]
fn no_permission() {
    let Some(become_nobody) = as_nobody() else { return };
    let folder = tempfile::tempdir().unwrap();
    let reach = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    reach(folder.path(), 0o755);
    let socket = folder.path().join("libvirt-sock");
    let _listener = UnixListener::bind(&socket).unwrap();
    reach(&socket, if rustix::process::geteuid().is_root() { 0o600 } else { 0 });
    // The binary, where anybody may read it.
    let binary = folder.path().join("novacron");
    std::fs::copy(env!("CARGO_BIN_EXE_novacron"), &binary).unwrap();
    reach(&binary, 0o755);
    let home = tempfile::tempdir().unwrap();
    reach(home.path(), 0o777);

    let uri = format!("qemu+unix:///system?socket={}", socket.display());
    let (program, rest) = become_nobody.split_first().unwrap();
    let args = [rest, &[binary.to_str().unwrap(), "--connect", &uri]].concat();
    let mut term = Term::spawn_in(home, program, &args, &[], 40, 120);
    the_console_says(&mut term, "Permission denied", "usermod -aG libvirt");
    for words in [&["list", "vms"][..], &["show", "web01"], &["doctor"]] {
        let args = [rest, &[binary.to_str().unwrap(), "--connect", &uri], words].concat();
        let ended: Ended =
            Command::new(program).args(args).env("HOME", folder.path()).output().unwrap().into();
        assert_eq!(ended.code, 6, "{words:?}: {}", ended.err);
        assert!(
            format!("{}{}", ended.out, ended.err).contains("Permission denied"),
            "{words:?}: {}",
            ended.err
        );
    }
}
