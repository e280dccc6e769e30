//! The storage lane: networks, and pools each behind a circuit breaker of its own.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use tokio::sync::oneshot::Sender;
use uuid::Uuid;

use super::{Core, Lane};
use crate::config::PollSettings;
use crate::engine::backoff::Backoff;
use crate::engine::calls::{Answer, Call, Done};
use crate::engine::schedule::{Micros, micros};
use crate::hypervisor::{HvError, HvErrorKind};
use crate::model::storage::{PoolRecord, PoolState, PoolTrouble};
use crate::model::time::Moment;

/// Volumes take several calls each: they are read this many times more seldom than their pool.
const VOLUMES_PACE: u32 = 8;
/// A pool is not looked at on disk before the first screens stand.
const FIRST_REFRESH: Duration = Duration::from_secs(20);
/// A tripped pool is tried again after this long at first, and at most.
const TRIP: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));

type RefreshReply = Sender<Result<(), HvError>>;

/// When what of one pool is due.
#[derive(Debug)]
struct PoolDesk {
    read_at: Micros,
    volumes_at: Micros,
    refresh_at: Micros,
    /// Started: it has volumes and can be refreshed.
    running: bool,
    breaker: Backoff,
    tripped: bool,
}

/// What is due on the storage lane.
#[derive(Debug)]
pub(super) struct StorageDesk {
    names_at: Micros,
    networks_at: Micros,
    pools: BTreeMap<Uuid, PoolDesk>,
    refreshes: VecDeque<Uuid>,
    replies: HashMap<Uuid, Vec<RefreshReply>>,
}

impl StorageDesk {
    pub(super) fn new() -> Self {
        Self {
            names_at: 0,
            networks_at: 0,
            pools: BTreeMap::new(),
            refreshes: VecDeque::new(),
            replies: HashMap::new(),
        }
    }

    /// Everything is to be read again; tripped pools keep waiting.
    pub(super) fn all_due(&mut self) {
        self.names_at = 0;
        self.networks_at = 0;
        for pool in self.pools.values_mut().filter(|p| !p.tripped) {
            pool.read_at = 0;
            pool.volumes_at = 0;
        }
    }

    pub(super) const fn networks_due(&mut self) {
        self.networks_at = 0;
    }

    pub(super) fn pool_event(&mut self, id: Uuid) {
        match self.pools.get_mut(&id) {
            Some(pool) if pool.tripped => {}
            Some(pool) => {
                pool.read_at = 0;
                pool.volumes_at = 0;
            }
            None => self.names_at = 0,
        }
    }

    pub(super) fn ask_refresh(&mut self, id: Uuid, reply: RefreshReply) {
        let waiting = self.replies.entry(id).or_default();
        if waiting.is_empty() {
            self.refreshes.push_back(id);
        }
        waiting.push(reply);
    }

    fn answer_refresh(&mut self, id: Uuid, result: &Result<(), HvError>) {
        for reply in self.replies.remove(&id).unwrap_or_default() {
            // The asker may have gone; then nobody needs the answer.
            drop(reply.send(result.clone()));
        }
    }

    /// Tells those who wait for a refresh that it will not come.
    pub(super) fn fail_waiting(&mut self, error: &HvError) {
        self.refreshes.clear();
        let ids: Vec<_> = self.replies.keys().copied().collect();
        for id in ids {
            self.answer_refresh(id, &Err(error.clone()));
        }
    }

    pub(super) fn next_due(&self) -> Micros {
        if !self.refreshes.is_empty() {
            return 0;
        }
        let pools = self.pools.values().map(PoolDesk::next_due).min().unwrap_or(u64::MAX);
        self.names_at.min(self.networks_at).min(pools)
    }

    /// Takes the list of pools.
    fn list(&mut self, ids: &[Uuid], now: Micros) {
        self.pools.retain(|id, _| ids.contains(id));
        for id in ids {
            self.pools.entry(*id).or_insert_with(|| PoolDesk {
                read_at: 0,
                volumes_at: 0,
                refresh_at: now + micros(FIRST_REFRESH),
                running: false,
                breaker: Backoff::new(TRIP.0, TRIP.1),
                tripped: false,
            });
        }
    }

    /// What to ask next. `spare`: whether another pool may be left hanging.
    fn next(
        &mut self,
        now: Micros,
        poll: &PollSettings,
        refresh: bool,
        spare: impl Fn(Uuid) -> bool,
    ) -> Option<Call> {
        if let Some(id) = self.refreshes.pop_front() {
            return Some(Call::RefreshPool(id));
        }
        if now >= self.networks_at {
            self.networks_at = now + micros(poll.networks);
            return Some(Call::Networks);
        }
        if now >= self.names_at {
            self.names_at = now + micros(poll.pools);
            return Some(Call::PoolNames);
        }
        let well = |p: &PoolDesk| !p.tripped;
        if let Some((id, pool)) = self.pools.iter_mut().find(|(_, p)| well(p) && now >= p.read_at) {
            pool.read_at = now + micros(poll.pools);
            return Some(Call::Pool(*id));
        }
        let volumes = |p: &PoolDesk| well(p) && p.running && now >= p.volumes_at;
        if let Some((id, pool)) = self.pools.iter_mut().find(|(_, p)| volumes(p)) {
            pool.volumes_at = now + micros(poll.pools * VOLUMES_PACE);
            return Some(Call::Volumes(*id));
        }
        let every = poll.refresh_pools;
        let stale = |p: &PoolDesk| well(p) && p.running && now >= p.refresh_at;
        if let Some((id, pool)) = self.pools.iter_mut().find(|(_, p)| stale(p)) {
            pool.refresh_at = every.filter(|_| refresh).map_or(u64::MAX, |e| now + micros(e));
            if refresh && every.is_some() {
                return Some(Call::RefreshPool(*id));
            }
        }
        let (id, tripped) = self.pools.iter_mut().find(|(_, p)| p.tripped && now >= p.read_at)?;
        tripped.read_at = now + micros(TRIP.0);
        spare(*id).then_some(Call::Pool(*id))
    }
}

