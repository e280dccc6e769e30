use std::sync::Arc;
use std::time::Duration;

use super::sampler::{Sampler, nic_subject};
use super::watcher::{News, Watcher};
use super::*;
use crate::model::fixture::{defined, snapshot, vm};
use crate::model::metric::MetricId;
use crate::model::series::Track;
use crate::model::snapshot::{Link, LostCause, Snapshot};
use crate::model::time::Timestamp;
use crate::model::vm::{NicDefinition, PauseReason, Vm, VmDefinition, VmState, VmTracks};

const CPU: &[MetricId] = &[MetricId::VmCpu, MetricId::VmCpuHost];
const MEMORY: &[MetricId] = &[MetricId::VmMemory];
const KEEP: Duration = Duration::from_secs(900);

fn tracks(cpu: &Track) -> VmTracks {
    let empty = || Arc::new(Track::new(MEMORY));
    VmTracks { cpu: Arc::new(cpu.clone()), vcpu: empty(), memory: empty(), disk: empty(), net: empty() }
}

fn with_track(cpu: &Track) -> Snapshot {
    snapshot(vec![Vm { tracks: Some(tracks(cpu)), ..vm(1, "web") }], vec![], vec![])
}

/// What the sampler hands over, as text.
fn rows(sampler: &mut Sampler, s: &Snapshot) -> Vec<String> {
    let mut out = Vec::new();
    sampler.rows(s, &mut |at, _, metrics, values| {
        assert_eq!(metrics.len(), values.len());
        out.push(format!("{} {values:?}", at.0));
    });
    out
}

#[test]
fn each_row_is_handed_over_once_however_many_snapshots_were_missed() {
    let mut sampler = Sampler::default();
    let mut cpu = Track::new(CPU);
    cpu.push(Timestamp(1000), &[Some(1.0), None], KEEP);
    assert_eq!(rows(&mut sampler, &with_track(&cpu)), ["1000 [Some(1.0), None]"]);
    assert!(rows(&mut sampler, &with_track(&cpu)).is_empty());
    for at in [2000, 3000, 4000] {
        cpu.push(Timestamp(at), &[Some(2.0), Some(0.5)], KEEP);
    }
    assert_eq!(rows(&mut sampler, &with_track(&cpu)).len(), 3);
    // The clock was set back: the ring began anew, and what is in it is new.
    let mut cpu = Track::new(CPU);
    cpu.push(Timestamp(500), &[Some(3.0), None], KEEP);
    assert_eq!(rows(&mut sampler, &with_track(&cpu)), ["500 [Some(3.0), None]"]);
}

#[test]
fn a_nic_is_known_by_its_mac_whatever_device_it_got() {
    let nic = NicDefinition {
        mac: "52:54:00:00:00:01".into(),
        device: Some("vnet7".into()),
        ..NicDefinition::default()
    };
    let web = defined(1, "web", VmDefinition { nics: vec![nic], ..VmDefinition::default() });
    assert_eq!(nic_subject(&web, "vnet7"), Subject::Nic(web.id, "52:54:00:00:00:01".into()));
    assert_eq!(nic_subject(&web, "vnet8"), Subject::Nic(web.id, "vnet8".into()));
}

fn told(news: &News) -> Vec<String> {
    news.events.iter().map(|e| format!("{} {}", e.kind.name(), e.detail)).collect()
}

fn in_state(state: VmState) -> Snapshot {
    snapshot(vec![Vm { state, state_since: Some(Timestamp(7)), ..vm(1, "web") }], vec![], vec![])
}

#[test]
fn what_runs_at_first_was_not_started_now() {
    let mut watcher = Watcher::default();
    let news = watcher.look(&in_state(VmState::Running));
    assert!(news.events.is_empty(), "{news:?}");
    assert_eq!(news.names.len(), 1);
    assert_eq!(watcher.look(&in_state(VmState::Running)), News::default());
}

