use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::hypervisor::{
    Ask, Connector, Groups, HvErrorKind, HvEvent, HvResult, Hypervisor, Purpose, StartHow, Which, XmlOf,
};
use crate::model::counters::VmCounters;
use crate::model::id::VmId;
use crate::model::metric::{GROUPS, Group};
use crate::model::vm::{PauseReason, VmState};

const SECOND: Duration = Duration::from_secs(1);

fn host(vms: usize, running: usize) -> (SimHost, Box<dyn Hypervisor>) {
    let host = SimHost::new(SimConfig::manual(vms, running));
    let connection = host.connector().connect(Purpose::Poll).unwrap();
    (host, connection)
}

fn all(c: &dyn Hypervisor) -> Vec<VmCounters> {
    c.vm_counters(Groups::of(&GROUPS), Which::All).unwrap()
}

fn one(c: &dyn Hypervisor, id: VmId) -> VmCounters {
    c.vm_counters(Groups::of(&GROUPS), Which::These(&[id])).unwrap().remove(0)
}

fn cpu_ns(c: &dyn Hypervisor, id: VmId) -> u64 {
    one(c, id).cpu.unwrap().time_ns
}

fn first_running(h: &SimHost) -> VmId {
    h.vms().into_iter().find(|(_, _, state)| *state == VmState::Running).unwrap().0
}

#[test]
fn the_same_seed_and_time_give_the_same_counters_however_often_they_were_read() {
    let ((a_host, a), (b_host, b)) = (host(40, 30), host(40, 30));
    for _ in 0..50 {
        a_host.clock().advance(SECOND);
        all(&*a);
    }
    b_host.clock().advance(50 * SECOND);
    assert_eq!(all(&*a), all(&*b));
    assert_eq!(a.node_counters().unwrap(), b.node_counters().unwrap());
    let other = SimHost::new(SimConfig { seed: 2, ..SimConfig::manual(40, 30) });
    let other = other.connector().connect(Purpose::Poll).unwrap();
    assert_ne!(all(&*a), all(&*other));
}

#[test]
fn a_paused_vm_stands_still_and_goes_on_where_it_was() {
    let (h, c) = host(8, 8);
    let id = first_running(&h);
    let before = cpu_ns(&*c, id);
    h.pause(id);
    h.clock().advance(60 * SECOND);
    assert_eq!(cpu_ns(&*c, id), before);
    h.resume(id);
    h.clock().advance(SECOND);
    let later = cpu_ns(&*c, id);
    assert!(later > before && later < before + 40_000_000_000, "{before} {later}");
}

#[test]
fn a_vm_started_anew_counts_from_nothing() {
    let (h, c) = host(8, 8);
    let id = first_running(&h);
    h.clock().advance(100 * SECOND);
    let before = cpu_ns(&*c, id);
    h.set_state(id, VmState::ShutOff);
    assert_eq!(one(&*c, id).cpu, None);
    h.set_state(id, VmState::Running);
    assert_eq!(cpu_ns(&*c, id), 0);
    h.clock().advance(SECOND);
    assert!(cpu_ns(&*c, id) < before);
}

#[test]
fn noise_steals_time_from_neighbours_and_slows_their_disks_only_while_it_runs() {
    let config = SimConfig::manual(8, 8).with_shapes(&[Shape::Noisy, Shape::Steady]);
    let h = SimHost::new(config);
    let c = h.connector().connect(Purpose::Poll).unwrap();
    let victim = h.running_with(Shape::Steady)[0];
    let measure = || {
        let read = |x: &VmCounters| {
            let disk = &x.disks.as_ref().unwrap()[0];
            let steal: u64 = x.vcpus.iter().map(|v| v.delay_ns.unwrap()).sum();
            (steal, disk.read.time_ns.unwrap() as f64, disk.read.requests.unwrap() as f64)
        };
        let a = read(&one(&*c, victim));
        h.clock().advance(3600 * SECOND);
        let b = read(&one(&*c, victim));
        ((b.0 - a.0) as f64, (b.1 - a.1) / (b.2 - a.2))
    };
    let (loud_steal, loud_latency) = measure();
    for id in h.running_with(Shape::Noisy) {
        h.pause(id);
    }
    let (quiet_steal, quiet_latency) = measure();
    assert!(loud_steal > 5.0 * quiet_steal, "{loud_steal} against {quiet_steal}");
    assert!(loud_latency > 1.1 * quiet_latency, "{loud_latency} against {quiet_latency}");
}

