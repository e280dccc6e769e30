//! The role that moves bytes of a running VM's disks. Each job goes on in the hypervisor, whoever watches it; a disk has one
//! at a time. Bandwidths are the most MiB that a job moves in a second; `None` is no bound. A read-only connection refuses each change.

use super::HvResult;
use crate::model::id::VmId;

/// How far a disk's job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockJob {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all; what the guest writes meanwhile is added.
    pub total: u64,
}

/// Jobs on disks.
pub trait BlockJobs {
    /// Begins to copy a disk to a volume that is there, whose XML as a disk is given; `shallow` leaves what lies below it
    /// below. Once all is copied each write goes to both, until the job is ended.
    fn copy_disk(
        &self,
        id: VmId,
        target: &str,
        xml: &str,
        shallow: bool,
        bandwidth: Option<u32>,
    ) -> HvResult<()>;

    /// Begins to write a disk's layers into the one of this path, in the same way.
    fn commit_disk(&self, id: VmId, target: &str, into: &str, bandwidth: Option<u32>) -> HvResult<()>;

    /// Begins to take into a disk's layer what lies below, down to the image of this path or to the end. It ends by itself.
    fn pull_disk(&self, id: VmId, target: &str, onto: Option<&str>, bandwidth: Option<u32>) -> HvResult<()>;

    /// The job of a disk; `None` when there is none.
    fn block_job(&self, id: VmId, target: &str) -> HvResult<Option<BlockJob>>;

    /// Ends the job of a disk: `pivot` has it go on where it was copied to, else it stays where it was.
    fn end_block_job(&self, id: VmId, target: &str, pivot: bool) -> HvResult<()>;
}
