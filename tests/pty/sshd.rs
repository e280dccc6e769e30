//! An SSH server of one test's own, on the loopback: its own keys, port and settings, and none of the machine's.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::term::SOON;

/// Where Debian has it. It wants to be started by its full path.
const SSHD: &str = "/usr/sbin/sshd";

/// What the one who logs in has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// A key that opens.
    Welcome,
    /// A key that the server does not know.
    WrongKey,
    /// No knowledge of the server.
    UnknownHost,
}

/// The server, ended with this.
pub(crate) struct Sshd {
    listener: Child,
    port: u16,
    user: String,
    folder: TempDir,
}

impl Sshd {
    /// Starts it; tells why where it cannot run.
    pub(crate) fn start(login: Login) -> Option<Self> {
        if let Some(why) = missing() {
            println!("skipped: {why}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let key = |name: &str| {
            let file = folder.path().join(name);
            said(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&file));
            std::fs::read_to_string(file.with_extension("pub")).unwrap()
        };
        let (host, user, other) = (key("host"), key("user"), key("other"));
        // A port that was free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            file
        };
        write("authorized", if login == Login::WrongKey { &other } else { &user });
        let known =
            if login == Login::UnknownHost { String::new() } else { format!("[127.0.0.1]:{port} {host}") };
        write("known", &known);
        let settings = write("sshd_config", &server(folder.path(), port));
        let client = write("ssh_config", &client(folder.path()));
        let ssh = write("ssh", &format!("#!/bin/sh\nexec ssh -F {} \"$@\"\n", client.display()));
        std::fs::set_permissions(&ssh, std::fs::Permissions::from_mode(0o755)).unwrap();

        let mut listener = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(settings)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = lines(BufReader::new(listener.stderr.take().unwrap()));
        let user = said(Command::new("id").arg("-un"));
        let this = Self { listener, port, user, folder };
        let mut seen = String::new();
        while !seen.contains("Server listening") {
            match log.recv_timeout(SOON) {
                Ok(line) => writeln!(seen, "{line}").unwrap(),
                Err(why) => panic!("sshd does not listen ({why}): {seen}"),
            }
        }
        Some(this)
    }

    /// The URI of the libvirt behind this socket, over this server. Neither the user's keys nor settings are asked.
    pub(crate) fn uri(&self, socket: &str) -> String {
        let (user, port) = (&self.user, self.port);
        format!("qemu+ssh://{user}@127.0.0.1:{port}/system?socket={socket}&command={}", self.ssh().display())
    }

    fn ssh(&self) -> PathBuf {
        self.folder.path().join("ssh")
    }

    /// The processes that serve a login, those that others started first.
    pub(crate) fn sessions(&self) -> Vec<Pid> {
        let mut all = children(self.listener.id());
        let mut at = 0;
        while let Some(pid) = all.get(at) {
            all.extend(children(pid.as_raw_nonzero().get().cast_unsigned()));
            at += 1;
        }
        all
    }

    /// Kills all that serve a login; the listener stays.
    pub(crate) fn cut(&self) {
        for session in self.sessions() {
            let _ = kill_process(session, Signal::KILL);
        }
    }

    /// Waits until nobody is logged in any more.
    pub(crate) fn until_all_left(&self) {
        let begun = Instant::now();
        let (_never, pace) = channel::<()>();
        while !self.sessions().is_empty() {
            assert!(begun.elapsed() < SOON, "still logged in: {:?}", self.sessions());
            let _ = pace.recv_timeout(Duration::from_millis(20));
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.cut();
        let _ = self.listener.kill();
        let _ = self.listener.wait();
    }
}

fn children(pid: u32) -> Vec<Pid> {
    // A process that has just ended has none.
    let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace().map(|pid| Pid::from_raw(pid.parse().unwrap()).unwrap()).collect()
}

/// Why there can be no server.
fn missing() -> Option<String> {
    for program in [SSHD, "/usr/bin/ssh", "/usr/bin/ssh-keygen"] {
        if !Path::new(program).exists() {
            return Some(format!("{program} is not there (./dev test installs it)"));
        }
    }
    if rustix::process::geteuid().is_root() {
        let shadow = std::fs::read_to_string("/etc/shadow").unwrap_or_default();
        if shadow.lines().any(|l| l.starts_with("root:!")) {
            return Some("root's account is locked, and sshd lets nobody in then".to_owned());
        }
        // Its folder for the time before the login; a service would make it.
        std::fs::create_dir_all("/run/sshd").unwrap();
    }
    None
}

fn server(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\n\
         PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         PermitRootLogin prohibit-password\nMaxStartups 100\n"
    )
}

fn client(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "Host *\nUserKnownHostsFile {folder}/known\nGlobalKnownHostsFile none\nIdentityFile {folder}/user\n\
         IdentitiesOnly yes\nIdentityAgent none\n"
    )
}

fn said(command: &mut Command) -> String {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// Reads to the end, so that the writer never waits.
fn lines(from: impl BufRead + Send + 'static) -> Receiver<String> {
    let (to, lines) = channel();
    std::thread::spawn(move || from.lines().map_while(Result::ok).for_each(|l| drop(to.send(l))));
    lines
}
