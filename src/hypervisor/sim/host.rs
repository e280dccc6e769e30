//! The handle: what a test or a bench does to the simulated host.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::build;
use super::clock::SimClock;
use super::config::SimConfig;
use super::connector::SimConnector;
use super::faults::{Calls, Operation};
use super::names;
use super::shape::Shape;
use super::world::{SimVm, World};
use crate::hypervisor::{HvErrorKind, HvEvent};
use crate::model::id::VmId;
use crate::model::metric::Group;
use crate::model::storage::PoolState;
use crate::model::vm::{PauseReason, VmState};

/// A simulated host. Clones are the same host; when the last is dropped, nothing blocks any more.
///
/// Methods that take a VM's id return whether the VM is there; those that take a name, whether the name is.
#[derive(Clone, Debug)]
pub struct SimHost(Arc<Handle>);

#[derive(Debug)]
struct Handle(Arc<World>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.change(|s, _| {
            s.faults.released = true;
            Vec::new()
        });
    }
}

impl SimHost {
    /// Builds the host.
    pub fn new(config: SimConfig) -> Self {
        Self(Arc::new(Handle(Arc::new(World::new(config)))))
    }

    fn world(&self) -> &World {
        &self.0.0
    }

    /// What opens connections to it.
    pub fn connector(&self) -> SimConnector {
        SimConnector::to(self.0.0.clone())
    }

    /// Its time.
    pub fn clock(&self) -> &SimClock {
        &self.world().config.clock
    }

    /// Its VMs in the order of their names.
    pub fn vms(&self) -> Vec<(VmId, String, VmState)> {
        let state = self.world().lock();
        let mut vms: Vec<_> = state.vms.values().map(|v| (v.spec.id, v.spec.name.clone(), v.state)).collect();
        vms.sort_by(|a, b| a.1.cmp(&b.1));
        vms
    }

    /// The VM of this name.
    pub fn id(&self, name: &str) -> Option<VmId> {
        self.world().lock().vms.values().find(|v| v.spec.name == name).map(|v| v.spec.id)
    }

    /// Running VMs of this shape.
    pub fn running_with(&self, shape: Shape) -> Vec<VmId> {
        let state = self.world().lock();
        state.with_shape(shape).filter(|v| v.state == VmState::Running).map(|v| v.spec.id).collect()
    }

    /// The pool of this name.
    pub fn pool_id(&self, name: &str) -> Option<Uuid> {
        self.world().lock().pool_named(name).map(|p| p.id)
    }

    /// Brings a VM to a state. Its counters go on where it was paused, and begin at 0 where it was off.
    pub fn set_state(&self, id: VmId, to: VmState) -> bool {
        let mut there = false;
        self.world().change(|s, now| {
            there = s.set_state(id, to, now);
            there.then_some(HvEvent::Vm { id, state: Some(to) }).into_iter().collect()
        });
        there
    }

    /// Pauses a VM, as an admin would.
    pub fn pause(&self, id: VmId) -> bool {
        self.set_state(id, VmState::Paused(PauseReason::User))
    }

    /// Lets a paused VM run.
    pub fn resume(&self, id: VmId) -> bool {
        self.set_state(id, VmState::Running)
    }

    /// Fails a request of a VM's first disk for want of space: the VM is paused.
    pub fn io_error(&self, id: VmId) -> bool {
        let mut there = false;
        self.world().change(|s, now| {
            let to = VmState::Paused(PauseReason::IoError);
            there = s.set_state(id, to, now);
            let path = s.meters.get(id).and_then(|m| m.hardware.disks.first()?.path.clone());
            let event = HvEvent::IoError {
                id,
                path: path.unwrap_or_default(),
                device: "virtio-disk0".to_owned(),
                reason: "enospc".to_owned(),
            };
            if there { vec![event, HvEvent::Vm { id, state: Some(to) }] } else { Vec::new() }
        });
        there
    }

    /// Defines a new VM under this name, which is off.
    pub fn define(&self, name: &str) -> VmId {
        let mut id = VmId(Uuid::nil());
        let world = self.world();
        world.change(|s, _| {
            let (_, role) = names::vm_name(s.defined);
            let spec = build::named_vm(&world.config, s.defined, name.to_owned(), role, &s.pools);
            id = spec.id;
            s.defined += 1;
            s.insert(spec, &world.config);
            vec![HvEvent::Defined(id)]
        });
        id
    }

    /// Removes a VM at once, running or not.
    pub fn undefine(&self, id: VmId) -> bool {
        let mut there = false;
        self.world().change(|s, now| {
            there = s.vms.remove(&id).is_some();
            s.meters.remove(id, now);
            there.then_some(HvEvent::Vm { id, state: None }).into_iter().collect()
        });
        there
    }

    /// Removes a VM like [`SimHost::undefine`], but its event is lost.
    pub fn vanish(&self, id: VmId) -> bool {
        let mut there = false;
        self.world().change(|s, now| {
            there = s.vms.remove(&id).is_some();
            s.meters.remove(id, now);
            Vec::new()
        });
        there
    }

    /// Gives a VM another name, which may be any text.
    pub fn rename(&self, id: VmId, name: &str) -> bool {
        self.alter(id, |vm| {
            name.clone_into(&mut vm.spec.name);
            Some(HvEvent::Defined(id))
        })
    }

    /// Gives a VM this XML in place of its own; `None` gives its own back.
    pub fn set_xml(&self, id: VmId, xml: Option<&str>) -> bool {
        self.alter(id, |vm| {
            vm.xml = xml.map(str::to_owned);
            Some(HvEvent::Defined(id))
        })
    }

