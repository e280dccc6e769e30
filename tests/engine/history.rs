//! What an engine measures is recorded, and can be asked for, also by another engine and after a fault.

use std::time::Duration;

use novacron::engine::clock::{Clock, ManualClock};
use novacron::engine::history::{EventKind, HistoryConfig, HistoryReply, Rank, Retention, Subject};
use novacron::engine::{Engine, EngineConfig};
use novacron::hypervisor::sim::{SimConfig, SimHost};
use novacron::model::metric::MetricId;
use novacron::model::snapshot::Recording;
use novacron::model::time::Timestamp;

use super::bench::Bench;

fn config(folder: &std::path::Path) -> HistoryConfig {
    HistoryConfig { folder: folder.to_owned(), retention: Retention::default(), record: true, readers: None }
}

fn answer<T>(reply: HistoryReply<T>) -> T {
    reply.blocking_recv().unwrap().unwrap()
}

fn records(bench: &Bench) {
    bench.within(Duration::from_secs(30), "it records", |s| s.recording == Recording::Here);
}

/// Lets an engine record for a while, then ends it, so that everything is on disk.
fn recorded(folder: &std::path::Path, polls: usize) -> (Bench, Timestamp, Timestamp) {
    let host = SimHost::new(SimConfig::manual(8, 4));
    let mut bench = Bench::recording(host, config(folder));
    bench.ready();
    records(&bench);
    let begun = bench.clock.now().wall;
    let id = bench.running();
    bench.pass(polls, id);
    let ended = bench.clock.now().wall;
    assert_eq!(bench.engine.take().unwrap().stop(Duration::from_secs(20)), 0);
    (bench, begun, ended)
}

#[test]
fn what_is_in_the_rings_is_what_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, begun, ended) = recorded(folder.path(), 120);
    let id = bench.running();
    let last = bench.handle.snapshot();
    let ring: Vec<_> = last.vm(id).unwrap().tracks.as_ref().unwrap().cpu.points(MetricId::VmCpu).collect();
    let points =
        answer(bench.handle.points(Subject::Vm(id), MetricId::VmCpu, begun, Timestamp(ended.0 + 1), 10_000));
    let read: Vec<_> = points.points.iter().map(|p| (p.at, p.mean)).collect();
    let ring: Vec<_> = ring.into_iter().filter(|(at, _)| *at >= begun).collect();
    assert!(read.len() >= 119);
    assert_eq!(read, ring);
}

#[test]
fn one_process_records_and_another_reads_and_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let host = SimHost::new(SimConfig::manual(8, 4));
    let clock = std::sync::Arc::new(ManualClock::new(host.clock().clone()));
    let mut first = Bench::recording(host.clone(), config(folder.path()));
    first.ready();
    records(&first);
    let second = Engine::start(EngineConfig {
        clock: clock.clone(),
        history: Some(config(folder.path())),
        ..EngineConfig::new(std::sync::Arc::new(host.connector()))
    })
    .unwrap();
    let handle = second.handle();
    let other = |s: &novacron::model::snapshot::Snapshot| s.recording.clone();
    let id = first.running();
    for _ in 0..200 {
        first.pass(1, id);
        if matches!(other(&handle.snapshot()), Recording::Elsewhere { .. }) {
            break;
        }
    }
    assert_eq!(other(&handle.snapshot()), Recording::Elsewhere { pid: Some(std::process::id()) });
    // Commits are seconds apart.
    let reads = || {
        let now = first.clock.now().wall;
        !answer(handle.points(Subject::Vm(id), MetricId::VmCpu, Timestamp(0), now, 1000)).points.is_empty()
    };
    let begun = std::time::Instant::now();
    while !reads() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not read what the other writes");
        first.pass(1, id);
    }
    assert_eq!(first.engine.take().unwrap().stop(Duration::from_secs(20)), 0);
    let mut snapshots = handle.subscribe();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        first.clock.advance(Duration::from_secs(2));
        let soon = Duration::from_millis(100);
        let _ = runtime.block_on(async { tokio::time::timeout(soon, snapshots.changed()).await });
        if other(&handle.snapshot()) == Recording::Here {
            return;
        }
    }
    panic!("it does not take over: {:?}", handle.snapshot().recording);
}

#[test]
fn events_and_the_greatest_users_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let (bench, begun, ended) = recorded(folder.path(), 90);
    let events = answer(bench.handle.events(Timestamp(0), Timestamp(ended.0 + 1), 100));
    let kinds: Vec<_> = events.iter().map(|e| e.kind).collect();
    assert_eq!(kinds.first(), Some(&EventKind::RecordingStarted));
    assert_eq!(kinds.last(), Some(&EventKind::RecordingStopped));
    let top = answer(bench.handle.top(MetricId::VmCpu, Rank::Mean, begun, ended, 3));
    assert_eq!(top.len(), 3);
    assert!(top.is_sorted_by(|a, b| a.1 >= b.1), "{top:?}");
    let names = answer(bench.handle.names(Subject::Vm(bench.running())));
    assert_eq!(names.len(), 1);
    assert!(answer(bench.handle.span()).begin().is_some());
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_nothing_else_stops() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the folder should be: root is not stopped by permissions.
    let taken = folder.path().join("taken");
    std::fs::write(&taken, "").unwrap();
    let bench = Bench::recording(SimHost::new(SimConfig::manual(6, 2)), config(&taken));
    bench.ready();
    let s = bench
        .within(Duration::from_secs(30), "it is told", |s| matches!(s.recording, Recording::Failing { .. }));
    assert!(s.link.is_up());
    assert!(s.alerts.iter().any(|a| a.name == "history"), "{:?}", s.alerts);
    bench.pass(5, bench.running());
    std::fs::remove_file(&taken).unwrap();
    bench.within(Duration::from_secs(60), "it goes on by itself", |s| s.recording == Recording::Here);
}
