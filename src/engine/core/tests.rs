//! The core alone: calls are answered, failed or left hanging at will, in any order.

use proptest::prelude::*;

use super::*;
use crate::engine::handle::Command;
use crate::hypervisor::{Groups, HvErrorKind, HvEvent};
use crate::model::alert::Condition;
use crate::model::counters::{CpuCounters, NodeCounters, VmCounters};
use crate::model::host::Node;
use crate::model::id::VmId;
use crate::model::metric::Group;
use crate::model::snapshot::Link;
use crate::model::storage::{PoolRecord, PoolState};
use crate::model::vm::{AddressSource, NicDefinition, PauseReason, VmDefinition, VmFlags, VmRecord, VmState};

fn vm(n: u8) -> VmId {
    VmId(uuid::Uuid::from_u128(u128::from(n)))
}

/// A core, the calls it has out, and what answers them.
struct Puppet {
    core: Core,
    now: Moment,
    /// Calls under way: lane, generation, call.
    out: Vec<(Lane, u64, Call, Moment)>,
    /// Threads told to go while in a call, or idle.
    opened: u64,
    machine: bool,
    published: u64,
}

impl Puppet {
    fn new(machine: bool) -> Self {
        let now = Moment { wall: Timestamp(1_000_000), mono_us: 7_000_000 };
        let core = Core::new(
            "fake://".into(),
            false,
            PollSettings::default(),
            LimitSettings::default(),
            machine,
            1,
            now,
        );
        let mut puppet = Self { core, now, out: Vec::new(), opened: 0, machine: false, published: 0 };
        puppet.settle();
        puppet
    }

    /// Has the core decide until it has nothing more to decide; it must then be at rest.
    fn settle(&mut self) {
        for _ in 0..20 {
            let effects = self.core.step(self.now);
            self.published += u64::from(self.core.publish(self.now).is_some());
            if effects.is_empty() {
                let wake = self.core.wake_at();
                assert!(
                    wake > self.now.mono_us,
                    "due, but not done: {wake} at {:?}, {:#?}",
                    self.now,
                    self.core.lanes
                );
                return;
            }
            for effect in effects {
                match effect {
                    Effect::Open(lane, generation) => {
                        self.opened += 1;
                        self.out.push((lane, generation, Call::Connect, self.now));
                    }
                    Effect::Ask(lane, call) => {
                        let generation = self.core.lane(lane).generation;
                        let busy = self.out.iter().any(|(l, g, ..)| (*l, *g) == (lane, generation));
                        assert!(!busy, "{lane:?} has two calls at once");
                        self.out.push((lane, generation, call, self.now));
                    }
                    Effect::Release(_) => {}
                    Effect::AskMachine(_) => {
                        assert!(!self.machine, "the machine is asked twice");
                        self.machine = true;
                    }
                }
            }
            for lane in &self.core.lanes {
                assert!(lane.stuck.len() <= lane.most_stuck());
            }
        }
        panic!("it does not come to rest");
    }

    fn give(&mut self, input: Input) {
        self.core.handle(input, self.now);
        self.settle();
    }

    fn pass(&mut self, ms: u64) {
        self.now = self.now.plus(Duration::from_millis(ms));
        self.settle();
    }

    /// Ends one of the calls under way.
    fn end(&mut self, which: usize, how: Result<(), HvErrorKind>) {
        if self.out.is_empty() {
            return;
        }
        let (lane, generation, call, started) = self.out.remove(which % self.out.len());
        let answer = how.map(|()| self.answer(&call)).map_err(|k| HvError::new(k, "answer", "no"));
        let connecting = call == Call::Connect;
        let dead = answer.as_ref().is_err_and(|e| e.is_fatal() || connecting);
        let done = Done {
            lane,
            generation,
            call,
            answer,
            started,
            at: self.now,
            cpu: Duration::ZERO,
            calls: 1,
            bytes: 1,
            dead,
        };
        self.give(Input::Done(Box::new(done)));
        let stale = self.core.lane(lane).generation != generation;
        if dead || stale {
            self.give(Input::Ended { lane, generation, panicked: false });
        }
    }

    /// Answers everything until nothing is under way.
    fn answer_all(&mut self) {
        for _ in 0..200 {
            if self.out.is_empty() {
                return;
            }
            self.end(0, Ok(()));
        }
        panic!("it asks without end: {:?}", self.out);
    }

