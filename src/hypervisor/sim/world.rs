//! The simulated host itself: its state behind one lock, as a daemon would have it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::build;
use super::clock::SimTime;
use super::config::SimConfig;
use super::dice::{spread, unit};
use super::faults::{Calls, Faults, Operation, error};
use super::job::{Outcome, Save};
use super::meter::Meter;
use super::meters::Meters;
use super::network::{self, SimNetwork};
use super::shape::Shape;
use super::shell::Consoles;
use super::spec::VmSpec;
use super::storage::{self, PoolPlan};
use super::workload::Workload;
use super::xml::{self, Live};
use crate::hypervisor::{EventSink, Groups, HvErrorKind, HvEvent, HvResult, XmlOf};
use crate::model::hardware::Edit;
use crate::model::held::Document;
use crate::model::id::VmId;
use crate::model::storage::PoolState;
use crate::model::vm::VmState;
use crate::model::vm_snapshot::VmSnapshot;
use crate::xml::edit;

const GIB: u64 = 1 << 30;
/// How often a save looks at the clock.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A simulated host. Connections and handles share it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) config: SimConfig,
    pub(super) uri: String,
    pub(super) cpus: u32,
    pub(super) memory: u64,
    state: Mutex<State>,
    wake: Condvar,
    /// Who has which VM's console open.
    pub(super) consoles: Consoles,
    /// Held from a change until its events are told, so that they are told in order. Taken before the state.
    telling: Mutex<()>,
}

/// What changes.
#[derive(Debug)]
pub(super) struct State {
    pub(super) vms: BTreeMap<VmId, SimVm>,
    /// What VMs were made of that were undefined by a call.
    pub(super) gone: BTreeMap<VmId, VmSpec>,
    pub(super) meters: Meters,
    pub(super) pools: Vec<PoolPlan>,
    pub(super) networks: Vec<SimNetwork>,
    /// How many were defined since.
    pub(super) networks_made: u64,
    pub(super) saves: BTreeMap<VmId, Save>,
    pub(super) faults: Faults,
    pub(super) calls: Calls,
    /// How many VMs were ever defined.
    pub(super) defined: usize,
    next_domain_id: u32,
    links: Vec<Arc<Link>>,
    /// Events that wait for the end of a stall.
    pending: Vec<HvEvent>,
    /// Calls that are held up by a fault.
    pub(super) held: usize,
}

/// A VM of the host.
#[derive(Debug)]
pub(super) struct SimVm {
    pub(super) spec: VmSpec,
    pub(super) state: VmState,
    pub(super) domain_id: Option<u32>,
    pub(super) period: Option<u64>,
    pub(super) autostart: bool,
    pub(super) agent_silent: bool,
    /// The guest does not heed the power button.
    pub(super) ignores_acpi: bool,
    /// How long saving it takes.
    pub(super) save_lasts: Duration,
    /// Its memory was saved, and what it was then.
    pub(super) saved: Option<VmState>,
    /// Groups it cannot give now.
    pub(super) dropped: Groups,
    /// XML given in place of its own.
    pub(super) xml: Option<String>,
    /// What was changed of its definition, and of what runs.
    pub(super) edits: Vec<Edit>,
    pub(super) live_edits: Vec<Edit>,
    /// Disks that were made larger, with their bytes.
    pub(super) grown: BTreeMap<String, u64>,
    /// Snapshots, with the XML that made them.
    pub(super) snapshots: Vec<(VmSnapshot, String)>,
    /// Checkpoints' metadata.
    pub(super) checkpoints: Vec<Document>,
}

/// The host's side of a connection.
pub(super) struct Link {
    alive: AtomicBool,
    sinks: Mutex<Vec<EventSink>>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("alive", &self.alive).finish_non_exhaustive()
    }
}

