//! Snapshots of the demo host: the driver keeps what it can.

use std::collections::HashSet;

use super::connection::DemoConnection;
use crate::hypervisor::{
    DeleteSnapshot, HvError, HvErrorKind, HvProgress, HvResult, RevertSnapshot, SnapshotHow, Snapshots,
};
use crate::model::id::VmId;
use crate::model::vm_snapshot::{SnapshotAbilities, VmSnapshot};

impl Snapshots for DemoConnection {
    fn snapshot_abilities(&self) -> HvResult<SnapshotAbilities> {
        self.driver.snapshot_abilities()
    }

    fn vms_with_snapshots(&self) -> HvResult<HashSet<VmId>> {
        self.driver.vms_with_snapshots()
    }

    fn snapshots(&self, id: VmId) -> HvResult<Vec<VmSnapshot>> {
        self.driver.snapshots(id)
    }

    fn snapshot_xml(&self, id: VmId, name: &str) -> HvResult<String> {
        self.driver.snapshot_xml(id, name)
    }

    /// The driver has no agent that could freeze; the agents of these guests are made up, and do.
    fn create_snapshot(&self, id: VmId, xml: &str, how: SnapshotHow) -> HvResult<()> {
        self.driver.create_snapshot(id, xml, SnapshotHow { frozen: false, ..how })
    }

    fn revert_snapshot(&self, id: VmId, name: &str, how: RevertSnapshot) -> HvResult<()> {
        let answer = self.driver.revert_snapshot(id, name, how);
        self.seen(id, answer)
    }

    fn delete_snapshot(&self, id: VmId, name: &str, what: DeleteSnapshot) -> HvResult<()> {
        self.driver.delete_snapshot(id, name, what)
    }

    fn merge_progress(&self, id: VmId, disk: &str) -> HvResult<Option<HvProgress>> {
        self.driver.merge_progress(id, disk)
    }

    fn is_frozen(&self, id: VmId) -> HvResult<bool> {
        const ASK: &str = "ask the guest agent";
        if self.driver.capabilities().read_only {
            return Err(HvError::read_only(ASK));
        }
        let vm = self.running(id, ASK)?;
        if vm.definition.has_agent_channel {
            return Ok(false);
        }
        let kind = HvErrorKind::AgentUnavailable;
        Err(HvError::new(kind, ASK, "QEMU guest agent is not configured").of(&vm.name))
    }

    fn thaw(&self, id: VmId) -> HvResult<()> {
        self.is_frozen(id).map(drop)
    }
}
