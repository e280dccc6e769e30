//! The host's side of the state.

use std::sync::Arc;

use super::entry::{Ground, store};
use crate::engine::rates::{self, HOST_METRICS, Seen, Span};
use crate::model::counters::{NodeCounters, NodeCpuCounters};
use crate::model::host::{HostView, Machine, Node};
use crate::model::series::{Readings, Track};

/// The host as published, and the counters its rates rest on.
#[derive(Debug)]
pub(crate) struct HostState {
    view: Arc<HostView>,
    cpu: Option<Seen<NodeCpuCounters>>,
    epoch: u32,
}

impl HostState {
    /// A host of which nothing is known.
    pub(crate) fn new() -> Self {
        let view = HostView {
            node: None,
            machine: None,
            local: false,
            now: Readings::default(),
            load: None,
            pressure: None,
            swap: None,
            uptime_s: None,
            at: None,
            track: Arc::new(Track::new(HOST_METRICS)),
        };
        Self { view: Arc::new(view), cpu: None, epoch: 0 }
    }

    /// Takes what was known before.
    pub(crate) fn resume(&mut self, before: Arc<HostView>) {
        self.view = before;
    }

    /// As published.
    pub(crate) const fn view(&self) -> &Arc<HostView> {
        &self.view
    }

    /// Logical CPUs, where known.
    pub(crate) fn cpus(&self) -> Option<u32> {
        self.view.node.as_ref().map(|n| n.cpus).filter(|c| *c > 0)
    }

    /// Makes the next CPU shares a gap.
    pub(crate) const fn break_run(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
    }

    /// Takes whether the hypervisor runs on this machine.
    pub(crate) fn set_local(&mut self, local: bool) {
        if self.view.local != local {
            Arc::make_mut(&mut self.view).local = local;
        }
    }

    /// Takes what the hypervisor tells of its node.
    pub(crate) fn set_node(&mut self, node: Node) -> bool {
        let news = self.view.node.as_deref() != Some(&node);
        if news {
            Arc::make_mut(&mut self.view).node = Some(Arc::new(node));
        }
        news
    }

    /// Takes what the machine tells of itself.
    pub(crate) fn set_machine(&mut self, machine: Machine) -> bool {
        let news = self.view.machine.as_deref() != Some(&machine);
        if news {
            Arc::make_mut(&mut self.view).machine = Some(Arc::new(machine));
        }
        news
    }

    /// Takes counters.
    pub(crate) fn fold(&mut self, counters: &NodeCounters, ground: &Ground) {
        let before = match rates::span(self.cpu.as_ref(), ground.at, self.epoch) {
            Span::TooShort => return,
            Span::Gap => None,
            Span::Seconds(_) => self.cpu.as_ref().map(|s| s.counters),
        };
        let row = rates::host(before.as_ref(), counters);
        self.cpu = counters.cpu.map(|cpu| Seen { at: ground.at, epoch: self.epoch, counters: cpu });
        let view = Arc::make_mut(&mut self.view);
        store(&mut view.now, &mut view.track, &row, ground);
        view.load = counters.load;
        view.pressure = counters.pressure;
        view.swap = counters.memory.and_then(|m| m.swap);
        view.uptime_s = counters.uptime_s;
        view.at = Some(ground.at.wall);
    }
}
