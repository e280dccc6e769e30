//! A connection to the simulated host: the port's calls.

use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use uuid::Uuid;

use super::clock::SimTime;
use super::faults::{Operation, error};
use super::job::Outcome;
use super::network;
use super::shell::Consoles;
use super::world::{Link, SimVm, State, World};
use crate::hypervisor::{
    Capabilities, EventSink, Events, Groups, Guests, HvError, HvErrorKind, HvEvent, HvResult, Hypervisor,
    Inventory, Lease, NetworkRecord, Networks, Stats, Storage, Which, XmlOf,
};
use crate::model::counters::{NodeCounters, VmCounters};
use crate::model::host::Node;
use crate::model::id::VmId;
use crate::model::metric::{GROUPS, Group};
use crate::model::storage::{PoolRecord, Volume};
use crate::model::vm::{AddressSource, GuestAddress, VmFlags, VmRecord, VmState};

/// One connection.
#[derive(Debug)]
pub(super) struct SimConnection {
    world: Arc<World>,
    link: Arc<Link>,
    capabilities: Capabilities,
}

impl SimConnection {
    pub(super) fn new(world: Arc<World>, link: Arc<Link>) -> Self {
        let config = &world.config;
        let read_only =
            |what: &str| config.read_only.then(|| format!("a read-only connection may not {what}"));
        let capabilities = Capabilities {
            groups: GROUPS.iter().fold(Groups::NONE, |set, g| set.with(*g)),
            no_bulk_stats: (!config.bulk_stats).then(|| "the driver has no bulk statistics".to_owned()),
            read_only: config.read_only,
            local: false,
            no_events: None,
            no_arming: read_only("set the memory statistics period"),
            no_agent: read_only("ask the guest agent"),
            no_refresh: read_only("refresh pools"),
        };
        Self { world, link, capabilities }
    }

    pub(super) fn enter(&self, operation: Operation) -> HvResult<MutexGuard<'_, State>> {
        self.world.enter(&self.link, operation, None)
    }

    pub(super) fn consoles(&self) -> &Consoles {
        &self.world.consoles
    }

    pub(super) fn config(&self) -> &super::config::SimConfig {
        &self.world.config
    }

    pub(super) fn now(&self) -> SimTime {
        self.world.config.clock.now()
    }

    pub(super) fn refuse_if_read_only(&self, operation: Operation) -> HvResult<()> {
        if self.capabilities.read_only { Err(HvError::read_only(operation.phrase())) } else { Ok(()) }
    }

    /// Changes the host, as far as faults and read-only allow, then tells of it.
    pub(super) fn change(
        &self,
        operation: Operation,
        id: VmId,
        f: impl FnOnce(&mut State, SimTime) -> Result<Vec<HvEvent>, HvErrorKind>,
    ) -> HvResult<()> {
        self.refuse_if_read_only(operation)?;
        drop(self.enter(operation)?);
        let mut answer = Ok(());
        self.world.change(|s, now| {
            let name = s.vms.get(&id).map_or_else(|| id.to_string(), |vm| vm.spec.name.clone());
            f(s, now).unwrap_or_else(|kind| {
                answer = Err(error(operation, kind).of(name));
                Vec::new()
            })
        });
        answer
    }

    /// Changes the host, then tells of it.
    pub(super) fn change_host(&self, f: impl FnOnce(&mut State) -> Vec<HvEvent>) {
        self.world.change(|s, _| f(s));
    }

    /// The host's seed.
    pub(super) fn seed(&self) -> u64 {
        self.world.config.seed
    }

    /// Waits until a save has ended.
    pub(super) fn wait(&self, operation: Operation, outcome: &Outcome) -> HvResult<Result<(), HvErrorKind>> {
        self.world.wait(&self.link, operation, outcome)
    }

    /// Enters with a VM that must be there.
    pub(super) fn with_vm<T>(
        &self,
        operation: Operation,
        id: VmId,
        f: impl FnOnce(&mut SimVm) -> Result<T, HvErrorKind>,
    ) -> HvResult<T> {
        let mut state = self.enter(operation)?;
        let Some(vm) = state.vms.get_mut(&id) else {
            return Err(error(operation, HvErrorKind::NotFound).of(id.to_string()));
        };
        f(vm).map_err(|kind| error(operation, kind).of(&vm.spec.name))
    }

    /// Enters with a pool that must be there, once it is not slow.
    fn with_pool<T>(
        &self,
        operation: Operation,
        id: Uuid,
        f: impl FnOnce(&State, usize) -> Result<T, HvErrorKind>,
    ) -> HvResult<T> {
        let state = self.world.enter(&self.link, operation, Some(id))?;
        let index =
            state.pool_index(id).ok_or_else(|| error(operation, HvErrorKind::NotFound).of(id.to_string()))?;
        f(&state, index).map_err(|kind| error(operation, kind).of(&state.pools[index].name))
    }
}

