use uuid::Uuid;

use super::*;
use crate::model::metric::Group::{Balloon, Block, Cpu, Interface, State, Vcpu};

const SECOND: Micros = 1_000_000;

fn ids(n: u128) -> Vec<VmId> {
    (1..=n).map(|i| VmId(Uuid::from_u128(i))).collect()
}

fn offer() -> Offer {
    Offer { groups: Groups::of(&[State, Cpu, Vcpu, Balloon, Block, Interface]), events: true, node: false }
}

/// What libvirtd's CPU pays for one group of one running VM, milliseconds: measured with 20 VMs.
fn price(group: Group) -> f64 {
    let of_20 = match group {
        State => 0.2,
        Interface => 1.2,
        Cpu => 4.5,
        Vcpu => 5.6,
        Balloon => 6.6,
        Block => 12.4,
        Group::Node | Group::Pool => 0.0,
    };
    of_20 / 20.0
}

/// What a list costs it; measured as wall time, so no less than its CPU.
const LIST_PRICE: f64 = 0.9;

fn cost(calls: &[Call], active: usize) -> f64 {
    calls
        .iter()
        .map(|call| match call {
            Call::List => LIST_PRICE,
            Call::Counters { groups, targets } => {
                let vms = match targets {
                    Targets::Active => active,
                    Targets::These(ids) => ids.len(),
                };
                let each: f64 =
                    crate::model::metric::GROUPS.iter().filter(|g| groups.has(**g)).map(|g| price(*g)).sum();
                each * vms as f64
            }
            other => panic!("not planned: {other:?}"),
        })
        .sum()
}

/// Runs the schedule for so many seconds and returns the calls of each tick.
fn run(
    schedule: &mut Schedule,
    active: &[VmId],
    focus: &Focus,
    from: Micros,
    seconds: u64,
) -> Vec<Vec<Call>> {
    let mut ticks = Vec::new();
    let mut now = from;
    while now < from + seconds * SECOND {
        let calls = schedule.due(now, active, focus, offer());
        if !calls.is_empty() {
            ticks.push(calls);
        }
        assert!(schedule.next() > now, "nothing may stay due");
        now = schedule.next();
    }
    ticks
}

#[test]
fn the_daemon_pays_less_than_half_of_asking_for_everything_every_two_seconds() {
    let active = ids(20);
    let everything: f64 = [State, Interface, Cpu, Vcpu, Balloon, Block].map(price).iter().sum::<f64>() * 20.0;
    for (case, detail) in [("ten on screen", None), ("and one of them looked into", Some(active[0]))] {
        let focus = Focus { visible: active[..10].to_vec(), detail };
        let mut schedule = Schedule::new(PollSettings::default());
        run(&mut schedule, &active, &focus, SECOND, 60);
        let minutes = 10;
        let calls = run(&mut schedule, &active, &focus, 61 * SECOND, minutes * 60).concat();
        let per_two_seconds = cost(&calls, active.len()) / (minutes * 30) as f64;
        assert!(per_two_seconds <= everything / 2.0, "{case}: {per_two_seconds:.1} of {everything:.1} ms");
        assert!(per_two_seconds <= 15.0, "{case}: {per_two_seconds:.1} ms");
    }
}

#[test]
fn the_first_tick_asks_everything_in_one_call_after_the_list() {
    let active = ids(3);
    let calls = Schedule::new(PollSettings::default()).due(SECOND, &active, &Focus::default(), offer());
    let all = offer().groups;
    assert_eq!(calls, [Call::List, Call::Counters { groups: all, targets: Targets::Active }]);
}

