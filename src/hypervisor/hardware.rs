//! The role that changes VMs' hardware. A read-only connection refuses each change with [`HvErrorKind::ReadOnly`].
//!
//! [`HvErrorKind::ReadOnly`]: super::HvErrorKind::ReadOnly

use super::HvResult;
use crate::model::hardware::Edit;
use crate::model::id::VmId;

/// Changing hardware.
pub trait Hardware {
    /// Edits what the next start will use. All else of it stays, passwords included.
    fn edit_definition(&self, id: VmId, edits: &[Edit]) -> HvResult<()>;

    /// Makes one edit in what runs, and only there. Of a device that goes the guest is asked: it is gone when the guest has let go
    /// of it. `force` takes a medium out of a tray that the guest has locked.
    fn edit_live(&self, id: VmId, edit: &Edit, force: bool) -> HvResult<()>;

    /// Bytes that the guest may write to a disk; `None` where the driver does not tell.
    fn disk_capacity(&self, id: VmId, target: &str) -> HvResult<Option<u64>>;

    /// Makes a disk of a running VM larger; bytes.
    fn grow_disk(&self, id: VmId, target: &str, to: u64) -> HvResult<()>;
}
