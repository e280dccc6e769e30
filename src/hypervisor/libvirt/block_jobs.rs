//! Jobs on disks.

use super::connection::Connection;
use crate::hypervisor::{BlockJob, BlockJobs, HvResult};
use crate::model::id::VmId;

impl BlockJobs for Connection {
    fn copy_disk(
        &self,
        id: VmId,
        target: &str,
        xml: &str,
        shallow: bool,
        bandwidth: Option<u32>,
    ) -> HvResult<()> {
        self.change(id, "copy the disk", |d| d.block_copy(target, xml, shallow, bandwidth))
    }

    fn commit_disk(&self, id: VmId, target: &str, into: &str, bandwidth: Option<u32>) -> HvResult<()> {
        self.change(id, "commit the disk", |d| d.block_commit(target, into, bandwidth))
    }

    fn pull_disk(&self, id: VmId, target: &str, onto: Option<&str>, bandwidth: Option<u32>) -> HvResult<()> {
        self.change(id, "pull into the disk", |d| d.block_pull(target, onto, bandwidth))
    }

    fn block_job(&self, id: VmId, target: &str) -> HvResult<Option<BlockJob>> {
        let job = self.with_domain(id, "read the disk's job", |d| d.block_job(target))?;
        Ok(job.map(|(done, total)| BlockJob { done, total }))
    }

    fn end_block_job(&self, id: VmId, target: &str, pivot: bool) -> HvResult<()> {
        self.change(id, "end the disk's job", |d| d.block_job_end(target, pivot))
    }
}
