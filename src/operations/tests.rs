use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::model::id::VmId;
use crate::model::operation::{AskGuest, Boot, Visit, VmOperation as Op};
use crate::model::plan::{Act, Confirm, Plan, SnapshotAct, Weight};
use crate::model::shell;
use crate::model::text::{clean, clean_lines};
use crate::model::vm::{PauseReason, StartGate, StartOrder, VmDefinition, VmFlags, VmState};

pub(super) const ID: VmId = VmId::from_bytes([7; 16]);
const OTHER: VmId = VmId::from_bytes([8; 16]);

const STATES: [VmState; 7] = [
    VmState::Running,
    VmState::Paused(PauseReason::User),
    VmState::Paused(PauseReason::IoError),
    VmState::Paused(PauseReason::Migration),
    VmState::ShuttingDown,
    VmState::ShutOff,
    VmState::Unknown,
];

pub(super) fn vm(state: VmState) -> VmFacts {
    let definition = VmDefinition {
        tags: vec!["web".into()],
        memory: 4 << 30,
        has_agent_channel: true,
        agent_connected: state.is_active().then_some(true),
        title: Some("Shop".into()),
        description: Some("Front end\nof the shop".into()),
        ..VmDefinition::default()
    };
    let flags = VmFlags { persistent: Some(true), autostart: Some(false), managed_save: Some(false) };
    VmFacts { id: ID, name: "web01".into(), state, flags, definition, defined_xml: String::new() }
}

fn facts(vm: VmFacts) -> Facts {
    // No two VMs have one name.
    let other = if vm.name == "db01" { "db02" } else { "db01" };
    let names = vec![(OTHER, other.to_owned()), (vm.id, vm.name.clone())];
    Facts { vm: Some(vm), names, ..Facts::default() }
}

/// The facts of a VM in this state, after `change`.
fn with(state: VmState, change: impl FnOnce(&mut VmFacts)) -> Facts {
    let mut vm = vm(state);
    change(&mut vm);
    facts(vm)
}

fn ask(act: Op, facts: &Facts) -> Planned {
    plan(&Operation::vm(ID, act), facts)
}

fn order(order: u32) -> Op {
    Op::StartOrder { start: Some(StartOrder { order, delay_s: 5, gate: StartGate::Agent }) }
}

fn texts(title: Option<&str>, description: Option<&str>) -> Op {
    Op::Describe { title: title.map(str::to_owned), description: description.map(str::to_owned) }
}

fn change(add: &[&str], remove: &[&str]) -> Op {
    let owned = |tags: &[&str]| tags.iter().map(|t| (*t).to_owned()).collect();
    Op::ChangeTags { add: owned(add), remove: owned(remove) }
}