    /// Sets whether a VM's agent is silent though its channel is connected. No event tells.
    pub fn silent_agent(&self, id: VmId, silent: bool) -> bool {
        self.alter(id, |vm| {
            vm.agent_silent = silent;
            None
        })
    }

    /// Sets whether a VM's guest ignores the power button. No event tells.
    pub fn ignore_acpi(&self, id: VmId, ignore: bool) -> bool {
        self.alter(id, |vm| {
            vm.ignores_acpi = ignore;
            None
        })
    }

    /// Sets how long saving a VM takes on the host's clock; at first no time. A manual clock must be moved on meanwhile.
    pub fn slow_save(&self, id: VmId, lasts: Duration) -> bool {
        self.alter(id, |vm| {
            vm.save_lasts = lasts;
            None
        })
    }

    /// Leaves a group out of a VM's statistics, as for a busy one under NOWAIT.
    pub fn drop_group(&self, id: VmId, group: Group) -> bool {
        self.alter(id, |vm| {
            vm.dropped = vm.dropped.with(group);
            None
        })
    }

    /// Gives all of a VM's groups again.
    pub fn give_all_groups(&self, id: VmId) -> bool {
        self.alter(id, |vm| {
            vm.dropped = crate::hypervisor::Groups::NONE;
            None
        })
    }

    fn alter(&self, id: VmId, f: impl FnOnce(&mut SimVm) -> Option<HvEvent>) -> bool {
        let mut there = false;
        self.world().change(|s, _| {
            let Some(vm) = s.vms.get_mut(&id) else { return Vec::new() };
            there = true;
            f(vm).into_iter().collect()
        });
        there
    }

    /// Restarts a VM's counters at 0, as when it was restarted between two looks. No event tells.
    pub fn reset_counters(&self, id: VmId) -> bool {
        let mut there = false;
        self.world().change(|s, now| {
            there = s.vms.contains_key(&id);
            s.meters.reset(id, now);
            Vec::new()
        });
        there
    }

    /// Tells subscribers of something that changes nothing here: a job, a threshold.
    pub fn emit(&self, event: HvEvent) {
        self.world().change(|_, _| vec![event]);
    }

    /// Starts or stops a network.
    pub fn set_network_active(&self, name: &str, active: bool) -> bool {
        let mut there = false;
        self.world().change(|s, _| {
            let Some(n) = s.networks.iter_mut().map(|n| &mut n.record).find(|n| n.name == name) else {
                return Vec::new();
            };
            n.active = active;
            there = true;
            vec![HvEvent::Network(n.id)]
        });
        there
    }

    /// Brings a pool to a state.
    pub fn set_pool_state(&self, name: &str, to: PoolState) -> bool {
        let mut there = false;
        self.world().change(|s, _| {
            let Some(p) = s.pool_named(name) else { return Vec::new() };
            p.state = to;
            there = true;
            vec![HvEvent::Pool(p.id)]
        });
        there
    }

    /// Fills a pool with something that is no volume, up to this share of its size.
    pub fn fill_pool(&self, name: &str, share: f64) -> bool {
        let mut there = false;
        self.world().change(|s, now| {
            let Some(index) = s.pools.iter().position(|p| p.name == name) else { return Vec::new() };
            s.pools[index].other = 0;
            let wanted = (s.pools[index].capacity as f64 * share.clamp(0.0, 1.0)) as u64;
            let held = s.allocation(index, &s.pools[index], now);
            s.pools[index].other = wanted.saturating_sub(held);
            there = true;
            Vec::new()
        });
        there
    }

    /// From now on every call blocks, and no event is told, as when the daemon is stopped.
    pub fn stall(&self) {
        self.fault(|f| f.stalled = true);
    }

    /// Ends [`SimHost::stall`]: calls go on, and events that waited are told.
    pub fn resume_calls(&self) {
        self.fault(|f| f.stalled = false);
    }

    /// Breaks every connection for good; new ones are refused until [`SimHost::allow_reconnect`].
    pub fn disconnect(&self) {
        self.fault(|f| f.refuse = Some(HvErrorKind::NoConnection));
        self.world().cut("the daemon closed the connection");
    }

    /// Takes new connections again.
    pub fn allow_reconnect(&self) {
        self.fault(|f| f.refuse = None);
    }

    /// Refuses new connections so, until [`SimHost::allow_reconnect`].
    pub fn refuse_connect(&self, kind: HvErrorKind) {
        self.fault(|f| f.refuse = Some(kind));
    }

    /// Fails an operation so from now on; `None` lets it work again.
    pub fn error_on(&self, operation: Operation, kind: Option<HvErrorKind>) {
        self.fault(|f| match kind {
            Some(kind) => drop(f.errors.insert(operation, kind)),
            None => drop(f.errors.remove(&operation)),
        });
    }

    /// Sets whether calls on a pool block, as on a dead mount.
    pub fn slow_pool(&self, name: &str, slow: bool) -> bool {
        let Some(id) = self.pool_id(name) else { return false };
        self.fault(|f| {
            f.slow_pools.remove(&id);
            f.slow_pools.extend(slow.then_some(id));
        });
        true
    }

    fn fault(&self, f: impl FnOnce(&mut super::faults::Faults)) {
        self.world().change(|s, _| {
            f(&mut s.faults);
            Vec::new()
        });
    }

    /// What was asked.
    pub fn calls(&self) -> Calls {
        self.world().lock().calls.clone()
    }

    /// How many calls a fault holds up now.
    pub fn held_calls(&self) -> usize {
        self.world().lock().held
    }

    /// Begins to count anew.
    pub fn forget_calls(&self) {
        self.world().lock().calls = Calls::default();
    }
}
