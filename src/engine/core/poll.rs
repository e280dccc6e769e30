//! The poll lane: the link, the list, counters.

use std::time::Duration;

use super::{Core, Lane, Phase};
use crate::engine::calls::{Answer, Call, Done, Targets};
use crate::engine::schedule::{Offer, micros};
use crate::hypervisor::{Capabilities, HvError, HvErrorKind, Which};
use crate::model::id::VmId;
use crate::model::snapshot::{Link, LostCause};
use crate::model::time::Moment;
use crate::model::vm::VmRecord;

impl Core {
    pub(super) fn poll_connected(&mut self, capabilities: Capabilities, now: Moment) {
        self.state.set_capabilities(&capabilities);
        self.capabilities = capabilities;
        self.lane_mut(Lane::Poll).hurried = false;
        self.schedule.all_due();
        // What happened meanwhile is not known: no rate reaches across.
        self.state.vms.break_runs();
        self.state.host.break_run();
        self.opening = [Call::List, Call::Subscribe, Call::Node].into();
        self.addresses.reconnected();
        if self.state.listed {
            self.detail.want_all(&self.state.vms);
            self.storage.all_due();
        }
        for lane in [Lane::Storage, Lane::Detail, Lane::Agent] {
            // Their connections to a daemon that was restarted are dead too: no reason to wait.
            let state = self.lane_mut(lane);
            if matches!(state.phase, Phase::Closed(_)) {
                state.phase = Phase::Closed(now.mono_us);
            }
        }
    }

    pub(super) fn look_for_stall(&mut self, now: Moment) {
        let Phase::Busy(call, since) = &self.lane(Lane::Poll).phase else { return };
        if self.may_stall(call) && now.mono_us >= since.mono_us + micros(self.poll.stall_after) {
            self.state.link = Link::Stalled { since: since.wall };
            self.publish_now(now);
        }
    }

    /// Whether a call without an answer changes what is told of the link: what is lost already stays lost.
    pub(super) fn may_stall(&self, call: &Call) -> bool {
        match self.state.link {
            Link::Up { .. } => *call != Call::Connect,
            Link::Connecting { .. } => true,
            Link::Stalled { .. } | Link::Lost { .. } => false,
        }
    }

    pub(super) fn poll_given_up(&mut self, error: &HvError, since: Moment, now: Moment) {
        let Self { lanes, dice, .. } = self;
        let wait = lanes[Lane::Poll as usize].fail(now.mono_us, dice);
        self.lost(error, since, wait, now);
    }

    pub(super) fn poll_lost(&mut self, error: &HvError, now: Moment) {
        tracing::warn!("The connection is lost. {error}");
        let Self { lanes, dice, .. } = self;
        let wait = lanes[Lane::Poll as usize].broke(now.mono_us, dice);
        self.lost(error, now, wait, now);
    }

    /// There is no connection; a new one is tried after the wait.
    fn lost(&mut self, error: &HvError, since: Moment, wait: Duration, now: Moment) {
        let since = match &self.state.link {
            Link::Lost { since, .. } | Link::Stalled { since } => *since,
            Link::Up { .. } | Link::Connecting { .. } => since.wall,
        };
        self.up_since = None;
        self.opening.clear();
        self.state.link = Link::Lost {
            since,
            attempt: self.lane(Lane::Poll).backoff.failures(),
            next_try: now.wall.plus(wait),
            cause: match error.kind {
                HvErrorKind::BadUri => LostCause::BadUri,
                _ => LostCause::Unreachable,
            },
            reason: error.to_string(),
            hint: error.hint().to_owned(),
        };
        self.publish_now(now);
    }

    /// An event said that the connection is gone.
    pub(super) fn poll_closed(&mut self, reason: &str, now: Moment) {
        let error = HvError::new(HvErrorKind::ConnectionLost, "keep the connection", reason);
        if self.lane_mut(Lane::Poll).abandon(now.mono_us).is_some() {
            // Its call should end with an error soon; until then its thread counts as left behind.
            self.poll_given_up(&error, now, now);
        } else if self.lane(Lane::Poll).is_idle() {
            self.poll_lost(&error, now);
        }
    }

    pub(super) fn reconnect(&mut self, now: Moment) {
        let stall_after = micros(self.poll.stall_after);
        match (&self.state.link, &self.lane(Lane::Poll).phase) {
            (Link::Stalled { .. }, Phase::Busy(_, since)) => self.connect_anew(*since, now),
            (Link::Lost { .. }, Phase::Busy(_, since)) if now.mono_us >= since.mono_us + stall_after => {
                self.connect_anew(*since, now);
            }
            // A try is under way: if it fails, the next one does not wait.
            (Link::Lost { .. }, Phase::Busy(..)) => self.lane_mut(Lane::Poll).hurried = true,
            (Link::Lost { .. }, Phase::Closed(_)) => {
                self.lane_mut(Lane::Poll).phase = Phase::Closed(now.mono_us);
                if let Link::Lost { next_try, .. } = &mut self.state.link {
                    *next_try = now.wall;
                }
                self.publish_now(now);
            }
            (Link::Up { .. }, _) => self.refresh(),
            _ => {}
        }
    }

