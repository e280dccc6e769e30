//! A collector on a real host, and a console beside it.

use std::io::Read;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::host;
use super::scene::{QUICK, header, is_live, quit, row_of};
use super::term::{SOON, Term};

/// A collector of one test's own.
struct Collector {
    child: Child,
    manager: UnixDatagram,
    data: PathBuf,
    notify: PathBuf,
    _folder: tempfile::TempDir,
}

fn command(uri: &str, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_novacron"));
    command.args(["collect", "--connect", uri]).env("XDG_DATA_HOME", data).env_remove("NOTIFY_SOCKET");
    command.envs(QUICK).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// One that tells a service manager how it fares.
fn noted(uri: &str, data: &Path, notify: &Path) -> Command {
    let mut command = command(uri, data);
    command.env("NOTIFY_SOCKET", notify).env("WATCHDOG_USEC", "400000");
    command
}

impl Collector {
    /// One that records.
    fn start(uri: &str) -> Self {
        let collector = Self::begin(tempfile::tempdir().unwrap(), uri);
        collector.hears("READY=1");
        collector
    }

    /// One that has just begun, with its data in this folder.
    fn begin(folder: tempfile::TempDir, uri: &str) -> Self {
        let data = folder.path().join("data");
        let notify = folder.path().join("notify");
        let manager = UnixDatagram::bind(&notify).unwrap();
        manager.set_read_timeout(Some(SOON)).unwrap();
        let child = noted(uri, &data, &notify).spawn().unwrap();
        Self { child, manager, data, notify, _folder: folder }
    }

    /// Another one in the same place, once the first has ended; waits until it records.
    fn start_again(&mut self, uri: &str) {
        // What the first one said last.
        self.manager.set_nonblocking(true).unwrap();
        while self.manager.recv(&mut [0; 4096]).is_ok() {}
        self.manager.set_nonblocking(false).unwrap();
        self.child = noted(uri, &self.data, &self.notify).spawn().unwrap();
        self.hears("READY=1");
    }

    /// Waits until the service manager is told this.
    fn hears(&self, words: &str) {
        let begun = Instant::now();
        while begun.elapsed() < SOON {
            let mut bytes = [0; 4096];
            let n = self.manager.recv(&mut bytes).unwrap();
            if String::from_utf8_lossy(&bytes[..n]).contains(words) {
                return;
            }
        }
        panic!("the service manager is not told {words}");
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its exit code and log once it has ended.
    fn ended(&mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }

    fn console(&self, uri: &str) -> Term {
        let mut env = QUICK.to_vec();
        env.push(("XDG_DATA_HOME", self.data.to_str().unwrap()));
        Term::novacron(&["--connect", uri], &env, 40, 160)
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sockets a process has, by inode.
fn sockets(pid: u32) -> std::collections::BTreeSet<String> {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    let targets = open.filter_map(|fd| std::fs::read_link(fd.path()).ok());
    targets
        .filter_map(|t| Some(t.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned()))
        .collect()
}

/// Threads of a process by name: each worker that asks libvirt has one.
fn threads(pid: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    tasks
        .filter_map(|t| Some(std::fs::read_to_string(t.path().join("comm")).ok()?.trim().to_owned()))
        .collect()
}

#[test]
fn a_console_beside_a_collector_asks_libvirt_nothing_and_goes_on_without_it() {
    let Some(uri) = host::private() else { return };
    let mut collector = Collector::start(&uri);
    collector.hears("WATCHDOG=1");
    let mut term = collector.console(&uri);
    let beside = |s: &vt100::Screen| header(s).contains("by collector");
    term.until("its values", SOON, |s| is_live(s) && row_of(s, "web01").is_some() && beside(s));
    let pid = u32::try_from(term.pid()).unwrap();
    let names = threads(pid);
    assert!(names.iter().any(|n| n == "nc-live"), "{names:?}");
    for asks in ["nc-poll", "nc-storage", "nc-detail", "nc-agent"] {
        assert!(!names.iter().any(|n| n == asks), "{asks} would ask libvirt: {names:?}");
    }
    let beside_it = sockets(pid);
    let mut second = command(&uri, &collector.data);
    let refused = second.output().unwrap();
    assert_eq!(refused.status.code(), Some(4));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains(&format!("process {} already records", collector.child.id())), "{told}");

    collector.signal(Signal::TERM);
    collector.hears("STOPPING=1");
    let (code, log) = collector.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.contains("Cost: CPU") && log.contains("samples/s written") && log.contains("Consoles: 1"),
        "{log}"
    );
    term.until("it asks by itself", SOON, |s| is_live(s) && row_of(s, "web01").is_some() && !beside(s));
    assert!(threads(pid).iter().any(|n| n == "nc-poll"));
    // One to the collector has gone, and those to libvirt, which were not there before, have come.
    let by_itself = sockets(pid);
    assert!(by_itself.len() > beside_it.len(), "{beside_it:?} {by_itself:?}");
    // Back: the console follows again.
    let again = command(&uri, &collector.data).stderr(Stdio::null()).spawn();
    let mut again = again.unwrap();
    term.until("it follows again", SOON + Duration::from_secs(10), beside);
    kill_process(Pid::from_child(&again), Signal::INT).unwrap();
    assert_eq!(again.wait().unwrap().code(), Some(0));
    term.until("alone again", SOON, |s| is_live(s) && !beside(s));
    quit(&mut term);
}

#[test]
fn a_collector_that_is_killed_leaves_a_history_and_a_socket_that_the_next_replaces() {
    let Some(uri) = host::private() else { return };
    let mut first = Collector::start(&uri);
    first.hears("WATCHDOG=1");
    first.signal(Signal::KILL);
    assert_eq!(first.ended().0, None);
    first.start_again(&uri);
    let mut term = first.console(&uri);
    term.until("its values", SOON, |s| is_live(s) && row_of(s, "web01").is_some());
    quit(&mut term);
    first.signal(Signal::INT);
    let (code, log) = first.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("damaged"), "{log}");
}

/// The file that tells who records, below this folder.
fn lock_below(data: &Path) -> Option<PathBuf> {
    for entry in std::fs::read_dir(data).ok()?.flatten() {
        let path = entry.path();
        if path.file_name().is_some_and(|name| name == "history.lock") {
            return Some(path);
        }
        if let Some(found) = lock_below(&path) {
            return Some(found);
        }
    }
    None
}

/// Waits until this process holds the history, and says so.
fn records(data: &Path, pid: u32) {
    let begun = Instant::now();
    let told = || lock_below(data).and_then(|lock| std::fs::read_to_string(lock).ok());
    while told().is_none_or(|told| told.trim() != pid.to_string()) {
        assert!(
            begun.elapsed() < SOON + Duration::from_secs(20),
            "process {pid} does not record: {:?}",
            told()
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_console_that_records_hands_over_to_a_collector_and_takes_over_after_it() {
    let Some(uri) = host::private() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let env = [QUICK[0], QUICK[1], ("XDG_DATA_HOME", data.to_str().unwrap())];
    let mut term = Term::novacron(&["--connect", &uri], &env, 40, 160);
    let beside = |s: &vt100::Screen| header(s).contains("by collector");
    term.until("its values", SOON, |s| is_live(s) && row_of(s, "web01").is_some());
    let console = u32::try_from(term.pid()).unwrap();
    records(&data, console);
    // It says for whom it waits, and begins once it has the history.
    let mut collector = Collector::begin(folder, &uri);
    collector.hears(&format!("Waiting for process {console}, which records"));
    collector.hears("READY=1");
    records(&data, collector.child.id());
    term.until("it follows", SOON, beside);
    let refused = command(&uri, &data).output().unwrap();
    assert_eq!(refused.status.code(), Some(4));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains(&format!("process {} already records", collector.child.id())), "{told}");

    collector.signal(Signal::TERM);
    let (code, log) = collector.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains(&format!("Waiting for process {console}")), "{log}");
    term.until("it asks by itself", SOON, |s| is_live(s) && !beside(s));
    records(&data, console);
    quit(&mut term);
}

#[test]
fn a_collector_waits_for_who_does_not_give_way_no_longer_than_it_says() {
    let folder = tempfile::tempdir().unwrap();
    // A host that is not there: whether it may record has nothing to do with that.
    let uri = format!("qemu+unix:///system?socket={}", folder.path().join("none").display());
    let mut collector = Collector::begin(folder, &uri);
    collector.hears("READY=1");
    // Whoever records as a console of before, or as one that hangs.
    let lock = lock_below(&collector.data).unwrap();
    collector.signal(Signal::TERM);
    assert_eq!(collector.ended().0, Some(0));
    let held = std::fs::OpenOptions::new().read(true).write(true).open(&lock).unwrap();
    rustix::fs::flock(&held, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    std::fs::write(&lock, "4242\n").unwrap();
    let begun = Instant::now();
    collector.child = noted(&uri, &collector.data, &collector.notify).spawn().unwrap();
    collector.hears("Waiting for process 4242, which records");
    let (code, log) = collector.ended();
    assert_eq!(code, Some(4), "{log}");
    assert!(log.contains("process 4242 already records the history in"), "{log}");
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}

#[test]
fn a_collector_that_hangs_is_gone_for_its_console_until_it_goes_on() {
    let Some(uri) = host::private() else { return };
    let collector = Collector::start(&uri);
    let mut term = collector.console(&uri);
    let beside = |s: &vt100::Screen| header(s).contains("by collector");
    term.until("it follows", SOON, |s| is_live(s) && beside(s));
    collector.signal(Signal::STOP);
    // Silent for eight seconds, and then not greeting.
    term.until("it asks by itself", SOON + SOON, |s| {
        is_live(s) && row_of(s, "web01").is_some() && !beside(s)
    });
    collector.signal(Signal::CONT);
    term.until("it follows again", SOON, beside);
    quit(&mut term);
}

#[test]
fn a_made_up_host_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let out = command("test:///default", data.path()).output().unwrap();
    assert_eq!(out.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&out.stderr).contains("a made-up host has no history to record"));
}
