//! What can be done to a VM.

mod guest;
mod power;
mod settings;

pub(in crate::operations) use power::cut_off;
pub(in crate::operations) use settings::name_is_good;

use super::definition;
use super::facts::{Facts, Needs, StorageNeeds, VmFacts};
use super::hardware;
use super::layers;
use super::making;
use crate::model::operation::VmOperation as Op;
use crate::model::plan::Planned;

const DEFINITION: Needs = Needs { definition: true, ..Needs::NONE };

pub(super) const fn needs(act: &Op) -> Needs {
    match act {
        Op::Hardware(change) => Needs { hardware: hardware::needs(&change.what), ..DEFINITION },
        Op::Layers(_) => layers::NEEDS,
        Op::Rename { .. } => Needs { names: true, ..DEFINITION },
        Op::Delete { .. } => Needs { belongings: true, held: true, ..DEFINITION },
        Op::Undelete { .. } | Op::Purge => Needs { held: true, ..DEFINITION },
        Op::PurgeWithVolumes => Needs { held: true, storage: StorageNeeds::Uses, ..DEFINITION },
        Op::Redefine { .. } => Needs { secrets: true, ..DEFINITION },
        Op::Clone(_) | Op::Template(_) => making::NEEDS,
        _ => DEFINITION,
    }
}

pub(super) fn plan(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    match act {
        Op::Start { .. }
        | Op::UntilUp { .. }
        | Op::Shutdown { .. }
        | Op::Reboot { .. }
        | Op::Reset
        | Op::ForceOff
        | Op::Pause
        | Op::Resume
        | Op::Save
        | Op::DiscardSaved => power::plan(act, vm, facts),
        Op::Console { .. } | Op::Visit { .. } | Op::SendKeys { .. } => guest::plan(act, vm, facts),
        Op::Autostart { .. }
        | Op::StartOrder { .. }
        | Op::Rename { .. }
        | Op::SetTags { .. }
        | Op::ChangeTags { .. }
        | Op::Describe { .. }
        | Op::Protect { .. } => settings::plan(act, vm, facts),
        Op::Hardware(change) => hardware::plan(act, change, vm, facts),
        Op::Layers(change) => layers::plan(change, vm, facts),
        Op::Delete { .. } | Op::Undelete { .. } | Op::Purge | Op::PurgeWithVolumes | Op::Redefine { .. } => {
            definition::plan(act, vm, facts)
        }
        Op::Clone(_) | Op::Template(_) => making::plan_of_vm(act, vm, facts),
    }
}
