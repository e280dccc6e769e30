use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use crate::engine::jobs::{Desk, DeskConfig};
use crate::hypervisor::sim::{SimConfig, SimHost};
use crate::model::job::{Actor, Via};
use crate::model::operation::Visit;
use crate::model::vm::VmState;
use crate::store::{AuditFilter, AuditReader};

struct Stage {
    sim: SimHost,
    consoles: Consoles,
    _desk: Desk,
    folder: tempfile::TempDir,
}

fn stage(read_only: bool) -> Stage {
    let sim = SimHost::new(SimConfig { vms: 4, running: 3, ..SimConfig::default() });
    let connector: Arc<dyn Connector> = Arc::new(sim.connector());
    let folder = tempfile::tempdir().unwrap();
    let by = Actor { user: "ann".into(), origin: "ssh from 192.0.2.7".into(), via: Via::Console, pid: 1 };
    let config = DeskConfig::new(connector.clone(), folder.path().to_owned(), by);
    let desk =
        Desk::start(DeskConfig { read_only: read_only.then(|| "This is read-only.".to_owned()), ..config })
            .unwrap();
    Stage { consoles: Consoles::new(connector, desk.handle()), sim, _desk: desk, folder }
}

impl Stage {
    fn vm(&self, state: VmState) -> VmId {
        self.sim.vms().into_iter().find(|(_, _, s)| *s == state).unwrap().0
    }

    fn audited(&self) -> Vec<String> {
        let reader = AuditReader::open(self.folder.path()).unwrap();
        let found = reader.read(&AuditFilter::default()).unwrap();
        let records = found.records.iter().map(|c| &c.record);
        records
            .map(|r| format!("{} {} {} {}", r.by.user, r.by.origin, r.operation, r.result.word()))
            .collect()
    }
}

/// Takes until what came satisfies, within a deadline.
fn until(handle: &ConsoleHandle, so: impl Fn(&Taken) -> bool) -> Taken {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = Instant::now();
    let mut all = Taken::default();
    runtime.block_on(async {
        loop {
            let now = handle.take(usize::MAX);
            all.bytes.extend(now.bytes);
            all.dropped += now.dropped;
            all.state = now.state;
            if so(&all) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{all:?}");
            let _ = tokio::time::timeout(Duration::from_secs(1), handle.changed()).await;
        }
    });
    all
}

fn says(taken: &Taken, text: &str) -> bool {
    String::from_utf8_lossy(&taken.bytes).contains(text)
}

fn ending(taken: &Taken) -> Option<&Ending> {
    match &taken.state {
        ConsoleState::Ended(ending) => Some(ending),
        _ => None,
    }
}

#[test]
fn what_is_typed_is_answered_and_the_audit_tells_who_opened_it() {
    let stage = stage(false);
    let console = stage.consoles.open(stage.vm(VmState::Running), false).unwrap();
    until(&console, |t| t.state == ConsoleState::Open && says(t, "# "));
    assert!(console.type_bytes(b"echo hello\r"));
    until(&console, |t| says(t, "\r\nhello\r\n"));
    assert_eq!(stage.audited(), ["ann ssh from 192.0.2.7 vm.console done"]);
    assert!(console.type_bytes(b"exit\r"));
    let over = until(&console, |t| ending(t).is_some());
    assert_eq!(ending(&over).unwrap().how, Ended::Closed);
    assert_eq!(stage.audited(), ["ann ssh from 192.0.2.7 vm.console done"; 2], "its end as well");
}

/// Runs it to its end.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), work).await.unwrap() })
}

#[test]
fn when_it_is_closed_the_audit_tells_for_how_long_it_was_open() {
    let stage = stage(false);
    let console = stage.consoles.open(stage.vm(VmState::Running), false).unwrap();
    until(&console, |t| t.state == ConsoleState::Open);
    block_on(console.close());
    let reader = AuditReader::open(stage.folder.path()).unwrap();
    let found = reader.read(&AuditFilter::default()).unwrap();
    let outcomes: Vec<&str> = found.records.iter().map(|r| r.record.outcome.as_str()).collect();
    assert!(outcomes.contains(&"Begun.") && outcomes.contains(&"Closed."), "{outcomes:?}");
}

