//! All meters of a host, the noise between them, and the host's own counters.

use std::collections::BTreeMap;

use super::clock::SimTime;
use super::meter::Meter;
use super::shape::Shape;
use crate::hypervisor::Groups;
use crate::model::counters::{NodeCounters, NodeCpuCounters, NodeMemory, VmCounters};
use crate::model::id::VmId;
use crate::model::metric::Group;
use crate::model::vm::VmState;

/// Meters by VM, and what the host as a whole has used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meters {
    /// In order, since a sum of floats hangs on it.
    by_vm: BTreeMap<VmId, Meter>,
    /// Noise made by VMs that no longer run.
    settled_noise: f64,
    /// CPU seconds of VMs that are gone.
    gone_cpu: f64,
    /// How many noisy VMs share the blame; fixed once set, or noise would run backwards.
    noisy: usize,
    idle_ns: u64,
}

impl Meters {
    /// Adds the meter of a VM that does not run. Replaces none.
    pub(crate) fn insert(&mut self, id: VmId, meter: Meter) {
        self.by_vm.entry(id).or_insert(meter);
    }

    /// Lets all these run, each since some time ago, as at the beginning of a simulation.
    pub(crate) fn begin(&mut self, running_since: &[(VmId, SimTime)]) {
        self.noisy = self.by_vm.values().filter(|m| m.workload.shape == Shape::Noisy).count();
        // The noisy ones first: how much others suffered since they run hangs on them.
        for noisy in [true, false] {
            for (id, since) in running_since {
                let noise = self.noise(*since);
                if let Some(m) = self.by_vm.get_mut(id)
                    && (m.workload.shape == Shape::Noisy) == noisy
                {
                    m.run(*since, noise);
                }
            }
        }
    }

    pub(crate) fn get(&self, id: VmId) -> Option<&Meter> {
        self.by_vm.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: VmId) -> Option<&mut Meter> {
        self.by_vm.get_mut(&id)
    }

    /// Brings a VM's meter to its state: it counts while the VM runs, and from 0 when the VM was started anew.
    pub(crate) fn follow(&mut self, id: VmId, before: VmState, state: VmState, t: SimTime) {
        let noise = self.noise(t);
        let Some(m) = self.by_vm.get_mut(&id) else { return };
        if !before.is_active() && state.is_active() {
            m.reset(t, noise);
        }
        if matches!(state, VmState::Running | VmState::ShuttingDown) {
            m.run(t, noise);
        } else {
            self.settled_noise += m.noise(t);
            m.halt(t, noise);
        }
    }

    /// Restarts a VM's counters at 0.
    pub(crate) fn reset(&mut self, id: VmId, t: SimTime) {
        let noise = self.noise(t);
        if let Some(m) = self.by_vm.get_mut(&id) {
            m.reset(t, noise);
        }
    }

    /// Forgets a VM; what it used stays used.
    pub(crate) fn remove(&mut self, id: VmId, t: SimTime) {
        if let Some(m) = self.by_vm.remove(&id) {
            self.settled_noise += m.noise(t);
            self.gone_cpu += m.lifetime_cpu(t);
        }
    }

    /// Seconds of noise on the host up to `t`, shared by all noisy VMs there are.
    pub(crate) fn noise(&self, t: SimTime) -> f64 {
        let running: f64 = self.by_vm.values().map(|m| m.noise(t)).sum();
        (self.settled_noise + running) / self.noisy.max(1) as f64
    }

    /// What libvirt would answer for one VM. `noise` is [`Meters::noise`] at `t`.
    pub(crate) fn counters(
        &self,
        id: VmId,
        (state, period): (VmState, Option<u64>),
        groups: Groups,
        (t, noise): (SimTime, f64),
    ) -> VmCounters {
        let mut out = VmCounters::empty(id);
        let has = |g| groups.has(g);
        out.state = has(Group::State).then_some(state);
        let Some(m) = self.by_vm.get(&id) else { return out };
        let active = state.is_active();
        let used = m.used(t, noise);
        out.cpu = (has(Group::Cpu) && active).then(|| m.cpu(&used));
        out.balloon = (has(Group::Balloon) && active).then(|| m.balloon(t, period));
        out.disks = has(Group::Block).then(|| m.disks(&used, active));
        out.nics = (has(Group::Interface) && active).then(|| m.nics(&used));
        if has(Group::Vcpu) && active {
            out.vcpus = m.vcpus(&used);
        }
        out
    }

    /// CPU seconds all VMs used up to `t`, those that are gone too.
    fn guests_cpu(&self, t: SimTime) -> f64 {
        self.gone_cpu + self.by_vm.values().map(|m| m.lifetime_cpu(t)).sum::<f64>()
    }

    /// The node's counters, with `cpus` CPUs and `memory` bytes.
    pub(crate) fn node(&mut self, cpus: u32, memory: u64, t: SimTime) -> NodeCounters {
        let ns = |s: f64| (s * 1e9) as u64;
        let (guests, all) = (self.guests_cpu(t), f64::from(cpus) * t.s);
        let (user, system) = (guests * 0.9 + all * 0.006, guests * 0.1 + all * 0.004);
        let iowait = self.noise(t) * 0.3;
        // Idle never falls, even on a host whose VMs want more than it has.
        self.idle_ns = self.idle_ns.max(ns(all - user - system - iowait));
        let running = self.by_vm.values().filter(|m| m.running_since().is_some());
        let resident: u64 = running.filter_map(|m| m.balloon(t, None).rss).sum();
        let load = |s: f64| (guests - self.guests_cpu(t.earlier(s))) / s + f64::from(cpus) * 0.01;
        NodeCounters {
            cpu: Some(NodeCpuCounters {
                user_ns: ns(user),
                system_ns: ns(system),
                idle_ns: self.idle_ns,
                iowait_ns: ns(iowait),
                steal_ns: None,
            }),
            memory: Some(node_memory(memory, resident)),
            load: Some([load(60.0), load(300.0), load(900.0)]),
            pressure: None,
            uptime_s: Some(t.s),
        }
    }
}

/// Memory of a node whose guests occupy so much: the rest is half page cache.
fn node_memory(total: u64, resident: u64) -> NodeMemory {
    let rest = total.saturating_sub(resident + total / 40);
    NodeMemory {
        total,
        free: rest / 2,
        available: None,
        buffers: rest / 50,
        cached: rest / 3,
        swap: Some((8 << 30, 8 << 30)),
    }
}
