//! The engine's mind: inputs in, effects and snapshots out. No thread, no clock, no call that could block; the
//! coordinator's thread feeds it, and tests can.

mod addresses;
mod asked;
mod cost;
mod detail;
mod events;
mod lane;
mod lanes;
mod poll;
mod resume;
mod storage;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use self::addresses::AddressDesk;
pub(crate) use self::cost::Meter;
use self::detail::DetailDesk;
use self::lane::{LaneState, Phase};
use self::storage::StorageDesk;
use super::backoff::Dice;
use super::calls::{Answer, Call, Done, Effect, Input, LANES, Lane};
use super::handle::Focus;
use super::history::Report;
use super::schedule::{Micros, Schedule, micros};
use super::state::{Ground, State};
use crate::config::{LimitSettings, PollSettings};
use crate::hypervisor::{Capabilities, HvError};
use crate::model::snapshot::Snapshot;
use crate::model::time::{Moment, Timestamp};

/// How often a VM that went off is looked at for tracks to drop.
const EXPIRE_EVERY: Duration = Duration::from_secs(60);
/// While much comes in, this much time lies between snapshots.
const GATHER: Duration = Duration::from_millis(100);

/// The engine without its threads.
#[derive(Debug)]
pub(crate) struct Core {
    poll: PollSettings,
    state: State,
    lanes: [LaneState; 4],
    capabilities: Capabilities,
    schedule: Schedule,
    focus: Focus,
    /// Calls that come before what is due, after connecting.
    opening: std::collections::VecDeque<Call>,
    /// Since when the link is up, to be told again after a stall.
    up_since: Option<Timestamp>,
    storage: StorageDesk,
    detail: DetailDesk,
    addresses: AddressDesk,
    meter: Meter,
    dice: Dice,
    has_machine: bool,
    machine_busy: bool,
    counters_at: Micros,
    facts_at: Micros,
    expire_at: Micros,
    publish_at: Option<Micros>,
    /// The last failure of a poll that was logged.
    told_error: Option<HvError>,
    /// Events taken so far, and how many when the poll lane was last asked.
    events: u64,
    polled_after: u64,
    stopping: bool,
}

impl Core {
    /// Nothing known, nothing begun.
    pub(crate) fn new(
        uri: String,
        demo: bool,
        poll: PollSettings,
        limits: LimitSettings,
        has_machine: bool,
        seed: u64,
        now: Moment,
    ) -> Self {
        Self {
            state: State::new(uri, demo, limits, now.wall),
            lanes: LANES.map(LaneState::new),
            capabilities: Capabilities::default(),
            schedule: Schedule::new(poll.clone()),
            focus: Focus::default(),
            opening: std::collections::VecDeque::new(),
            up_since: None,
            storage: StorageDesk::new(),
            detail: DetailDesk::default(),
            addresses: AddressDesk::new(),
            meter: Meter::default(),
            dice: Dice::new(seed),
            has_machine,
            machine_busy: false,
            counters_at: 0,
            facts_at: 0,
            expire_at: now.mono_us + micros(EXPIRE_EVERY),
            publish_at: None,
            told_error: None,
            events: 0,
            polled_after: 0,
            stopping: false,
            poll,
        }
    }

    /// The first snapshot, before anything is known.
    pub(crate) fn first(&mut self, now: Moment) -> Snapshot {
        self.state.snapshot(now)
    }

    /// Whether it was told to end.
    pub(crate) const fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Takes an input.
    pub(crate) fn handle(&mut self, input: Input, now: Moment) {
        match input {
            Input::Command(command) => self.command(command, now),
            Input::Done(done) => self.done(*done, now),
            Input::Ended { lane, generation, panicked } => self.ended(lane, generation, panicked, now),
            Input::Event(generation, event) => {
                if generation == self.lane(Lane::Poll).generation {
                    self.event(event, now);
                }
            }
            Input::Machine(report) => self.machine(*report),
            Input::Recording(Report(recording)) => {
                self.recorded(recording);
                self.publish_soon(now);
            }
            Input::Unfit(why) => {
                self.despite(why);
                self.publish_soon(now);
            }
            // Of a collector that is no more; the coordinator takes one that was found.
            Input::Live(_) | Input::Found(_) | Input::Tick => {}
        }
    }

    /// Decides what is to be done now.
    pub(crate) fn step(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.look_for_hung_calls(now);
        self.release_lanes(&mut effects);
        self.open_lanes(now, &mut effects);
        self.fail_waiting();
        for lane in LANES {
            if self.lane(lane).is_idle()
                && self.wants_work(lane)
                && let Some(call) = self.next_call(lane, now)
            {
                if lane == Lane::Poll {
                    self.polled_after = self.events;
                    self.machine_joins(&call, now);
                }
                self.lane_mut(lane).phase = Phase::Busy(call.clone(), now);
                effects.push(Effect::Ask(lane, call));
            }
        }
        effects.extend(self.ask_machine(now));
        if now.mono_us >= self.expire_at {
            self.expire_at = now.mono_us + micros(EXPIRE_EVERY);
            self.state.vms.expire(now, self.poll.keep);
        }
        effects
    }