impl PoolDesk {
    const fn next_due(&self) -> Micros {
        let mut at = self.read_at;
        if self.running && !self.tripped {
            if self.volumes_at < at {
                at = self.volumes_at;
            }
            if self.refresh_at < at {
                at = self.refresh_at;
            }
        }
        at
    }
}

/// The pool a call is about.
const fn pool_of(call: &Call) -> Option<Uuid> {
    match call {
        Call::Pool(id) | Call::Volumes(id) | Call::RefreshPool(id) => Some(*id),
        _ => None,
    }
}

impl Core {
    pub(super) fn next_storage(&mut self, now: Moment) -> Option<Call> {
        let refresh = self.capabilities.no_refresh.is_none();
        let lane = &self.lanes[Lane::Storage as usize];
        // One place is kept free, so that a pool known to hang cannot take the last one from the others.
        let crowded = lane.stuck.len() + 2 > lane.most_stuck();
        let spare = |id| !crowded || !lane.is_stuck_in(|call| pool_of(call) == Some(id));
        self.storage.next(now.mono_us, &self.poll, refresh, spare)
    }

    pub(super) fn storage_done(&mut self, done: Done, now: Moment) {
        let answer = match done.answer {
            Ok(answer) => answer,
            Err(error) => return self.storage_failed(&done.call, &error, now),
        };
        if let Some(desk) = pool_of(&done.call).and_then(|id| self.storage.pools.get_mut(&id)) {
            desk.tripped = false;
            desk.breaker.succeed();
        }
        match (answer, done.call) {
            (Answer::PoolNames(names), _) => {
                let ids: Vec<_> = names.iter().map(|(id, _)| *id).collect();
                self.storage.list(&ids, now.mono_us);
                if self.state.pools.list(names) {
                    self.publish_soon(now);
                }
            }
            (Answer::Pool(record), _) => self.pool_read(record, done.at, now),
            (Answer::Volumes(volumes), Call::Volumes(id)) => {
                self.state.pools.volumes(id, volumes);
                self.publish_soon(now);
            }
            (Answer::Networks(networks), _) => {
                let news = self.state.nets.read(networks, done.at.wall);
                self.publish_soon_if(news, now);
            }
            (_, Call::RefreshPool(id)) => {
                self.storage.answer_refresh(id, &Ok(()));
                self.storage.pool_event(id);
            }
            _ => {}
        }
    }

    fn pool_read(&mut self, record: PoolRecord, at: Moment, now: Moment) {
        if let Some(desk) = self.storage.pools.get_mut(&record.id) {
            desk.running = matches!(record.state, PoolState::Running | PoolState::Degraded);
        }
        let ground = self.ground(at);
        self.state.pools.read(record, &ground);
        self.publish_soon(now);
    }

    pub(super) fn storage_failed(&mut self, call: &Call, error: &HvError, now: Moment) {
        if !error.is_fatal() {
            tracing::warn!("{error}");
        }
        let Some(id) = pool_of(call) else { return };
        if matches!(call, Call::RefreshPool(_)) {
            self.storage.answer_refresh(id, &Err(error.clone()));
            // What became of the pool stands in its state.
            return self.storage.pool_event(id);
        }
        if error.kind == HvErrorKind::NotFound {
            self.storage.pools.remove(&id);
            self.state.pools.remove(id);
            self.storage.names_at = 0;
            return self.publish_soon(now);
        }
        if error.is_fatal() {
            // The connection's trouble, not the pool's.
            if let Some(desk) = self.storage.pools.get_mut(&id) {
                desk.read_at = 0;
            }
            return;
        }
        if self.state.pools.trouble(id, PoolTrouble::Failed { message: error.to_string() }) {
            self.publish_soon(now);
        }
    }

    /// A call was left hanging: its pool is let be for a while.
    pub(super) fn storage_hung(&mut self, call: &Call, since: Moment, error: &HvError, now: Moment) {
        let Some(id) = pool_of(call) else {
            // The listing itself hangs, and no pool can be blamed.
            self.storage.names_at = self.storage.names_at.max(now.mono_us + micros(TRIP.0));
            self.storage.networks_at = self.storage.networks_at.max(now.mono_us + micros(TRIP.0));
            return;
        };
        if matches!(call, Call::RefreshPool(_)) {
            self.storage.answer_refresh(id, &Err(error.clone()));
        }
        let Self { storage, dice, .. } = self;
        if let Some(desk) = storage.pools.get_mut(&id) {
            desk.tripped = true;
            desk.read_at = now.mono_us + micros(desk.breaker.fail(dice));
        }
        let before = self.state.pools.get(id).and_then(|p| p.trouble.clone());
        let since = match before {
            Some(PoolTrouble::NoAnswer { since }) => since,
            _ => since.wall,
        };
        self.state.pools.trouble(id, PoolTrouble::NoAnswer { since });
        self.publish_now(now);
    }

    /// A call that had been given up came back after all.
    pub(super) fn storage_answers_again(&mut self, call: &Call) {
        if let Some(desk) = pool_of(call).and_then(|id| self.storage.pools.get_mut(&id)) {
            desk.read_at = 0;
        } else {
            self.storage.names_at = 0;
            self.storage.networks_at = 0;
        }
    }
}
