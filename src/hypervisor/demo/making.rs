//! What new VMs need on the demo host: the driver's own.

use super::connection::DemoConnection;
use crate::hypervisor::{BackupTarget, HvResult, Making};
use crate::model::id::VmId;

impl Making for DemoConnection {
    fn machine_capabilities(&self, accel: Option<&str>, machine: Option<&str>) -> HvResult<String> {
        self.driver.machine_capabilities(accel, machine)
    }

    fn freeze(&self, id: VmId) -> HvResult<()> {
        self.driver.freeze(id)
    }

    fn begin_backup(&self, id: VmId, disks: &[BackupTarget<'_>]) -> HvResult<()> {
        self.driver.begin_backup(id, disks)
    }

    fn backup_goes_on(&self, id: VmId) -> HvResult<bool> {
        self.driver.backup_goes_on(id)
    }

    fn backup_succeeded(&self, id: VmId) -> HvResult<bool> {
        self.driver.backup_succeeded(id)
    }
}
