//! The simulated host moves no bytes: like libvirt's test driver it has no jobs on disks.

use super::connection::SimConnection;
use super::faults::Operation;
use crate::hypervisor::{BlockJob, BlockJobs, HvErrorKind, HvResult};
use crate::model::id::VmId;

impl SimConnection {
    fn no_block_jobs(&self, id: VmId) -> HvResult<()> {
        self.change(Operation::BlockJob, id, |s, _| {
            s.vm(id)?;
            Err(HvErrorKind::Unsupported)
        })
    }
}

impl BlockJobs for SimConnection {
    fn copy_disk(&self, id: VmId, _: &str, _: &str, _: bool, _: Option<u32>) -> HvResult<()> {
        self.no_block_jobs(id)
    }

    fn commit_disk(&self, id: VmId, _: &str, _: &str, _: Option<u32>) -> HvResult<()> {
        self.no_block_jobs(id)
    }

    fn pull_disk(&self, id: VmId, _: &str, _: Option<&str>, _: Option<u32>) -> HvResult<()> {
        self.no_block_jobs(id)
    }

    fn block_job(&self, id: VmId, _: &str) -> HvResult<Option<BlockJob>> {
        self.with_vm(Operation::BlockJob, id, |_| Err(HvErrorKind::Unsupported))
    }

    fn end_block_job(&self, id: VmId, _: &str, _: bool) -> HvResult<()> {
        self.no_block_jobs(id)
    }
}
