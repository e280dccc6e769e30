//! What can be done to a VM.

mod guest;
mod power;
mod settings;

pub(in crate::operations) use settings::name_is_good;

use super::facts::{Facts, Needs, StorageNeeds, VmFacts};
use crate::model::operation::VmOperation as Op;
use crate::model::plan::Planned;

pub(super) const fn needs(act: &Op) -> Needs {
    match act {
        Op::Rename { .. } => Needs { definition: true, names: true, storage: StorageNeeds::None },
        _ => Needs { definition: true, names: false, storage: StorageNeeds::None },
    }
}

pub(super) fn plan(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    match act {
        Op::Start { .. }
        | Op::Shutdown { .. }
        | Op::Reboot { .. }
        | Op::Reset
        | Op::ForceOff
        | Op::Pause
        | Op::Resume
        | Op::Save
        | Op::DiscardSaved => power::plan(act, vm, facts),
        Op::Console { .. } | Op::SendKeys { .. } => guest::plan(act, vm, facts),
        Op::Autostart { .. }
        | Op::StartOrder { .. }
        | Op::Rename { .. }
        | Op::SetTags { .. }
        | Op::ChangeTags { .. }
        | Op::Describe { .. }
        | Op::Protect { .. } => settings::plan(act, vm, facts),
    }
}