impl Drop for SimConnection {
    fn drop(&mut self) {
        self.world.hang_up(&self.link);
    }
}

impl Hypervisor for SimConnection {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn is_alive(&self) -> bool {
        self.link.is_alive()
    }
}

impl Inventory for SimConnection {
    fn node(&self) -> HvResult<Node> {
        drop(self.enter(Operation::Node)?);
        Ok(Node {
            hostname: self.world.config.hostname.clone(),
            driver: "SIM".to_owned(),
            libvirt_version: 11_003_000,
            hypervisor_version: 10_000_000,
            cpu_model: "x86_64".to_owned(),
            cpus: self.world.cpus,
            sockets: 1,
            cores: self.world.cpus / 2,
            threads: 2,
            memory: self.world.memory,
        })
    }

    fn vms(&self) -> HvResult<Vec<VmRecord>> {
        let state = self.enter(Operation::Vms)?;
        Ok(state
            .vms
            .values()
            .map(|vm| VmRecord {
                id: vm.spec.id,
                name: vm.spec.name.clone(),
                state: vm.state,
                domain_id: vm.domain_id,
            })
            .collect())
    }

    fn vm_xml(&self, id: VmId) -> HvResult<String> {
        self.with_vm(Operation::VmXml, id, |vm| Ok(vm.xml_of(XmlOf::Live)))
    }

    fn vm_flags(&self, id: VmId) -> HvResult<VmFlags> {
        self.with_vm(Operation::VmFlags, id, |vm| {
            Ok(VmFlags {
                persistent: Some(true),
                autostart: Some(vm.autostart),
                managed_save: Some(vm.saved.is_some()),
            })
        })
    }
}

impl Stats for SimConnection {
    fn vm_counters(&self, groups: Groups, which: Which<'_>) -> HvResult<Vec<VmCounters>> {
        let mut state = self.enter(Operation::VmCounters)?;
        let t = self.now();
        let at = (t, state.meters.noise(t));
        let one = |vm: &SimVm| {
            let groups = groups.without(vm.dropped);
            state.meters.counters(vm.spec.id, (vm.state, vm.period), groups, at)
        };
        let out: Vec<_> = match which {
            Which::All => state.vms.values().map(one).collect(),
            Which::Active => state.vms.values().filter(|vm| vm.state.is_active()).map(one).collect(),
            Which::These(ids) => ids.iter().filter_map(|id| state.vms.get(id)).map(one).collect(),
        };
        let given = u64::try_from(out.len()).unwrap_or(u64::MAX);
        for group in GROUPS.into_iter().filter(|g| groups.has(*g)) {
            state.calls.note_group(group, given);
        }
        Ok(out)
    }

    fn node_counters(&self) -> HvResult<NodeCounters> {
        let mut state = self.enter(Operation::NodeCounters)?;
        let (cpus, memory) = (self.world.cpus, self.world.memory);
        Ok(state.meters.node(cpus, memory, self.now()))
    }

    fn arm_memory_stats(&self, id: VmId, period: Duration) -> HvResult<()> {
        self.refuse_if_read_only(Operation::ArmMemoryStats)?;
        self.with_vm(Operation::ArmMemoryStats, id, |vm| {
            if !vm.state.is_active() || !vm.spec.balloon {
                return Err(HvErrorKind::InvalidState);
            }
            vm.period = Some(period.as_secs()).filter(|s| *s > 0);
            Ok(())
        })
    }
}