#[test]
fn changes_of_state_become_events_at_their_time() {
    use VmState::{Crashed, Paused, Running, ShutOff, ShuttingDown};
    for (was, now, kinds) in [
        (ShutOff, Running, &["vm_started "][..]),
        (ShutOff, Paused(PauseReason::StartingUp), &["vm_started paused"]),
        (Paused(PauseReason::StartingUp), Running, &[]),
        (Running, ShuttingDown, &[]),
        (ShuttingDown, ShutOff, &["vm_stopped "]),
        (Running, Paused(PauseReason::User), &["vm_paused "]),
        (Paused(PauseReason::User), Running, &["vm_resumed "]),
        (Running, Paused(PauseReason::IoError), &["vm_io_error paused: I/O error"]),
        (Running, Crashed, &["vm_crashed "]),
        (Crashed, Running, &["vm_started "]),
        (Running, Paused(PauseReason::Migration), &["vm_migrated paused: migrating"]),
    ] {
        let mut watcher = Watcher::default();
        watcher.look(&in_state(was));
        let news = watcher.look(&in_state(now));
        let found = told(&news);
        assert!(
            found.len() == kinds.len()
                && found.iter().zip(kinds).all(|(f, k)| f.starts_with(k) || *k == "vm_started paused"),
            "{was:?} to {now:?}: {found:?}"
        );
        assert!(news.events.iter().all(|e| e.at == Timestamp(7)));
    }
}

#[test]
fn vms_that_come_go_or_are_renamed_are_told_of() {
    let mut watcher = Watcher::default();
    watcher.look(&snapshot(vec![vm(1, "web")], vec![], vec![]));
    let news = watcher.look(&snapshot(vec![vm(1, "web-old"), vm(2, "new")], vec![], vec![]));
    assert_eq!(told(&news), ["vm_renamed from web", "vm_defined new", "vm_started "]);
    assert_eq!(news.names.iter().map(|n| n.2.as_str()).collect::<Vec<_>>(), ["web-old", "new"]);
    let news = watcher.look(&snapshot(vec![vm(2, "new")], vec![], vec![]));
    assert_eq!(told(&news), ["vm_undefined web-old"]);
}

#[test]
fn a_state_that_nothing_led_to_is_seen() {
    let s = snapshot(
        vec![vm(1, "web"), Vm { state: VmState::Paused(PauseReason::IoError), ..vm(2, "db") }],
        vec![],
        vec![],
    );
    let seen: Vec<Event> = Watcher::states(&s, Timestamp(9)).collect();
    let told: Vec<_> = seen.iter().map(|e| (e.at, e.kind, e.detail.as_str())).collect();
    let kind = EventKind::VmSeen;
    assert_eq!(told, [(Timestamp(9), kind, "running"), (Timestamp(9), kind, "paused: I/O error")]);
    let mut watcher = Watcher::default();
    watcher.look(&snapshot(vec![], vec![], vec![]));
    let came = watcher.look(&s);
    let of_db = came.events.iter().filter(|e| e.subject == Some(Subject::Vm(s.vms[1].id)));
    assert_eq!(
        of_db.map(|e| e.kind).collect::<Vec<_>>()[..],
        [EventKind::VmDefined, EventKind::VmIoError, kind]
    );
}

#[test]
fn a_lost_connection_is_one_event_and_its_return_another() {
    let mut watcher = Watcher::default();
    let up = snapshot(vec![vm(1, "web")], vec![], vec![]);
    let mut lost = up.clone();
    lost.link = Link::Lost {
        since: Timestamp(3),
        attempt: 1,
        next_try: Timestamp(4),
        cause: LostCause::Unreachable,
        reason: "gone".into(),
        hint: String::new(),
    };
    watcher.look(&up);
    assert_eq!(told(&watcher.look(&lost)), ["connection_lost gone"]);
    assert!(watcher.look(&lost).events.is_empty());
    assert_eq!(told(&watcher.look(&up)), ["connection_restored "]);
    assert!(watcher.look(&up).events.is_empty());
}
