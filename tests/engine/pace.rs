//! How much is asked, how often, and what it costs.

use std::time::Duration;

use novacron::hypervisor::sim::{Operation, SimConfig};
use novacron::model::metric::{Group, MetricId};
use novacron::model::vm::VmState;

use super::bench::Bench;

#[test]
fn what_is_on_screen_is_asked_more_often_than_the_rest() {
    let bench = Bench::new(SimConfig::manual(40, 20));
    bench.ready();
    let running: Vec<_> =
        bench.host.vms().into_iter().filter(|(_, _, s)| *s == VmState::Running).map(|(id, ..)| id).collect();
    let witness = running[0];
    bench.pass(15, witness);
    bench.host.forget_calls();
    bench.pass(60, witness);
    let hidden = bench.host.calls();
    bench.focus(running[..10].to_vec(), Some(running[0]));
    bench.pass(15, witness);
    bench.host.forget_calls();
    bench.pass(60, witness);
    let focused = bench.host.calls();
    // Two minutes: 20 VMs every 20 s; then 10 of them every 8 s, one of those every 2 s.
    assert_eq!(hidden.vms_given(Group::Block), 6 * 20);
    assert_eq!(focused.vms_given(Group::Block), 6 * 10 + 15 * 9 + 60);
    assert_eq!(focused.vms_given(Group::Cpu), 60 * 20);
    assert_eq!(focused.of(Operation::Vms), 4, "events tell what changes in between");
    assert!(focused.of(Operation::VmCounters) <= 60 + 60, "{focused:?}");
}

#[test]
fn an_idle_host_is_hardly_asked() {
    let bench = Bench::new(SimConfig::manual(50, 1));
    bench.ready();
    let id = bench.running();
    bench.pass(20, id);
    bench.host.forget_calls();
    bench.pass(150, id);
    let calls = bench.host.calls();
    // Five minutes: CPU of VM and node at each tick, slow groups each 20 s, lists each 30 s.
    assert!(calls.total() <= 150 * 2 + 15 + 10 + 10 * (2 + 4) + 20, "{calls:?}");
    assert_eq!(calls.of(Operation::VmXml), 0, "definitions are read on events");
}

#[test]
fn two_thousand_vms_are_shown_before_they_are_described() {
    let bench = Bench::new(SimConfig::manual(2000, 200));
    let s = bench.until("the list", |s| s.listed);
    assert_eq!(s.vms.len(), 2000);
    let s = bench.ready();
    assert_eq!(s.counts().running, 200);
    let s = bench.pass(3, bench.running());
    assert!(
        s.vms.iter().filter(|v| v.state == VmState::Running).all(|v| v.now.get(MetricId::VmCpu).is_some())
    );
}

#[test]
fn what_is_on_screen_is_described_first() {
    let bench = Bench::new(SimConfig::manual(2000, 50));
    let s = bench.until("the list", |s| s.listed);
    let last: Vec<_> = s.vms.iter().rev().take(20).map(|v| v.id).collect();
    bench.focus(last.clone(), None);
    let s = bench.amid_work(Duration::from_secs(20), "those on screen", |s| {
        last.iter().all(|id| s.vm(*id).is_some_and(|v| v.definition.is_some()))
    });
    let described = s.vms.iter().filter(|v| v.definition.is_some()).count();
    assert!(described < 2000, "it need not wait for all");
}

#[test]
fn a_driver_without_bulk_statistics_is_served_through_the_same_port() {
    let bench = Bench::new(SimConfig { bulk_stats: false, ..SimConfig::manual(12, 6) });
    let s = bench.ready();
    assert!(s.limits.no_bulk_stats.is_some());
    let id = bench.running();
    let s = bench.pass(3, id);
    assert!(s.vm(id).unwrap().now.get(MetricId::VmCpu).is_some());
}

#[test]
fn memory_statistics_are_armed_once_and_only_where_they_may_be() {
    let bench = Bench::new(SimConfig::manual(12, 6));
    bench.ready();
    bench.within(Duration::from_secs(30), "memory as guests see it", |s| {
        s.vms.iter().filter(|v| v.state == VmState::Running).all(|v| v.now.get(MetricId::VmMemory).is_some())
    });
    let armed = bench.host.calls().of(Operation::ArmMemoryStats);
    bench.pass(30, bench.running());
    assert_eq!(bench.host.calls().of(Operation::ArmMemoryStats), armed);
    assert!(armed <= 6);

    let left_alone = Bench::with(
        SimConfig::manual(12, 6),
        novacron::config::PollSettings { arm_memory_stats: None, ..Default::default() },
    );
    left_alone.ready();
    left_alone.pass(10, left_alone.running());
    assert_eq!(left_alone.host.calls().of(Operation::ArmMemoryStats), 0);

    let read_only = Bench::new(SimConfig { read_only: true, ..SimConfig::manual(12, 6) });
    let s = read_only.ready();
    read_only.pass(10, read_only.running());
    assert!(s.limits.read_only && s.limits.no_arming.is_some());
    assert_eq!(read_only.host.calls().of(Operation::ArmMemoryStats), 0);
}

#[test]
fn nothing_is_published_while_nothing_happens() {
    let bench = Bench::new(SimConfig::manual(5, 0));
    bench.until("the list", |s| s.listed);
    bench.within(Duration::from_secs(10), "everything", |s| {
        s.pools.is_some() && s.networks.is_some() && s.vms.iter().all(|v| v.definition.is_some())
    });
    let serial = bench.handle.snapshot().serial;
    // No time passes, so nothing is due; what is under way ends.
    bench.advance(Duration::from_millis(500));
    let settled = bench.handle.snapshot().serial;
    assert!(settled - serial <= 2);
}
