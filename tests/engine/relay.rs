//! Two engines: one collects, one follows it through the socket beside its history.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use novacron::engine::history::{Claim, EventKind, HistoryConfig, Retention, Subject};
use novacron::engine::relay::server::Server;
use novacron::engine::{Command, Engine, EngineConfig, Focus, Handle, Role};
use novacron::hypervisor::sim::{Operation, SimConfig, SimHost};
use novacron::model::id::VmId;
use novacron::model::metric::{Group, METRICS, MetricId};
use novacron::model::series::Track;
use novacron::model::snapshot::{Recording, Snapshot, Source};
use novacron::model::time::Timestamp;

use super::bench::Bench;

const PATIENCE: Duration = Duration::from_secs(20);

fn config(folder: &Path) -> HistoryConfig {
    HistoryConfig { folder: folder.to_owned(), retention: Retention::default(), record: true, readers: None }
}

/// A collector that serves, and a console that follows it on a connector of its own.
struct Pair {
    collector: Bench,
    server: Option<Server>,
    _console: Engine,
    handle: Handle,
    own_host: SimHost,
    folder: tempfile::TempDir,
}

impl Pair {
    fn new(read_only: bool) -> Self {
        // Longer than a socket's address may be.
        let folder = tempfile::Builder::new().prefix(&"long".repeat(30)).tempdir().unwrap();
        let collector = Bench::recording(SimHost::new(SimConfig::manual(8, 4)), config(folder.path()));
        collector.ready();
        collector.within(PATIENCE, "it records", |s| s.recording == Recording::Here);
        let server = Server::start(folder.path(), collector.handle.clone()).unwrap();
        let own_host = SimHost::new(SimConfig::manual(8, 4));
        let console = Engine::start(EngineConfig {
            clock: collector.clock.clone(),
            history: Some(config(folder.path())),
            role: Role::Beside { read_only },
            ..EngineConfig::new(Arc::new(own_host.connector()))
        })
        .unwrap();
        let handle = console.handle();
        Self { collector, server: Some(server), _console: console, handle, own_host, folder }
    }

    fn until(&self, what: &str, so: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        until(&self.handle, what, so)
    }

    /// The console's snapshot that is as the collector's.
    fn same(&self) -> (Arc<Snapshot>, Arc<Snapshot>) {
        let theirs = self.collector.handle.snapshot();
        let ours = self.until("it is as new", |s| s.at == theirs.at && s.source != Source::Own);
        (theirs, ours)
    }
}

fn until(handle: &Handle, what: &str, so: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut snapshots = handle.subscribe();
    let found = runtime.block_on(async {
        tokio::time::timeout(PATIENCE, snapshots.wait_for(|s| so(s))).await.map(|s| s.unwrap().clone())
    });
    found.unwrap_or_else(|_| {
        panic!("not in time: {what}: {:?} {:?}", handle.snapshot().link, handle.snapshot().source)
    })
}

/// The first snapshot that is so, while time passes for all on this bench, a few times as fast as the real one.
fn passing(bench: &Bench, handle: &Handle, what: &str, so: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut snapshots = handle.subscribe();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let soon = Duration::from_millis(20);
        let found = runtime.block_on(async {
            tokio::time::timeout(soon, snapshots.wait_for(|s| so(s))).await.map(|s| s.unwrap().clone())
        });
        if let Ok(found) = found {
            return found;
        }
        bench.clock.advance(Duration::from_millis(100));
    }
    panic!("not in time: {what}: {:?} {:?}", handle.snapshot().recording, handle.snapshot().source)
}

fn rows(track: &Track) -> Vec<(i64, Vec<u32>)> {
    track.rows_after(None).map(|(at, row)| (at.0, row.iter().map(|v| v.to_bits()).collect())).collect()
}

