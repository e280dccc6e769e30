//! What happened between two snapshots.

use std::collections::HashMap;

use crate::model::id::VmId;
use crate::model::snapshot::{Link, Snapshot};
use crate::model::time::Timestamp;
use crate::model::vm::{PauseReason, Vm, VmState};
use crate::store::{Event, EventKind, Subject};

/// What is remembered of a VM.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    name: String,
    state: VmState,
}

/// Remembers what was seen last.
#[derive(Debug, Default)]
pub(super) struct Watcher {
    vms: HashMap<VmId, Seen>,
    pools: HashMap<uuid::Uuid, String>,
    listed: bool,
    lost: bool,
}

/// What is new: events, and names as of now.
#[derive(Debug, Default, PartialEq)]
pub(super) struct News {
    pub(super) events: Vec<Event>,
    pub(super) names: Vec<(Timestamp, Subject, String)>,
}

impl Watcher {
    /// What happened since the snapshot before. Of the first list only names are news: what runs may have run for days.
    pub(super) fn look(&mut self, s: &Snapshot) -> News {
        let mut news = News::default();
        self.link(s, &mut news);
        if s.listed {
            self.vms(s, &mut news);
        }
        for pool in s.pools.iter().flat_map(|p| p.iter()) {
            if self.pools.get(&pool.record.id) != Some(&pool.record.name) {
                self.pools.insert(pool.record.id, pool.record.name.clone());
                let subject = Subject::Pool(pool.record.id.to_string());
                news.names.push((s.at, subject, pool.record.name.clone()));
            }
        }
        news
    }

    /// The state each VM is in, for a recording that begins: it may have been in it for days.
    pub(super) fn states(s: &Snapshot, at: Timestamp) -> impl Iterator<Item = Event> {
        s.vms.iter().map(move |vm| seen(at, vm))
    }

    fn link(&mut self, s: &Snapshot, news: &mut News) {
        let (kind, detail) = match &s.link {
            Link::Lost { since, reason, .. } if !self.lost && s.listed => {
                self.lost = true;
                news.events.push(event(*since, None, EventKind::ConnectionLost, reason));
                return;
            }
            Link::Up { .. } if self.lost => (EventKind::ConnectionRestored, ""),
            _ => return,
        };
        self.lost = false;
        news.events.push(event(s.at, None, kind, detail));
    }

    fn vms(&mut self, s: &Snapshot, news: &mut News) {
        let first = !std::mem::replace(&mut self.listed, true);
        let mut before = std::mem::take(&mut self.vms);
        for vm in s.vms.iter() {
            let now = Seen { name: vm.name.clone(), state: vm.state };
            let subject = Subject::Vm(vm.id);
            let was = before.remove(&vm.id);
            if was.as_ref().is_none_or(|was| was.name != now.name) {
                news.names.push((s.at, subject.clone(), now.name.clone()));
            }
            let changed = vm.state_since.unwrap_or(s.at);
            match &was {
                None if first => {}
                None => {
                    news.events.push(event(s.at, Some(subject.clone()), EventKind::VmDefined, &now.name));
                    let start = change(VmState::ShutOff, now.state);
                    news.events.extend(start.map(|kind| event(changed, Some(subject), kind, "")));
                    // That it came, or was started, tells no more than these.
                    if !matches!(now.state, VmState::ShutOff | VmState::Running) {
                        news.events.push(seen(s.at, vm));
                    }
                }
                Some(was) => {
                    if was.name != now.name {
                        let detail = format!("from {}", was.name);
                        news.events.push(event(s.at, Some(subject.clone()), EventKind::VmRenamed, &detail));
                    }
                    let kind = change(was.state, now.state);
                    let detail = detail_of(now.state);
                    news.events.extend(kind.map(|kind| event(changed, Some(subject), kind, detail)));
                }
            }
            self.vms.insert(vm.id, now);
        }
        let gone = before
            .into_iter()
            .map(|(id, seen)| event(s.at, Some(Subject::Vm(id)), EventKind::VmUndefined, &seen.name));
        news.events.extend(gone);
    }
}

fn event(at: Timestamp, subject: Option<Subject>, kind: EventKind, detail: &str) -> Event {
    Event { at, subject, kind, detail: detail.to_owned() }
}

fn seen(at: Timestamp, vm: &Vm) -> Event {
    event(at, Some(Subject::Vm(vm.id)), EventKind::VmSeen, vm.state.phrase())
}

/// Why it is paused, where there is more to say than that it is.
fn detail_of(state: VmState) -> &'static str {
    match state {
        VmState::Paused(reason) if reason != PauseReason::User => state.phrase(),
        _ => "",
    }
}

/// What a change of state means.
fn change(was: VmState, now: VmState) -> Option<EventKind> {
    use VmState::{Crashed, Paused, Running, ShutOff, ShuttingDown, Suspended, Unknown};
    match (was, now) {
        (was, now) if was == now => None,
        (_, Crashed | Paused(PauseReason::Crashed)) => Some(EventKind::VmCrashed),
        (_, Paused(PauseReason::IoError)) => Some(EventKind::VmIoError),
        (_, Paused(PauseReason::Migration)) => Some(EventKind::VmMigrated),
        (ShutOff | Crashed, Running | ShuttingDown | Paused(_)) => Some(EventKind::VmStarted),
        (Paused(_), Paused(_)) | (Paused(PauseReason::StartingUp), Running) => None,
        (_, Paused(_)) => Some(EventKind::VmPaused),
        (_, Suspended) => Some(EventKind::VmSuspended),
        (_, ShutOff) => Some(EventKind::VmStopped),
        (Paused(_) | Suspended, Running) => Some(EventKind::VmResumed),
        (_, Running | ShuttingDown | Unknown) => None,
    }
}
