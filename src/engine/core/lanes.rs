//! Watching over the lanes: opened when wanted, left behind when they hang, replaced when they break.

use std::time::Duration;

use super::Core;
use super::lane::{LaneState, Phase};
use crate::engine::calls::{Call, Done, Effect, LANES, Lane};
use crate::engine::schedule::{Micros, micros};
use crate::hypervisor::{HvError, HvErrorKind};
use crate::model::time::Moment;

/// A poll that has hung for this many times the stall limit is left behind for a new connection.
const GIVE_UP_STALLS: u32 = 6;
/// A call for details or to an agent that takes longer counts as hung.
const DETAIL_DEADLINE: Duration = Duration::from_secs(10);

impl Core {
    /// Whether the lane has a use now: the first list goes before everything else.
    pub(super) fn wants(&self, lane: Lane) -> bool {
        match lane {
            Lane::Poll => true,
            Lane::Storage | Lane::Detail => self.state.listed && self.state.link.is_up(),
            Lane::Agent => self.state.listed && self.state.link.is_up() && self.addresses.has_agents(),
        }
    }

    /// Whether the lane shall be given work: not while the hypervisor as a whole does not answer, which is no
    /// pool's and no VM's fault.
    pub(super) fn wants_work(&self, lane: Lane) -> bool {
        lane == Lane::Poll || self.state.link.is_up()
    }

    /// Tells those who wait for what will not come.
    pub(super) fn fail_waiting(&mut self) {
        let why = "the hypervisor is not connected or does not answer";
        let down = !self.state.link.is_up();
        if down || self.lane(Lane::Detail).is_choked() {
            self.detail.fail_waiting(&HvError::new(HvErrorKind::TimedOut, "read the XML", why));
        }
        if down || self.lane(Lane::Storage).is_choked() {
            self.storage.fail_waiting(&HvError::new(HvErrorKind::TimedOut, "refresh the pool", why));
        }
    }

    pub(super) fn deadline(&self, lane: Lane) -> Duration {
        match lane {
            Lane::Poll => self.poll.stall_after.saturating_mul(GIVE_UP_STALLS),
            Lane::Storage => self.poll.pool_deadline,
            Lane::Detail | Lane::Agent => DETAIL_DEADLINE,
        }
    }

    /// When a busy lane's state changes without an answer.
    pub(super) fn patience_ends(&self, lane: &LaneState) -> Micros {
        if !self.wants_work(lane.lane) {
            return u64::MAX;
        }
        let gives_up = lane.hangs_at(self.deadline(lane.lane)).unwrap_or(u64::MAX);
        match &lane.phase {
            Phase::Busy(call, since) if lane.lane == Lane::Poll && self.may_stall(call) => {
                since.mono_us + micros(self.poll.stall_after)
            }
            _ => gives_up,
        }
    }

    pub(super) fn open_lanes(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        for lane in LANES {
            if self.wants(lane) && self.lane(lane).may_open(now.mono_us) {
                let state = self.lane_mut(lane);
                state.phase = Phase::Busy(Call::Connect, now);
                state.open = true;
                effects.push(Effect::Open(lane, state.generation));
            }
        }
    }

    pub(super) fn release_lanes(&mut self, effects: &mut Vec<Effect>) {
        for lane in &mut self.lanes {
            if lane.open && matches!(lane.phase, Phase::Closed(_)) {
                lane.open = false;
                effects.push(Effect::Release(lane.lane));
            }
        }
    }

    pub(super) fn look_for_hung_calls(&mut self, now: Moment) {
        for lane in LANES {
            if lane == Lane::Poll {
                self.look_for_stall(now);
            }
            let state = self.lane(lane);
            if !self.wants_work(lane) {
                continue;
            }
            if state.hangs_at(self.deadline(lane)).is_none_or(|at| now.mono_us < at) {
                continue;
            }
            if let Some((call, since)) = self.lane_mut(lane).abandon(now.mono_us) {
                self.state.cost.abandoned_calls += 1;
                tracing::warn!("The {} connection was given up: no answer to {call:?}.", lane.name());
                self.gave_up(lane, &call, since, now);
            }
        }
    }

    /// A call hung beyond its deadline.
    pub(super) fn gave_up(&mut self, lane: Lane, call: &Call, since: Moment, now: Moment) {
        let seconds = since.wall.age(now.wall).as_secs();
        let error =
            HvError::new(HvErrorKind::TimedOut, "get an answer", format!("nothing came for {seconds} s"));
        match lane {
            Lane::Poll => self.poll_given_up(&error, since, now),
            Lane::Storage => self.storage_hung(call, since, &error, now),
            Lane::Detail | Lane::Agent => self.detail_failed(call, error, now),
        }
    }

    pub(super) fn lane_broke(&mut self, done: Done, now: Moment) {
        let error = match done.answer {
            Err(error) => error,
            Ok(_) => HvError::new(HvErrorKind::ConnectionLost, "use the connection", "it is closed"),
        };
        let lane = done.lane;
        if lane == Lane::Poll {
            return self.poll_lost(&error, now);
        }
        tracing::warn!("The {} connection broke. {error}", lane.name());
        if lane == Lane::Storage {
            self.storage_failed(&done.call, &error, now);
        } else {
            if lane == Lane::Detail && done.call == Call::Connect {
                self.detail.fail_waiting(&error);
            }
            self.detail_failed(&done.call, error, now);
        }
        let Self { lanes, dice, .. } = self;
        lanes[lane as usize].broke(now.mono_us, dice);
    }

    pub(super) fn ended(&mut self, lane: Lane, generation: u64, panicked: bool, now: Moment) {
        let state = self.lane_mut(lane);
        state.stuck.retain(|(g, _)| *g != generation);
        if generation != state.generation || matches!(state.phase, Phase::Closed(_)) {
            return;
        }
        // The present worker is gone without a word.
        let why = if panicked { "its worker failed; see the log" } else { "its worker ended" };
        let error = HvError::new(HvErrorKind::ConnectionLost, "use the connection", why);
        let call = match &state.phase {
            Phase::Busy(call, _) => call.clone(),
            Phase::Idle | Phase::Closed(_) => Call::Connect,
        };
        self.lane_broke(
            Done {
                lane,
                generation,
                call,
                answer: Err(error),
                started: now,
                at: now,
                cpu: Duration::ZERO,
                calls: 0,
                bytes: 0,
                dead: true,
            },
            now,
        );
    }
}