fn assert_same(theirs: &Snapshot, ours: &Snapshot) {
    assert_eq!(theirs.vms.len(), ours.vms.len());
    for (a, b) in theirs.vms.iter().zip(ours.vms.iter()) {
        assert_eq!(
            (a.id, &a.name, a.state, &a.definition, &a.flags),
            (b.id, &b.name, b.state, &b.definition, &b.flags)
        );
        assert_eq!((&a.fresh, &a.addresses, a.state_since), (&b.fresh, &b.addresses, b.state_since));
        for m in METRICS {
            assert_eq!(
                a.now.get(m.id).map(f64::to_bits),
                b.now.get(m.id).map(f64::to_bits),
                "{} {}",
                a.name,
                m.name
            );
        }
        assert_eq!(a.tracks.is_some(), b.tracks.is_some());
        if let (Some(a), Some(b)) = (&a.tracks, &b.tracks) {
            for (a, b) in [
                (&a.cpu, &b.cpu),
                (&a.vcpu, &b.vcpu),
                (&a.memory, &b.memory),
                (&a.disk, &b.disk),
                (&a.net, &b.net),
            ] {
                assert_eq!(rows(a), rows(b));
            }
        }
        for (a, b) in a.disks.iter().zip(&b.disks).chain(a.nics.iter().zip(&b.nics)) {
            assert_eq!((&a.name, rows(&a.track)), (&b.name, rows(&b.track)));
        }
    }
    let (a, b) = (theirs.pools.as_ref().unwrap(), ours.pools.as_ref().unwrap());
    for (a, b) in a.iter().zip(b.iter()) {
        assert_eq!((&a.record, &a.volumes, rows(&a.track)), (&b.record, &b.volumes, rows(&b.track)));
    }
    assert_eq!(theirs.networks, ours.networks);
    assert_eq!((&theirs.host.node, rows(&theirs.host.track)), (&ours.host.node, rows(&ours.host.track)));
    assert_eq!((&theirs.alerts, &theirs.link, &theirs.limits), (&ours.alerts, &ours.link, &ours.limits));
}

#[test]
fn a_console_beside_a_collector_has_its_values_bit_for_bit_and_asks_nobody() {
    let pair = Pair::new(false);
    let id = pair.collector.running();
    let (theirs, ours) = pair.same();
    assert_same(&theirs, &ours);
    assert_eq!(ours.source, Source::Collector { pid: Some(std::process::id()) });
    assert_eq!(ours.recording, Recording::Elsewhere { pid: Some(std::process::id()) });
    // Rings grow row by row, and lose their oldest: fifteen minutes are kept.
    for steps in [1, 3, 40, 600] {
        pair.collector.pass(steps, id);
        let (theirs, ours) = pair.same();
        assert_same(&theirs, &ours);
    }
    let xml = pair.handle.xml(id).blocking_recv().unwrap().unwrap();
    assert!(xml.contains(&id.to_string()), "{xml}");
    let pool = ours.pools.as_ref().unwrap()[0].record.id;
    pair.handle.refresh_pool(pool).blocking_recv().unwrap().unwrap();
    assert_eq!(pair.own_host.calls().of(Operation::Connect), 0, "it opened no connection of its own");
    assert_eq!(pair.server.as_ref().unwrap().consoles(), 1);
}

#[test]
fn what_is_on_its_screen_is_read_more_often() {
    let pair = Pair::new(false);
    let running: Vec<_> = pair.own_host.vms().into_iter().filter(|v| v.2.is_active()).map(|v| v.0).collect();
    let (seen, other) = (running[0], running[1]);
    assert!(pair.handle.send(Command::Focus(Focus { visible: vec![seen], detail: Some(seen) })));
    let mut times = [std::collections::BTreeSet::new(), std::collections::BTreeSet::new()];
    let begun = Instant::now();
    while times[0].len() < times[1].len() + 5 {
        assert!(begun.elapsed() < PATIENCE, "it is not: {} and {}", times[0].len(), times[1].len());
        let s = pair.collector.pass(1, seen);
        for (times, id) in times.iter_mut().zip([seen, other]) {
            times.extend(s.vm(id).unwrap().fresh.get(Group::Block).map(|t| t.0));
        }
    }
}

#[test]
fn a_console_that_is_read_only_stays_so() {
    let pair = Pair::new(true);
    let (_, ours) = pair.same();
    assert!(ours.limits.read_only && ours.limits.no_refresh.is_some());
    let pool = ours.pools.as_ref().unwrap()[0].record.id;
    assert!(pair.handle.refresh_pool(pool).blocking_recv().unwrap().is_err());
}