    fn answer(&self, call: &Call) -> Answer {
        let uuid = uuid::Uuid::from_u128(99);
        match call {
            Call::Connect => {
                let groups = Groups::of(&[Group::State, Group::Cpu, Group::Block]);
                Answer::Connected(Capabilities { groups, local: true, ..Capabilities::default() })
            }
            Call::List => Answer::List(
                (1..=3)
                    .map(|n| VmRecord {
                        id: vm(n),
                        name: format!("vm{n}"),
                        state: if n == 3 { VmState::ShutOff } else { VmState::Running },
                        domain_id: (n != 3).then(|| u32::from(n)),
                    })
                    .collect(),
            ),
            Call::Node => Answer::Node(Node { cpus: 4, ..Node::default() }),
            Call::NodeCounters => Answer::NodeCounters(NodeCounters::default()),
            Call::Counters { .. } => {
                let cpu = CpuCounters { time_ns: self.now.mono_us * 100, ..CpuCounters::default() };
                Answer::Counters(
                    (1..=2).map(|n| VmCounters { cpu: Some(cpu), ..VmCounters::empty(vm(n)) }).collect(),
                )
            }
            Call::PoolNames => Answer::PoolNames(vec![(uuid, "pool".into())]),
            Call::Pool(id) => Answer::Pool(PoolRecord {
                id: *id,
                name: "pool".into(),
                state: PoolState::Running,
                autostart: None,
                persistent: None,
                capacity: Some(10),
                allocation: Some(5),
                available: Some(5),
                kind: "dir".into(),
                path: None,
            }),
            Call::Volumes(_) => Answer::Volumes(Vec::new()),
            Call::Networks => Answer::Networks(Vec::new()),
            Call::Define(ids) => Answer::Defined(
                ids.iter()
                    .map(|id| super::super::calls::Described {
                        id: *id,
                        definition: Ok(Ok(VmDefinition {
                            has_agent_channel: true,
                            has_balloon: true,
                            nics: vec![NicDefinition::default()],
                            ..VmDefinition::default()
                        })),
                        flags: Ok(VmFlags::default()),
                    })
                    .collect(),
            ),
            Call::Flags(_) => Answer::Flags(VmFlags::default()),
            Call::Xml(_) => Answer::Xml("<domain/>".into()),
            Call::Addresses(..) => Answer::Addresses(Vec::new()),
            Call::Subscribe | Call::RefreshPool(_) | Call::Arm(..) => Answer::Done,
        }
    }

    fn event(&mut self, event: HvEvent) {
        let generation = self.core.lane(Lane::Poll).generation;
        self.give(Input::Event(generation, event));
    }

    fn link(&self) -> &Link {
        &self.core.state.link
    }
}

#[test]
fn the_list_goes_before_everything_else() {
    let mut p = Puppet::new(true);
    assert_eq!(p.out.len(), 1, "one connection only");
    p.end(0, Ok(()));
    assert_eq!(p.out[0].2, Call::List);
    assert_eq!((p.out.len(), p.opened, p.machine), (1, 1, false));
    p.end(0, Ok(()));
    assert_eq!(p.published, 1, "the first frame waits for nothing but the list");
    assert_eq!(p.opened, 3, "then storage and detail connect");
    assert!(p.machine);
}

#[test]
fn a_poll_that_hangs_is_told_then_given_up_then_replaced() {
    let mut p = Puppet::new(false);
    p.answer_all();
    p.pass(2000);
    let polling = p.out.iter().any(|(lane, ..)| *lane == Lane::Poll);
    assert!(polling);
    p.pass(4900);
    assert!(p.link().is_up());
    p.pass(200);
    assert!(matches!(p.link(), Link::Stalled { .. }));
    p.pass(26_000);
    assert!(matches!(p.link(), Link::Lost { attempt: 1, .. }));
    assert_eq!(p.core.state.cost.abandoned_calls, 1);
    p.pass(1200);
    assert!(p.out.iter().any(|(l, g, call, _)| *l == Lane::Poll && *g == 1 && *call == Call::Connect));
}

#[test]
fn a_connection_that_does_not_come_about_is_told_then_given_up() {
    let mut p = Puppet::new(false);
    p.pass(4900);
    assert!(matches!(p.link(), Link::Connecting { .. }));
    p.pass(200);
    assert!(matches!(p.link(), Link::Stalled { .. }));
    let alerts = p.core.state.snapshot(p.now).alerts;
    assert!(alerts.iter().any(|a| a.condition == Condition::NotAnswering), "{alerts:?}");
    p.pass(25_000);
    assert!(matches!(p.link(), Link::Lost { attempt: 1, .. }));
    p.pass(1200);
    p.end(1, Ok(()));
    p.answer_all();
    assert!(p.link().is_up());
}

