//! What consoles and commands ask, and what the machine itself tells.

use std::time::Duration;

use uuid::Uuid;

use super::Core;
use crate::engine::calls::{Call, Effect, MachineAsk, MachineReport};
use crate::engine::handle::Command;
use crate::engine::schedule::micros;
use crate::hypervisor::{HvError, HvErrorKind};
use crate::model::metric::Group;
use crate::model::time::Moment;

/// How often the machine's facts (file systems, block devices) are read.
const FACTS_EVERY: Duration = Duration::from_secs(10);

impl Core {
    /// The machine is read together with the VMs, so that one snapshot shows both.
    pub(super) fn machine_joins(&mut self, call: &Call, now: Moment) {
        let fast = matches!(call, Call::Counters { groups, .. } if groups.has(Group::Cpu));
        if fast && self.counters_at.saturating_sub(now.mono_us) < micros(self.poll.fast) / 2 {
            self.counters_at = now.mono_us;
        }
    }

    pub(super) fn ask_machine(&mut self, now: Moment) -> Option<Effect> {
        if !self.has_machine || self.machine_busy {
            return None;
        }
        // Only after the first list: nothing goes before the first frame.
        if !self.state.listed || now.mono_us < self.counters_at {
            return None;
        }
        let counters = self.state.host.view().local;
        let facts = counters && now.mono_us >= self.facts_at;
        if facts {
            self.facts_at = now.mono_us + micros(FACTS_EVERY);
        }
        self.counters_at = now.mono_us + micros(self.poll.fast);
        self.machine_busy = true;
        Some(Effect::AskMachine(MachineAsk { counters, facts }))
    }

    pub(super) fn machine(&mut self, report: MachineReport) {
        self.machine_busy = false;
        let mut news = false;
        if let Some(counters) = &report.counters {
            let ground = self.ground(report.at);
            self.state.host.fold(counters, &ground);
            news = true;
        }
        if let Some(machine) = report.machine {
            news |= self.state.host.set_machine(machine);
        }
        if let Some(usage) = report.usage {
            self.meter.usage(usage, report.at);
        }
        if news {
            // Its values ride with those of the poll that is under way at the same time.
            self.publish_soon(report.at);
        }
    }

    pub(super) fn command(&mut self, command: Command, now: Moment) {
        match command {
            Command::Focus(focus) => {
                if focus != self.focus {
                    self.focus = focus;
                    self.schedule.focus_moved(now.mono_us);
                    self.detail.focus(&self.focus, now.mono_us);
                    self.addresses.focus(&self.focus, self.poll.addresses, now.mono_us);
                }
            }
            Command::Refresh => self.refresh(),
            Command::Reconnect => self.reconnect(now),
            Command::Xml(id, reply) => self.detail.ask_xml(id, reply),
            Command::RefreshPool(id, reply) => self.ask_refresh(id, reply),
            // Who asked may have gone.
            Command::Ping(reply) => {
                let _ = reply.send(());
            }
            Command::Stop => self.stopping = true,
        }
    }

    pub(super) fn refresh(&mut self) {
        self.schedule.all_due();
        self.storage.all_due();
        self.counters_at = 0;
        self.facts_at = 0;
        self.addresses.due_for(&self.focus);
        if let Some(id) = self.focus.detail {
            self.detail.want(id);
        }
    }

    pub(super) fn ask_refresh(&mut self, id: Uuid, reply: tokio::sync::oneshot::Sender<Result<(), HvError>>) {
        if let Some(why) = &self.capabilities.no_refresh {
            let kind =
                if self.capabilities.read_only { HvErrorKind::ReadOnly } else { HvErrorKind::Unsupported };
            // The asker may have gone; then nobody needs the answer.
            drop(reply.send(Err(HvError::new(kind, "refresh the pool", why))));
        } else {
            self.storage.ask_refresh(id, reply);
        }
    }
}
