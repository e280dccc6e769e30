//! All VMs, sorted by name, found by UUID.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::entry::{Entry, Ground};
use crate::hypervisor::{Groups, Which};
use crate::model::counters::VmCounters;
use crate::model::id::VmId;
use crate::model::time::Moment;
use crate::model::vm::{Vm, VmRecord, VmState};

/// What a list changed.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// VMs that were not there, were started or stopped: their definition is to be read again.
    pub(crate) fresh: Vec<VmId>,
    /// VMs that are gone.
    pub(crate) gone: Vec<VmId>,
    /// The list contradicts a newer event: it should be read again.
    pub(crate) outdated: bool,
}

/// The VMs of a host.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    entries: Vec<Entry>,
    index: HashMap<VmId, usize>,
    /// What was last published, while it still holds.
    published: Option<Arc<[Arc<Vm>]>>,
    keeps_wait: bool,
}

impl Roster {
    /// Takes what was known before.
    pub(crate) fn resume(&mut self, before: &[Arc<Vm>]) {
        self.entries = before.iter().map(|vm| Entry::resume(vm.clone())).collect();
        for entry in self.entries.iter_mut().filter(|e| e.vm.job.is_some()) {
            // Nobody heard of its end, and it is not asked for.
            entry.edit().job = None;
        }
        self.reorder();
    }

    /// One VM.
    pub(crate) fn get(&self, id: VmId) -> Option<&Entry> {
        self.index.get(&id).map(|i| &self.entries[*i])
    }

    /// One VM, to be changed.
    pub(crate) fn edit(&mut self, id: VmId) -> Option<&mut Entry> {
        let i = *self.index.get(&id)?;
        self.published = None;
        Some(&mut self.entries[i])
    }

    /// Changes one VM, as long as `change` says that it did.
    pub(crate) fn edit_if(&mut self, id: VmId, change: impl FnOnce(&mut Entry) -> bool) -> bool {
        let changed = self.index.get(&id).is_some_and(|i| change(&mut self.entries[*i]));
        if changed {
            self.published = None;
        }
        changed
    }

    /// All, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// All VMs as published; the same pointer as long as nothing changed.
    pub(crate) fn publish(&mut self) -> Arc<[Arc<Vm>]> {
        self.published.get_or_insert_with(|| self.entries.iter().map(|e| e.vm.clone()).collect()).clone()
    }

    /// Whether anything changed since it was last published.
    pub(crate) fn is_changed(&self) -> bool {
        self.published.is_none()
    }

    /// Makes all counters incomparable, as after a reconnect.
    pub(crate) fn break_runs(&mut self) {
        self.entries.iter_mut().for_each(Entry::break_run);
    }

    /// Takes a list of all VMs that was asked for after the `asked`th event.
    pub(crate) fn list(&mut self, records: Vec<VmRecord>, asked: u64, at: Moment, keep: Duration) -> Listed {
        let mut listed = Listed::default();
        let mut ids = HashSet::with_capacity(records.len());
        let mut moved = false;
        for record in records {
            ids.insert(record.id);
            let Some(i) = self.index.get(&record.id) else {
                listed.fresh.push(record.id);
                self.index.insert(record.id, self.entries.len());
                self.entries.push(Entry::new(record));
                moved = true;
                continue;
            };
            let entry = &mut self.entries[*i];
            if entry.told > asked {
                listed.outdated = true;
                continue;
            }
            moved |= entry.vm.name != record.name;
            match update(entry, record, at, keep) {
                Update::None => {}
                Update::Some => self.published = None,
                Update::Restarted(id) => {
                    self.published = None;
                    listed.fresh.push(id);
                }
            }
        }
        self.entries.retain(|e| {
            let stays = ids.contains(&e.vm.id);
            if !stays {
                listed.gone.push(e.vm.id);
            }
            stays
        });
        if moved || !listed.gone.is_empty() {
            self.reorder();
        }
        listed
    }

    /// Takes a VM out.
    pub(crate) fn remove(&mut self, id: VmId) -> bool {
        if !self.index.contains_key(&id) {
            return false;
        }
        self.entries.retain(|e| e.vm.id != id);
        self.reorder();
        true
    }

    fn reorder(&mut self) {
        self.entries.sort_by(|a, b| (&a.vm.name, a.vm.id).cmp(&(&b.vm.name, b.vm.id)));
        self.index = self.entries.iter().enumerate().map(|(i, e)| (e.vm.id, i)).collect();
        self.published = None;
    }

    /// Takes counters. Returns the VMs whose state they changed, and whether the list of VMs should be
    /// read again: an unknown VM answered, or an active one did not.
    pub(crate) fn fold(
        &mut self,
        counters: Vec<VmCounters>,
        asked: Groups,
        which: Which<'_>,
        after: u64,
        mut ground: Ground,
    ) -> (Vec<VmId>, bool) {
        self.keeps_wait |= counters.iter().flat_map(|c| &c.vcpus).any(|v| v.wait_ns.is_some_and(|w| w > 0));
        ground.keeps_wait = self.keeps_wait;
        let (mut turned, mut relist) = (Vec::new(), false);
        let mut answered = HashSet::with_capacity(counters.len());
        for c in counters {
            answered.insert(c.id);
            let Some(i) = self.index.get(&c.id) else {
                relist = true;
                continue;
            };
            let entry = &mut self.entries[*i];
            if entry.told > after {
                // The counters may be from before what the event told.
                continue;
            }
            let before = entry.vm.state;
            entry.fold(c, asked, &ground);
            if entry.vm.state != before {
                turned.push(entry.vm.id);
            }
            self.published = None;
        }
        if matches!(which, Which::Active) {
            relist |= self
                .entries
                .iter()
                .any(|e| e.vm.state.is_active() && e.told <= after && !answered.contains(&e.vm.id));
        }
        (turned, relist)
    }

    /// Drops the past of VMs that have been off for long.
    pub(crate) fn expire(&mut self, at: Moment, keep: Duration) {
        for entry in &mut self.entries {
            if entry.expire(at, keep) {
                self.published = None;
            }
        }
    }
}

enum Update {
    None,
    Some,
    Restarted(VmId),
}

fn update(entry: &mut Entry, record: VmRecord, at: Moment, keep: Duration) -> Update {
    let was_active = entry.vm.state.is_active();
    let turned = entry.set_state(record.state, at, keep);
    let restarted = was_active
        && record.state.is_active()
        && entry.vm.domain_id.is_some()
        && record.domain_id.is_some()
        && entry.vm.domain_id != record.domain_id;
    if restarted {
        entry.break_run();
    }
    let differs = entry.vm.name != record.name || entry.vm.domain_id != record.domain_id;
    if differs {
        let vm = entry.edit();
        vm.name = record.name;
        vm.domain_id = record.domain_id;
    }
    if restarted || was_active != record.state.is_active() {
        Update::Restarted(record.id)
    } else if turned || differs {
        Update::Some
    } else {
        Update::None
    }
}

/// Whether the VM executes, so that rates can be had of it.
pub(crate) fn executes(state: VmState) -> bool {
    matches!(state, VmState::Running | VmState::ShuttingDown)
}