#[test]
fn a_leak_grows_until_it_starts_over() {
    let h = SimHost::new(SimConfig { armed: true, ..SimConfig::manual(2, 2) }.with_shapes(&[Shape::Leak]));
    let c = h.connector().connect(Purpose::Poll).unwrap();
    let id = h.running_with(Shape::Leak)[0];
    let usable: Vec<_> = (0..400)
        .map(|_| {
            h.clock().advance(30 * SECOND);
            one(&*c, id).balloon.unwrap().usable.unwrap()
        })
        .collect();
    let falls = usable.windows(2).filter(|w| w[1] < w[0]).count();
    let jumps = usable.windows(2).filter(|w| w[1] > w[0]).count();
    assert!(falls > 300 && (1..10).contains(&jumps), "{falls} falls, {jumps} jumps");
}

#[test]
fn memory_is_known_once_armed() {
    let (h, c) = host(8, 8);
    let id = first_running(&h);
    assert_eq!(one(&*c, id).balloon.unwrap().usable, None);
    c.arm_memory_stats(id, 5 * SECOND).unwrap();
    let b = one(&*c, id).balloon.unwrap();
    assert!(b.usable.unwrap() < b.available.unwrap());
    assert!(b.last_update_s.unwrap() <= u64::try_from(h.clock().moment().wall.0 / 1000).unwrap());
}

/// Waits until the host was asked so often.
fn asked(h: &SimHost, operation: Operation, times: u64) {
    let deadline = std::time::Instant::now() + 20 * SECOND;
    while h.calls().of(operation) < times {
        assert!(std::time::Instant::now() < deadline, "{operation:?} was never called");
        std::thread::yield_now();
    }
}

#[test]
fn a_stalled_call_waits_until_the_stall_ends() {
    let (h, c) = host(2, 1);
    h.stall();
    let worker = std::thread::spawn(move || c.vms().map(|v| v.len()));
    asked(&h, Operation::Vms, 1);
    // Had it not waited, it would not see the error.
    h.error_on(Operation::Vms, Some(HvErrorKind::Other));
    h.resume_calls();
    assert_eq!(worker.join().unwrap().unwrap_err().kind, HvErrorKind::Other);
}

#[test]
fn a_cut_connection_is_lost_for_good_even_in_a_stall() {
    let (h, c) = host(2, 1);
    h.stall();
    let worker = std::thread::spawn(move || (c.vms().map(|v| v.len()), c.is_alive()));
    asked(&h, Operation::Vms, 1);
    h.disconnect();
    let (answer, alive) = worker.join().unwrap();
    assert_eq!(answer.unwrap_err().kind, HvErrorKind::ConnectionLost);
    assert!(!alive);
    h.resume_calls();
    assert_eq!(h.connector().connect(Purpose::Poll).err().unwrap().kind, HvErrorKind::NoConnection);
    h.allow_reconnect();
    assert!(h.connector().connect(Purpose::Poll).unwrap().is_alive());
}

#[test]
fn events_wait_for_the_end_of_a_stall() {
    let (h, c) = host(4, 4);
    let (tx, rx) = mpsc::channel();
    c.subscribe(Arc::new(move |e| tx.send(e).unwrap())).unwrap();
    let id = first_running(&h);
    h.stall();
    h.io_error(id);
    assert!(rx.try_recv().is_err());
    h.resume_calls();
    assert!(matches!(rx.try_recv().unwrap(), HvEvent::IoError { .. }));
    assert!(matches!(rx.try_recv().unwrap(), HvEvent::Vm { state: Some(VmState::Paused(_)), .. }));
    h.disconnect();
    assert!(matches!(rx.try_recv().unwrap(), HvEvent::Closed { .. }));
}