impl Storage for SimConnection {
    fn pool_names(&self) -> HvResult<Vec<(Uuid, String)>> {
        let state = self.enter(Operation::PoolNames)?;
        Ok(state.pools.iter().filter(|p| !p.gone).map(|p| (p.id, p.name.clone())).collect())
    }

    fn pool(&self, id: Uuid) -> HvResult<PoolRecord> {
        let now = self.now();
        self.with_pool(Operation::Pool, id, |s, i| Ok(s.pools[i].record(s.allocation(i, &s.pools[i], now))))
    }

    fn volumes(&self, id: Uuid, details: bool) -> HvResult<Vec<Volume>> {
        let now = self.now();
        self.with_pool(Operation::Volumes, id, |s, i| {
            if !s.pool_runs(i) {
                return Err(HvErrorKind::InvalidState);
            }
            let mut volumes = s.pools[i].own.clone();
            if !details {
                for v in &mut volumes {
                    v.format = None;
                    v.backing = None;
                }
            }
            volumes.extend(s.volumes(i, details, now));
            Ok(volumes)
        })
    }

    fn refresh_pool(&self, id: Uuid) -> HvResult<()> {
        self.refuse_if_read_only(Operation::RefreshPool)?;
        self.with_pool(Operation::RefreshPool, id, |s, i| {
            if s.pool_runs(i) { Ok(()) } else { Err(HvErrorKind::InvalidState) }
        })?;
        self.world.change(|_, _| vec![HvEvent::Pool(id)]);
        Ok(())
    }
}

impl Networks for SimConnection {
    fn networks(&self) -> HvResult<Vec<NetworkRecord>> {
        Ok(self.enter(Operation::Networks)?.networks.iter().map(|n| n.record.clone()).collect())
    }

    fn leases(&self, id: Uuid) -> HvResult<Vec<Lease>> {
        let state = self.enter(Operation::Leases)?;
        let network = state
            .networks
            .iter()
            .find(|n| n.record.id == id)
            .ok_or_else(|| error(Operation::Leases, HvErrorKind::NotFound).of(id.to_string()))?;
        let Some(index) = network.planned.filter(|_| network.record.active) else {
            return Ok(Vec::new());
        };
        let running = state.vms.values().filter(|vm| vm.state == VmState::Running);
        Ok(network::leases(index, running.map(|vm| &vm.spec)))
    }
}

impl Guests for SimConnection {
    fn addresses(&self, id: VmId, source: AddressSource) -> HvResult<Vec<GuestAddress>> {
        if source == AddressSource::Agent {
            self.refuse_if_read_only(Operation::Addresses)?;
        }
        self.with_vm(Operation::Addresses, id, |vm| {
            if vm.state != VmState::Running {
                return Err(HvErrorKind::InvalidState);
            }
            if source == AddressSource::Agent && (!vm.spec.agent || vm.agent_silent) {
                return Err(HvErrorKind::AgentUnavailable);
            }
            Ok(vm
                .spec
                .nics
                .iter()
                .filter(|nic| nic.leased || source != AddressSource::Lease)
                .map(|nic| GuestAddress {
                    mac: Some(nic.mac.clone()),
                    address: nic.address.into(),
                    prefix: if source == AddressSource::Arp { 0 } else { 16 },
                    source,
                })
                .collect())
        })
    }
}

impl Events for SimConnection {
    fn subscribe(&self, sink: EventSink) -> HvResult<()> {
        let state = self.enter(Operation::Subscribe)?;
        self.link.add(sink);
        drop(state);
        Ok(())
    }
}

impl Groups {
    /// The groups of this set that are not in the other.
    fn without(self, other: Self) -> Self {
        GROUPS.into_iter().filter(|g: &Group| self.has(*g) && !other.has(*g)).fold(Self::NONE, Self::with)
    }
}
