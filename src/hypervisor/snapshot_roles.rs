//! The role that keeps states of VMs. A read-only connection lists, and refuses what changes.

use std::collections::HashSet;

use super::{HvProgress, HvResult};
use crate::model::id::VmId;
use crate::model::operation::AfterRevert;
use crate::model::vm_snapshot::{SnapshotAbilities, VmSnapshot};

/// How a snapshot is made, besides what its XML says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotHow {
    /// Without memory, although the VM runs.
    pub disks_only: bool,
    /// With the guest's file systems frozen by its agent meanwhile.
    pub frozen: bool,
    /// The guest goes on while its memory is written.
    pub live: bool,
}

/// How a VM goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RevertSnapshot {
    /// How it is afterwards.
    pub then: AfterRevert,
    /// Even where the hypervisor has to be started afresh for it.
    pub force: bool,
}

/// What is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeleteSnapshot {
    /// Only what is known of it: images stay as they are.
    pub metadata_only: bool,
}

/// Snapshots of VMs.
pub trait Snapshots {
    /// What this host can do with them.
    fn snapshot_abilities(&self) -> HvResult<SnapshotAbilities>;

    /// The VMs that have snapshots, asked at once.
    fn vms_with_snapshots(&self) -> HvResult<HashSet<VmId>>;

    /// A VM's snapshots, in no order.
    fn snapshots(&self, id: VmId) -> HvResult<Vec<VmSnapshot>>;

    /// The XML of one, with the VM's definition of then.
    fn snapshot_xml(&self, id: VmId, name: &str) -> HvResult<String>;

    /// Makes one. Existing files are not written over, but for the memory's: that one is.
    fn create_snapshot(&self, id: VmId, xml: &str, how: SnapshotHow) -> HvResult<()>;

    /// Goes back to one. What was written since the VM's last snapshot is lost.
    fn revert_snapshot(&self, id: VmId, name: &str, how: RevertSnapshot) -> HvResult<()>;

    /// Deletes one; the VM goes on as it is. Merging layers takes long.
    fn delete_snapshot(&self, id: VmId, name: &str, what: DeleteSnapshot) -> HvResult<()>;

    /// How far the merging of a disk's layers is; `None` when none is under way. Asked on another connection.
    fn merge_progress(&self, id: VmId, disk: &str) -> HvResult<Option<HvProgress>>;

    /// Asks the guest agent whether file systems are frozen; gives up after a few seconds.
    fn is_frozen(&self, id: VmId) -> HvResult<bool>;

    /// Thaws file systems of the guest; none frozen is no error.
    fn thaw(&self, id: VmId) -> HvResult<()>;
}
