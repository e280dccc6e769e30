//! Going on where a collector left off.

use super::Core;
use crate::engine::handle::Command;
use crate::engine::relay::Alone;
use crate::model::snapshot::{Recording, Snapshot, Source};
use crate::model::time::Moment;

impl Core {
    /// Takes over what was known while a collector asked, as if this process had asked itself and its connection were
    /// lost: values and rings stay, what comes is told apart from them by a gap, and all is read anew. Connections get
    /// numbers from `generation` on, so that a late answer of one from before is not mistaken.
    pub(crate) fn resume(&mut self, alone: &Alone, before: &Snapshot, generation: u64, now: Moment) {
        self.state.resume(before);
        for vm in before.vms.iter().filter(|_| before.listed) {
            // Those of a VM that does not run are forgotten before they are asked for.
            self.addresses.due(vm.id);
        }
        self.state.source = alone.source.clone();
        self.state.recording = alone.recording.clone();
        for lane in &mut self.lanes {
            lane.generation = generation;
        }
        self.command(Command::Focus(alone.focus.clone()), now);
    }

    /// A number that no connection of it had.
    pub(crate) fn next_generation(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.generation + 1).max().unwrap_or(0)
    }

    /// What is on screen.
    pub(crate) fn focus(&self) -> crate::engine::handle::Focus {
        self.focus.clone()
    }

    /// Whether another process records.
    pub(crate) const fn is_recorded_elsewhere(&self) -> bool {
        matches!(self.state.recording, Recording::Elsewhere { .. })
    }

    /// Takes how recording goes.
    pub(super) fn recorded(&mut self, recording: Recording) {
        if recording == Recording::Here {
            // So there is no collector.
            self.state.source = Source::Own;
        }
        self.state.recording = recording;
    }

    /// A collector began, and cannot be followed.
    pub(super) fn despite(&mut self, why: String) {
        let source = Source::Despite { why };
        if self.state.source != source && self.is_recorded_elsewhere() {
            if let Source::Despite { why } = &source {
                tracing::warn!(
                    "A collector runs, but this console cannot use it and asks the hypervisor itself: {why}."
                );
            }
            self.state.source = source;
        }
    }
}
