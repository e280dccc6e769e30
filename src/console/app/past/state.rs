//! The state a VM was in, from what happened before and since, and whether anything of it was measured.

use crate::engine::history::{Event, EventKind};
use crate::model::time::Timestamp;
use crate::model::vm::{PauseReason, VmState};

/// What is known of a VM at a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'e> {
    /// The last thing that happened to it until then.
    pub before: Option<&'e Event>,
    /// The next thing that happened to it.
    pub after: Option<&'e Event>,
    /// Whether its CPU was measured.
    pub measured: bool,
    /// Its state now, and since when, where that is known; `None` when it is gone.
    pub now: Option<(VmState, Option<Timestamp>)>,
    /// The moment.
    pub at: Timestamp,
    /// How far apart values are: for so long after it stopped it still has one.
    pub step_ms: i64,
}

/// Its state then; `None` when it did not exist.
pub(super) fn state(k: &Known<'_>) -> Option<VmState> {
    use EventKind as E;
    let fresh = |e: &Event| k.at.0.saturating_sub(e.at.0) <= 2 * k.step_ms;
    let Some(before) = k.before else { return without(k) };
    Some(match before.kind {
        E::VmUndefined => return k.measured.then_some(VmState::Running),
        // It was started while nobody looked.
        E::VmStopped | E::VmCrashed if k.measured && !fresh(before) => VmState::Running,
        E::VmStopped => VmState::ShutOff,
        E::VmCrashed => VmState::Crashed,
        E::VmPaused => VmState::Paused(PauseReason::User),
        E::VmIoError => VmState::Paused(PauseReason::IoError),
        E::VmSuspended => VmState::Suspended,
        E::VmSeen => return seen(k, before, fresh(before)),
        _ if k.measured => VmState::Running,
        E::VmStarted | E::VmResumed | E::VmRebooted if fresh(before) => VmState::Running,
        E::VmDefined => VmState::ShutOff,
        _ => without(k)?,
    })
}

/// The state it was seen in when recording began.
fn seen(k: &Known<'_>, event: &Event, fresh: bool) -> Option<VmState> {
    match VmState::of_phrase(&event.detail) {
        // It was started while nobody looked.
        Some(VmState::ShutOff | VmState::Crashed) if k.measured && !fresh => Some(VmState::Running),
        Some(state @ (VmState::Running | VmState::ShuttingDown)) if k.measured || fresh => Some(state),
        None | Some(VmState::Running | VmState::ShuttingDown | VmState::Unknown) => without(k),
        state => state,
    }
}

/// The same without anything that happened before.
fn without(k: &Known<'_>) -> Option<VmState> {
    use EventKind as E;
    if k.measured {
        return Some(VmState::Running);
    }
    match k.after.map(|e| e.kind) {
        Some(E::VmDefined) => None,
        Some(E::VmStarted) => Some(VmState::ShutOff),
        Some(E::VmResumed) => Some(VmState::Paused(PauseReason::Other)),
        Some(_) => Some(VmState::Unknown),
        // Nothing happened since: it was as it is.
        None => k.now.map(|(now, since)| {
            let same = !now.is_active() || since.is_some_and(|since| since <= k.at);
            if same { now } else { VmState::Unknown }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(10_000_000);

    fn event(kind: EventKind, minutes: i64) -> Event {
        Event { at: Timestamp(AT.0 + minutes * 60_000), subject: None, kind, detail: String::new() }
    }

    fn told(before: Option<(EventKind, i64)>, after: Option<EventKind>, measured: bool) -> Option<VmState> {
        let before = before.map(|(kind, minutes)| event(kind, -minutes));
        let after = after.map(|kind| event(kind, 5));
        state(&Known {
            before: before.as_ref(),
            after: after.as_ref(),
            measured,
            now: Some((VmState::Running, None)),
            at: AT,
            step_ms: 60_000,
        })
    }

    #[test]
    fn what_happened_tells_the_state() {
        use EventKind as E;
        assert_eq!(told(Some((E::VmStopped, 30)), None, false), Some(VmState::ShutOff));
        assert_eq!(told(Some((E::VmStopped, 1)), None, true), Some(VmState::ShutOff));
        assert_eq!(told(Some((E::VmStopped, 30)), None, true), Some(VmState::Running));
        assert_eq!(told(Some((E::VmPaused, 30)), None, false), Some(VmState::Paused(PauseReason::User)));
        assert_eq!(told(Some((E::VmStarted, 30)), None, true), Some(VmState::Running));
        assert_eq!(told(Some((E::VmUndefined, 3)), None, false), None);
    }

    #[test]
    fn what_was_seen_when_recording_began_holds_until_something_happens() {
        let told = |detail: &str, minutes: i64, measured| {
            let seen = Event { detail: detail.into(), ..event(EventKind::VmSeen, -minutes) };
            state(&Known {
                before: Some(&seen),
                after: None,
                measured,
                now: Some((VmState::Running, None)),
                at: AT,
                step_ms: 60_000,
            })
        };
        assert_eq!(told("paused", 90, false), Some(VmState::Paused(PauseReason::User)));
        assert_eq!(told("paused: I/O error", 90, false), Some(VmState::Paused(PauseReason::IoError)));
        assert_eq!(told("off", 90, false), Some(VmState::ShutOff));
        assert_eq!(told("off", 90, true), Some(VmState::Running), "it was started while nobody looked");
        assert_eq!(told("running", 1, false), Some(VmState::Running), "before its first value");
        assert_eq!(told("running", 90, false), Some(VmState::Unknown));
        assert_eq!(told("a word of a newer version", 90, true), Some(VmState::Running));
    }

    #[test]
    fn what_nobody_saw_is_unknown_and_what_was_not_yet_is_absent() {
        use EventKind as E;
        assert_eq!(told(None, Some(E::VmDefined), false), None);
        assert_eq!(told(None, Some(E::VmStarted), false), Some(VmState::ShutOff));
        assert_eq!(told(None, None, true), Some(VmState::Running));
        assert_eq!(told(None, None, false), Some(VmState::Unknown));
        assert_eq!(told(Some((E::VmStarted, 30)), Some(E::VmStopped), false), Some(VmState::Unknown));
    }
}
