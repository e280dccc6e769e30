//! Jobs on a domain's disks.

use std::ffi::c_ulong;
use std::ptr::{null, null_mut};

use virt::sys;

use super::domain::Domain;
use super::error::{RawResult, done};
use super::text::c_string;
use super::typed::GivenParams;

impl Domain {
    /// Begins to copy a disk to what the XML tells, which is there. The copy does not outlive the domain's process.
    pub(in super::super) fn block_copy(
        &self,
        disk: &str,
        xml: &str,
        shallow: bool,
        mib_per_second: Option<u32>,
    ) -> RawResult<()> {
        let (disk, xml) = (c_string(disk)?, c_string(xml)?);
        let bandwidth = mib_per_second
            .map(|mib| GivenParams::of_count(c"bandwidth", u64::from(mib) << 20))
            .transpose()?;
        let (params, count) = bandwidth.as_ref().map_or((null_mut(), 0), GivenParams::parts);
        let only_top = if shallow { sys::VIR_DOMAIN_BLOCK_COPY_SHALLOW } else { 0 };
        // A persistent domain is copied in no other way: its process cannot be started anew with a copy half done.
        let flags =
            sys::VIR_DOMAIN_BLOCK_COPY_REUSE_EXT | sys::VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB | only_top;
        // SAFETY: a live domain, terminated texts and so many parameters, which are only read.
        done(unsafe {
            sys::virDomainBlockCopy(self.raw(), disk.as_ptr(), xml.as_ptr(), params, count, flags)
        })
    }

    /// Begins to write all layers of a disk above the one of this path into that.
    pub(in super::super) fn block_commit(
        &self,
        disk: &str,
        base: &str,
        mib_per_second: Option<u32>,
    ) -> RawResult<()> {
        let (disk, base) = (c_string(disk)?, c_string(base)?);
        let flags = sys::VIR_DOMAIN_BLOCK_COMMIT_ACTIVE;
        // SAFETY: a live domain and terminated texts; no top stands for the active layer.
        done(unsafe {
            sys::virDomainBlockCommit(
                self.raw(),
                disk.as_ptr(),
                base.as_ptr(),
                null(),
                c_ulong::from(mib_per_second.unwrap_or(0)),
                flags,
            )
        })
    }

    /// Begins to take into a disk's active layer what lies below, down to the image of this path.
    pub(in super::super) fn block_pull(
        &self,
        disk: &str,
        base: Option<&str>,
        mib_per_second: Option<u32>,
    ) -> RawResult<()> {
        let disk = c_string(disk)?;
        let base = base.map(c_string).transpose()?;
        let path = base.as_ref().map_or(null(), |b| b.as_ptr());
        // SAFETY: a live domain and a terminated name; the path is null or terminated.
        done(unsafe {
            sys::virDomainBlockRebase(
                self.raw(),
                disk.as_ptr(),
                path,
                c_ulong::from(mib_per_second.unwrap_or(0)),
                0,
            )
        })
    }

    /// Ends the job of a disk, and waits for that.
    pub(in super::super) fn block_job_end(&self, disk: &str, pivot: bool) -> RawResult<()> {
        let disk = c_string(disk)?;
        let flags = if pivot { sys::VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT } else { 0 };
        // SAFETY: a live domain and a terminated name.
        done(unsafe { sys::virDomainBlockJobAbort(self.raw(), disk.as_ptr(), flags) })
    }
}
