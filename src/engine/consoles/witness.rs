//! Visits to guests are written down before they begin.

use super::Consoles;
use crate::engine::jobs::DeskHandle;
use crate::hypervisor::{HvError, HvErrorKind, HvResult};
use crate::model::id::VmId;
use crate::model::operation::{Operation, Visit, VmOperation};
use crate::model::plan::Planned;

type Answer = Result<Result<Planned, HvError>, tokio::sync::oneshot::error::RecvError>;

impl Consoles {
    /// Has the audit tell that somebody goes to a guest.
    ///
    /// # Errors
    /// When that is not possible now, or could not be written down: then nobody goes.
    pub async fn witness(&self, vm: VmId, by: Visit) -> HvResult<()> {
        settled(self.desk.witness(visit(vm, by)).await)
    }
}

/// The same on a thread that may wait.
pub(super) fn blocking(desk: &DeskHandle, vm: VmId, by: Visit) -> HvResult<()> {
    settled(desk.witness(visit(vm, by)).blocking_recv())
}

const fn visit(vm: VmId, by: Visit) -> Operation {
    Operation::vm(vm, VmOperation::Visit { by })
}

fn settled(answer: Answer) -> HvResult<()> {
    let no = |kind, why: String| Err(HvError::new(kind, "reach the guest", why));
    match answer {
        Ok(Ok(Planned::Plan(_))) => Ok(()),
        Ok(Ok(Planned::Refused(refusal))) => {
            no(HvErrorKind::InvalidState, refusal.reason.trim_end_matches('.').to_owned())
        }
        Ok(Err(e)) => Err(e),
        Err(_) => no(HvErrorKind::Other, "what would have written it down has ended".to_owned()),
    }
}
