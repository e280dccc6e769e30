//! Definitions: deleting and bringing back, and replacing.

mod delete;
mod facts;
mod held;
mod purge;
mod redefine;
#[cfg(test)]
mod tests;

pub(in crate::operations) use delete::digest;
pub use redefine::{as_written, holds_secrets};

pub use facts::{Belonging, Belongings, DefinitionFacts, OtherVm};

use super::facts::{Facts, VmFacts};
use crate::model::id::VmId;
use crate::model::operation::VmOperation as Op;
use crate::model::plan::Planned;

/// What is asked of a VM that is there.
pub(super) fn plan(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    match act {
        Op::Delete { force_off, discard_saved } => delete::plan(act, vm, facts, *force_off, *discard_saved),
        Op::Redefine { xml, secrets, why } => redefine::plan(act, vm, facts, xml, *secrets, *why),
        // One that came back in part: what was kept of it can be forgotten.
        Op::Purge if facts.definition.held.is_some() => purge::plan(act, vm.id, facts),
        _ => held::there_is_one(act, vm),
    }
}

/// Whether it is done to a VM that is not there, but held.
pub(super) const fn is_of_held(act: &Op) -> bool {
    matches!(act, Op::Undelete { .. } | Op::Purge | Op::PurgeWithVolumes)
}

/// What is asked of a VM that is not there, but may be held.
pub(super) fn plan_held(act: &Op, id: VmId, facts: &Facts) -> Planned {
    match act {
        Op::Undelete { name } => held::undelete(act, id, facts, name.as_deref()),
        _ => purge::plan(act, id, facts),
    }
}
