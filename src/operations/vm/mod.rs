//! What can be done to a VM.

mod power;
mod settings;

use super::facts::{Facts, Needs, VmFacts};
use super::hardware::{self, HardwareNeeds};
use crate::model::operation::VmOperation as Op;
use crate::model::plan::Planned;

pub(super) const fn needs(act: &Op) -> Needs {
    match act {
        Op::Rename { .. } => Needs { definition: true, names: true, hardware: HardwareNeeds::NONE },
        Op::Hardware(change) => {
            Needs { definition: true, names: false, hardware: hardware::needs(&change.what) }
        }
        _ => Needs { definition: true, names: false, hardware: HardwareNeeds::NONE },
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
        Op::Autostart { .. }
        | Op::StartOrder { .. }
        | Op::Rename { .. }
        | Op::SetTags { .. }
        | Op::ChangeTags { .. }
        | Op::Describe { .. }
        | Op::Protect { .. } => settings::plan(act, vm, facts),
        Op::Hardware(change) => hardware::plan(act, change, vm, facts),
    }
}