#[test]
fn who_asks_for_a_connection_while_one_is_tried_does_not_wait_for_the_next() {
    let lose = |p: &mut Puppet| {
        p.answer_all();
        p.event(HvEvent::Closed { reason: "gone".into() });
        p.pass(1200);
        assert_eq!(p.out.last().unwrap().2, Call::Connect);
    };
    // The try fails: the next follows at once.
    let mut p = Puppet::new(false);
    lose(&mut p);
    p.give(Input::Command(Command::Reconnect));
    p.out.retain(|(_, _, call, _)| *call == Call::Connect);
    let opened = p.opened;
    p.end(0, Err(HvErrorKind::NoConnection));
    assert_eq!(p.opened, opened + 1);
    // And only that one.
    p.end(0, Err(HvErrorKind::NoConnection));
    assert_eq!(p.opened, opened + 1);

    // The try hangs: another is made beside it.
    let mut p = Puppet::new(false);
    lose(&mut p);
    p.pass(6000);
    let opened = p.opened;
    p.give(Input::Command(Command::Reconnect));
    assert_eq!(p.opened, opened + 1);
    assert_eq!(p.core.state.cost.abandoned_calls, 1);
}

#[test]
fn an_arp_table_that_cannot_be_read_is_not_asked_for_again() {
    let mut p = Puppet::new(false);
    let mut asked = 0;
    for _ in 0..600 {
        while let Some((_, _, call, _)) = p.out.first() {
            let arp = matches!(call, Call::Addresses(_, AddressSource::Arp));
            asked += u32::from(arp);
            p.end(0, if arp { Err(HvErrorKind::Unsupported) } else { Ok(()) });
        }
        p.pass(1000);
    }
    assert_eq!(asked, 1);
    let vms = p.core.state.snapshot(p.now).vms;
    let why: Vec<_> = vms.iter().filter_map(|vm| vm.addresses_unavailable.as_deref()).collect();
    assert!(!why.is_empty() && why.iter().all(|w| w.contains("ARP table cannot be read")), "{why:?}");
}

#[test]
fn answers_and_events_of_a_connection_given_up_change_nothing() {
    let mut p = Puppet::new(false);
    p.answer_all();
    p.pass(2000);
    p.pass(40_000);
    let old = p.out.iter().position(|(l, g, ..)| *l == Lane::Poll && *g == 0).unwrap();
    p.end(old, Ok(()));
    assert!(!p.link().is_up(), "an old answer does not make the link");
    p.give(Input::Event(0, HvEvent::Vm { id: vm(1), state: Some(VmState::Crashed) }));
    assert_eq!(p.core.state.vms.get(vm(1)).unwrap().vm.state, VmState::Running);
}

#[test]
fn an_event_is_published_at_once_and_its_vm_described_anew() {
    let mut p = Puppet::new(false);
    p.answer_all();
    p.pass(200);
    let before = p.published;
    p.event(HvEvent::Vm { id: vm(1), state: Some(VmState::Paused(PauseReason::User)) });
    assert_eq!(p.published, before + 1);
    assert!(p.out.iter().any(|(_, _, call, _)| *call == Call::Define(vec![vm(1)])));
}

#[test]
fn events_that_found_no_room_make_everything_be_read_again() {
    let mut p = Puppet::new(false);
    p.answer_all();
    p.pass(500);
    p.core.dropped_events(3);
    p.settle();
    let asked: Vec<_> = p.out.iter().map(|(_, _, call, _)| call.clone()).collect();
    assert!(asked.contains(&Call::List), "{asked:?}");
    assert!(asked.iter().any(|c| matches!(c, Call::Define(_))), "{asked:?}");
    assert_eq!(p.core.state.cost.dropped_events, 3);
}

#[test]
fn xml_is_answered_before_definitions_and_refused_while_the_link_is_down() {
    let mut p = Puppet::new(false);
    p.answer_all();
    p.pass(500);
    p.core.detail.want_all(&p.core.state.vms);
    let (tx, mut rx) = tokio::sync::oneshot::channel();
    p.give(Input::Command(Command::Xml(vm(2), tx)));
    let detail = p.out.iter().position(|(lane, ..)| *lane == Lane::Detail).unwrap();
    assert_eq!(p.out[detail].2, Call::Xml(vm(2)));
    p.end(detail, Ok(()));
    assert_eq!(&*rx.try_recv().unwrap().unwrap(), "<domain/>");

    p.event(HvEvent::Closed { reason: "gone".into() });
    assert!(matches!(p.link(), Link::Lost { .. }));
    let (tx, mut rx) = tokio::sync::oneshot::channel();
    p.give(Input::Command(Command::Xml(vm(2), tx)));
    assert_eq!(rx.try_recv().unwrap().unwrap_err().kind, HvErrorKind::TimedOut);
}