impl Link {
    pub(super) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
    }

    pub(super) fn add(&self, sink: EventSink) {
        self.sinks.lock().unwrap_or_else(PoisonError::into_inner).push(sink);
    }

    fn sinks(&self) -> Vec<EventSink> {
        self.sinks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl World {
    /// Builds the host as it is when its clock begins.
    pub(super) fn new(config: SimConfig) -> Self {
        let mut pools: Vec<_> = (0..config.pools.max(1)).map(|i| storage::plan(config.seed, i)).collect();
        let specs: Vec<_> = (0..config.vms).map(|i| build::vm(&config, i, &pools)).collect();
        let vcpus: u32 = specs.iter().take(config.running).map(|s| s.vcpus).sum();
        let memory: u64 = specs.iter().take(config.running).map(|s| s.memory).sum();
        let now = config.clock.now();
        let mut state = State {
            vms: BTreeMap::new(),
            gone: BTreeMap::new(),
            meters: Meters::default(),
            pools: Vec::new(),
            networks: (0..config.networks.max(1)).map(|i| network::planned(config.seed, i)).collect(),
            networks_made: 0,
            saves: BTreeMap::new(),
            faults: Faults::default(),
            calls: Calls::default(),
            defined: config.vms,
            next_domain_id: 1,
            links: Vec::new(),
            pending: Vec::new(),
            held: 0,
        };
        let mut running_since = Vec::new();
        for (i, spec) in specs.into_iter().enumerate() {
            if i < config.running {
                running_since.push((spec.id, now.earlier(spread(spec.seed, 120, 300.0, 2_000_000.0))));
            }
            state.insert(spec, &config);
        }
        state.meters.begin(&running_since);
        for (id, _) in &running_since {
            state.set_state(*id, VmState::Running, now);
        }
        for (i, pool) in pools.iter_mut().enumerate() {
            let held = state.allocation(i, pool, now);
            let capacity = (held as f64 / storage::fill(i)) as u64;
            pool.capacity = capacity.next_multiple_of(GIB).max(10 * GIB);
        }
        state.pools = pools;
        Self {
            uri: format!("sim://{}/system", config.hostname),
            // Enough CPUs that the VMs' load fits, and memory for them and the host.
            cpus: (vcpus * 6 / 10).next_multiple_of(8).max(8),
            memory: (memory + memory / 4).next_multiple_of(16 * GIB).max(16 * GIB),
            config,
            state: Mutex::new(state),
            wake: Condvar::new(),
            consoles: Consoles::default(),
            telling: Mutex::default(),
        }
    }

    /// The state, whatever faults are on: for the handle.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call arrives: counted, held up while the host stalls, failed where it is to fail.
    /// `pool` is the pool it touches.
    pub(super) fn enter(
        &self,
        link: &Link,
        operation: Operation,
        pool: Option<Uuid>,
    ) -> HvResult<MutexGuard<'_, State>> {
        let mut state = self.lock();
        state.calls.note(operation);
        loop {
            if !link.is_alive() {
                return Err(error(operation, HvErrorKind::ConnectionLost));
            }
            let faults = &state.faults;
            if !faults.stalled && !pool.is_some_and(|p| faults.slow_pools.contains(&p)) {
                break;
            }
            if faults.released {
                return Err(error(operation, HvErrorKind::ConnectionLost));
            }
            state.held += 1;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(kind) = state.faults.errors.get(&operation) {
            return Err(error(operation, *kind));
        }
        // Told with the next change.
        let ended = state.settle(self.config.clock.now());
        state.pending.extend(ended);
        Ok(state)
    }

    /// Waits until a save has ended. The job goes on when the connection breaks.
    pub(super) fn wait(
        &self,
        link: &Link,
        operation: Operation,
        outcome: &Outcome,
    ) -> HvResult<Result<(), HvErrorKind>> {
        let mut state = self.lock();
        loop {
            let ended = state.settle(self.config.clock.now());
            state.pending.extend(ended);
            if let Some(outcome) = outcome.get() {
                drop(state);
                self.change(|_, _| Vec::new());
                return Ok(*outcome);
            }
            if !link.is_alive() || state.faults.released {
                return Err(error(operation, HvErrorKind::ConnectionLost));
            }
            // Nobody tells when a clock goes on.
            let waited = self.wake.wait_timeout(state, LOOK_AGAIN);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A new connection arrives.
    pub(super) fn connect(&self) -> HvResult<Arc<Link>> {
        let link = Arc::new(Link { alive: AtomicBool::new(true), sinks: Mutex::default() });
        let mut state = self.enter(&link, Operation::Connect, None)?;
        if let Some(kind) = state.faults.refuse {
            return Err(error(Operation::Connect, kind));
        }
        state.links.push(link.clone());
        Ok(link)
    }

    /// A connection was closed by its owner.
    pub(super) fn hang_up(&self, link: &Arc<Link>) {
        self.lock().links.retain(|l| !Arc::ptr_eq(l, link));
    }

    /// Changes the host, then tells subscribers, now or when the stall ends.
    pub(super) fn change(&self, f: impl FnOnce(&mut State, SimTime) -> Vec<HvEvent>) {
        let _in_order = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.lock();
        let now = self.config.clock.now();
        let mut events = state.settle(now);
        events.extend(f(&mut state, now));
        state.pending.extend(events);
        let (events, links) = if state.faults.stalled {
            (Vec::new(), Vec::new())
        } else {
            (std::mem::take(&mut state.pending), state.links.clone())
        };
        // They look again, and wait on where they have to.
        state.held = 0;
        drop(state);
        self.wake.notify_all();
        for event in events {
            for sink in links.iter().flat_map(|l| l.sinks()) {
                sink(event.clone());
            }
        }
    }

    /// Breaks every connection. A stalled call returns.
    pub(super) fn cut(&self, reason: &str) {
        let _in_order = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        let links = {
            let mut state = self.lock();
            state.held = 0;
            std::mem::take(&mut state.links)
        };
        for link in &links {
            link.alive.store(false, Ordering::SeqCst);
        }
        self.wake.notify_all();
        for sink in links.iter().flat_map(|l| l.sinks()) {
            sink(HvEvent::Closed { reason: reason.to_owned() });
        }
    }
}

impl SimVm {
    /// Its XML.
    pub(super) fn xml_of(&self, which: XmlOf) -> String {
        let live = Live {
            domain_id: self.domain_id.filter(|_| which == XmlOf::Live),
            period: self.period,
            agent_connected: self.spec.agent,
            secrets: which == XmlOf::DefinedWithSecrets,
        };
        let edits = if live.domain_id.is_some() { &self.live_edits } else { &self.edits };
        let xml = self.xml.clone().unwrap_or_else(|| xml::domain(&self.spec, &live));
        edit::apply(&xml, edits).unwrap_or(xml)
    }
}

impl State {
    /// Adds a VM that is off.
    pub(super) fn insert(&mut self, spec: VmSpec, config: &SimConfig) {
        let workload = Workload::new(spec.shape, spec.seed, config.day.as_secs_f64().max(1.0));
        self.meters.insert(spec.id, Meter::new(spec.hardware(), workload));
        let vm = SimVm {
            state: VmState::ShutOff,
            domain_id: None,
            period: config.armed.then_some(10),
            autostart: unit(spec.seed, 56) < 0.5,
            agent_silent: false,
            ignores_acpi: false,
            save_lasts: Duration::ZERO,
            saved: None,
            dropped: Groups::NONE,
            xml: None,
            edits: Vec::new(),
            live_edits: Vec::new(),
            grown: BTreeMap::new(),
            snapshots: Vec::new(),
            checkpoints: Vec::new(),
            spec,
        };
        self.vms.insert(vm.spec.id, vm);
    }

    /// Brings a VM to a state. Returns whether it is there.
    pub(super) fn set_state(&mut self, id: VmId, to: VmState, now: SimTime) -> bool {
        let Some(vm) = self.vms.get_mut(&id) else { return false };
        let before = std::mem::replace(&mut vm.state, to);
        if !to.is_active() {
            vm.domain_id = None;
        } else if vm.domain_id.is_none() {
            vm.domain_id = Some(self.next_domain_id);
            vm.live_edits = vm.edits.clone();
            self.next_domain_id += 1;
        }
        // At the beginning meters run already, since long ago.
        let runs = self.meters.get(id).is_some_and(|m| m.running_since().is_some());
        if !(runs && to == VmState::Running) {
            self.meters.follow(id, before, to, now);
        }
        true
    }

    /// Bytes that the volumes of the `index`th pool occupy.
    pub(super) fn allocation(&self, index: usize, pool: &PoolPlan, now: SimTime) -> u64 {
        let own: u64 = pool.own.iter().map(|v| v.allocation).sum();
        let vms: u64 = self.volumes(index, false, now).iter().map(|v| v.allocation).sum();
        own + vms + pool.other
    }

    /// Volumes of VMs in the `index`th pool.
    pub(super) fn volumes(
        &self,
        index: usize,
        details: bool,
        now: SimTime,
    ) -> Vec<crate::model::storage::Volume> {
        let noise = self.meters.noise(now);
        self.vms
            .values()
            .filter_map(|vm| Some((vm, self.meters.get(vm.spec.id)?)))
            .flat_map(|(vm, m)| {
                storage::volumes_of(&vm.spec, index, &m.allocations(&m.used(now, noise)), details)
            })
            .collect()
    }

    /// The index of a pool that is there.
    pub(super) fn pool_index(&self, id: Uuid) -> Option<usize> {
        self.pools.iter().position(|p| p.id == id && !p.gone)
    }

    /// The pool of this name.
    pub(super) fn pool_named(&mut self, name: &str) -> Option<&mut PoolPlan> {
        self.pools.iter_mut().find(|p| p.name == name)
    }

    /// Whether the pool is started.
    pub(super) fn pool_runs(&self, index: usize) -> bool {
        self.pools.get(index).is_some_and(|p| p.state != PoolState::Inactive)
    }

    /// How many VMs have this shape.
    pub(super) fn with_shape(&self, shape: Shape) -> impl Iterator<Item = &SimVm> {
        self.vms.values().filter(move |vm| vm.spec.shape == shape)
    }
}