#[test]
fn a_slow_pool_holds_up_only_its_own_calls() {
    let (h, c) = host(4, 4);
    let (slow, quick) = (h.pool_id("default").unwrap(), h.pool_id("nvme").unwrap());
    h.slow_pool("default", true);
    assert!(c.pool(quick).is_ok());
    assert_eq!(c.pool_names().unwrap().len(), 4);
    let worker = std::thread::spawn(move || c.pool(slow).map(|p| p.name));
    asked(&h, Operation::Pool, 2);
    assert!(!worker.is_finished());
    // When the last handle is dropped, no thread stays behind.
    drop(h);
    assert_eq!(worker.join().unwrap().unwrap_err().kind, HvErrorKind::ConnectionLost);
}

#[test]
fn a_dropped_group_is_left_out_for_that_vm_only() {
    let (h, c) = host(4, 4);
    let id = first_running(&h);
    h.drop_group(id, Group::Block);
    for vm in all(&*c) {
        assert_eq!(vm.disks.is_none(), vm.id == id);
        assert!(vm.cpu.is_some());
    }
}

#[test]
fn two_thousand_vms_are_cheap() {
    let (h, c) = host(2000, 200);
    assert_eq!(c.vms().unwrap().len(), 2000);
    let names: std::collections::BTreeSet<_> = h.vms().into_iter().map(|v| v.1).collect();
    assert_eq!(names.len(), 2000);
    let active = c.vm_counters(Groups::of(&GROUPS), Which::Active).unwrap();
    assert_eq!(active.len(), 200);
    assert_eq!(h.calls().vms_given(Group::Block), 200);
}

#[test]
fn the_node_counts_what_its_guests_use_and_never_backwards() {
    let (h, c) = host(30, 20);
    let mut before = c.node_counters().unwrap().cpu.unwrap();
    for round in 0..100 {
        h.clock().advance(2 * SECOND);
        match round {
            20 => drop(h.undefine(first_running(&h))),
            40 => drop(h.set_state(first_running(&h), VmState::ShutOff)),
            60 => drop(h.reset_counters(first_running(&h))),
            _ => {}
        }
        let now = c.node_counters().unwrap().cpu.unwrap();
        assert!(now.user_ns > before.user_ns && now.system_ns > before.system_ns, "round {round}");
        assert!(now.idle_ns >= before.idle_ns && now.iowait_ns >= before.iowait_ns, "round {round}");
        before = now;
    }
    let n = c.node_counters().unwrap();
    assert!(n.load.unwrap().iter().all(|l| *l > 0.0 && *l < f64::from(c.node().unwrap().cpus)), "{n:?}");
}

/// Begins a save on a connection of its own that takes 100 s, and waits until it goes on.
fn saving(h: &SimHost, id: VmId) -> std::thread::JoinHandle<HvResult<()>> {
    h.slow_save(id, 100 * SECOND);
    let c = h.connector().connect(Purpose::Operate).unwrap();
    let worker = std::thread::spawn(move || c.save(id));
    let looks = h.connector().connect(Purpose::Operate).unwrap();
    let deadline = std::time::Instant::now() + 20 * SECOND;
    while looks.vm_progress(id).unwrap().is_none() {
        assert!(std::time::Instant::now() < deadline, "the save never began");
        std::thread::yield_now();
    }
    worker
}