#[test]
fn slow_groups_go_to_the_detail_first_then_to_the_screen_then_to_the_rest() {
    let active = ids(3);
    let focus = Focus { visible: vec![active[1]], detail: Some(active[0]) };
    let mut schedule = Schedule::new(PollSettings::default());
    run(&mut schedule, &active, &focus, SECOND, 60);
    let calls = run(&mut schedule, &active, &focus, 61 * SECOND, 600).concat();
    let times = |id: &VmId| {
        calls
            .iter()
            .filter(|call| match call {
                Call::Counters { groups, targets: Targets::These(ids) } => {
                    groups.has(Block) && ids.contains(id)
                }
                Call::Counters { groups, targets: Targets::Active } => groups.has(Block),
                _ => false,
            })
            .count()
    };
    assert_eq!(active.iter().map(times).collect::<Vec<_>>(), [300, 75, 30]);
    let fast = calls.iter().filter(|c| matches!(c, Call::Counters { groups, .. } if groups.has(Cpu))).count();
    assert_eq!(fast, 300);
    assert_eq!(calls.iter().filter(|c| **c == Call::List).count(), 20, "events tell what changes in between");
}

#[test]
fn the_second_reading_of_slow_groups_is_not_long_in_coming() {
    let active = ids(1);
    let mut schedule = Schedule::new(PollSettings::default());
    let ticks = run(&mut schedule, &active, &Focus::default(), SECOND, 30);
    let slow: Vec<_> = ticks
        .iter()
        .enumerate()
        .filter(|(_, calls)| {
            calls.iter().any(|c| matches!(c, Call::Counters { groups, .. } if groups.has(Block)))
        })
        .map(|(tick, _)| tick * 2)
        .collect();
    assert_eq!(slow, [0, 4, 24]);
}

#[test]
fn a_vm_that_scrolls_into_view_is_asked_at_once_and_scrolling_on_is_damped() {
    let active = ids(40);
    let mut focus = Focus::default();
    let mut schedule = Schedule::new(PollSettings::default());
    run(&mut schedule, &active, &focus, SECOND, 61);
    let now = schedule.next() - SECOND;
    focus.visible = active[..10].to_vec();
    schedule.focus_moved(now);
    assert_eq!(schedule.next(), now);
    let calls = schedule.due(now, &active, &focus, offer());
    assert_eq!(
        calls,
        [Call::Counters {
            groups: Groups::of(&[Vcpu, Balloon, Block]),
            targets: Targets::These(active[..10].into())
        }]
    );
    schedule.focus_moved(now + 1000);
    assert!(schedule.next() >= now + SECOND / 4);
}

#[test]
fn a_host_without_running_vms_is_asked_all_the_same() {
    let mut schedule = Schedule::new(PollSettings::default());
    let ticks = run(&mut schedule, &[], &Focus::default(), SECOND, 20);
    assert_eq!(ticks.len(), 10, "one call at every fast tick");
    assert!(ticks.iter().all(|calls| calls.len() == 1), "{ticks:?}");
}

#[test]
fn without_events_the_list_goes_at_the_fast_pace_and_without_vms_nothing_else_does() {
    let mut schedule = Schedule::new(PollSettings::default());
    let quiet = Offer { events: false, node: true, ..offer() };
    let first = schedule.due(SECOND, &[], &Focus::default(), quiet);
    assert_eq!(first, [Call::List, Call::NodeCounters]);
    assert_eq!(schedule.due(3 * SECOND, &[], &Focus::default(), quiet), [Call::List, Call::NodeCounters]);
}

#[test]
fn a_driver_that_serves_few_groups_is_asked_for_those() {
    let active = ids(2);
    let few = Offer { groups: Groups::of(&[State, Cpu]), ..offer() };
    let calls = Schedule::new(PollSettings::default()).due(SECOND, &active, &Focus::default(), few);
    assert_eq!(calls[1..], [Call::Counters { groups: few.groups, targets: Targets::Active }]);
}

#[test]
fn a_slow_host_is_left_as_long_to_rest_as_it_took() {
    let active = ids(2);
    let mut schedule = Schedule::new(PollSettings::default());
    schedule.due(SECOND, &active, &Focus::default(), offer());
    schedule.took(6 * SECOND, 5 * SECOND);
    assert!(schedule.next() >= 11 * SECOND);
}

#[test]
fn lists_called_for_again_and_again_are_damped() {
    let mut schedule = Schedule::new(PollSettings::default());
    schedule.due(SECOND, &[], &Focus::default(), offer());
    schedule.list_due();
    assert_eq!(schedule.next(), SECOND + SECOND / 4);
}
