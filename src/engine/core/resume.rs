//! Going on where a collector left off.

use super::Core;
use crate::engine::handle::Command;
use crate::engine::relay::Alone;
use crate::model::snapshot::{Recording, Snapshot};
use crate::model::time::Moment;

impl Core {
    /// Takes over what was known while a collector asked. Connections get numbers from `generation` on, so that a late
    /// answer of one from before is not mistaken.
    pub(crate) fn resume(&mut self, alone: &Alone, generation: u64, now: Moment) {
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
}

/// A snapshot in which what is not read yet is as it was before. Returns whether anything still was.
pub(crate) fn fill(snapshot: &mut Snapshot, before: &Snapshot) -> bool {
    let mut filled = false;
    if !snapshot.listed && before.listed {
        snapshot.vms = before.vms.clone();
        snapshot.listed = true;
        filled = true;
    }
    if snapshot.pools.is_none() && before.pools.is_some() {
        snapshot.pools.clone_from(&before.pools);
        filled = true;
    }
    if snapshot.networks.is_none() && before.networks.is_some() {
        snapshot.networks.clone_from(&before.networks);
        filled = true;
    }
    if snapshot.host.node.is_none() && before.host.node.is_some() {
        snapshot.host = before.host.clone();
        filled = true;
    }
    filled
}
