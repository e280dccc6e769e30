//! The daemon dies and stalls under the adapter. Each test has a private host of its own.

use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::child::Job;
use super::{ALL, connector, open};
use crate::hypervisor::{Connector, Groups, HvErrorKind, HvEvent, Purpose, Which};

/// Keep-alive takes 20 s; a slow machine gets the same again.
const DEADLINE: Duration = Duration::from_secs(40);

/// A private host that is there for one test.
struct ScratchHost {
    hostctl: String,
    name: String,
    folder: String,
    uri: String,
}

impl ScratchHost {
    fn up(name: &str) -> Option<Self> {
        let Ok(hostctl) = std::env::var("NOVACRON_TEST_HOSTCTL") else {
            println!("skipped: NOVACRON_TEST_HOSTCTL is not set");
            return None;
        };
        let name = format!("{name}-{}", std::process::id());
        let up = Command::new(&hostctl).args(["scratch", "up", &name]).output().unwrap();
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
        let told = String::from_utf8(up.stdout).unwrap();
        let of = |key: &str| told.lines().find_map(|l| l.strip_prefix(key)).unwrap().to_owned();
        let (folder, uri) = (of("NOVACRON_HOST_DIR="), of("NOVACRON_TEST_URI="));
        Some(Self { hostctl, name, folder, uri })
    }

    fn ctl(&self, verb: &str) {
        let done =
            Command::new(&self.hostctl).arg(verb).env("NOVACRON_HOST_DIR", &self.folder).output().unwrap();
        assert!(done.status.success(), "{verb}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for ScratchHost {
    fn drop(&mut self) {
        let _ = Command::new(&self.hostctl).args(["scratch", "down", &self.name]).output();
    }
}

fn sockets() -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap();
    links
        .filter_map(|l| std::fs::read_link(l.ok()?.path()).ok())
        .filter(|l| l.to_string_lossy().starts_with("socket:"))
        .count()
}

#[test]
fn a_killed_daemon_is_noticed_and_left_without_a_trace() {
    let Some(host) = ScratchHost::up("kill") else { return };
    let connector = connector(&host.uri, false);
    let before = sockets();
    for _ in 0..3 {
        let hv = connector.connect(Purpose::Poll).unwrap();
        let (tx, events) = channel();
        hv.subscribe(Arc::new(move |e| drop(tx.send(e)))).unwrap();
        hv.vms().unwrap();
        host.ctl("kill");
        let closed = loop {
            if let HvEvent::Closed { reason } = events.recv_timeout(DEADLINE).unwrap() {
                break reason;
            }
        };
        assert_eq!(closed, "The hypervisor closed the connection.");
        assert!(!hv.is_alive());
        let error = hv.vms().unwrap_err();
        assert!(error.is_fatal(), "{error:?}");
        assert!(hv.vm_counters(Groups::of(&ALL), Which::All).unwrap_err().is_fatal());
        assert_eq!(connector.connect(Purpose::Poll).err().unwrap().kind, HvErrorKind::NoConnection);
        drop(hv);
        host.ctl("start");
        assert_eq!(sockets(), before);
    }
    assert!(connector.connect(Purpose::Poll).unwrap().vms().is_ok());
}

#[test]
fn a_stalled_daemon_is_given_up_by_keep_alive() {
    let Some(host) = ScratchHost::up("stall") else { return };
    let hv = open(&host.uri);
    let (tx, events) = channel();
    hv.subscribe(Arc::new(move |e| drop(tx.send(e)))).unwrap();
    host.ctl("stall");
    let begun = Instant::now();
    let error = hv.vms().unwrap_err();
    assert_eq!(error.kind, HvErrorKind::ConnectionLost, "{error:?}");
    assert!(begun.elapsed() < DEADLINE);
    let closed = events.recv_timeout(DEADLINE).unwrap();
    assert_eq!(closed, HvEvent::Closed { reason: "The hypervisor no longer answers.".to_owned() });
    // Closing what is dead does not wait for the daemon.
    let begun = Instant::now();
    drop(hv);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    host.ctl("cont");
    assert!(open(&host.uri).vms().is_ok());
}

#[test]
fn a_lost_daemon_prints_nothing() {
    let Some(host) = ScratchHost::up("quiet") else { return };
    let mut job = Job::start("until lost", &host.uri);
    job.line("ready:");
    host.ctl("kill");
    assert!(job.line("lost:").contains("read statistics"));
    assert_eq!(job.end(), "");
}