    /// The next snapshot, when one is due.
    pub(crate) fn publish(&mut self, now: Moment) -> Option<Snapshot> {
        self.publish_at.filter(|at| now.mono_us >= *at)?;
        self.publish_at = None;
        self.state.cost = self.meter.cost(self.state.cost, now);
        Some(self.state.snapshot(now))
    }

    /// Own CPU time that a poll's folding and publishing took.
    pub(crate) const fn spent(&mut self, cpu: Duration) {
        self.meter.spent(cpu);
    }

    /// Events that found no room on the way here; what they would have told must be read anew.
    pub(crate) fn dropped_events(&mut self, total: u64) {
        if total > self.state.cost.dropped_events {
            self.state.cost.dropped_events = total;
            self.schedule.list_due();
            self.detail.want_all(&self.state.vms);
            self.storage.all_due();
        }
    }

    /// When to look again if nothing comes in.
    pub(crate) fn wake_at(&self) -> Micros {
        let mut at = self.expire_at.min(self.publish_at.unwrap_or(u64::MAX));
        if self.has_machine && !self.machine_busy && self.state.listed {
            at = at.min(self.counters_at);
        }
        for lane in &self.lanes {
            at = at.min(match &lane.phase {
                Phase::Closed(open_at) if self.wants(lane.lane) && lane.stuck.len() < lane.most_stuck() => {
                    *open_at
                }
                Phase::Idle if self.wants_work(lane.lane) => self.next_due(lane.lane),
                Phase::Closed(_) | Phase::Idle => u64::MAX,
                Phase::Busy(..) => self.patience_ends(lane),
            });
        }
        at
    }

    /// Calls that were not answered yet, those given up included.
    pub(crate) fn calls_under_way(&self) -> usize {
        let busy = self.lanes.iter().filter(|l| matches!(l.phase, Phase::Busy(..))).count();
        busy + self.lanes.iter().map(|l| l.stuck.len()).sum::<usize>()
    }

    fn lane(&self, lane: Lane) -> &LaneState {
        &self.lanes[lane as usize]
    }

    fn lane_mut(&mut self, lane: Lane) -> &mut LaneState {
        &mut self.lanes[lane as usize]
    }

    fn publish_now(&mut self, now: Moment) {
        self.publish_by(now.mono_us);
    }

    fn publish_soon(&mut self, now: Moment) {
        self.publish_by(now.mono_us + micros(GATHER));
    }

    fn publish_soon_if(&mut self, news: bool, now: Moment) {
        if news {
            self.publish_soon(now);
        }
    }

    fn publish_by(&mut self, at: Micros) {
        self.publish_at = Some(self.publish_at.map_or(at, |before| before.min(at)));
    }

    fn ground(&self, at: Moment) -> Ground {
        Ground { at, host_cpus: self.state.host.cpus(), keeps_wait: false, keep: self.poll.keep }
    }

    fn next_call(&mut self, lane: Lane, now: Moment) -> Option<Call> {
        match lane {
            Lane::Poll => self.next_poll(now),
            Lane::Storage => self.next_storage(now),
            Lane::Detail => self.next_detail(now),
            Lane::Agent => self.addresses.next_agent(&self.state.vms, now.mono_us),
        }
    }

    fn next_due(&self, lane: Lane) -> Micros {
        match lane {
            Lane::Poll if !self.opening.is_empty() => 0,
            Lane::Poll => self.schedule.next(),
            Lane::Storage => self.storage.next_due(),
            Lane::Detail => self.detail.next_due().min(self.addresses.next_due()),
            Lane::Agent => self.addresses.next_agent_due(),
        }
    }

    fn done(&mut self, done: Done, now: Moment) {
        self.meter.called(&done);
        if done.generation != self.lane(done.lane).generation {
            // Of a thread left behind: what hung answers again.
            if done.lane == Lane::Storage && !done.dead {
                self.storage_answers_again(&done.call);
            }
            return;
        }
        if done.dead {
            return self.lane_broke(done, now);
        }
        self.lane_mut(done.lane).phase = Phase::Idle;
        if let Ok(Answer::Connected(capabilities)) = done.answer {
            return self.connected(done.lane, capabilities, now);
        }
        self.lane_mut(done.lane).backoff.succeed();
        match done.lane {
            Lane::Poll => self.poll_done(done, now),
            Lane::Storage => self.storage_done(done, now),
            Lane::Detail | Lane::Agent => self.detail_done(done, now),
        }
    }

    fn connected(&mut self, lane: Lane, capabilities: Capabilities, now: Moment) {
        if lane == Lane::Poll {
            tracing::info!("Connected.");
            self.poll_connected(capabilities, now);
        } else {
            tracing::debug!("The {} connection is up.", lane.name());
        }
    }
}

/// Shares what is read-only in a reply.
fn shared(text: String) -> Arc<str> {
    text.into()
}