/// A plan or a refusal, as compact as it can be read.
pub(super) fn told(planned: &Planned) -> String {
    let mut out = String::new();
    match planned {
        Planned::Refused(no) => {
            let _ = write!(out, "{} REFUSED ({:?}): {} {}", no.title, no.kind, no.reason, no.remedy);
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
        Planned::Plan(p) => {
            let _ = writeln!(out, "{} [{}]: {}", p.title, p.verb, p.summary);
            for step in &p.steps {
                let _ = writeln!(out, "  - {} | {}", step.title, shell::line(&step.command));
            }
            for note in &p.notes {
                let _ = writeln!(out, "  {:?}: {}", note.weight, note.text);
            }
            if let Confirm::Name(name) = &p.confirm {
                let _ = writeln!(out, "  to be typed: {name}");
            }
            let _ = write!(out, "  {:?}, rests on", p.downtime);
            for fact in &p.basis {
                let _ = write!(out, " <{}: {}>", fact.what, fact.was);
            }
            out.push('\n');
            for line in p.diff.lines() {
                let _ = writeln!(out, "  | {line}");
            }
            for space in &p.space {
                let _ = writeln!(out, "  needs {} of {:?} in {}", space.needs, space.free, space.place);
            }
            if let Some(Operation::Snapshot { act, .. }) = &p.inverse {
                let _ = writeln!(out, "  back: {act:?}");
            }
            if let Some(Operation::Vm { act, .. }) = &p.inverse {
                let _ = writeln!(out, "  back: {act:?}");
            }
        }
    }
    out
}

fn in_all_states(act: &Op) -> String {
    STATES.iter().fold(String::new(), |mut out, state| {
        let _ = write!(out, "{}: {}", state.phrase(), told(&ask(act.clone(), &facts(vm(*state)))));
        out
    })
}

#[test]
fn power_in_every_state() {
    let shutdown = Op::Shutdown { by: AskGuest::Auto, within_s: 90 };
    let start = Op::Start { paused: false, discard_saved: false };
    let acts = [
        start,
        shutdown,
        Op::Reboot { by: AskGuest::Acpi },
        Op::Reset,
        Op::ForceOff,
        Op::Pause,
        Op::Resume,
        Op::Save,
        Op::DiscardSaved,
    ];
    let all: Vec<String> = acts
        .iter()
        .map(|a| format!("== {}\n{}", Operation::vm(ID, a.clone()).word(), in_all_states(a)))
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn guests_that_boot_are_waited_for() {
    let up = |boot, within_s| Op::UntilUp { boot, within_s };
    let start = || up(Boot::Start { discard_saved: false }, 120);
    let reboot = || up(Boot::Reboot { by: AskGuest::Auto }, 9);
    let no_channel =
        |v: &mut VmFacts| (v.definition.has_agent_channel, v.definition.agent_connected) = (false, None);
    let silent = |v: &mut VmFacts| v.definition.agent_connected = Some(false);
    let cases = [
        ("off", ask(start(), &facts(vm(VmState::ShutOff)))),
        ("off, no channel", ask(start(), &with(VmState::ShutOff, no_channel))),
        ("runs", ask(start(), &facts(vm(VmState::Running)))),
        ("agent there", ask(reboot(), &facts(vm(VmState::Running)))),
        ("agent silent", ask(reboot(), &with(VmState::Running, silent))),
        ("agent there", ask(up(Boot::Reset, 9), &facts(vm(VmState::Running)))),
        ("no channel", ask(up(Boot::Reset, 9), &with(VmState::Running, no_channel))),
        ("no time", ask(up(Boot::Reset, 0), &facts(vm(VmState::Running)))),
    ];
    insta::assert_snapshot!(listed(&cases));
}

#[test]
fn power_with_what_else_may_be() {
    let running = |change: fn(&mut VmFacts)| with(VmState::Running, change);
    let off = |change: fn(&mut VmFacts)| with(VmState::ShutOff, change);
    let start = |paused, discard_saved| Op::Start { paused, discard_saved };
    let shutdown = |by, within_s| Op::Shutdown { by, within_s };
    let no_agent = |v: &mut VmFacts| v.definition.agent_connected = Some(false);
    let no_channel =
        |v: &mut VmFacts| (v.definition.has_agent_channel, v.definition.agent_connected) = (false, None);
    let saved = |v: &mut VmFacts| v.flags.managed_save = Some(true);
    let saved_and_protected =
        |v: &mut VmFacts| (v.flags.managed_save, v.definition.protected) = (Some(true), true);
    let protected = |v: &mut VmFacts| v.definition.protected = true;
    let transient = |v: &mut VmFacts| v.flags.persistent = Some(false);
    let passthrough = |v: &mut VmFacts| v.definition.passthrough = 1;
    let cases = [
        ("saved", ask(start(false, false), &off(saved))),
        ("saved, paused", ask(start(true, false), &off(saved))),
        ("saved, afresh", ask(start(true, true), &off(saved))),
        ("nothing saved, afresh", ask(start(false, true), &off(|_| ()))),
        ("saved, afresh, protected", ask(start(false, true), &off(saved_and_protected))),
        ("saved", ask(Op::DiscardSaved, &off(saved))),
        ("saved, protected", ask(Op::DiscardSaved, &off(saved_and_protected))),
        ("no agent", ask(shutdown(AskGuest::Auto, 1), &running(no_agent))),
        ("no agent", ask(shutdown(AskGuest::Agent, 9), &running(no_agent))),
        ("no channel", ask(Op::Reboot { by: AskGuest::Agent }, &running(no_channel))),
        ("agent there", ask(shutdown(AskGuest::Acpi, 9), &running(|_| ()))),
        ("no time", ask(shutdown(AskGuest::Auto, 0), &running(|_| ()))),
        ("protected", ask(Op::Reset, &running(protected))),
        ("protected", ask(Op::ForceOff, &running(protected))),
        ("protected", ask(shutdown(AskGuest::Auto, 9), &running(protected))),
        ("transient", ask(Op::ForceOff, &running(transient))),
        ("transient", ask(Op::Save, &running(transient))),
        ("passed through", ask(Op::Save, &running(passthrough))),
        ("crashed", ask(Op::ForceOff, &with(VmState::Crashed, |_| ()))),
        ("suspended", ask(shutdown(AskGuest::Auto, 9), &with(VmState::Suspended, |_| ()))),
    ];
    insta::assert_snapshot!(listed(&cases));
}

fn listed(cases: &[(&str, Planned)]) -> String {
    cases.iter().fold(String::new(), |mut out, (when, planned)| {
        let _ = write!(out, "{when}: {}", told(planned));
        out
    })
}

#[test]
fn settings() {
    let on = |v: &mut VmFacts| v.flags.autostart = Some(true);
    let ordered = |v: &mut VmFacts| {
        v.definition.start_order = Some(StartOrder { order: 2, delay_s: 0, gate: StartGate::Running });
    };
    let autostarts_ordered = |v: &mut VmFacts| {
        v.flags.autostart = Some(true);
        v.definition.start_order = Some(StartOrder { order: 2, delay_s: 0, gate: StartGate::Running });
    };
    let protected = |v: &mut VmFacts| v.definition.protected = true;
    let transient = |v: &mut VmFacts| v.flags.persistent = Some(false);
    let saved = |v: &mut VmFacts| v.flags.managed_save = Some(true);
    let running = |change: fn(&mut VmFacts)| with(VmState::Running, change);
    let off = |change: fn(&mut VmFacts)| with(VmState::ShutOff, change);
    let rename = |to: &str| Op::Rename { to: to.into() };
    let tags = |tags: &[&str]| Op::SetTags { tags: tags.iter().map(|t| (*t).to_owned()).collect() };
    let many: Vec<String> = (0..65).map(|n| format!("t{n}")).collect();
    let cases = [
        ("off", ask(Op::Autostart { on: true }, &running(|_| ()))),
        ("off", ask(Op::Autostart { on: false }, &running(|_| ()))),
        ("on", ask(Op::Autostart { on: false }, &running(on))),
        ("on", ask(Op::Autostart { on: true }, &running(on))),
        ("ordered", ask(Op::Autostart { on: true }, &off(ordered))),
        ("transient", ask(Op::Autostart { on: true }, &running(transient))),
        ("running", ask(order(1), &running(|_| ()))),
        ("ordered, autostarts", ask(order(1), &off(autostarts_ordered))),
        ("ordered", ask(Op::StartOrder { start: None }, &off(ordered))),
        ("not ordered", ask(Op::StartOrder { start: None }, &off(|_| ()))),
        ("off", ask(rename("web02"), &off(|_| ()))),
        ("its name", ask(rename("web01"), &off(|_| ()))),
        ("taken", ask(rename("db01"), &off(|_| ()))),
        ("running", ask(rename("web02"), &running(|_| ()))),
        ("saved", ask(rename("web02"), &off(saved))),
        ("transient", ask(rename("web02"), &running(transient))),
        ("web", ask(tags(&["prod", "web", "prod"]), &running(|_| ()))),
        ("web", ask(tags(&["web"]), &running(|_| ()))),
        ("web", ask(tags(&[]), &off(|_| ()))),
        ("bad", ask(tags(&["a b"]), &off(|_| ()))),
        ("bad", ask(tags(&["-a"]), &off(|_| ()))),
        ("too many", ask(Op::SetTags { tags: many }, &off(|_| ()))),
        ("web", ask(change(&["prod"], &[]), &running(transient))),
        ("web", ask(change(&["web"], &[]), &off(|_| ()))),
        ("web", ask(change(&[], &["web"]), &off(|_| ()))),
        ("web", ask(change(&[], &["db"]), &off(|_| ()))),
        ("bad", ask(change(&["a,b"], &[]), &off(|_| ()))),
        ("Shop", ask(texts(Some("Store"), None), &running(|_| ()))),
        ("Shop", ask(texts(Some(" Shop "), Some("Front end\nof the shop")), &off(|_| ()))),
        ("Shop", ask(texts(Some(""), Some("Front end\nof the store")), &off(|_| ()))),
        ("Shop", ask(texts(None, Some("")), &off(|_| ()))),
        ("bad", ask(texts(Some("a\nb"), None), &off(|_| ()))),
        ("bad", ask(texts(None, Some("a\u{1b}[2Jb")), &off(|_| ()))),
        ("not protected", ask(Op::Protect { on: true }, &running(|_| ()))),
        ("not protected", ask(Op::Protect { on: false }, &running(|_| ()))),
        ("protected", ask(Op::Protect { on: false }, &off(protected))),
        ("protected", ask(Op::Protect { on: true }, &off(protected))),
    ];
    insta::assert_snapshot!(listed(&cases));
}

#[test]
fn a_guests_own_consoles() {
    let running = |change: fn(&mut VmFacts)| with(VmState::Running, change);
    let off = |change: fn(&mut VmFacts)| with(VmState::ShutOff, change);
    let console: fn(&mut VmFacts) = |vm| vm.definition.has_console = true;
    let press =
        |keys: &str| Op::SendKeys { codes: crate::model::keycode::parse(keys).unwrap(), hold_ms: 100 };
    let paused = || with(VmState::Paused(PauseReason::User), console);
    let cases = [
        ("running", ask(Op::Console { take: false }, &running(console))),
        ("running", ask(Op::Console { take: true }, &running(console))),
        ("paused", ask(Op::Console { take: false }, &paused())),
        ("no console", ask(Op::Console { take: false }, &running(|_| ()))),
        ("off", ask(Op::Console { take: false }, &off(console))),
        ("running", ask(Op::Visit { by: Visit::Screen }, &running(|_| ()))),
        ("paused", ask(Op::Visit { by: Visit::Viewer }, &paused())),
        ("off", ask(Op::Visit { by: Visit::Ssh }, &off(|_| ()))),
        ("running", ask(press("ctrl-alt-f2"), &running(|_| ()))),
        ("running", ask(press("ctrl-alt-delete"), &running(|_| ()))),
        ("paused", ask(press("#240"), &paused())),
        ("off", ask(press("a"), &off(|_| ()))),
        ("no keys", ask(Op::SendKeys { codes: vec![], hold_ms: 1 }, &running(|_| ()))),
        ("too long", ask(Op::SendKeys { codes: vec![1], hold_ms: 60_001 }, &running(|_| ()))),
    ];
    insta::assert_snapshot!(listed(&cases));
}

#[test]
fn bad_names_are_refused_with_what_is_wrong() {
    let long = "x".repeat(201);
    let names = ["", ".", "..", " a", "a ", "a/b", "-a", "a\u{1b}[2J", "a\u{202e}b", long.as_str()];
    let all: Vec<String> = names
        .iter()
        .map(|n| told(&ask(Op::Rename { to: (*n).into() }, &facts(vm(VmState::ShutOff)))))
        .collect();
    insta::assert_snapshot!(all.concat());
}

#[test]
fn without_the_vm_or_the_right_nothing_is_planned() {
    let gone = ask(Op::Pause, &Facts::default());
    let read_only = Facts { read_only: Some("This is read-only.".into()), ..facts(vm(VmState::Running)) };
    let cases = [("gone", gone), ("read-only", ask(Op::Pause, &read_only))];
    insta::assert_snapshot!(listed(&cases));
}

#[test]
fn a_name_that_tools_would_misread_is_given_as_uuid() {
    for name in ["-web", "5", "a\u{1b}[2J", "08080808-0808-0808-0808-080808080808", ""] {
        let planned = ask(Op::Pause, &with(VmState::Running, |v| v.name = name.into()));
        let command = &planned.plan().unwrap().steps[0].command;
        assert_eq!(*command, ["virsh", "suspend", &ID.to_string()], "{name:?}");
    }
    let planned = ask(Op::Pause, &with(VmState::Running, |v| v.name = "web 01; rm -rf /".into()));
    assert_eq!(planned.plan().unwrap().steps[0].command, ["virsh", "suspend", "web 01; rm -rf /"]);
}

#[test]
fn a_plan_is_stale_once_what_it_rests_on_is_another() {
    let then = ask(Op::Pause, &facts(vm(VmState::Running)));
    let shutdown = Op::Shutdown { by: AskGuest::Auto, within_s: 90 };
    let now = ask(shutdown, &facts(vm(VmState::Running)));
    let resumed = ask(Op::Resume, &facts(vm(VmState::Paused(PauseReason::User))));
    let then = then.plan().unwrap();
    assert_eq!(then.stale_against(then), None);
    assert_eq!(then.stale_against(now.plan().unwrap()), None);
    let (was, is) = then.stale_against(resumed.plan().unwrap()).unwrap();
    assert_eq!((was.was.as_str(), is.unwrap().was.as_str()), ("running", "paused"));
    // A fact that is no longer there is another too.
    let saved = ask(Op::Start { paused: false, discard_saved: false }, &facts(vm(VmState::ShutOff)));
    assert!(saved.plan().unwrap().stale_against(then).is_some());
    let tagged = |tag: &str| {
        let facts = with(VmState::Running, |v| v.definition.tags = vec![tag.into()]);
        ask(change(&["new"], &[]), &facts)
    };
    let (a, b) = (tagged("a"), tagged("b"));
    assert!(a.plan().unwrap().stale_against(b.plan().unwrap()).is_some());
}

// What may be, and what may be asked for.

pub(super) fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,8}",
        "-?[ -~]{0,12}",
        "[\u{0}-\u{1f}\u{7f}-\u{9f}\u{202a}-\u{202e}a\"'<&>/]{0,6}",
        "\\PC{0,6}",
        Just(ID.to_string()),
        Just("db01".to_owned()),
    ]
}

