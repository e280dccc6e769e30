//! What can be done to a VM.

mod power;
mod settings;

use super::facts::{Facts, Needs, VmFacts};
use crate::model::operation::VmOperation as Op;
use crate::model::plan::Planned;

pub(super) const fn needs(act: &Op) -> Needs {
    match act {
        Op::Rename { .. } => Needs { names: true, ..Needs::VM },
        _ => Needs::VM,
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
    }
}
