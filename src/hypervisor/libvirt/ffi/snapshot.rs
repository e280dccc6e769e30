//! A domain's snapshots, and its guest's agent, as far as they need it.

use std::ffi::c_int;
use std::ptr::null_mut;

use virt::sys;

use super::domain::Domain;
use super::error::{RawError, RawResult, count, done};
use super::handle::{given, handle, list};
use super::text::{c_string, copied, taken};

handle!(
    /// One reference to a snapshot.
    Snapshot(sys::virDomainSnapshot), sys::virDomainSnapshotFree
);

/// `VIR_DOMAIN_SNAPSHOT_CREATE_…`.
pub(in super::super) mod create {
    pub(in super::super::super) use virt::sys::{
        VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC as ATOMIC, VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY as DISK_ONLY,
        VIR_DOMAIN_SNAPSHOT_CREATE_LIVE as LIVE, VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE as QUIESCE,
    };
}

/// `VIR_DOMAIN_SNAPSHOT_REVERT_…`.
pub(in super::super) mod revert {
    pub(in super::super::super) use virt::sys::{
        VIR_DOMAIN_SNAPSHOT_REVERT_FORCE as FORCE, VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED as PAUSED,
        VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING as RUNNING,
    };
}

/// `VIR_DOMAIN_SNAPSHOT_DELETE_…`.
pub(in super::super) mod delete {
    pub(in super::super::super) use virt::sys::VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY as METADATA_ONLY;
}

impl Domain {
    /// Its snapshots, parents first.
    pub(in super::super) fn snapshots(&self) -> RawResult<Vec<Snapshot>> {
        let flags = sys::VIR_DOMAIN_SNAPSHOT_LIST_TOPOLOGICAL;
        // SAFETY: a live domain; each element of the list is a reference for the caller.
        list(
            |out| unsafe { sys::virDomainListAllSnapshots(self.raw(), out, flags) },
            |s| unsafe { Snapshot::own(s) },
        )
    }

    /// Its snapshot of this name.
    pub(in super::super) fn snapshot(&self, name: &str) -> RawResult<Snapshot> {
        let name = c_string(name)?;
        // SAFETY: a live domain and a terminated name; the reference is the caller's.
        given(unsafe { sys::virDomainSnapshotLookupByName(self.raw(), name.as_ptr(), 0) })
            .map(|s| unsafe { Snapshot::own(s) })
    }

    /// Makes a snapshot; `flags` are [`create`]'s.
    pub(in super::super) fn create_snapshot(&self, xml: &str, flags: u32) -> RawResult<()> {
        let xml = c_string(xml)?;
        // SAFETY: a live domain and a terminated text; the reference is the caller's.
        given(unsafe { sys::virDomainSnapshotCreateXML(self.raw(), xml.as_ptr(), flags) })
            .map(|s| drop(unsafe { Snapshot::own(s) }))
    }

    /// How far the block job of a disk is: done and in all; `None` when there is none.
    pub(in super::super) fn block_job(&self, disk: &str) -> RawResult<Option<(u64, u64)>> {
        let disk = c_string(disk)?;
        // SAFETY: all zero bytes are a valid record of numbers.
        let mut info: sys::virDomainBlockJobInfo = unsafe { std::mem::zeroed() };
        // SAFETY: a live domain, a terminated name and a place to write to.
        let found =
            count(unsafe { sys::virDomainGetBlockJobInfo(self.raw(), disk.as_ptr(), &raw mut info, 0) })?;
        Ok((found > 0).then_some((info.cur, info.end)))
    }

    /// Gives the guest agent a command and waits so many seconds at most for its answer, which is JSON.
    pub(in super::super) fn agent(&self, command: &str, seconds: i32) -> RawResult<String> {
        let command = c_string(command)?;
        // SAFETY: a live domain and a terminated text; the string is the caller's.
        unsafe {
            taken(sys::virDomainQemuAgentCommand(self.raw(), command.as_ptr(), c_int::from(seconds), 0))
        }
    }

    /// Thaws all file systems of the guest.
    pub(in super::super) fn thaw(&self) -> RawResult<()> {
        // SAFETY: a live domain; no mount points stand for all.
        done(unsafe { sys::virDomainFSThaw(self.raw(), null_mut(), 0, 0) })
    }
}

impl Snapshot {
    /// Its name; asks nobody.
    pub(in super::super) fn name(&self) -> RawResult<String> {
        // SAFETY: a live snapshot; the string belongs to it.
        unsafe { copied(sys::virDomainSnapshotGetName(self.raw())) }.ok_or_else(RawError::last)
    }

    /// Its XML.
    pub(in super::super) fn xml(&self) -> RawResult<String> {
        // SAFETY: a live snapshot; the string is the caller's.
        unsafe { taken(sys::virDomainSnapshotGetXMLDesc(self.raw(), 0)) }
    }

    /// The same with passwords.
    pub(in super::super) fn secure_xml(&self) -> RawResult<String> {
        let flags = sys::VIR_DOMAIN_SNAPSHOT_XML_SECURE;
        // SAFETY: a live snapshot; the string is the caller's.
        unsafe { taken(sys::virDomainSnapshotGetXMLDesc(self.raw(), flags)) }
    }

    /// Whether the domain's state rests on it.
    pub(in super::super) fn is_current(&self) -> RawResult<bool> {
        // SAFETY: a live snapshot.
        count(unsafe { sys::virDomainSnapshotIsCurrent(self.raw(), 0) }).map(|n| n != 0)
    }

    /// Goes back to it; `flags` are [`revert`]'s.
    pub(in super::super) fn revert(&self, flags: u32) -> RawResult<()> {
        // SAFETY: a live snapshot.
        done(unsafe { sys::virDomainRevertToSnapshot(self.raw(), flags) })
    }

    /// Deletes it; `flags` are [`delete`]'s.
    pub(in super::super) fn delete(&self, flags: u32) -> RawResult<()> {
        // SAFETY: a live snapshot.
        done(unsafe { sys::virDomainSnapshotDelete(self.raw(), flags) })
    }
}
