//! libvirt's numbers of states, reasons and events in the port's words.

use crate::hypervisor::pause_reason;
use crate::model::vm::{PauseReason, VmState};

/// `VIR_DOMAIN_…` with its reason.
pub(super) const fn vm_state(state: u64, reason: u64) -> VmState {
    match (state, reason) {
        (1 | 2, _) => VmState::Running,
        (3, reason) => VmState::Paused(pause_reason(reason as u32)),
        (4, _) => VmState::ShuttingDown,
        // VIR_DOMAIN_SHUTOFF_CRASHED: its process died.
        (5, 3) | (6, _) => VmState::Crashed,
        (5, _) => VmState::ShutOff,
        (7, _) => VmState::Suspended,
        _ => VmState::Unknown,
    }
}

/// What a lifecycle event (`VIR_DOMAIN_EVENT_…`) makes of a VM; `None` when it says nothing of its state.
pub(super) const fn state_after(event: i32, detail: i32) -> Option<VmState> {
    Some(match (event, detail) {
        (2 | 4, _) => VmState::Running,
        (3, detail) => VmState::Paused(match detail {
            0 => PauseReason::User,
            1 | 7 => PauseReason::Migration,
            2 => PauseReason::IoError,
            3 => PauseReason::Watchdog,
            4 | 5 => PauseReason::Saving,
            8 => PauseReason::PostcopyFailed,
            _ => PauseReason::Other,
        }),
        (5, 2) | (8, _) => VmState::Crashed,
        (5, _) => VmState::ShutOff,
        (6, _) => VmState::ShuttingDown,
        (7, _) => VmState::Suspended,
        _ => return None,
    })
}
