//! One lane: a worker that is replaced when it hangs, and the threads it left behind.

use std::time::Duration;

use super::super::backoff::{Backoff, Dice};
use super::super::calls::{Call, Lane};
use super::super::schedule::{Micros, micros};
use crate::model::time::Moment;

/// A connection that does not come about in this time is given up.
const CONNECT_DEADLINE: Duration = Duration::from_secs(30);

/// What a lane's worker is doing.
#[derive(Debug)]
pub(super) enum Phase {
    /// There is none; one may be started from then on.
    Closed(Micros),
    /// It waits for work.
    Idle,
    /// It is in a call.
    Busy(Call, Moment),
}

/// A lane.
#[derive(Debug)]
pub(super) struct LaneState {
    /// Which.
    pub(super) lane: Lane,
    /// Number of its present connection; answers and events of another are of the past.
    pub(super) generation: u64,
    /// What its worker does.
    pub(super) phase: Phase,
    /// A worker was started that was not let go.
    pub(super) open: bool,
    /// Somebody asked for a connection while one was being tried: the next try does not wait.
    pub(super) hurried: bool,
    /// How long to wait before connecting again.
    pub(super) backoff: Backoff,
    /// Threads left behind in a call, by generation.
    pub(super) stuck: Vec<(u64, Call)>,
}

impl LaneState {
    /// Not connected.
    pub(super) const fn new(lane: Lane) -> Self {
        Self {
            lane,
            generation: 0,
            phase: Phase::Closed(0),
            open: false,
            hurried: false,
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(30)),
            stuck: Vec::new(),
        }
    }

    /// How many threads may be left behind. Each holds a connection, and in the daemon a worker.
    pub(super) const fn most_stuck(&self) -> usize {
        match self.lane {
            Lane::Storage => 4,
            Lane::Poll | Lane::Detail | Lane::Agent => 2,
        }
    }

    /// Whether work can be given.
    pub(super) const fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }

    /// Whether all threads it may have hang.
    pub(super) fn is_choked(&self) -> bool {
        matches!(self.phase, Phase::Closed(_)) && self.stuck.len() >= self.most_stuck()
    }

    /// Whether a new worker may be started now.
    pub(super) fn may_open(&self, now: Micros) -> bool {
        matches!(self.phase, Phase::Closed(at) if now >= at) && self.stuck.len() < self.most_stuck()
    }

    /// Whether a call with this subject hangs in a thread left behind.
    pub(super) fn is_stuck_in(&self, which: impl Fn(&Call) -> bool) -> bool {
        self.stuck.iter().any(|(_, call)| which(call))
    }

    /// When the present call counts as hung.
    pub(super) fn hangs_at(&self, deadline: Duration) -> Option<Micros> {
        match &self.phase {
            Phase::Busy(Call::Connect, since) => Some(since.mono_us + micros(CONNECT_DEADLINE.max(deadline))),
            Phase::Busy(_, since) => Some(since.mono_us + micros(deadline)),
            Phase::Closed(_) | Phase::Idle => None,
        }
    }

    /// Leaves the present thread in its call. Returns the call and when it began.
    pub(super) fn abandon(&mut self, again_at: Micros) -> Option<(Call, Moment)> {
        match std::mem::replace(&mut self.phase, Phase::Closed(again_at)) {
            Phase::Busy(call, since) => {
                self.stuck.push((self.generation, call.clone()));
                self.generation += 1;
                Some((call, since))
            }
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// What was tried failed: the next try comes after the back-off, or at once. Returns the wait.
    pub(super) fn fail(&mut self, now: Micros, dice: &mut Dice) -> Duration {
        let wait = self.backoff.fail(dice);
        let wait = if std::mem::take(&mut self.hurried) { Duration::ZERO } else { wait };
        self.phase = Phase::Closed(now + micros(wait));
        wait
    }

    /// The connection broke: a new one after the back-off. Returns the wait.
    pub(super) fn broke(&mut self, now: Micros, dice: &mut Dice) -> Duration {
        self.generation += 1;
        self.fail(now, dice)
    }
}
