//! The demo's meters, brought in line with what the test driver says of its VMs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::facts::Facts;
use super::hub::Hub;
use crate::hypervisor::sim::clock::SimTime;
use crate::hypervisor::sim::dice;
use crate::hypervisor::sim::hardware::{Disk, Hardware};
use crate::hypervisor::sim::meter::Meter;
use crate::hypervisor::sim::meters::Meters;
use crate::hypervisor::sim::workload::Workload;
use crate::hypervisor::sim::{Shape, SimClock};
use crate::hypervisor::{Groups, HvResult, Hypervisor, Which};
use crate::model::counters::{NodeCounters, VmCounters};
use crate::model::id::VmId;
use crate::model::vm::{DiskSource, VmDefinition, VmRecord, VmState};
use crate::xml;

/// A day of the demo, in seconds: short, so that one sees it pass.
const DAY_S: f64 = 1_200.0;

/// All VMs of the demo and their meters.
#[derive(Debug)]
pub(super) struct Table {
    clock: SimClock,
    meters: Meters,
    vms: BTreeMap<VmId, Entry>,
    hub: Hub,
    /// Images by path, and paths by pool and volume.
    images: HashMap<String, Image>,
    paths: HashMap<(String, String), String>,
}

/// A VM as last seen.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) state: VmState,
    pub(super) definition: Arc<VmDefinition>,
    /// Whether it starts with the host, by the host file; `None` once that was changed, for then the driver knows.
    autostart: Option<bool>,
}

#[derive(Clone, Copy, Debug)]
struct Image {
    capacity: u64,
    allocation: u64,
}

impl Table {
    pub(super) fn new(clock: SimClock, hub: Hub) -> Self {
        Self {
            clock,
            meters: Meters::default(),
            vms: BTreeMap::new(),
            hub,
            images: HashMap::new(),
            paths: HashMap::new(),
        }
    }

    /// A VM as last seen.
    pub(super) fn get(&self, id: VmId) -> Option<&Entry> {
        self.vms.get(&id)
    }

    /// Whether a VM starts with the host, where the driver does not know it.
    pub(super) fn autostart(&self, id: VmId) -> Option<bool> {
        self.vms.get(&id).and_then(|vm| vm.autostart)
    }

    /// The driver was told whether it starts with the host.
    pub(super) fn autostart_changed(&mut self, id: VmId) {
        if let Some(vm) = self.vms.get_mut(&id) {
            vm.autostart = None;
        }
    }

    /// Running VMs.
    pub(super) fn running(&self) -> impl Iterator<Item = &Entry> {
        self.vms.values().filter(|vm| vm.state == VmState::Running)
    }

    /// Brings the table in line with the driver. Returns the VMs there are.
    pub(super) fn follow(&mut self, driver: &dyn Hypervisor, facts: &Facts) -> HvResult<Vec<VmRecord>> {
        // Before the list: what happens meanwhile is seen next time.
        let stale = self.hub.take_stale();
        let records = driver.vms()?;
        let now = self.clock.now();
        let is_first = self.vms.is_empty();
        let there: BTreeSet<_> = records.iter().map(|r| r.id).collect();
        let gone: Vec<_> = self.vms.keys().filter(|id| !there.contains(id)).copied().collect();
        for id in gone {
            self.vms.remove(&id);
            self.meters.remove(id, now);
        }
        if records.iter().any(|r| !self.vms.contains_key(&r.id) || stale.contains(&r.id)) {
            self.look_at_images(driver)?;
        }
        let mut since = Vec::new();
        for record in &records {
            let before = self.vms.get(&record.id).map(|vm| vm.state);
            if before != Some(record.state) || stale.contains(&record.id) {
                // Gone since it was listed, or not to be understood: without figures until next time.
                let Some(definition) = definition(driver, record.id) else { continue };
                self.enter(record, definition, facts);
            }
            match before {
                _ if is_first => since.extend(began(record, now)),
                Some(before) if before == record.state => {}
                before => {
                    self.meters.follow(record.id, before.unwrap_or(VmState::ShutOff), record.state, now);
                }
            }
        }
        if is_first {
            self.meters.begin(&since);
            let paused = records.iter().filter(|r| r.state.is_active() && r.state != VmState::Running);
            for record in paused {
                self.meters.follow(record.id, record.state, record.state, now);
            }
        }
        Ok(records)
    }

