//! A simulated host, an engine on it, and a clock for both.

use std::sync::Arc;
use std::time::{Duration, Instant};

use novacron::config::{LimitSettings, PollSettings};
use novacron::engine::clock::{Clock, ManualClock};
use novacron::engine::history::HistoryConfig;
use novacron::engine::{Command, Engine, EngineConfig, Focus, Handle, Role};
use novacron::hypervisor::sim::{SimConfig, SimHost};
use novacron::model::id::VmId;
use novacron::model::metric::Group;
use novacron::model::snapshot::Snapshot;

/// Real time that a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

/// An engine on a simulated host.
pub(super) struct Bench {
    pub(super) host: SimHost,
    pub(super) clock: Arc<ManualClock>,
    pub(super) engine: Option<Engine>,
    pub(super) handle: Handle,
    runtime: tokio::runtime::Runtime,
}

impl Bench {
    pub(super) fn new(config: SimConfig) -> Self {
        Self::with(config, PollSettings::default())
    }

    pub(super) fn with(config: SimConfig, poll: PollSettings) -> Self {
        Self::on(SimHost::new(config), poll)
    }

    pub(super) fn on(host: SimHost, poll: PollSettings) -> Self {
        Self::start(host, poll, None, Role::Alone)
    }

    /// One whose engine keeps a history.
    pub(super) fn recording(host: SimHost, history: HistoryConfig) -> Self {
        Self::start(host, PollSettings::default(), Some(history), Role::Alone)
    }

    /// A console: it follows a collector where there is one, and records otherwise.
    pub(super) fn beside(host: SimHost, history: HistoryConfig) -> Self {
        Self::start(host, PollSettings::default(), Some(history), Role::Beside { read_only: false })
    }

    fn start(host: SimHost, poll: PollSettings, history: Option<HistoryConfig>, role: Role) -> Self {
        let clock = Arc::new(ManualClock::new(host.clock().clone()));
        let engine = Engine::start(EngineConfig {
            connector: Arc::new(host.connector()),
            machine: None,
            poll,
            limits: LimitSettings::default(),
            clock: clock.clone(),
            seed: 1,
            history,
            role,
        })
        .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { host, clock, handle: engine.handle(), engine: Some(engine), runtime }
    }

    /// The first snapshot for which the condition holds.
    pub(super) fn until(&self, what: &str, condition: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        let mut snapshots = self.handle.subscribe();
        let found = self.runtime.block_on(async {
            tokio::time::timeout(PATIENCE, snapshots.wait_for(|s| condition(s)))
                .await
                .map(|s| s.unwrap().clone())
        });
        found.unwrap_or_else(|_| panic!("not in time: {what}; {}", tell(&self.handle.snapshot())))
    }

    /// Lets time pass in small steps until the condition holds, but no more than `most`.
    pub(super) fn within(
        &self,
        most: Duration,
        what: &str,
        condition: impl Fn(&Snapshot) -> bool,
    ) -> Arc<Snapshot> {
        self.stepwise(most, what, condition, |step| self.advance(step))
    }

    /// The same while the engine works on: what is only half done is seen.
    pub(super) fn amid_work(
        &self,
        most: Duration,
        what: &str,
        condition: impl Fn(&Snapshot) -> bool,
    ) -> Arc<Snapshot> {
        self.stepwise(most, what, condition, |step| self.clock.advance(step))
    }

    fn stepwise(
        &self,
        most: Duration,
        what: &str,
        condition: impl Fn(&Snapshot) -> bool,
        advance: impl Fn(Duration),
    ) -> Arc<Snapshot> {
        let step = Duration::from_millis(100);
        let mut snapshots = self.handle.subscribe();
        for _ in 0..=most.as_millis() / step.as_millis() {
            let found = self.runtime.block_on(async {
                tokio::time::timeout(Duration::from_millis(1), snapshots.wait_for(|s| condition(s)))
                    .await
                    .map(|s| s.unwrap().clone())
            });
            if let Ok(found) = found {
                return found;
            }
            advance(step);
        }
        self.until(what, condition)
    }

    /// Lets time pass at once, and waits until the engine has done all that became due.
    pub(super) fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.settle();
    }

    /// Waits until the engine has done all that is due.
    fn settle(&self) {
        let Some(engine) = &self.engine else { return };
        let begun = Instant::now();
        let now = self.clock.now().mono_us;
        while !engine.is_done(now, self.host.held_calls()) {
            assert!(
                begun.elapsed() < PATIENCE,
                "the engine does not come to rest; {}",
                tell(&self.handle.snapshot())
            );
            std::thread::yield_now();
        }
    }

    /// Lets time pass in steps of the fast pace; after each, waits until this running VM was polled.
    pub(super) fn pass(&self, steps: usize, witness: VmId) -> Arc<Snapshot> {
        // A poll that is under way as time jumps would count as a slow one, and the next would come later.
        self.settle();
        let mut last = self.handle.snapshot();
        for _ in 0..steps {
            self.advance(Duration::from_secs(2));
            let now = self.clock.now().wall;
            last = self.until("the witness is polled", |s| {
                s.vm(witness).is_some_and(|v| v.fresh.get(Group::Cpu) == Some(now))
            });
        }
        last
    }

    /// Waits until every VM has its definition and the first values were read.
    pub(super) fn ready(&self) -> Arc<Snapshot> {
        self.within(Duration::from_secs(20), "everything is known", |s| {
            s.listed
                && s.pools.as_ref().is_some_and(|p| p.iter().all(|p| p.at.is_some()))
                && s.networks.is_some()
                && s.host.node.is_some()
                && s.vms.iter().all(|v| v.definition.is_some())
                && s.vms.iter().filter(|v| v.state.is_active()).all(|v| v.fresh.get(Group::Cpu).is_some())
        })
    }

    /// A running VM.
    pub(super) fn running(&self) -> VmId {
        self.host.vms().into_iter().find(|(_, _, s)| *s == novacron::model::vm::VmState::Running).unwrap().0
    }

    pub(super) fn focus(&self, visible: Vec<VmId>, detail: Option<VmId>) {
        assert!(self.handle.send(Command::Focus(Focus { visible, detail })));
    }
}

fn tell(s: &Snapshot) -> String {
    let alerts: Vec<_> = s.alerts.iter().map(|a| format!("{} {}", a.name, a.message)).collect();
    format!(
        "last: {:?}, {:?}, {} pools, alerts {alerts:?}, {:?}",
        s.link,
        s.counts(),
        s.pools.iter().flat_map(|p| p.iter()).count(),
        s.cost
    )
}