#[test]
fn a_save_goes_on_by_the_clock_and_holds_the_vm() {
    let (h, c) = host(8, 8);
    let id = first_running(&h);
    let worker = saving(&h, id);
    assert_eq!(c.vm_state(id).unwrap(), VmState::Paused(PauseReason::Saving));
    h.clock().advance(25 * SECOND);
    let p = c.vm_progress(id).unwrap().unwrap();
    assert!(p.total > 0 && p.done.abs_diff(p.total / 4) <= p.total >> 20, "{p:?}");
    assert_eq!(c.resume(id).unwrap_err().kind, HvErrorKind::TimedOut);
    assert!(!worker.is_finished());
    h.clock().advance(75 * SECOND);
    worker.join().unwrap().unwrap();
    assert_eq!((c.vm_state(id).unwrap(), c.vm_progress(id).unwrap()), (VmState::ShutOff, None));
    assert_eq!(c.vm_flags(id).unwrap().managed_save, Some(true));
    assert_eq!(one(&*c, id).cpu, None);
    c.start(id, StartHow::default()).unwrap();
    assert_eq!((cpu_ns(&*c, id), c.vm_flags(id).unwrap().managed_save), (0, Some(false)));
}

#[test]
fn a_save_that_is_stopped_leaves_the_vm_as_it_was() {
    let (h, c) = host(8, 8);
    let id = first_running(&h);
    let (tx, rx) = mpsc::channel();
    c.subscribe(Arc::new(move |e| tx.send(e).unwrap())).unwrap();
    let worker = saving(&h, id);
    c.abort_job(id).unwrap();
    assert_eq!(worker.join().unwrap().unwrap_err().kind, HvErrorKind::Aborted);
    assert_eq!(c.vm_state(id).unwrap(), VmState::Running);
    assert_eq!(c.vm_flags(id).unwrap().managed_save, Some(false));
    let job = |ended| HvEvent::Job { id, what: "save".into(), ended };
    let state = |state| HvEvent::Vm { id, state: Some(state) };
    let saving = VmState::Paused(PauseReason::Saving);
    let told: Vec<_> = rx.try_iter().collect();
    assert_eq!(told, [state(saving), job(false), state(VmState::Running), job(true)]);
}

#[test]
fn a_save_outlives_its_connection_but_not_its_vm() {
    let (h, _) = host(8, 8);
    let id = first_running(&h);
    let worker = saving(&h, id);
    h.disconnect();
    assert_eq!(worker.join().unwrap().unwrap_err().kind, HvErrorKind::ConnectionLost);
    h.allow_reconnect();
    let c = h.connector().connect(Purpose::Operate).unwrap();
    assert!(c.vm_progress(id).unwrap().is_some());
    h.clock().advance(100 * SECOND);
    assert_eq!(c.vm_state(id).unwrap(), VmState::ShutOff);
    assert_eq!(c.vm_flags(id).unwrap().managed_save, Some(true));
    let other = first_running(&h);
    let worker = saving(&h, other);
    c.force_off(other).unwrap();
    assert_eq!(worker.join().unwrap().unwrap_err().kind, HvErrorKind::Other);
    assert_eq!(c.vm_state(other).unwrap(), VmState::ShutOff);
}

#[test]
fn guests_hear_what_they_are_asked_unless_they_are_deaf() {
    let (h, c) = host(20, 20);
    let agent = |id: &VmId| c.xml_of(*id, XmlOf::Live).unwrap().contains("guest_agent");
    let ids: Vec<_> = h.vms().into_iter().map(|vm| vm.0).collect();
    let with = *ids.iter().find(|id| agent(id)).unwrap();
    let without = *ids.iter().find(|id| !agent(id)).unwrap();
    assert_eq!(c.shutdown(without, Ask::Agent).unwrap_err().kind, HvErrorKind::AgentUnavailable);
    h.silent_agent(with, true);
    assert_eq!(c.shutdown(with, Ask::Agent).unwrap_err().kind, HvErrorKind::AgentUnavailable);
    h.ignore_acpi(with, true);
    c.shutdown(with, Ask::Acpi).unwrap();
    assert_eq!(c.vm_state(with).unwrap(), VmState::Running);
    h.silent_agent(with, false);
    c.shutdown(with, Ask::Agent).unwrap();
    c.shutdown(without, Ask::Acpi).unwrap();
    assert_eq!([with, without].map(|id| c.vm_state(id).unwrap()), [VmState::ShutOff; 2]);
}
