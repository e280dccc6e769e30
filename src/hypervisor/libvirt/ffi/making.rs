//! What a host can run, frozen guests, and copies of disks that are written to.

use std::ffi::{CString, c_int};
use std::ptr::{null, null_mut};

use virt::sys;

use super::connection::Conn;
use super::domain::Domain;
use super::error::{RawResult, count, done};
use super::text::{c_string, taken};

impl Conn {
    /// What it can run, as XML.
    pub(in super::super) fn domain_capabilities(
        &self,
        machine: Option<&str>,
        accel: Option<&str>,
    ) -> RawResult<String> {
        let [machine, accel] = [machine, accel].map(|t| t.map(c_string).transpose());
        let (machine, accel) = (machine?, accel?);
        let ptr = |text: &Option<CString>| text.as_ref().map_or(null(), |t| t.as_ptr());
        // SAFETY: a live connection; texts are null or terminated, and outlive the call; the string is the caller's.
        unsafe {
            taken(sys::virConnectGetDomainCapabilities(
                self.raw(),
                null(),
                null(),
                ptr(&machine),
                ptr(&accel),
                0,
            ))
        }
    }
}

impl Domain {
    /// Freezes all file systems of the guest.
    pub(in super::super) fn freeze(&self) -> RawResult<()> {
        // SAFETY: a live domain; no list means all.
        count(unsafe { sys::virDomainFSFreeze(self.raw(), null_mut(), 0, 0) }).map(drop)
    }

    /// Begins to copy disks into images that are there.
    pub(in super::super) fn begin_backup(&self, xml: &str) -> RawResult<()> {
        let xml = c_string(xml)?;
        let flags = sys::VIR_DOMAIN_BACKUP_BEGIN_REUSE_EXTERNAL;
        // SAFETY: a live domain and a terminated text; without a checkpoint.
        done(unsafe { sys::virDomainBackupBegin(self.raw(), xml.as_ptr(), null(), flags) })
    }

    /// The XML of the backup that goes on; an error where there is none.
    pub(in super::super) fn backup_xml(&self) -> RawResult<String> {
        // SAFETY: a live domain; the string is the caller's.
        unsafe { taken(sys::virDomainBackupGetXMLDesc(self.raw(), 0)) }
    }

    /// Whether its last job was done.
    pub(in super::super) fn last_job_done(&self) -> RawResult<bool> {
        self.last_job(sys::VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED)
    }

    /// Has libvirt forget how its last job ended.
    pub(in super::super) fn forget_last_job(&self) -> RawResult<()> {
        self.last_job(0).map(drop)
    }

    fn last_job(&self, keep: u32) -> RawResult<bool> {
        let (mut kind, mut params, mut length): (c_int, _, c_int) = (0, null_mut(), 0);
        let flags = sys::VIR_DOMAIN_JOB_STATS_COMPLETED | keep;
        // SAFETY: a live domain and places to write to.
        done(unsafe {
            sys::virDomainGetJobStats(self.raw(), &raw mut kind, &raw mut params, &raw mut length, flags)
        })?;
        // SAFETY: what the call gave, which is the caller's; null is no error.
        unsafe { sys::virTypedParamsFree(params, length) };
        Ok(kind as u32 == sys::VIR_DOMAIN_JOB_COMPLETED)
    }
}