fn state() -> impl Strategy<Value = VmState> {
    use PauseReason as P;
    let reasons = [
        P::User,
        P::IoError,
        P::Migration,
        P::Saving,
        P::Watchdog,
        P::Crashed,
        P::StartingUp,
        P::PostcopyFailed,
        P::Other,
    ];
    prop_oneof![
        Just(VmState::Running),
        Just(VmState::ShutOff),
        Just(VmState::ShuttingDown),
        Just(VmState::Crashed),
        Just(VmState::Suspended),
        Just(VmState::Unknown),
        prop::sample::select(reasons.to_vec()).prop_map(VmState::Paused),
    ]
}

fn start() -> impl Strategy<Value = Option<StartOrder>> {
    let gate = prop::sample::select(StartGate::ALL.to_vec());
    let some = (any::<u32>(), any::<u32>(), gate).prop_map(|(order, delay_s, gate)| StartOrder {
        order,
        delay_s,
        gate,
    });
    prop::option::of(some)
}

fn definition() -> impl Strategy<Value = VmDefinition> {
    let texts = (prop::option::of(hostile()), prop::option::of(hostile()));
    let tags = prop::collection::vec(hostile(), 0..4);
    let agent = (any::<bool>(), any::<Option<bool>>());
    (texts, tags, any::<bool>(), start(), agent, any::<u64>(), 0u32..2).prop_map(
        |((title, description), tags, protected, start_order, agent, memory, passthrough)| VmDefinition {
            // As they are read from XML.
            title: title.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()),
            description: description.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()),
            tags: {
                let mut once = Vec::new();
                for tag in tags.iter().map(|t| t.trim().to_owned()) {
                    if !tag.is_empty() && !once.contains(&tag) {
                        once.push(tag);
                    }
                }
                once
            },
            protected,
            start_order,
            has_agent_channel: agent.0,
            agent_connected: agent.1,
            memory,
            passthrough,
            has_console: memory % 2 == 0,
            ..VmDefinition::default()
        },
    )
}

