//! What an engine does when the host does not do what it should.

use std::time::{Duration, Instant};

use novacron::engine::Command;
use novacron::engine::clock::Clock;
use novacron::hypervisor::HvErrorKind;
use novacron::hypervisor::sim::{Operation, SimConfig};
use novacron::model::alert::Condition;
use novacron::model::metric::{Group, MetricId};
use novacron::model::snapshot::Link;
use novacron::model::storage::PoolTrouble;
use novacron::model::vm::{AddressSource, PauseReason, VmState};

use super::bench::Bench;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_stalled_host_is_told_in_time_and_its_values_stay() {
    let bench = Bench::new(SimConfig::manual(20, 6));
    bench.ready();
    let id = bench.running();
    let before = bench.pass(4, id);
    let value = before.vm(id).unwrap().now.get(MetricId::VmCpu);
    assert!(value.is_some());
    bench.host.stall();
    let begun = bench.clock.now();
    let s = bench.within(20 * SECOND, "stalled", |s| matches!(s.link, Link::Stalled { .. }));
    let took = bench.clock.now().seconds_since(begun).unwrap();
    assert!(took <= 2.0 + 5.0 + 0.5, "one pace and the limit: {took} s");
    assert_eq!(s.vm(id).unwrap().now.get(MetricId::VmCpu), value);
    assert!(s.alerts.iter().any(|a| a.condition == Condition::NotAnswering));
    let fresh = s.vm(id).unwrap().fresh.get(Group::Cpu).unwrap();
    assert!(fresh.age(bench.clock.now().wall) >= 5 * SECOND, "its age shows");

    bench.host.resume_calls();
    let s = bench.within(20 * SECOND, "up again", |s| s.link.is_up());
    assert_eq!(s.cost.abandoned_calls, 0, "it was waited for");
    assert!(s.alerts.iter().all(|a| a.condition != Condition::NotAnswering));
    bench.within(20 * SECOND, "values are renewed", |s| {
        s.vm(id).unwrap().fresh.get(Group::Cpu) > Some(fresh.plus(6 * SECOND))
    });
}

#[test]
fn a_host_that_stays_stalled_gets_few_new_connections_and_comes_back() {
    let bench = Bench::new(SimConfig::manual(10, 3));
    bench.ready();
    bench.host.stall();
    bench.host.forget_calls();
    bench.within(60 * SECOND, "given up", |s| matches!(s.link, Link::Lost { .. }));
    bench.advance(600 * SECOND);
    for _ in 0..100 {
        bench.advance(20 * SECOND);
    }
    assert!(bench.host.calls().of(Operation::Connect) <= 4, "{:?}", bench.host.calls());
    bench.host.resume_calls();
    bench.within(120 * SECOND, "up again", |s| s.link.is_up());
}

#[test]
fn it_stops_within_its_deadline_while_everything_hangs() {
    let mut bench = Bench::new(SimConfig::manual(10, 3));
    bench.ready();
    bench.host.stall();
    bench.within(20 * SECOND, "stalled", |s| matches!(s.link, Link::Stalled { .. }));
    let begun = Instant::now();
    let left = bench.engine.take().unwrap().stop(Duration::from_millis(300));
    assert!(left >= 1, "the hung call is left behind");
    assert!(begun.elapsed() < Duration::from_millis(450), "{:?}", begun.elapsed());
}

