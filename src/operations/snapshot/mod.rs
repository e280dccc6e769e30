//! What can be done with a VM's snapshots, and the traps on the way.

mod create;
mod delete;
mod disks;
mod facts;
mod others;
mod revert;
#[cfg(test)]
mod tests;

pub use facts::{AgentFact, Folder, SnapshotFacts};

use super::build::{Draft, draft_of, it_is, refused_of, unsettled};
use super::facts::{Facts, Needs, StorageNeeds, VmFacts};
use super::storage::StorageFacts;
use super::touch;
use crate::model::operation::{Freeze, Operation, SnapshotContent, SnapshotOperation as Op};
use crate::model::plan::{Planned, RefusalKind};
use crate::model::text::clean;
use crate::model::vm::VmState;
use crate::model::vm_job::VmJob;
use crate::model::vm_snapshot::VmSnapshot;

pub(super) const fn needs(act: &Op) -> Needs {
    let mut needs = Needs { snapshots: true, ..Needs::VM };
    match act {
        Op::Create(new) => {
            needs.agent =
                matches!(new.content, SnapshotContent::Disks) && !matches!(new.freeze, Freeze::Never);
        }
        // Others may rest on the images that are written to, and on those that go.
        Op::Revert { .. } | Op::Delete { metadata_only: false, .. } => needs.storage = StorageNeeds::Uses,
        Op::Delete { metadata_only: true, .. } => {}
    }
    needs
}

pub(super) fn plan(act: &Op, vm: &VmFacts, snapshots: &SnapshotFacts, facts: &Facts) -> Planned {
    let case = Case { act, vm, s: snapshots, storage: &facts.storage, job: facts.job };
    let drafted = match act {
        Op::Create(new) => create::plan(&case, new),
        Op::Revert { name, then, keep } => revert::plan(&case, name, *then, keep.as_deref()),
        Op::Delete { name, children, metadata_only: true } => delete::forget(&case, name, *children),
        Op::Delete { name, children, metadata_only: false } => delete::plan(&case, name, *children),
    };
    match drafted {
        Ok(draft) => draft.planned(facts),
        Err(no) => refused_of(case.operation(), vm, &case.verb(), no.kind, no.reason, no.remedy),
    }
}

/// What is asked, of which VM, and what is known.
struct Case<'a> {
    act: &'a Op,
    vm: &'a VmFacts,
    s: &'a SnapshotFacts,
    storage: &'a StorageFacts,
    job: Option<VmJob>,
}

/// Why not.
#[derive(Debug)]
struct No {
    kind: RefusalKind,
    reason: String,
    remedy: String,
}

impl No {
    fn new(kind: RefusalKind, reason: impl Into<String>, remedy: impl AsRef<str>) -> Self {
        Self { kind, reason: reason.into(), remedy: clean(remedy.as_ref()).into_owned() }
    }
}

impl<'a> Case<'a> {
    fn operation(&self) -> Operation {
        Operation::snapshot(self.vm.id, self.act.clone())
    }

    /// What stands before the VM's name in the title.
    fn verb(&self) -> String {
        let name = clean(self.act.name());
        match self.act {
            Op::Create(_) => format!("Take snapshot {name} of"),
            Op::Revert { .. } => format!("Go back to snapshot {name} of"),
            Op::Delete { children: true, .. } => format!("Delete snapshot {name} and what is on it of"),
            Op::Delete { children: false, .. } => format!("Delete snapshot {name} of"),
        }
    }

    /// A plan that rests on the VM's state, its snapshots and its layers.
    fn draft(&self) -> Draft {
        let button = match self.act {
            Op::Create(_) => "Take snapshot",
            Op::Revert { .. } => "Go back",
            Op::Delete { .. } => "Delete snapshot",
        };
        draft_of(self.operation(), self.vm, &self.verb())
            .verb(button)
            .rests_on("its snapshots", self.s.listed())
            .rests_on("its images", disks::listed(&self.vm.definition))
            .touches(self.vm.definition.disks.iter().filter_map(|d| touch::source(d.source.as_ref()?)))
    }

    fn find(&self, name: &str) -> Result<&'a VmSnapshot, No> {
        self.s.snapshots.iter().find(|s| s.name == name).ok_or_else(|| {
            let reason = format!("There is no snapshot {}.", clean(name));
            No::new(RefusalKind::NotFound, reason, "`novacron snapshot list` shows all.")
        })
    }

    /// A VM in a state in which its snapshots may be changed.
    fn settled(&self) -> Result<(), No> {
        if let Some(job) = self.job {
            let reason = format!("{} is under way with it.", job.phrase());
            return Err(No::new(RefusalKind::InUse, reason, "Wait until that is over."));
        }
        if self.vm.state == VmState::Suspended {
            let reason = "It is suspended by its guest: QEMU keeps no state of it then.";
            return Err(No::new(RefusalKind::State, reason, "Wake the guest first."));
        }
        match unsettled(self.vm.state) {
            Some((kind, remedy)) => Err(No::new(kind, it_is(self.vm.state), remedy)),
            None => Ok(()),
        }
    }

    /// Memory that was saved belongs to the disks as they are now.
    fn nothing_saved(&self) -> Result<(), No> {
        if self.vm.flags.managed_save != Some(true) {
            return Ok(());
        }
        let reason = "Its memory is saved, and belongs to its disks as they are now.";
        Err(No::new(
            RefusalKind::State,
            reason,
            "Start it, or discard its saved memory first (novacron vm discard-saved).",
        ))
    }
}

/// Names, cleaned, with commas between.
fn names<'s>(snapshots: impl IntoIterator<Item = &'s VmSnapshot>) -> String {
    let names: Vec<_> = snapshots.into_iter().map(|s| clean(&s.name)).collect();
    names.join(", ")
}