pub(super) fn vm_facts() -> impl Strategy<Value = VmFacts> {
    let flags = any::<[Option<bool>; 3]>().prop_map(|[persistent, autostart, managed_save]| VmFlags {
        persistent,
        autostart,
        managed_save,
    });
    (hostile(), state(), flags, definition()).prop_map(|(name, state, flags, definition)| VmFacts {
        id: ID,
        // No two VMs have one name.
        name: if name == "db01" { "db02".to_owned() } else { name },
        state,
        flags,
        definition,
        defined_xml: String::new(),
    })
}

fn redefined() -> impl Strategy<Value = String> {
    let good = |name: &str| format!("<domain><name>{name}</name><uuid>{ID}</uuid></domain>");
    let named = hostile().prop_map(move |name| good(&quick_xml::escape::escape(name.as_str())));
    prop_oneof![named, hostile(), Just(good("db01"))]
}

fn boot() -> impl Strategy<Value = Boot> {
    prop::sample::select(vec![
        Boot::Start { discard_saved: false },
        Boot::Start { discard_saved: true },
        Boot::Reboot { by: AskGuest::Agent },
        Boot::Reset,
    ])
}

fn act() -> impl Strategy<Value = Op> {
    let by = || prop::sample::select(AskGuest::ALL.to_vec());
    let tags = || prop::collection::vec(hostile(), 0..4);
    prop_oneof![
        any::<(bool, bool)>().prop_map(|(paused, discard_saved)| Op::Start { paused, discard_saved }),
        (by(), 0u32..200).prop_map(|(by, within_s)| Op::Shutdown { by, within_s }),
        by().prop_map(|by| Op::Reboot { by }),
        (boot(), 0u32..200).prop_map(|(boot, within_s)| Op::UntilUp { boot, within_s }),
        prop::sample::select(vec![
            Op::Reset,
            Op::ForceOff,
            Op::Pause,
            Op::Resume,
            Op::Save,
            Op::DiscardSaved
        ]),
        any::<bool>().prop_map(|on| Op::Autostart { on }),
        start().prop_map(|start| Op::StartOrder { start }),
        hostile().prop_map(|to| Op::Rename { to }),
        tags().prop_map(|tags| Op::SetTags { tags }),
        (tags(), tags()).prop_map(|(add, remove)| Op::ChangeTags { add, remove }),
        (prop::option::of(hostile()), prop::option::of(hostile()))
            .prop_map(|(title, description)| Op::Describe { title, description }),
        any::<bool>().prop_map(|take| Op::Console { take }),
        (prop::collection::vec(any::<u16>(), 0..20), any::<u32>())
            .prop_map(|(codes, hold_ms)| Op::SendKeys { codes, hold_ms }),
        any::<bool>().prop_map(|on| Op::Protect { on }),
        any::<(bool, bool)>().prop_map(|(force_off, discard_saved)| Op::Delete { force_off, discard_saved }),
        Just(Op::Purge),
        Just(Op::PurgeWithVolumes),
        prop::option::of(hostile()).prop_map(|name| Op::Undelete { name }),
        (redefined(), any::<bool>()).prop_map(|(xml, secrets)| Op::Redefine {
            xml,
            secrets,
            why: crate::model::operation::Redefined::Edit
        }),
    ]
}