#[test]
fn a_lost_connection_is_told_and_tried_again_ever_more_seldom() {
    let bench = Bench::new(SimConfig::manual(12, 4));
    bench.ready();
    let id = bench.running();
    bench.pass(3, id);
    bench.host.disconnect();
    let s = bench.within(20 * SECOND, "lost", |s| matches!(s.link, Link::Lost { .. }));
    assert_eq!(s.vms.len(), 12, "what was known stays");
    assert!(s.alerts.iter().any(|a| a.condition == Condition::ConnectionLost));
    bench.within(20 * SECOND, "third try", |s| matches!(s.link, Link::Lost { attempt: 3.., .. }));
    bench.host.forget_calls();
    for _ in 0..600 {
        bench.advance(SECOND / 2);
    }
    let tries = bench.host.calls().of(Operation::Connect);
    assert!(tries <= 30, "{tries} tries in five minutes");

    bench.host.allow_reconnect();
    bench.handle.send(Command::Reconnect);
    let s = bench.until("up at once, without waiting", |s| s.link.is_up());
    assert!(s.alerts.iter().all(|a| a.condition != Condition::ConnectionLost));
    let s = bench.pass(3, id);
    let track = &s.vm(id).unwrap().tracks.as_ref().unwrap().cpu;
    let points: Vec<_> = track.points(MetricId::VmCpu).map(|(_, v)| v).collect();
    assert!(points.iter().any(Option::is_none), "no rate reaches across: {points:?}");
    assert!(points.last().unwrap().is_some());
}

#[test]
fn a_host_that_cannot_be_reached_says_why_and_what_to_do() {
    let host = novacron::hypervisor::sim::SimHost::new(SimConfig::manual(3, 1));
    host.refuse_connect(HvErrorKind::PermissionDenied);
    let bench = Bench::on(host, novacron::config::PollSettings::default());
    let s = bench.until("lost", |s| matches!(s.link, Link::Lost { .. }));
    let Link::Lost { reason, hint, .. } = &s.link else { panic!("{:?}", s.link) };
    assert!(reason.starts_with("Could not connect") && hint.contains("group libvirt"), "{reason} {hint}");
    bench.host.allow_reconnect();
    bench.within(5 * SECOND, "up", |s| s.listed && s.link.is_up());
}

#[test]
fn a_pool_that_hangs_blocks_no_other() {
    let bench = Bench::new(SimConfig::manual(10, 3));
    bench.ready();
    let id = bench.running();
    bench.host.slow_pool("bulk", true);
    let s = bench.within(90 * SECOND, "the pool is given up", |s| {
        s.pools.iter().flat_map(|p| p.iter()).any(|p| matches!(p.trouble, Some(PoolTrouble::NoAnswer { .. })))
    });
    assert!(s.link.is_up() && s.cost.abandoned_calls >= 1);
    assert!(s.alerts.iter().any(|a| a.condition == Condition::PoolTrouble && a.name == "bulk"));
    let now = bench.clock.now().wall;
    bench.within(90 * SECOND, "the others are read on", |s| {
        s.pools.iter().flat_map(|p| p.iter()).filter(|p| p.record.name != "bulk").all(|p| p.at > Some(now))
    });
    bench.pass(2, id);

    let connects = bench.host.calls().of(Operation::Connect);
    bench.pass(900, id);
    let more = bench.host.calls().of(Operation::Connect) - connects;
    assert!(more <= 4, "{more} connections in half an hour");

    bench.host.slow_pool("bulk", false);
    bench.within(700 * SECOND, "the pool answers again", |s| {
        s.pools.iter().flat_map(|p| p.iter()).all(|p| p.trouble.is_none())
    });
}

#[test]
fn a_refresh_of_a_pool_that_hangs_is_answered_at_its_deadline() {
    let bench = Bench::new(SimConfig::manual(5, 2));
    bench.ready();
    bench.host.slow_pool("bulk", true);
    let mut reply = bench.handle.refresh_pool(bench.host.pool_id("bulk").unwrap());
    let begun = bench.clock.now();
    let answer = std::cell::RefCell::new(None);
    let reply = std::cell::RefCell::new(&mut reply);
    bench.within(30 * SECOND, "the answer", |_| {
        if let Ok(came) = reply.borrow_mut().try_recv() {
            *answer.borrow_mut() = Some(came);
        }
        answer.borrow().is_some()
    });
    assert_eq!(answer.into_inner().unwrap().unwrap_err().kind, HvErrorKind::TimedOut);
    assert!(bench.clock.now().seconds_since(begun).unwrap() <= 12.0);
}

