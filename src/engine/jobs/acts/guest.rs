//! Acts on a guest's own consoles. Nothing is left of them that would tell whether they were done.

use std::sync::Arc;

use crate::hypervisor::{HvResult, Hypervisor};
use crate::model::plan::GuestAct;

/// Does it.
pub(super) fn perform(act: &GuestAct, hv: &dyn Hypervisor) -> HvResult<()> {
    match act {
        // Whoever looks at it opens it: as a job this only tells whether it can be.
        GuestAct::OpenConsole { vm, take } => hv.open_console(*vm, *take, Arc::new(|_| ())).map(drop),
        // The same.
        GuestAct::Visit { vm, .. } => hv.vm_state(*vm).map(drop),
        GuestAct::SendKeys { vm, codes, hold_ms } => hv.send_keys(*vm, codes, *hold_ms),
    }
}