    fn enter(&mut self, record: &VmRecord, definition: VmDefinition, facts: &Facts) {
        let hardware = self.hardware(&definition);
        let seed = record.id.bytes().iter().fold(0, |n, b| dice::mix(n, (*b).into()));
        let shape = facts.of("domain", &record.name).load.unwrap_or(Shape::Idle);
        match self.meters.get_mut(record.id) {
            Some(meter) => meter.hardware = hardware,
            None => self.meters.insert(record.id, Meter::new(hardware, Workload::new(shape, seed, DAY_S))),
        }
        let autostart = match self.vms.get(&record.id) {
            Some(known) => known.autostart,
            None => Some(facts.of("domain", &record.name).autostart).filter(|on| *on),
        };
        let entry = Entry {
            name: record.name.clone(),
            state: record.state,
            definition: Arc::new(definition),
            autostart,
        };
        self.vms.insert(record.id, entry);
    }

    /// What of a definition is counted.
    fn hardware(&self, vm: &VmDefinition) -> Hardware {
        let disks = vm.disks.iter().map(|disk| {
            let path = disk.source.as_ref().and_then(|s| self.path(s));
            let image = path.as_ref().and_then(|p| self.images.get(p));
            Disk {
                target: disk.target.clone(),
                capacity: image.map_or(0, |i| i.capacity),
                allocation: image.map_or(0, |i| i.allocation),
                removable: disk.device != "disk" && disk.device != "lun",
                path,
            }
        });
        Hardware {
            vcpus: vm.vcpus,
            memory: vm.memory,
            memory_max: vm.memory_max,
            balloon: vm.has_balloon,
            disks: disks.collect(),
            nics: vm.nics.iter().filter_map(|nic| nic.device.clone()).collect(),
        }
    }

    fn path(&self, source: &DiskSource) -> Option<String> {
        match source {
            DiskSource::File(path) | DiskSource::Block(path) => Some(path.clone()),
            DiskSource::Volume { pool, volume } => self.paths.get(&(pool.clone(), volume.clone())).cloned(),
            _ => None,
        }
    }

    fn look_at_images(&mut self, driver: &dyn Hypervisor) -> HvResult<()> {
        self.images.clear();
        self.paths.clear();
        for (id, pool) in driver.pool_names()? {
            // A pool that is not started tells no volumes.
            for v in driver.volumes(id, false).unwrap_or_default() {
                self.paths.insert((pool.clone(), v.name), v.path.clone());
                self.images.insert(v.path, Image { capacity: v.capacity, allocation: v.allocation });
            }
        }
        Ok(())
    }

    /// Counters, as libvirt would answer.
    pub(super) fn counters(&self, groups: Groups, which: Which<'_>) -> Vec<VmCounters> {
        let now = self.clock.now();
        let at = (now, self.meters.noise(now));
        let one = |(id, vm): (&VmId, &Entry)| {
            let period = Some(u64::from(vm.definition.balloon_period_s)).filter(|s| *s > 0);
            self.meters.counters(*id, (vm.state, period), groups, at)
        };
        match which {
            Which::All => self.vms.iter().map(one).collect(),
            Which::Active => self.vms.iter().filter(|(_, vm)| vm.state.is_active()).map(one).collect(),
            Which::These(ids) => ids.iter().filter_map(|id| self.vms.get_key_value(id)).map(one).collect(),
        }
    }

    /// The node's counters.
    pub(super) fn node(&mut self, cpus: u32, memory: u64) -> NodeCounters {
        let now = self.clock.now();
        self.meters.node(cpus, memory, now)
    }

    /// Bytes each image occupies that a VM writes to, by path.
    pub(super) fn allocations(&self) -> HashMap<String, u64> {
        let now = self.clock.now();
        let noise = self.meters.noise(now);
        let meters = self.vms.keys().filter_map(|id| self.meters.get(*id));
        meters
            .flat_map(|m| {
                let now = m.allocations(&m.used(now, noise));
                m.hardware.disks.iter().zip(now).filter_map(|(d, bytes)| Some((d.path.clone()?, bytes)))
            })
            .collect()
    }
}

/// Since when a VM runs that was there from the beginning: minutes to weeks.
fn began(record: &VmRecord, now: SimTime) -> Option<(VmId, SimTime)> {
    let seed = dice::mix(7, u64::from(record.id.bytes()[0]));
    record.state.is_active().then(|| (record.id, now.earlier(dice::spread(seed, 1, 600.0, 2_000_000.0))))
}

fn definition(driver: &dyn Hypervisor, id: VmId) -> Option<VmDefinition> {
    let text = driver.vm_xml(id).ok()?;
    xml::domain::parse(&text).inspect_err(|e| tracing::warn!("the demo's XML: {e}")).ok()
}
