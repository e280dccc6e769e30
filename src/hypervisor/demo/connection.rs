//! A connection to the demo host: the driver's answers, and the simulation's where it has none.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::addresses;
use super::facts::Facts;
use super::hub::Hub;
use super::table::{Entry, Table};
use crate::hypervisor::{
    Capabilities, EventSink, Events, Groups, Guests, HvError, HvErrorKind, HvResult, Hypervisor, Inventory,
    Lease, NetworkRecord, Networks, Stats, Storage, Which,
};
use crate::model::counters::{NodeCounters, VmCounters};
use crate::model::host::Node;
use crate::model::id::VmId;
use crate::model::metric::GROUPS;
use crate::model::storage::{PoolRecord, PoolState, Volume};
use crate::model::vm::{AddressSource, GuestAddress, VmFlags, VmRecord, VmState};

/// One connection.
pub(super) struct DemoConnection {
    pub(super) driver: Box<dyn Hypervisor>,
    facts: Arc<Facts>,
    table: Arc<Mutex<Table>>,
    pub(super) hub: Hub,
    /// Its number at the hub.
    number: u64,
    capabilities: Capabilities,
}

impl DemoConnection {
    pub(super) fn new(
        driver: Box<dyn Hypervisor>,
        facts: Arc<Facts>,
        table: Arc<Mutex<Table>>,
        hub: Hub,
    ) -> Self {
        let below = driver.capabilities();
        let capabilities = Capabilities {
            groups: Groups::of(&GROUPS),
            no_bulk_stats: None,
            no_agent: below.no_agent.clone().filter(|_| below.read_only),
            ..below.clone()
        };
        Self { driver, facts, table, number: hub.number(), hub, capabilities }
    }

    /// The table in line with the driver, and the VMs there are.
    pub(super) fn table(&self) -> HvResult<(MutexGuard<'_, Table>, Vec<VmRecord>)> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let records = table.follow(&*self.driver, &self.facts)?;
        Ok((table, records))
    }

    /// A VM that must be there and run.
    pub(super) fn running(&self, id: VmId, operation: &'static str) -> HvResult<Entry> {
        let (table, _) = self.table()?;
        let refuse = |kind, why| Err(HvError::new(kind, operation, why).of(id.to_string()));
        match table.get(id) {
            None => refuse(HvErrorKind::NotFound, "there is no such VM"),
            Some(vm) if vm.state != VmState::Running => {
                refuse(HvErrorKind::InvalidState, "the VM is not running")
            }
            Some(vm) => Ok(vm.clone()),
        }
    }

    /// Volumes with what the VMs have written since.
    fn grown(&self, id: Uuid, details: bool) -> HvResult<Vec<Volume>> {
        let allocations = self.table()?.0.allocations();
        let mut volumes = self.driver.volumes(id, details)?;
        for v in &mut volumes {
            v.allocation = allocations.get(&v.path).map_or(v.allocation, |now| v.allocation.max(*now));
        }
        Ok(volumes)
    }
}

impl Drop for DemoConnection {
    fn drop(&mut self) {
        self.hub.remove(self.number);
    }
}

impl Hypervisor for DemoConnection {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn is_alive(&self) -> bool {
        self.driver.is_alive()
    }
}

impl Inventory for DemoConnection {
    fn node(&self) -> HvResult<Node> {
        // The driver tells this machine's name, which is not the demo host's.
        Ok(Node { hostname: "demo".to_owned(), ..self.driver.node()? })
    }

    fn vms(&self) -> HvResult<Vec<VmRecord>> {
        Ok(self.table()?.1)
    }

    fn vm_xml(&self, id: VmId) -> HvResult<String> {
        self.driver.vm_xml(id)
    }

    fn vm_flags(&self, id: VmId) -> HvResult<VmFlags> {
        let flags = self.driver.vm_flags(id)?;
        let fact = self.table()?.0.autostart(id);
        Ok(VmFlags { autostart: flags.autostart.map(|on| fact.unwrap_or(on)), ..flags })
    }
}

impl Stats for DemoConnection {
    fn vm_counters(&self, groups: Groups, which: Which<'_>) -> HvResult<Vec<VmCounters>> {
        Ok(self.table()?.0.counters(groups, which))
    }

    fn node_counters(&self) -> HvResult<NodeCounters> {
        let node = self.driver.node()?;
        Ok(self.table()?.0.node(node.cpus, node.memory))
    }

    fn arm_memory_stats(&self, id: VmId, period: Duration) -> HvResult<()> {
        self.driver.arm_memory_stats(id, period)?;
        self.hub.forget(id);
        Ok(())
    }
}

impl Storage for DemoConnection {
    fn pool_names(&self) -> HvResult<Vec<(Uuid, String)>> {
        self.driver.pool_names()
    }

    fn pool(&self, id: Uuid) -> HvResult<PoolRecord> {
        let record = self.driver.pool(id)?;
        if !self.facts.has("pool", &record.name) || record.state == PoolState::Inactive {
            return Ok(record);
        }
        let fact = self.facts.of("pool", &record.name);
        let capacity = fact.capacity.or(record.capacity);
        let held: u64 = self.grown(id, false)?.iter().map(|v| v.allocation).sum();
        let held = held.min(capacity.unwrap_or(u64::MAX));
        Ok(PoolRecord {
            capacity,
            allocation: Some(held),
            available: capacity.map(|c| c - held),
            autostart: record.autostart.map(|on| on || fact.autostart),
            ..record
        })
    }

    fn volumes(&self, id: Uuid, details: bool) -> HvResult<Vec<Volume>> {
        self.grown(id, details)
    }

    fn refresh_pool(&self, id: Uuid) -> HvResult<()> {
        self.driver.refresh_pool(id)
    }
}

impl Networks for DemoConnection {
    fn networks(&self) -> HvResult<Vec<NetworkRecord>> {
        let mut networks = self.driver.networks()?;
        // Where something may change, the driver was told these facts at its start.
        for n in networks.iter_mut().filter(|_| self.driver.capabilities().read_only) {
            let fact = self.facts.of("network", &n.name);
            n.active &= !fact.inactive;
            n.autostart = n.autostart.map(|on| on || fact.autostart);
        }
        Ok(networks)
    }

    fn leases(&self, id: Uuid) -> HvResult<Vec<Lease>> {
        let networks = self.networks()?;
        let Some(network) = networks.iter().find(|n| n.id == id) else {
            let gone = HvError::new(HvErrorKind::NotFound, "list leases", "there is no such network");
            return Err(gone.of(id.to_string()));
        };
        if !network.active {
            return Ok(Vec::new());
        }
        let (table, _) = self.table()?;
        let of = |vm: &Entry| addresses::leases(&vm.definition, &vm.name, &networks, &network.name);
        Ok(table.running().flat_map(of).collect())
    }
}

impl Guests for DemoConnection {
    fn addresses(&self, id: VmId, source: AddressSource) -> HvResult<Vec<GuestAddress>> {
        const READ: &str = "read addresses";
        let vm = self.running(id, READ)?;
        if source == AddressSource::Agent && !vm.definition.has_agent_channel {
            let kind = HvErrorKind::AgentUnavailable;
            return Err(HvError::new(kind, READ, "QEMU guest agent is not configured").of(&vm.name));
        }
        Ok(addresses::of(&vm.definition, &self.networks()?, source))
    }
}

impl Events for DemoConnection {
    fn subscribe(&self, sink: EventSink) -> HvResult<()> {
        self.hub.add(self.number, sink);
        Ok(())
    }
}
