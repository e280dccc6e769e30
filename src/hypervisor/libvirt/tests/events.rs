//! Events of libvirt's test driver.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use virt::connect::Connect;

use super::fake::FakeVm;
use super::open;
use crate::hypervisor::{EventSink, HvEvent, Hypervisor};
use crate::model::vm::{PauseReason, VmState};

const DEADLINE: Duration = Duration::from_secs(10);

fn listen(hv: &dyn Hypervisor) -> Receiver<HvEvent> {
    let (tx, rx) = channel();
    hv.subscribe(Arc::new(move |e| drop(tx.send(e)))).unwrap();
    rx
}

/// Waits for an event; others in between do not matter, since tests run side by side.
fn wait_for(events: &Receiver<HvEvent>, wanted: &HvEvent) {
    let until = Instant::now() + DEADLINE;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match events.recv_timeout(left) {
            Ok(event) if event == *wanted => return,
            Ok(_) => {}
            Err(e) => panic!("{wanted:?} did not come: {e}"),
        }
    }
}

#[test]
fn a_vms_life_is_told() {
    let hv = open("test:///default");
    let events = listen(&*hv);
    let vm = FakeVm::define("events-life");
    let id = vm.id;
    let state = |state| HvEvent::Vm { id, state: Some(state) };
    wait_for(&events, &HvEvent::Defined(id));
    vm.domain.create().unwrap();
    wait_for(&events, &state(VmState::Running));
    vm.domain.suspend().unwrap();
    wait_for(&events, &state(VmState::Paused(PauseReason::User)));
    vm.domain.resume().unwrap();
    wait_for(&events, &state(VmState::Running));
    // Undefined while it runs, it lives on.
    vm.domain.undefine().unwrap();
    wait_for(&events, &HvEvent::Defined(id));
    assert!(hv.vms().unwrap().iter().any(|v| v.id == id && v.state == VmState::Running));
    vm.domain.destroy().unwrap();
    wait_for(&events, &state(VmState::ShutOff));
    assert!(hv.vms().unwrap().iter().all(|v| v.id != id));
}

#[test]
fn an_undefined_vm_is_gone() {
    let hv = open("test:///default");
    let vm = FakeVm::define("events-gone");
    let (events, id) = (listen(&*hv), vm.id);
    vm.remove();
    wait_for(&events, &HvEvent::Vm { id, state: None });
}

#[test]
fn pools_are_told() {
    let hv = open("test:///default");
    let events = listen(&*hv);
    let conn = Connect::open(Some("test:///default")).unwrap();
    let xml = "<pool type='dir'><name>events</name><target><path>/events</path></target></pool>";
    let pool = conn.define_storage_pool_xml(xml, 0).unwrap();
    let id = pool.uuid().unwrap();
    wait_for(&events, &HvEvent::Pool(id));
    pool.undefine().unwrap();
    wait_for(&events, &HvEvent::Pool(id));
}

#[test]
fn a_panicking_sink_harms_nobody() {
    let hv = open("test:///default");
    let sink: EventSink = Arc::new(|_| panic!("on purpose"));
    hv.subscribe(sink).unwrap();
    let other = open("test:///default");
    let events = listen(&*other);
    let vm = FakeVm::define("events-panic");
    wait_for(&events, &HvEvent::Defined(vm.id));
    drop(hv);
    let id = vm.id;
    vm.remove();
    wait_for(&events, &HvEvent::Vm { id, state: None });
}

#[test]
fn all_sinks_of_a_connection_are_told_and_freed_with_it() {
    let hv = open("test:///default");
    let (first, second) = (listen(&*hv), listen(&*hv));
    let vm = FakeVm::define("events-sinks");
    wait_for(&first, &HvEvent::Defined(vm.id));
    wait_for(&second, &HvEvent::Defined(vm.id));
    drop(hv);
    // libvirt frees what it was lent on its own thread; the senders are then gone.
    let until = Instant::now() + DEADLINE;
    for events in [first, second] {
        let ended = loop {
            match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(e) => break e,
            }
        };
        assert_eq!(ended, RecvTimeoutError::Disconnected);
    }
    vm.remove();
}