fn is_clean(text: &str) -> bool {
    clean(text) == text
}

pub(super) fn check_plan(p: &Plan, of: &VmFacts) -> Result<(), TestCaseError> {
    prop_assert!(!p.steps.is_empty());
    prop_assert!(p.title.contains(clean(&of.name).as_ref()), "{} of {:?}", p.title, of.name);
    prop_assert!(p.notes.is_sorted_by_key(|n| n.weight));
    prop_assert_eq!(p.weight() == Weight::Danger, matches!(p.confirm, Confirm::Name(_)));
    prop_assert_eq!(p.stale_against(p), None);
    let shown = [&p.title, &p.verb, &p.summary].into_iter().chain(p.steps.iter().map(|s| &s.title));
    let shown = shown.chain(p.notes.iter().map(|n| &n.text));
    for text in shown.chain(p.basis.iter().flat_map(|f| [&f.what, &f.was])) {
        prop_assert!(is_clean(text), "{text:?}");
    }
    prop_assert_eq!(clean_lines(&p.diff), p.diff.as_str());
    for step in p.steps.iter().filter(|s| !s.command.is_empty()) {
        prop_assert_eq!(step.command[0].as_str(), "virsh");
        prop_assert!(is_clean(&shell::line(&step.command)));
        // The VM is one argument of its own, and no option.
        let domain = &step.command[2];
        prop_assert!(*domain == of.name || *domain == of.id.to_string(), "{:?}", step.command);
        prop_assert!(!domain.starts_with('-') && !domain.is_empty());
    }
    let loses = |act: &Act| match act {
        Act::Reset { .. } | Act::ForceOff { .. } | Act::DiscardSaved { .. } => true,
        Act::Snapshot(SnapshotAct::Revert { was_current, .. }) => *was_current || p.steps.len() == 1,
        Act::Start { discard_saved, .. } => *discard_saved && of.flags.managed_save == Some(true),
        _ => false,
    };
    prop_assert!(!(of.definition.protected && p.steps.iter().any(|s| loses(&s.act))));
    Ok(())
}