#[test]
fn a_worker_that_panics_is_replaced() {
    let mut p = Puppet::new(false);
    p.answer_all();
    p.give(Input::Ended { lane: Lane::Poll, generation: 0, panicked: true });
    assert!(matches!(p.link(), Link::Lost { reason, .. } if reason.contains("worker failed")));
    p.pass(1500);
    p.answer_all();
    assert!(p.link().is_up());
}

#[derive(Clone, Debug)]
enum Act {
    End(usize),
    Fail(usize, HvErrorKind),
    Pass(u64),
    Event(HvEvent),
    Focus(Vec<u8>, Option<u8>),
    Refresh,
    Reconnect,
    Xml(u8),
    RefreshPool,
    Panic(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let kinds = prop_oneof![
        Just(HvErrorKind::ConnectionLost),
        Just(HvErrorKind::NoConnection),
        Just(HvErrorKind::NotFound),
        Just(HvErrorKind::Unsupported),
        Just(HvErrorKind::TimedOut),
        Just(HvErrorKind::Other),
    ];
    let pool = uuid::Uuid::from_u128(99);
    let events = prop_oneof![
        (1u8..5, 0u8..4).prop_map(|(n, s)| HvEvent::Vm {
            id: vm(n),
            state: match s {
                0 => None,
                1 => Some(VmState::Running),
                2 => Some(VmState::ShutOff),
                _ => Some(VmState::Paused(PauseReason::IoError)),
            },
        }),
        (1u8..5).prop_map(|n| HvEvent::Defined(vm(n))),
        (1u8..5).prop_map(|n| HvEvent::Rebooted(vm(n))),
        (1u8..5).prop_map(|n| HvEvent::Agent { id: vm(n), connected: n % 2 == 0 }),
        (1u8..5).prop_map(|n| HvEvent::Job { id: vm(n), what: "save".into(), ended: n % 2 == 0 }),
        Just(HvEvent::Pool(pool)),
        Just(HvEvent::Closed { reason: "gone".into() }),
    ];
    prop_oneof![
        20 => any::<usize>().prop_map(Act::End),
        4 => (any::<usize>(), kinds).prop_map(|(n, k)| Act::Fail(n, k)),
        10 => prop_oneof![0u64..300, 0u64..15_000, Just(120_000)].prop_map(Act::Pass),
        4 => events.prop_map(Act::Event),
        2 => (proptest::collection::vec(1u8..5, 0..3), proptest::option::of(1u8..5))
            .prop_map(|(v, d)| Act::Focus(v, d)),
        1 => Just(Act::Refresh),
        1 => Just(Act::Reconnect),
        1 => (1u8..5).prop_map(Act::Xml),
        1 => Just(Act::RefreshPool),
        1 => any::<usize>().prop_map(Act::Panic),
    ]
}

proptest! {
    /// However calls end or do not end: nothing is asked twice at once, no more threads hang than may, the core
    /// always comes to rest, and once everything answers again, so does it.
    #[test]
    fn whatever_happens_it_comes_to_rest_and_back(machine in any::<bool>(), story in proptest::collection::vec(act(), 1..120)) {
        let mut p = Puppet::new(machine);
        for act in story {
            match act {
                Act::End(n) => p.end(n, Ok(())),
                Act::Fail(n, kind) => p.end(n, Err(kind)),
                Act::Pass(ms) => p.pass(ms),
                Act::Event(event) => p.event(event),
                Act::Focus(visible, detail) => p.give(Input::Command(Command::Focus(Focus {
                    visible: visible.into_iter().map(vm).collect(),
                    detail: detail.map(vm),
                }))),
                Act::Refresh => p.give(Input::Command(Command::Refresh)),
                Act::Reconnect => p.give(Input::Command(Command::Reconnect)),
                Act::Xml(n) => p.give(Input::Command(Command::Xml(vm(n), tokio::sync::oneshot::channel().0))),
                Act::RefreshPool => {
                    let reply = tokio::sync::oneshot::channel().0;
                    p.give(Input::Command(Command::RefreshPool(uuid::Uuid::from_u128(99), reply)));
                }
                Act::Panic(n) => {
                    if !p.out.is_empty() {
                        let index = n % p.out.len();
                        let (lane, generation, ..) = p.out.remove(index);
                        p.give(Input::Ended { lane, generation, panicked: true });
                    }
                }
            }
        }
        for _ in 0..8 {
            p.answer_all();
            p.pass(31_000);
        }
        p.answer_all();
        prop_assert!(p.link().is_up(), "{:?}", p.link());
        prop_assert!(p.core.state.listed && p.core.lanes.iter().all(|l| l.stuck.is_empty()));
        p.pass(2000);
        p.answer_all();
        prop_assert_eq!(p.core.state.vms.iter().count(), 3);
    }
}
