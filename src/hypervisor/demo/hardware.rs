//! Changing hardware of the demo host: the driver does it, as far as it can.

use super::connection::DemoConnection;
use crate::hypervisor::{Hardware, HvResult};
use crate::model::hardware::Edit;
use crate::model::id::VmId;

impl Hardware for DemoConnection {
    fn edit_definition(&self, id: VmId, edits: &[Edit]) -> HvResult<()> {
        self.seen(id, self.driver.edit_definition(id, edits))
    }

    fn edit_live(&self, id: VmId, edit: &Edit, force: bool) -> HvResult<()> {
        self.seen(id, self.driver.edit_live(id, edit, force))
    }

    fn disk_capacity(&self, id: VmId, target: &str) -> HvResult<Option<u64>> {
        self.driver.disk_capacity(id, target)
    }

    fn grow_disk(&self, id: VmId, target: &str, to: u64) -> HvResult<()> {
        self.driver.grow_disk(id, target, to)
    }
}
