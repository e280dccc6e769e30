//! What can be done to a VM.

mod guest;
mod power;
mod settings;

use super::facts::{Facts, Needs, VmFacts};
use crate::model::operation::VmOperation as Op;
use crate::model::plan::Planned;

pub(super) const fn needs(act: &Op) -> Needs {
    match act {
        Op::Rename { .. } => Needs { definition: true, names: true },
        _ => Needs { definition: true, names: false },
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
