//! What is due on the poll connection. Pure.
//!
//! State, CPU and interfaces are cheap for the daemon and asked of all active VMs at the fast pace. vCPU, balloon
//! and block each cost it a round trip to every guest's monitor, so they are asked at a pace of their own: soonest
//! for the VM whose details are shown, then for what is on screen, seldom for the rest. Slow groups ride on a
//! fast tick, so that the engine does not wake twice.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use super::calls::{Call, Targets};
use super::handle::Focus;
use crate::config::PollSettings;
use crate::hypervisor::Groups;
use crate::model::id::VmId;
use crate::model::metric::Group;

/// How often VMs are listed when events tell what changes.
const LIST_WITH_EVENTS: Duration = Duration::from_secs(30);
/// However often something calls for a list, it is not read more often than this.
const BETWEEN_LISTS: Duration = Duration::from_millis(250);
/// Scrolling shall not poll more often than this.
const BETWEEN_FOCUS_POLLS: Duration = Duration::from_millis(250);

/// Microseconds on the monotonic clock.
pub(crate) type Micros = u64;

/// A duration in whole microseconds.
pub(crate) fn micros(d: Duration) -> Micros {
    u64::try_from(d.as_micros()).unwrap_or(u64::MAX)
}

/// What may be asked of this connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Offer {
    /// Groups served.
    pub(crate) groups: Groups,
    /// Events arrive.
    pub(crate) events: bool,
    /// The node's counters are to be asked of the hypervisor, the machine not being at hand.
    pub(crate) node: bool,
}

/// When a VM's slow groups were last asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: Micros,
    times: u32,
}

/// When what is due.
#[derive(Debug)]
pub(crate) struct Schedule {
    poll: PollSettings,
    fast_at: Micros,
    list_at: Micros,
    last_list: Option<Micros>,
    slow: HashMap<VmId, Asked>,
    focus_at: Option<Micros>,
    last_focus_poll: Micros,
}

impl Schedule {
    /// Everything due at once.
    pub(crate) fn new(poll: PollSettings) -> Self {
        Self {
            poll,
            fast_at: 0,
            list_at: 0,
            last_list: None,
            slow: HashMap::new(),
            focus_at: None,
            last_focus_poll: 0,
        }
    }

    /// Makes everything due.
    pub(crate) fn all_due(&mut self) {
        self.fast_at = 0;
        self.list_at = 0;
        self.last_list = None;
        self.slow.clear();
    }

    /// Makes the list due.
    pub(crate) fn list_due(&mut self) {
        let soonest = self.last_list.map_or(0, |at| at + micros(BETWEEN_LISTS));
        self.list_at = self.list_at.min(soonest);
    }

    /// Notes that other VMs are on screen, or that a VM began to run.
    pub(crate) fn focus_moved(&mut self, now: Micros) {
        let soonest = self.last_focus_poll + micros(BETWEEN_FOCUS_POLLS);
        self.focus_at = Some(soonest.max(now));
    }

    /// Forgets a VM.
    pub(crate) fn forget(&mut self, id: VmId) {
        self.slow.remove(&id);
    }

    /// When something is due next.
    pub(crate) fn next(&self) -> Micros {
        self.fast_at.min(self.list_at).min(self.focus_at.unwrap_or(u64::MAX))
    }

    /// Notes how long the host took for a poll: one that is slow is given as long to rest.
    pub(crate) fn took(&mut self, done: Micros, took: Micros) {
        self.fast_at = self.fast_at.max(done.saturating_add(took));
    }

    /// What is due now, in the order it should be asked.
    pub(crate) fn due(&mut self, now: Micros, active: &[VmId], focus: &Focus, offer: Offer) -> Vec<Call> {
        let mut calls = Vec::new();
        if now >= self.list_at {
            calls.push(Call::List);
            self.last_list = Some(now);
            let pace = if offer.events { LIST_WITH_EVENTS } else { self.poll.fast };
            self.list_at = now + micros(pace);
        }
        let fast = now >= self.fast_at;
        let moved = self.focus_at.is_some_and(|at| now >= at);
        if fast {
            let grid = self.fast_at + micros(self.poll.fast);
            // What was never due, or long ago, begins a new grid.
            let on_grid = self.fast_at > 0 && grid > now;
            self.fast_at = if on_grid { grid } else { now + micros(self.poll.fast) };
        }
        if moved {
            self.focus_at = None;
            self.last_focus_poll = now;
        }
        let served = |groups: &[Group]| {
            let kept: Vec<_> = groups.iter().copied().filter(|g| offer.groups.has(*g)).collect();
            Groups::of(&kept)
        };
        // Where no VM runs and nothing else is asked this is, so that a host that hangs is found out.
        let asked = !calls.is_empty() || offer.node;
        let quick = if fast && !(active.is_empty() && asked) {
            served(&[Group::State, Group::Cpu, Group::Interface])
        } else {
            Groups::NONE
        };
        let slow = served(&[Group::Vcpu, Group::Balloon, Group::Block]);
        let due: Vec<VmId> = if (fast || moved) && !slow.is_empty() {
            active.iter().copied().filter(|id| self.slow_due(*id, now, focus)).collect()
        } else {
            Vec::new()
        };
        for id in &due {
            let asked = self.slow.entry(*id).or_insert(Asked { at: now, times: 0 });
            asked.at = now;
            asked.times = asked.times.saturating_add(1);
        }
        calls.extend(counters(quick, slow, due, active.len()));
        if fast && offer.node {
            calls.push(Call::NodeCounters);
        }
        calls
    }

    fn slow_due(&self, id: VmId, now: Micros, focus: &Focus) -> bool {
        let Some(asked) = self.slow.get(&id) else { return true };
        let pace = if focus.detail == Some(id) {
            self.poll.fast
        } else if asked.times < 2 {
            // The second reading makes the first rate: it should not be long in coming.
            self.poll.slow_visible.min(self.poll.fast * 2)
        } else if focus.visible.contains(&id) {
            self.poll.slow_visible
        } else {
            self.poll.slow_hidden
        };
        // A quarter of a tick early is better than a whole tick late.
        now + micros(self.poll.fast) / 4 >= asked.at + micros(pace)
    }
}

/// As few calls as the targets allow.
fn counters(quick: Groups, slow: Groups, due: Vec<VmId>, active: usize) -> Vec<Call> {
    let mut calls = Vec::new();
    if due.len() == active && !due.is_empty() && !quick.is_empty() {
        calls.push(Call::Counters { groups: quick.and(slow), targets: Targets::Active });
        return calls;
    }
    if !quick.is_empty() {
        calls.push(Call::Counters { groups: quick, targets: Targets::Active });
    }
    if !due.is_empty() {
        calls.push(Call::Counters { groups: slow, targets: Targets::These(due.into()) });
    }
    calls
}