#[test]
fn where_the_collector_ends_the_console_goes_on_by_itself_and_records() {
    let mut pair = Pair::new(false);
    let (before, _) = pair.same();
    pair.server = None;
    assert!(!pair.folder.path().join("live.sock").exists());
    assert_eq!(pair.collector.engine.take().unwrap().stop(PATIENCE), 0);
    let ours = pair.until("it asks by itself", |s| s.source == Source::Own && s.link.is_up());
    assert_eq!(ours.vms.len(), before.vms.len(), "nothing vanished meanwhile");
    assert!(pair.own_host.calls().of(Operation::Connect) > 0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut snapshots = pair.handle.subscribe();
    let begun = Instant::now();
    while pair.handle.snapshot().recording != Recording::Here {
        assert!(begun.elapsed() < PATIENCE, "{:?}", pair.handle.snapshot().recording);
        pair.collector.clock.advance(Duration::from_secs(2));
        pair.own_host.clock().advance(Duration::from_secs(2));
        let soon = Duration::from_millis(50);
        let _ = runtime.block_on(async { tokio::time::timeout(soon, snapshots.changed()).await });
    }
}

fn cpu(s: &Snapshot, id: VmId) -> Vec<(i64, Vec<u32>)> {
    rows(&s.vm(id).unwrap().tracks.as_ref().unwrap().cpu)
}

#[test]
fn what_a_console_was_sent_stays_in_its_rings_when_it_asks_by_itself() {
    let mut pair = Pair::new(false);
    let id = pair.collector.running();
    pair.collector.pass(40, id);
    let (before, _) = pair.same();
    let was = cpu(&before, id);
    assert!(was.len() > 30, "{}", was.len());
    pair.server = None;
    assert_eq!(pair.collector.engine.take().unwrap().stop(PATIENCE), 0);
    let advance = |by| {
        pair.collector.clock.advance(by);
        pair.own_host.clock().advance(by);
    };
    // Until it asks by itself nobody does.
    advance(Duration::from_secs(20));
    let mut ours = pair.until("it asks by itself", |s| s.source == Source::Own && s.link.is_up());
    let begun = Instant::now();
    while cpu(&ours, id).len() < was.len() + 3 {
        assert!(begun.elapsed() < PATIENCE, "{} rows, then {}", was.len(), cpu(&ours, id).len());
        advance(Duration::from_secs(2));
        let serial = ours.serial;
        ours = pair.until("a snapshot", |s| s.serial > serial);
    }
    let now = cpu(&ours, id);
    assert_eq!(now[..was.len()], was, "what was known is still there");
    let is_gap = |row: &(i64, Vec<u32>)| row.1.iter().all(|bits| f32::from_bits(*bits).is_nan());
    assert!(is_gap(&now[was.len()]), "nobody measured between: {:?}", now[was.len()]);
    assert!(now[was.len() + 1..].iter().all(|row| !is_gap(row)), "{:?}", &now[was.len()..]);
    let (a, b) = (before.vm(id).unwrap(), ours.vm(id).unwrap());
    let names = |vm: &novacron::model::vm::Vm| {
        vm.disks.iter().chain(&vm.nics).map(|d| (d.name.clone(), d.track.first_time())).collect::<Vec<_>>()
    };
    assert_eq!(names(a), names(b), "disks and NICs too");
    let pools = |s: &Snapshot| -> Vec<_> {
        s.pools.as_ref().unwrap().iter().map(|p| (p.record.id, p.track.first_time())).collect()
    };
    assert_eq!(pools(&before), pools(&ours));
    assert_eq!(before.host.track.first_time(), ours.host.track.first_time());
}

#[test]
fn a_console_that_records_gives_way_to_a_collector_and_records_again_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let host = SimHost::new(SimConfig::manual(8, 4));
    let console = Bench::beside(host.clone(), config(folder.path()));
    console.ready();
    console.within(PATIENCE, "it records", |s| s.recording == Recording::Here);
    let id = console.running();
    console.pass(10, id);

    // Time stands still, so it gives way in between two polls.
    let claim = Claim::take(folder.path()).unwrap();
    let last = console.handle.snapshot();
    let stopped = || {
        let asked = console.handle.events(Timestamp(0), last.at.plus(PATIENCE), 100);
        let events = asked.blocking_recv().unwrap().unwrap();
        events.into_iter().find(|e| e.kind == EventKind::RecordingStopped)
    };
    let begun = Instant::now();
    let stopped = loop {
        assert!(begun.elapsed() < Duration::from_secs(5), "it does not give way");
        if let Some(stopped) = stopped() {
            break stopped;
        }
    };
    assert_eq!(stopped.detail, format!("process {} goes on", std::process::id()));
    let measured: Vec<_> =
        last.vm(id).unwrap().tracks.as_ref().unwrap().cpu.points(MetricId::VmCpu).collect();
    assert!(measured.len() >= 10);
    let (from, to) = (measured[0].0, Timestamp(last.at.0 + 1));
    let asked = console.handle.points(Subject::Vm(id), MetricId::VmCpu, from, to, 10_000);
    let written = asked.blocking_recv().unwrap().unwrap().points;
    assert_eq!(written.iter().map(|p| (p.at, p.mean)).collect::<Vec<_>>(), measured);

    let collector = Engine::start(EngineConfig {
        clock: console.clock.clone(),
        history: Some(config(folder.path())),
        role: Role::Collector,
        ..EngineConfig::new(Arc::new(host.connector()))
    })
    .unwrap();
    let handle = collector.handle();
    passing(&console, &handle, "it records", |s| s.recording == Recording::Here);
    let server = Server::start(folder.path(), handle.clone()).unwrap();
    passing(&console, &console.handle, "it follows", |s| matches!(s.source, Source::Collector { .. }));
    drop(server);
    assert_eq!(collector.stop(PATIENCE), 0);
    drop(claim);
    passing(&console, &console.handle, "it asks by itself", |s| s.source == Source::Own && s.link.is_up());
    passing(&console, &console.handle, "it records again", |s| s.recording == Recording::Here);
}

