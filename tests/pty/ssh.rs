//! A host reached over SSH: a real `ssh`, a real `sshd`, and the private test host behind it.

use super::command::run;
use super::host;
use super::scan::assert_only_pictures;
use super::scene::{ENTER, ESC, console, header, is_live, live, quit, row_of, says, vm_rows};
use super::sshd::{Login, Sshd};
use super::term::SOON;

/// The socket of the private test host.
fn socket() -> Option<String> {
    let uri = host::private()?;
    Some(uri.split_once("socket=").unwrap().1.to_owned())
}

#[test]
fn the_console_over_ssh() {
    let Some(socket) = socket() else { return };
    let Some(sshd) = Sshd::start(Login::Welcome) else { return };
    let mut term = live(&sshd.uri(&socket), "web01");
    assert!(!sshd.sessions().is_empty());
    term.send("/web01\r");
    term.send(ENTER);
    term.until_text("Summary  Charts");
    term.send(ESC);
    term.until("the list", SOON, |s| row_of(s, "web01").is_some());
    // The filter goes as well.
    term.send(ESC);
    term.until("all VMs", SOON, |s| vm_rows(s).len() > 1);

    // The way breaks twice; the daemon is well all the time.
    for _ in 0..2 {
        sshd.cut();
        term.until("the loss", SOON, |s| header(s).contains("connection lost"));
        assert!(row_of(term.cells(), "web01").is_some(), "what was known stays");
        term.until("live again", SOON, is_live);
        assert_only_pictures(&term);
    }
    quit(&mut term);
    sshd.until_all_left();
}

#[test]
fn commands_over_ssh() {
    let Some(socket) = socket() else { return };
    let Some(sshd) = Sshd::start(Login::Welcome) else { return };
    let uri = sshd.uri(&socket);
    let list = run(&["list", "vms", "--sample", "0", "--connect", &uri]);
    assert_eq!((list.code, list.err.as_str()), (0, ""));
    assert!(list.out.contains("web01"), "{}", list.out);
    let doctor = run(&["doctor", "--connect", &uri]);
    assert_eq!(doctor.code, 0, "{}{}", doctor.out, doctor.err);
    let wrong = run(&["list", "vms", "--connect", &sshd.uri("/nonexistent/libvirt-sock")]);
    assert_eq!(wrong.code, 6, "{}", wrong.err);
    sshd.until_all_left();
}

/// The console says why it is not let in, and nothing of what ssh writes reaches the screen.
fn is_not_let_in(login: Login, why: &str, remedy: &str) {
    let Some(sshd) = Sshd::start(login) else { return };
    let uri = sshd.uri("/run/libvirt/libvirt-sock");
    let mut term = console(&uri);
    term.until(why, SOON, |s| says(s, why) && says(s, remedy) && header(s).contains("trying again in"));
    quit(&mut term);
    let list = run(&["list", "vms", "--connect", &uri]);
    assert_eq!((list.code, list.out.as_str()), (6, ""), "{}", list.err);
    assert!(list.err.contains(why) && list.err.contains(remedy), "{}", list.err);
    assert_eq!(list.err.lines().count(), 2, "{}", list.err);
    sshd.until_all_left();
}

#[test]
fn a_key_that_is_refused() {
    is_not_let_in(Login::WrongKey, "Permission denied (publickey)", "ssh-add -l");
}

#[test]
fn a_host_whose_key_is_unknown() {
    is_not_let_in(Login::UnknownHost, "Host key verification failed", "ssh USER@HOST");
}
