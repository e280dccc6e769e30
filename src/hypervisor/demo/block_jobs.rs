//! Jobs on disks of the demo host: as far as the driver has any.

use super::connection::DemoConnection;
use crate::hypervisor::{BlockJob, BlockJobs, HvResult};
use crate::model::id::VmId;

impl BlockJobs for DemoConnection {
    fn copy_disk(
        &self,
        id: VmId,
        target: &str,
        xml: &str,
        shallow: bool,
        bandwidth: Option<u32>,
    ) -> HvResult<()> {
        self.driver.copy_disk(id, target, xml, shallow, bandwidth)
    }

    fn commit_disk(&self, id: VmId, target: &str, into: &str, bandwidth: Option<u32>) -> HvResult<()> {
        self.driver.commit_disk(id, target, into, bandwidth)
    }

    fn pull_disk(&self, id: VmId, target: &str, onto: Option<&str>, bandwidth: Option<u32>) -> HvResult<()> {
        self.driver.pull_disk(id, target, onto, bandwidth)
    }

    fn block_job(&self, id: VmId, target: &str) -> HvResult<Option<BlockJob>> {
        self.driver.block_job(id, target)
    }

    fn end_block_job(&self, id: VmId, target: &str, pivot: bool) -> HvResult<()> {
        self.driver.end_block_job(id, target, pivot)
    }
}
