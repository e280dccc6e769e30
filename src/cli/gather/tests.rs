use super::*;
use crate::cli::sample::{NOW, snapshot};

const SAMPLE: Duration = Duration::from_secs(1);

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

fn wants(vms: &[Needs]) -> Wants {
    Wants { vms: vms.to_vec(), ..Wants::default() }
}

/// The snapshot with every VM changed by `edit`.
fn with(edit: impl Fn(&mut Vm)) -> Snapshot {
    let mut s = snapshot();
    s.vms = s
        .vms
        .iter()
        .map(|v| {
            let mut v = Vm::clone(v);
            edit(&mut v);
            Arc::new(v)
        })
        .collect();
    s
}

fn defined_now(vm: &mut Vm) {
    vm.definition.get_or_insert_default();
}

/// Every group read, `seconds` after [`NOW`].
fn read_at(seconds: i64, groups: &'static [Group]) -> impl Fn(&mut Vm) {
    move |vm| {
        for group in groups {
            vm.fresh.set(*group, Timestamp(NOW.0 + seconds * 1000));
        }
    }
}

fn told(s: &Snapshot, w: &Wants, readings: &FirstReadings) -> Vec<String> {
    missing(s, w, SAMPLE, readings)
}

#[test]
fn a_lost_connection_fails_with_reason_and_hint() {
    let mut s = snapshot();
    s.listed = false;
    s.link = Link::Lost {
        since: NOW,
        attempt: 1,
        next_try: NOW,
        cause: LostCause::Unreachable,
        reason: "nobody listens".into(),
        hint: "Start it.".into(),
    };
    let (_tx, mut rx) = watch::channel(Arc::new(s));
    let e = wait(async { until_listed(&mut rx, Instant::now() + Duration::from_secs(9)).await }).unwrap_err();
    assert_eq!(
        (e.exit, e.what.as_str(), e.now.as_str()),
        (Exit::NoConnection, "nobody listens", "Start it.")
    );
}

#[test]
fn no_answer_in_time_is_a_timeout_and_an_ended_engine_a_failure() {
    let mut s = snapshot();
    s.listed = false;
    s.link = Link::Connecting { since: NOW };
    let (tx, mut rx) = watch::channel(Arc::new(s));
    let e = wait(async { until_listed(&mut rx, Instant::now()).await }).unwrap_err();
    assert_eq!(e.exit, Exit::TimedOut);
    assert!(e.now.contains("--timeout"));
    drop(tx);
    let e = wait(async { until_listed(&mut rx, Instant::now() + Duration::from_secs(9)).await }).unwrap_err();
    assert_eq!(e.exit, Exit::Failed);
}

#[test]
fn the_list_alone_is_not_waited_for_twice() {
    let none = FirstReadings::default();
    assert_eq!(told(&snapshot(), &wants(&[Needs::List]), &none), Vec::<String>::new());
    assert!(!wants(&[Needs::List]).of_each_vm() && wants(&[Needs::Rate]).of_each_vm());
}

#[test]
fn definitions_are_waited_for_unless_they_cannot_be_read() {
    let none = FirstReadings::default();
    let w = wants(&[Needs::Definition]);
    assert_eq!(
        told(&snapshot(), &w, &none),
        ["2 VMs did not tell their definition in time; what is unknown is shown as such."]
    );
    assert!(told(&with(defined_now), &w, &none).is_empty());
    let mut s = snapshot();
    let unreadable = |v: &Arc<Vm>| crate::model::alert::Alert {
        condition: Condition::Unreadable,
        subject: Subject::Vm(v.id),
        ..snapshot().alerts[0].clone()
    };
    s.alerts = s.vms.iter().map(unreadable).collect();
    assert!(told(&s, &w, &none).is_empty());
}

#[test]
fn a_rate_needs_two_readings_a_sample_apart() {
    const ALL: &[Group] = &[Group::State, Group::Cpu, Group::Block];
    let w = wants(&[Needs::Rate]);
    let mut readings = FirstReadings::default();
    let first = with(read_at(0, ALL));
    readings.note(&first);
    assert_eq!(told(&first, &w, &readings).len(), 1);
    assert!(missing(&first, &w, Duration::ZERO, &readings).is_empty(), "one poll is all that is asked");
    let second = with(read_at(1, ALL));
    readings.note(&second);
    assert!(told(&second, &w, &readings).is_empty(), "groups the driver does not serve are not waited for");
    let mut blocked = with(read_at(1, ALL));
    let late: Vec<_> = blocked
        .vms
        .iter()
        .map(|v| {
            let mut v = Vm::clone(v);
            v.fresh.set(Group::Block, NOW);
            Arc::new(v)
        })
        .collect();
    blocked.vms = late.into();
    assert_eq!(told(&blocked, &w, &readings).len(), 1, "a group that came once comes again");
}

#[test]
fn a_silent_pool_is_settled_and_an_unread_one_is_not() {
    let none = FirstReadings::default();
    let w = Wants { pools: true, ..Wants::default() };
    assert!(told(&snapshot(), &w, &none).is_empty(), "one has its volumes, the other its trouble");
    let mut s = snapshot();
    s.pools = None;
    assert_eq!(told(&s, &w, &none), ["The storage pools did not come in time."]);
    let named = Wants { name: Some("vm:db01".into()), vms: vec![Needs::Definition], ..w };
    assert!(told(&snapshot(), &named, &none).is_empty(), "of the named VM everything is known");
    assert_eq!(named.concerned(&snapshot()).len(), 1);
}

#[test]
fn what_does_not_come_is_told_when_patience_ends() {
    let (_tx, mut rx) = watch::channel(Arc::new(snapshot()));
    let w = wants(&[Needs::Definition]);
    let gathered = wait(async { until_known(&mut rx, &w, SAMPLE, Instant::now()).await });
    assert_eq!(gathered.missing.len(), 1);
    assert_eq!(gathered.snapshot.vms.len(), 4);
}

#[test]
fn a_command_changes_nothing_on_the_host() {
    let poll = paces(SAMPLE, Duration::from_secs(30));
    assert_eq!((poll.arm_memory_stats, poll.refresh_pools), (None, None));
    assert_eq!((poll.fast, poll.slow_hidden), (SAMPLE, SAMPLE));
    assert!(paces(Duration::ZERO, SAMPLE).fast > Duration::from_secs(600));
}