#[test]
fn whoever_looks_at_a_screen_or_goes_in_is_written_down_once() {
    // Where nothing may be changed too: it changes nothing.
    for read_only in [false, true] {
        let stage = stage(read_only);
        let screens = stage.consoles.screens(stage.vm(VmState::Running)).unwrap();
        for _ in 0..2 {
            drop(block_on(screens.look(0)).unwrap());
        }
        assert_eq!(stage.audited(), ["ann ssh from 192.0.2.7 vm.screenshot done"]);
        block_on(stage.consoles.witness(stage.vm(VmState::Running), Visit::Ssh)).unwrap();
        assert_eq!(stage.audited().len(), 2);
        let off = stage.consoles.screens(stage.vm(VmState::ShutOff)).unwrap();
        let no = block_on(off.look(0)).unwrap().unwrap_err();
        assert_eq!(no.kind, HvErrorKind::InvalidState, "{no}");
        assert_eq!(stage.audited().len(), 2, "nobody saw anything");
    }
}

#[test]
fn read_only_and_what_is_off_are_refused_and_not_audited() {
    let shut = stage(true);
    let over = until(&shut.consoles.open(shut.vm(VmState::Running), false).unwrap(), |t| ending(t).is_some());
    assert_eq!(ending(&over).unwrap().how, Ended::Refused(RefusalKind::NotAllowed));
    assert!(shut.audited().is_empty());
    let off = stage(false);
    let over = until(&off.consoles.open(off.vm(VmState::ShutOff), false).unwrap(), |t| ending(t).is_some());
    assert_eq!(ending(&over).unwrap().how, Ended::Refused(RefusalKind::State));
    assert!(off.audited().is_empty());
}

#[test]
fn one_has_it_and_another_may_take_it() {
    let stage = stage(false);
    let vm = stage.vm(VmState::Running);
    let first = stage.consoles.open(vm, false).unwrap();
    until(&first, |t| t.state == ConsoleState::Open);
    let second = until(&stage.consoles.open(vm, false).unwrap(), |t| ending(t).is_some());
    assert!(ending(&second).unwrap().remedy.contains("Take over"), "{second:?}");
    let third = stage.consoles.open(vm, true).unwrap();
    until(&third, |t| t.state == ConsoleState::Open);
    let put_out = until(&first, |t| ending(t).is_some());
    assert_eq!(ending(&put_out).unwrap().how, Ended::Closed);
    drop(third);
    // Closed when it was dropped: it can be opened again.
    let again = Instant::now();
    loop {
        let fourth = stage.consoles.open(vm, false).unwrap();
        let taken = until(&fourth, |t| t.state != ConsoleState::Opening);
        if taken.state == ConsoleState::Open {
            break;
        }
        assert!(again.elapsed() < Duration::from_secs(20), "{taken:?}");
    }
}

#[test]
fn a_slow_reader_gets_the_newest_and_is_told_what_it_missed() {
    let stage = stage(false);
    let console = stage.consoles.open(stage.vm(VmState::Running), false).unwrap();
    until(&console, |t| t.state == ConsoleState::Open && says(t, "# "));
    assert!(console.type_bytes(b"flood 400000\recho after\r"));
    let begun = Instant::now();
    // Nobody takes until all was printed, some three megabytes.
    while !String::from_utf8_lossy(console.tray.lock().bytes.make_contiguous()).contains("\r\nafter\r\n") {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    assert!(console.tray.lock().bytes.len() <= TRAY);
    let first = console.take(100);
    assert_eq!(first.bytes.len(), 100);
    assert!(first.dropped > 1_000_000, "{}", first.dropped);
    let rest = until(&console, |t| says(t, "\r\nafter\r\n"));
    assert!(says(&rest, "399999\r\n"));
    assert_eq!(rest.dropped, 0);
}

#[test]
fn too_much_typed_is_pushed_back() {
    let stage = stage(false);
    stage.sim.stall();
    let console = stage.consoles.open(stage.vm(VmState::Running), false).unwrap();
    assert!(console.type_bytes(&vec![b'x'; TYPED]));
    assert!(!console.type_bytes(b"x"), "no more is taken while nothing leaves");
    stage.sim.resume_calls();
}

#[test]
fn a_lost_connection_and_a_vm_that_stops_are_told() {
    let stage = stage(false);
    let vm = stage.vm(VmState::Running);
    let console = stage.consoles.open(vm, false).unwrap();
    until(&console, |t| t.state == ConsoleState::Open);
    stage.sim.disconnect();
    let over = until(&console, |t| ending(t).is_some());
    assert_eq!(ending(&over).unwrap().how, Ended::Failed(HvErrorKind::ConnectionLost));
    stage.sim.allow_reconnect();
    let console = stage.consoles.open(vm, true).unwrap();
    until(&console, |t| t.state == ConsoleState::Open);
    stage.sim.set_state(vm, VmState::ShutOff);
    let over = until(&console, |t| ending(t).is_some());
    assert!(ending(&over).unwrap().sentence.contains("The VM is off"), "{over:?}");
}
