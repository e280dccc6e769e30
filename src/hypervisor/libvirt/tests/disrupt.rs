//! The daemon dies and stalls under the adapter. Each test has a private host of its own.

mod guest;

use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::child::Job;
use super::{ALL, connector, open};
use crate::hypervisor::{Connector, Groups, HvErrorKind, HvEvent, Hypervisor, Purpose, Which};
use crate::model::id::VmId;
use crate::model::vm::{PauseReason, VmState};

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
    fn up(name: &str, guests: u8) -> Option<Self> {
        let Ok(hostctl) = std::env::var("NOVACRON_TEST_HOSTCTL") else {
            println!("skipped: NOVACRON_TEST_HOSTCTL is not set");
            return None;
        };
        let name = format!("{name}-{}", std::process::id());
        let up = Command::new(&hostctl)
            .args(["scratch", "up", &name, "--guests", &guests.to_string()])
            .output()
            .unwrap();
        if !up.status.success() {
            let _ = Command::new(&hostctl).args(["scratch", "down", &name]).output();
            panic!("{}", String::from_utf8_lossy(&up.stderr));
        }
        let told = String::from_utf8(up.stdout).unwrap();
        let of = |key: &str| told.lines().find_map(|l| l.strip_prefix(key)).unwrap().to_owned();
        let (folder, uri) = (of("NOVACRON_HOST_DIR="), of("NOVACRON_TEST_URI="));
        Some(Self { hostctl, name, folder, uri })
    }

    fn ctl(&self, verb: &str) {
        self.run(&[verb]);
    }

    fn virsh(&self, args: &[&str]) {
        self.run(&[&["virsh"], args].concat());
    }

    fn run(&self, args: &[&str]) {
        let done =
            Command::new(&self.hostctl).args(args).env("NOVACRON_HOST_DIR", &self.folder).output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for ScratchHost {
    fn drop(&mut self) {
        let _ = Command::new(&self.hostctl).args(["scratch", "down", &self.name]).output();
    }
}

/// Waits for an event; others may come before it.
fn wait_for(events: &Receiver<HvEvent>, wanted: &HvEvent) {
    while events.recv_timeout(DEADLINE).unwrap_or_else(|e| panic!("{wanted:?}: {e}")) != *wanted {}
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
    let Some(host) = ScratchHost::up("kill", 0) else { return };
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
        assert!(sockets() <= before);
    }
    assert!(connector.connect(Purpose::Poll).unwrap().vms().is_ok());
}

#[test]
fn a_stalled_daemon_is_given_up_by_keep_alive() {
    let Some(host) = ScratchHost::up("stall", 0) else { return };
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
    let Some(host) = ScratchHost::up("quiet", 0) else { return };
    let mut job = Job::start("until lost", &host.uri);
    job.line("ready:");
    host.ctl("kill");
    assert!(job.line("lost:").contains("read statistics"));
    assert_eq!(job.end(), "");
}

#[test]
fn a_real_guests_life_is_told() {
    let Some(host) = ScratchHost::up("life", 1) else { return };
    let hv = open(&host.uri);
    let (tx, events) = channel();
    hv.subscribe(Arc::new(move |e| drop(tx.send(e)))).unwrap();
    let vm = hv.vms().unwrap().into_iter().find(|v| v.state.is_active()).unwrap();
    let (id, name) = (vm.id, vm.name.as_str());
    let state = |state| HvEvent::Vm { id, state: Some(state) };

    hv.arm_memory_stats(id, Duration::from_secs(3)).unwrap();
    assert!(hv.vm_xml(id).unwrap().contains("<stats period='3'/>"));
    host.virsh(&["suspend", name]);
    wait_for(&events, &state(VmState::Paused(PauseReason::User)));
    assert_eq!(the_state(&*hv, id), VmState::Paused(PauseReason::User));
    host.virsh(&["resume", name]);
    wait_for(&events, &state(VmState::Running));
    host.virsh(&["metadata", name, "urn:x", "--key", "x", "--set", "<x/>", "--live"]);
    wait_for(&events, &HvEvent::Changed(id));
    host.virsh(&["destroy", name]);
    wait_for(&events, &state(VmState::ShutOff));
    assert_eq!(the_state(&*hv, id), VmState::ShutOff);

    host.virsh(&["net-destroy", "default"]);
    let network = hv.networks().unwrap().into_iter().find(|n| n.name == "default").unwrap();
    wait_for(&events, &HvEvent::Network(network.id));
    assert!(!network.active);
    let (pool, _) = hv.pool_names().unwrap().into_iter().find(|(_, n)| n == "default").unwrap();
    hv.refresh_pool(pool).unwrap();
    wait_for(&events, &HvEvent::Pool(pool));

    // It vanishes between list and statistics.
    assert_eq!(hv.vm_counters(Groups::of(&ALL), Which::These(&[id])).unwrap().len(), 1);
    host.virsh(&["undefine", name, "--nvram"]);
    wait_for(&events, &HvEvent::Vm { id, state: None });
    assert_eq!(hv.vm_counters(Groups::of(&ALL), Which::These(&[id])).unwrap(), []);
    assert_eq!(hv.vm_flags(id).unwrap_err().kind, HvErrorKind::NotFound);
}

fn the_state(hv: &dyn Hypervisor, id: VmId) -> VmState {
    hv.vms().unwrap().into_iter().find(|v| v.id == id).unwrap().state
}

/// Frees the pool again, whatever happens.
struct Filled(String);

impl Drop for Filled {
    fn drop(&mut self) {
        let _ = Command::new(&self.0).arg("unfill").output();
    }
}

/// On the common test host, since it takes a guest that writes: it is mended at the end.
#[test]
fn a_full_pool_pauses_its_vm_and_says_why() {
    let (Some(uri), Ok(hostctl)) = (super::real_host(), std::env::var("NOVACRON_TEST_HOSTCTL")) else {
        return;
    };
    let hv = open(&uri);
    let (tx, events) = channel();
    hv.subscribe(Arc::new(move |e| drop(tx.send(e)))).unwrap();
    let vm = hv.vms().unwrap().into_iter().find(|v| v.name == "archive").unwrap();
    let filled = Filled(hostctl);
    let told = Command::new(&filled.0).arg("fill").output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let paused = VmState::Paused(PauseReason::IoError);
    let (mut path, mut why) = (None, None);
    while path.is_none() || why.is_none() {
        match events.recv_timeout(DEADLINE).unwrap() {
            HvEvent::IoError { id, path: image, device, reason } if id == vm.id => {
                assert!(!device.is_empty());
                path = Some((image, reason));
            }
            HvEvent::Vm { id, state: Some(VmState::Paused(reason)) } if id == vm.id => why = Some(reason),
            _ => {}
        }
    }
    assert_eq!(why, Some(PauseReason::IoError));
    let (image, reason) = path.unwrap();
    assert!(image.ends_with("archive.raw"), "{image}");
    assert_eq!(reason, "enospc");
    assert_eq!(the_state(&*hv, vm.id), paused);
    drop(filled);
    wait_for(&events, &HvEvent::Vm { id: vm.id, state: Some(VmState::Running) });
}
