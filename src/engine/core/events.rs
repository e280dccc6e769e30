//! Events of the hypervisor.

use std::sync::Arc;

use super::Core;
use crate::engine::state::IoTrouble;
use crate::hypervisor::HvEvent;
use crate::model::id::VmId;
use crate::model::time::Moment;
use crate::model::vm::{VmJob, VmState};

impl Core {
    pub(super) fn event(&mut self, event: HvEvent, now: Moment) {
        self.events += 1;
        match event {
            HvEvent::Vm { id, state: Some(state) } => self.vm_event(id, state, now),
            HvEvent::Vm { id, state: None } => {
                if self.state.vms.remove(id) {
                    self.forget(id);
                    self.publish_now(now);
                }
            }
            // It goes on in the same VM: its counters are those of before.
            HvEvent::Rebooted(id) => tracing::debug!("{id} was reset."),
            HvEvent::Defined(id) | HvEvent::Changed(id) => {
                if self.state.vms.get(id).is_some() {
                    self.detail.want(id);
                } else {
                    self.schedule.list_due();
                }
            }
            HvEvent::IoError { id, path, reason, .. } => {
                if let Some(entry) = self.state.vms.edit(id) {
                    entry.io_trouble = Some(IoTrouble { path, reason });
                    self.publish_now(now);
                }
            }
            HvEvent::BlockThreshold { id, target, excess } => {
                tracing::debug!("{id}: disk {target} was written {excess} bytes past its threshold.");
            }
            HvEvent::Job { id, what, ended } => {
                let job = (!ended).then_some(VmJob { what, progress: None });
                if self.state.vms.get(id).is_some_and(|e| e.vm.job != job)
                    && let Some(entry) = self.state.vms.edit(id)
                {
                    entry.edit().job = job;
                    self.publish_now(now);
                }
            }
            HvEvent::Agent { id, connected } => self.agent_event(id, connected, now),
            HvEvent::Pool(id) => self.storage.pool_event(id),
            HvEvent::Network(_) => self.storage.networks_due(),
            HvEvent::Closed { reason } => self.poll_closed(&reason, now),
        }
    }

    fn vm_event(&mut self, id: VmId, state: VmState, now: Moment) {
        let keep = self.poll.keep;
        let Some(entry) = self.state.vms.edit(id) else { return self.schedule.list_due() };
        entry.told = self.events;
        let was_active = entry.vm.state.is_active();
        if !entry.set_state(state, now, keep) {
            return;
        }
        self.turned(id, now);
        if was_active != state.is_active() {
            // Its number, and whether it is still defined, stand in the list.
            self.schedule.list_due();
        }
        self.publish_now(now);
    }

    fn agent_event(&mut self, id: VmId, connected: bool, now: Moment) {
        let Some(entry) = self.state.vms.edit(id) else { return };
        if let Some(definition) = entry.vm.definition.clone() {
            let mut definition = definition;
            Arc::make_mut(&mut definition).agent_connected = Some(connected);
            entry.edit().definition = Some(definition);
            self.publish_now(now);
        }
        if connected {
            self.addresses.agent_came(id);
        }
    }
}