#[test]
fn where_a_collector_waits_no_console_begins_to_record() {
    let folder = tempfile::tempdir().unwrap();
    let claim = Claim::take(folder.path()).unwrap();
    let console = Bench::beside(SimHost::new(SimConfig::manual(4, 2)), config(folder.path()));
    console.ready();
    let me = Some(std::process::id());
    console.within(PATIENCE, "it lets it be", |s| s.recording == Recording::Elsewhere { pid: me });
    drop(claim);
    console.within(PATIENCE, "it records", |s| s.recording == Recording::Here);
}

#[test]
fn who_does_not_speak_the_protocol_is_told_and_the_console_asks_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let strange = stranger(folder.path());
    let host = SimHost::new(SimConfig::manual(4, 2));
    let engine = Engine::start(EngineConfig {
        history: Some(config(folder.path())),
        role: Role::Beside { read_only: false },
        ..EngineConfig::new(Arc::new(host.connector()))
    })
    .unwrap();
    let s = until(&engine.handle(), "it asks by itself", |s| s.listed);
    let Source::Despite { why } = &s.source else { panic!("{:?}", s.source) };
    assert!(why.contains("version 99"), "{why}");
    strange.join().unwrap();
}

/// Greets whoever connects as a later version would, until this folder's socket is gone.
fn stranger(folder: &Path) -> std::thread::JoinHandle<()> {
    use std::io::{Read, Write};
    let listener = std::os::unix::net::UnixListener::bind(folder.join("live.sock")).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut greeting = b"NOVACRON".to_vec();
        greeting.extend(99_u32.to_le_bytes());
        stream.write_all(&u32::try_from(greeting.len()).unwrap().to_le_bytes()).unwrap();
        stream.write_all(&greeting).unwrap();
        drop(stream.read_to_end(&mut Vec::new()));
    })
}

#[test]
fn a_console_that_gave_way_to_who_it_cannot_follow_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let console = Bench::beside(SimHost::new(SimConfig::manual(4, 2)), config(folder.path()));
    console.ready();
    console.within(PATIENCE, "it records", |s| s.recording == Recording::Here);
    let strange = stranger(folder.path());
    let claim = Claim::take(folder.path()).unwrap();
    let s = passing(&console, &console.handle, "it says so", |s| matches!(s.source, Source::Despite { .. }));
    let Source::Despite { why } = &s.source else { panic!("{:?}", s.source) };
    assert!(why.contains("version 99") && s.link.is_up(), "{why}");
    strange.join().unwrap();
    drop(claim);
    let s = passing(&console, &console.handle, "it records again", |s| s.recording == Recording::Here);
    assert_eq!(s.source, Source::Own);
}

#[test]
fn a_peer_that_sends_garbage_is_let_go_and_others_are_served_on() {
    use std::io::{Read, Write};
    let pair = Pair::new(false);
    let near = format!("/proc/self/fd/{}/live.sock", {
        use std::os::fd::IntoRawFd;
        std::fs::File::open(pair.folder.path()).unwrap().into_raw_fd()
    });
    for garbage in [&b"\xff\xff\xff\xff"[..], b"\x04\0\0\0abcd", b"\0\0\0\0"] {
        let mut stream = std::os::unix::net::UnixStream::connect(&near).unwrap();
        stream.write_all(garbage).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // Its greeting, then the end.
        let end = stream.read_to_end(&mut Vec::new());
        assert!(end.is_ok() || end.is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset));
    }
    let id = pair.collector.running();
    pair.collector.pass(2, id);
    let (theirs, ours) = pair.same();
    assert_same(&theirs, &ours);
}