/// The facts once a setting's plan was carried out.
fn after(p: &Plan, facts: &Facts) -> Option<Facts> {
    let mut facts = facts.clone();
    let vm = facts.vm.as_mut()?;
    for step in &p.steps {
        match &step.act {
            Act::SetAutostart { on, .. } => vm.flags.autostart = Some(*on),
            Act::Rename { to, .. } => vm.name.clone_from(to),
            Act::SetTitle { text, .. } => vm.definition.title = Some(text.clone()).filter(|t| !t.is_empty()),
            Act::SetDescription { text, .. } => {
                vm.definition.description = Some(text.clone()).filter(|t| !t.is_empty());
            }
            Act::SetMetadata { xml, .. } => {
                let metadata = xml.as_deref().unwrap_or("<vm/>");
                let domain =
                    format!("<domain><metadata xmlns='urn:novacron:vm:1'>{metadata}</metadata></domain>");
                let read = crate::xml::domain::parse(&domain).ok()?;
                vm.definition.tags = read.tags;
                vm.definition.protected = read.protected;
                vm.definition.start_order = read.start_order;
            }
            _ => return None,
        }
    }
    Some(facts)
}

proptest! {
    #[test]
    fn whatever_is_asked_of_whatever_is_a_whole_plan_or_a_refusal(act in act(), vm in vm_facts()) {
        let facts = facts(vm.clone());
        match ask(act, &facts) {
            Planned::Plan(p) => check_plan(&p, &vm)?,
            Planned::Refused(no) => {
                prop_assert!(!no.reason.is_empty());
                for text in [&no.title, &no.reason, &no.remedy] {
                    prop_assert!(is_clean(text), "{text:?}");
                }
                prop_assert!(no.title.contains(clean(&vm.name).as_ref()));
            }
        }
    }

    #[test]
    fn where_nothing_may_be_changed_nothing_is_planned(act in act(), vm in vm_facts()) {
        let facts = Facts { read_only: Some("No\u{1b}.".into()), ..facts(vm) };
        let planned = ask(act, &facts);
        prop_assert!(planned.plan().is_none());
    }

    #[test]
    fn a_plan_does_not_survive_another_state(act in act(), vm in vm_facts(), other in state()) {
        let later = Facts { vm: Some(VmFacts { state: other, ..vm.clone() }), ..facts(vm.clone()) };
        if let (Planned::Plan(then), Planned::Plan(now)) = (ask(act.clone(), &facts(vm.clone())), ask(act, &later)) {
            prop_assert_eq!(then.stale_against(&now).is_some(), vm.state.phrase() != other.phrase());
        }
    }

    #[test]
    fn what_takes_a_setting_back_gives_what_was(act in act(), vm in vm_facts()) {
        // Another VM has this name: no two have.
        prop_assume!(vm.name != "db01");
        let before = facts(vm);
        let Planned::Plan(there) = ask(act, &before) else { return Ok(()) };
        let (Some(back), Some(between)) = (&there.inverse, after(&there, &before)) else { return Ok(()) };
        let Planned::Plan(back) = plan(back, &between) else {
            return Err(TestCaseError::fail(format!("{there:?} cannot be taken back")));
        };
        let again = after(&back, &between).unwrap();
        let (was, is) = (before.vm.unwrap(), again.vm.unwrap());
        prop_assert_eq!(&was.definition, &is.definition);
        prop_assert_eq!(was.flags.autostart.unwrap_or_default(), is.flags.autostart.unwrap_or_default());
        prop_assert_eq!(was.name, is.name);
        prop_assert!(back.inverse.is_some());
    }
}