    /// Leaves a call that hangs behind for a new connection.
    fn connect_anew(&mut self, since: Moment, now: Moment) {
        let waited = since.wall.age(now.wall).as_secs();
        let why = format!("nothing came for {waited} s; connecting anew");
        let error = HvError::new(HvErrorKind::TimedOut, "get an answer", why);
        if self.lane_mut(Lane::Poll).abandon(now.mono_us).is_some() {
            self.state.cost.abandoned_calls += 1;
            self.lost(&error, since, Duration::ZERO, now);
        }
    }

    pub(super) fn next_poll(&mut self, now: Moment) -> Option<Call> {
        if let Some(call) = self.opening.pop_front() {
            return Some(call);
        }
        if now.mono_us < self.schedule.next() {
            return None;
        }
        let active: Vec<VmId> =
            self.state.vms.iter().filter(|e| e.vm.state.is_active()).map(|e| e.vm.id).collect();
        let offer = Offer {
            groups: self.capabilities.groups,
            events: self.capabilities.no_events.is_none(),
            node: !(self.has_machine && self.capabilities.local),
        };
        self.opening = self.schedule.due(now.mono_us, &active, &self.focus, offer).into();
        self.opening.pop_front()
    }

    pub(super) fn poll_done(&mut self, done: Done, now: Moment) {
        if !self.state.link.is_up() {
            let since = *self.up_since.get_or_insert(now.wall);
            self.state.link = Link::Up { since };
            self.publish_now(now);
        }
        let took = done.at.mono_us.saturating_sub(done.started.mono_us);
        match done.answer {
            Ok(Answer::List(records)) => self.listed(records, done.at),
            Ok(Answer::Node(node)) => {
                if self.state.host.set_node(node) {
                    self.publish_soon(now);
                }
            }
            Ok(Answer::NodeCounters(counters)) => {
                let ground = self.ground(done.at);
                self.state.host.fold(&counters, &ground);
                self.publish_after_poll(now);
            }
            Ok(Answer::Counters(counters)) => {
                self.schedule.took(done.at.mono_us, took);
                let Call::Counters { groups, targets } = done.call else { return };
                let which = match &targets {
                    Targets::Active => Which::Active,
                    Targets::These(ids) => Which::These(ids),
                };
                let ground = self.ground(done.at);
                let (turned, relist) =
                    self.state.vms.fold(counters, groups, which, self.polled_after, ground);
                for id in turned {
                    self.turned(id, now);
                }
                if relist {
                    self.schedule.list_due();
                }
                self.publish_after_poll(now);
            }
            Ok(_) => {}
            Err(error) => self.poll_failed(&done.call, &error, now),
        }
    }

    /// One snapshot a poll: its further calls are waited for, though not for long.
    fn publish_after_poll(&mut self, now: Moment) {
        if self.opening.is_empty() { self.publish_now(now) } else { self.publish_soon(now) }
    }

    fn poll_failed(&mut self, call: &Call, error: &HvError, now: Moment) {
        if self.told_error.as_ref() != Some(error) {
            // Once: a call that fails at each poll would fill the log.
            tracing::warn!("{error}");
            self.told_error = Some(error.clone());
        }
        match call {
            Call::Subscribe => {
                self.capabilities.no_events = Some(error.to_string());
                let capabilities = self.capabilities.clone();
                self.state.set_capabilities(&capabilities);
            }
            // Without a list there is nothing to show: the connection is of no use.
            Call::List if !self.state.listed => self.poll_lost(error, now),
            _ => {}
        }
    }

    fn listed(&mut self, records: Vec<VmRecord>, at: Moment) {
        let first = !self.state.listed;
        self.state.listed = true;
        let listed = self.state.vms.list(records, self.polled_after, at, self.poll.keep);
        if listed.outdated {
            self.schedule.list_due();
        }
        for id in &listed.gone {
            self.forget(*id);
        }
        for id in &listed.fresh {
            self.detail.want(*id);
            self.addresses.due(*id);
        }
        if !listed.fresh.is_empty() {
            self.schedule.focus_moved(at.mono_us);
        }
        if first || self.state.vms.is_changed() {
            self.publish_now(at);
        }
    }

    pub(super) fn forget(&mut self, id: VmId) {
        self.schedule.forget(id);
        self.detail.forget(id);
        self.addresses.forget(id);
    }

    /// A VM's state is another than before.
    pub(super) fn turned(&mut self, id: VmId, now: Moment) {
        let Some(entry) = self.state.vms.get(id) else { return };
        let state = entry.vm.state;
        self.detail.want(id);
        if state.is_active() {
            self.schedule.focus_moved(now.mono_us);
            self.addresses.due(id);
        } else {
            self.schedule.forget(id);
            self.addresses.forget(id);
            self.detail.disarm(id);
        }
    }
}