#[test]
fn silent_agents_are_asked_seldom_and_delay_no_xml() {
    let bench = Bench::new(SimConfig::manual(24, 12));
    for (id, ..) in bench.host.vms() {
        bench.host.silent_agent(id, true);
    }
    bench.ready();
    let ids: Vec<_> = bench.host.vms().into_iter().map(|(id, ..)| id).collect();
    bench.focus(ids, None);
    let s = bench.within(60 * SECOND, "every running VM was asked", |s| {
        s.vms
            .iter()
            .filter(|v| v.state == VmState::Running)
            .all(|v| !v.addresses.is_empty() || v.addresses_unavailable.is_some())
    });
    assert!(s.vms.iter().flat_map(|v| &v.addresses).all(|a| a.source != AddressSource::Agent));
    assert_eq!(s.cost.abandoned_calls, 0);
}

#[test]
fn a_vm_that_vanishes_or_appears_unheard_is_noticed() {
    let bench = Bench::new(SimConfig::manual(10, 5));
    bench.ready();
    let gone = bench.running();
    let witness = bench.host.vms().into_iter().rfind(|(_, _, s)| *s == VmState::Running).unwrap().0;
    bench.host.vanish(gone);
    bench.within(5 * SECOND, "gone", |s| s.vm(gone).is_none());
    bench.pass(1, witness);
    let new = bench.host.define("brand-new");
    bench.within(5 * SECOND, "there, with its definition", |s| {
        s.vm(new).is_some_and(|v| v.definition.is_some())
    });
}

#[test]
fn counters_that_begin_anew_are_a_gap_not_a_spike() {
    let bench = Bench::new(SimConfig::manual(10, 5));
    bench.ready();
    let id = bench.running();
    bench.pass(3, id);
    bench.host.reset_counters(id);
    let s = bench.pass(1, id);
    assert_eq!(s.vm(id).unwrap().now.get(MetricId::VmCpu), None);
    let s = bench.pass(1, id);
    assert!(s.vm(id).unwrap().now.get(MetricId::VmCpu).is_some());
}

#[test]
fn an_io_error_pauses_the_vm_and_is_told_with_its_place() {
    let bench = Bench::new(SimConfig::manual(10, 5));
    bench.ready();
    let id = bench.running();
    bench.host.io_error(id);
    let s = bench.until("the alert", |s| s.alerts.iter().any(|a| a.condition == Condition::IoError));
    assert_eq!(s.vm(id).unwrap().state, VmState::Paused(PauseReason::IoError));
    let alert = s.alerts.iter().find(|a| a.condition == Condition::IoError).unwrap();
    assert!(alert.message.starts_with("paused: no space left"), "{}", alert.message);
    bench.host.resume(id);
    bench.until("the alert is gone", |s| s.alerts.iter().all(|a| a.condition != Condition::IoError));
}

#[test]
fn an_xml_that_cannot_be_read_is_told_and_mended() {
    let bench = Bench::new(SimConfig::manual(6, 2));
    bench.ready();
    let id = bench.running();
    bench.host.set_xml(id, Some("<domain><name>"));
    bench.within(5 * SECOND, "told", |s| s.alerts.iter().any(|a| a.condition == Condition::Unreadable));
    assert!(bench.handle.snapshot().vm(id).unwrap().definition.is_some(), "what was known stays");
    bench.host.set_xml(id, None);
    bench.within(5 * SECOND, "mended", |s| s.alerts.iter().all(|a| a.condition != Condition::Unreadable));
}

#[test]
fn a_group_a_busy_vm_does_not_give_shows_its_age() {
    let bench = Bench::new(SimConfig::manual(6, 3));
    bench.ready();
    let id = bench.running();
    let before = bench.pass(2, id).vm(id).unwrap().fresh.get(Group::Interface);
    bench.host.drop_group(id, Group::Interface);
    let s = bench.pass(2, id);
    assert_eq!(s.vm(id).unwrap().fresh.get(Group::Interface), before);
    assert!(s.vm(id).unwrap().now.get(MetricId::VmNet).is_some());
}
