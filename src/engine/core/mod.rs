//! The engine's mind: inputs in, effects and snapshots out. No thread, no clock, no call that could block; the
//! coordinator's thread feeds it, and tests can.

mod addresses;
mod cost;
mod detail;
mod events;
mod lane;
mod poll;
mod storage;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use self::addresses::AddressDesk;
use self::cost::Meter;
use self::detail::DetailDesk;
use self::lane::{LaneState, Phase};
use self::storage::StorageDesk;
use super::backoff::Dice;
use super::calls::{Answer, Call, Done, Effect, Input, LANES, Lane, MachineAsk, MachineReport};
use super::handle::{Command, Focus};
use super::schedule::{Micros, Schedule, micros};
use super::state::{Ground, State};
use crate::config::{LimitSettings, PollSettings};
use crate::hypervisor::{Capabilities, HvError, HvErrorKind};
use crate::model::snapshot::Snapshot;
use crate::model::time::{Moment, Timestamp};

/// How often the machine's facts (file systems, block devices) are read.
const FACTS_EVERY: Duration = Duration::from_secs(10);
/// How often a VM that went off is looked at for tracks to drop.
const EXPIRE_EVERY: Duration = Duration::from_secs(60);
/// While much comes in, this much time lies between snapshots.
const GATHER: Duration = Duration::from_millis(100);
/// A poll that has hung for this many times the stall limit is left behind for a new connection.
const GIVE_UP_STALLS: u32 = 6;
/// A call for details or to an agent that takes longer counts as hung.
const DETAIL_DEADLINE: Duration = Duration::from_secs(10);

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
            Input::Tick => {}
        }
    }

    /// Decides what is to be done now.
    pub(crate) fn step(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.look_for_hung_calls(now);
        self.release_lanes(&mut effects);
        self.open_lanes(now, &mut effects);
        if !self.state.link.is_up() {
            self.fail_waiting();
        }
        for lane in LANES {
            if self.lane(lane).is_idle()
                && self.wants_work(lane)
                && let Some(call) = self.next_call(lane, now)
            {
                if lane == Lane::Poll {
                    self.polled_after = self.events;
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

    /// Whether the lane has a use now: the first list goes before everything else.
    fn wants(&self, lane: Lane) -> bool {
        match lane {
            Lane::Poll => true,
            Lane::Storage | Lane::Detail => self.state.listed && self.state.link.is_up(),
            Lane::Agent => self.state.listed && self.state.link.is_up() && self.addresses.has_agents(),
        }
    }

    /// Whether the lane shall be given work: not while the hypervisor as a whole does not answer, which is no
    /// pool's and no VM's fault.
    fn wants_work(&self, lane: Lane) -> bool {
        lane == Lane::Poll || self.state.link.is_up()
    }

    fn fail_waiting(&mut self) {
        let why = "the hypervisor is not connected or does not answer";
        let error = HvError::new(HvErrorKind::ConnectionLost, "ask", why);
        self.detail.fail_waiting(&error);
        self.storage.fail_waiting(&error);
    }

    fn deadline(&self, lane: Lane) -> Duration {
        match lane {
            Lane::Poll => self.poll.stall_after.saturating_mul(GIVE_UP_STALLS),
            Lane::Storage => self.poll.pool_deadline,
            Lane::Detail | Lane::Agent => DETAIL_DEADLINE,
        }
    }

    /// When a busy lane's state changes without an answer.
    fn patience_ends(&self, lane: &LaneState) -> Micros {
        if !self.wants_work(lane.lane) {
            return u64::MAX;
        }
        let gives_up = lane.hangs_at(self.deadline(lane.lane)).unwrap_or(u64::MAX);
        match &lane.phase {
            Phase::Busy(call, since) if lane.lane == Lane::Poll && *call != Call::Connect => {
                let stalls = since.mono_us + micros(self.poll.stall_after);
                if self.state.link.is_up() { stalls } else { gives_up }
            }
            _ => gives_up,
        }
    }

    fn open_lanes(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        for lane in LANES {
            if self.wants(lane) && self.lane(lane).may_open(now.mono_us) {
                let state = self.lane_mut(lane);
                state.phase = Phase::Busy(Call::Connect, now);
                state.open = true;
                effects.push(Effect::Open(lane, state.generation));
            }
        }
    }

    fn release_lanes(&mut self, effects: &mut Vec<Effect>) {
        for lane in &mut self.lanes {
            if lane.open && matches!(lane.phase, Phase::Closed(_)) {
                lane.open = false;
                effects.push(Effect::Release(lane.lane));
            }
        }
    }

    fn look_for_hung_calls(&mut self, now: Moment) {
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
    fn gave_up(&mut self, lane: Lane, call: &Call, since: Moment, now: Moment) {
        let seconds = since.wall.age(now.wall).as_secs();
        let error =
            HvError::new(HvErrorKind::TimedOut, "get an answer", format!("nothing came for {seconds} s"));
        match lane {
            Lane::Poll => self.poll_given_up(&error, since, now),
            Lane::Storage => self.storage_hung(call, since, &error, now),
            Lane::Detail | Lane::Agent => self.detail_failed(call, error, now),
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
        tracing::debug!("The {} connection is up.", lane.name());
        if lane == Lane::Poll {
            self.poll_connected(capabilities, now);
        }
    }

    fn lane_broke(&mut self, done: Done, now: Moment) {
        let error = match done.answer {
            Err(error) => error,
            Ok(_) => HvError::new(HvErrorKind::ConnectionLost, "use the connection", "it is closed"),
        };
        let lane = done.lane;
        if lane == Lane::Poll {
            return self.poll_lost(&error, now);
        }
        tracing::warn!("The {} connection broke. {error}", lane.name());
        match lane {
            Lane::Storage => self.storage_failed(&done.call, &error, now),
            _ => self.detail_failed(&done.call, error, now),
        }
        let Self { lanes, dice, .. } = self;
        lanes[lane as usize].broke(now.mono_us, dice);
    }

    fn ended(&mut self, lane: Lane, generation: u64, panicked: bool, now: Moment) {
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

    fn ask_machine(&mut self, now: Moment) -> Option<Effect> {
        if !self.has_machine || self.machine_busy {
            return None;
        }
        // Only after the first list: nothing goes before the first frame.
        if !self.state.listed || now.mono_us < self.counters_at {
            return None;
        }
        let counters = self.state.host.view().local;
        let facts = counters && now.mono_us >= self.facts_at;
        if facts {
            self.facts_at = now.mono_us + micros(FACTS_EVERY);
        }
        self.counters_at = now.mono_us + micros(self.poll.fast);
        self.machine_busy = true;
        Some(Effect::AskMachine(MachineAsk { counters, facts }))
    }

    fn machine(&mut self, report: MachineReport) {
        self.machine_busy = false;
        let mut news = false;
        if let Some(counters) = &report.counters {
            let ground = self.ground(report.at);
            self.state.host.fold(counters, &ground);
            news = true;
        }
        if let Some(machine) = report.machine {
            news |= self.state.host.set_machine(machine);
        }
        if let Some(usage) = report.usage {
            self.meter.usage(usage, report.at);
        }
        if news {
            // Its values ride with those of the poll that is under way at the same time.
            self.publish_soon(report.at);
        }
    }

    fn command(&mut self, command: Command, now: Moment) {
        match command {
            Command::Focus(focus) => {
                if focus != self.focus {
                    self.focus = focus;
                    self.schedule.focus_moved(now.mono_us);
                    self.detail.focus(&self.focus);
                    self.addresses.focus(&self.focus, self.poll.addresses, now.mono_us);
                }
            }
            Command::Refresh => self.refresh(),
            Command::Reconnect => self.reconnect(now),
            Command::Xml(id, reply) => self.detail.ask_xml(id, reply),
            Command::RefreshPool(id, reply) => self.ask_refresh(id, reply),
            Command::Stop => self.stopping = true,
        }
    }

    fn refresh(&mut self) {
        self.schedule.all_due();
        self.storage.all_due();
        self.counters_at = 0;
        self.facts_at = 0;
        self.addresses.due_for(&self.focus);
        if let Some(id) = self.focus.detail {
            self.detail.want(id);
        }
    }

    fn ask_refresh(&mut self, id: Uuid, reply: tokio::sync::oneshot::Sender<Result<(), HvError>>) {
        if let Some(why) = &self.capabilities.no_refresh {
            let kind =
                if self.capabilities.read_only { HvErrorKind::ReadOnly } else { HvErrorKind::Unsupported };
            // The asker may have gone; then nobody needs the answer.
            drop(reply.send(Err(HvError::new(kind, "refresh the pool", why))));
        } else {
            self.storage.ask_refresh(id, reply);
        }
    }
}

/// Shares what is read-only in a reply.
fn shared(text: String) -> Arc<str> {
    text.into()
}
