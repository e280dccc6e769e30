//! Defining and undefining, and the metadata that goes with a definition.

use virt::sys;

use super::connection::Conn;
use super::domain::Domain;
use super::error::{RawResult, done};
use super::handle::{given, handle, list};
use super::snapshot::Snapshot;
use super::text::{c_string, copied, taken};

handle!(
    /// One reference to a checkpoint's metadata.
    Checkpoint(sys::virDomainCheckpoint), sys::virDomainCheckpointFree
);

/// `VIR_DOMAIN_UNDEFINE_…`.
pub(in super::super) mod undefine {
    pub(in super::super::super) use virt::sys::{
        VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA as CHECKPOINTS,
        VIR_DOMAIN_UNDEFINE_KEEP_NVRAM as KEEP_NVRAM, VIR_DOMAIN_UNDEFINE_KEEP_TPM as KEEP_TPM,
        VIR_DOMAIN_UNDEFINE_MANAGED_SAVE as MANAGED_SAVE, VIR_DOMAIN_UNDEFINE_NVRAM as NVRAM,
        VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA as SNAPSHOTS,
    };
}

impl Conn {
    /// Defines a domain, checked against the schema where `validate` says so.
    pub(in super::super) fn define(&self, xml: &str, validate: bool) -> RawResult<Domain> {
        let xml = c_string(xml)?;
        let flags = if validate { sys::VIR_DOMAIN_DEFINE_VALIDATE } else { 0 };
        // SAFETY: a live connection and a terminated text; the reference is the caller's.
        given(unsafe { sys::virDomainDefineXMLFlags(self.raw(), xml.as_ptr(), flags) })
            .map(|d| unsafe { Domain::own(d) })
    }
}

impl Domain {
    /// Undefines it; `flags` are [`undefine`]'s.
    pub(in super::super) fn undefine(&self, flags: u32) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainUndefineFlags(self.raw(), flags) })
    }

    /// Its checkpoints, parents first.
    pub(in super::super) fn checkpoints(&self) -> RawResult<Vec<Checkpoint>> {
        let flags = sys::VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL;
        // SAFETY: a live domain; each element of the list is a reference for the caller.
        list(
            |out| unsafe { sys::virDomainListAllCheckpoints(self.raw(), out, flags) },
            |c| unsafe { Checkpoint::own(c) },
        )
    }

    /// Has libvirt know a snapshot again.
    pub(in super::super) fn redefine_snapshot(&self, xml: &str, current: bool) -> RawResult<()> {
        let xml = c_string(xml)?;
        let current = if current { sys::VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT } else { 0 };
        let flags = sys::VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | current;
        // SAFETY: a live domain and a terminated text; the reference is the caller's, and given back.
        given(unsafe { sys::virDomainSnapshotCreateXML(self.raw(), xml.as_ptr(), flags) })
            .map(|s| drop(unsafe { Snapshot::own(s) }))
    }

    /// Has libvirt know a checkpoint again.
    pub(in super::super) fn redefine_checkpoint(&self, xml: &str) -> RawResult<()> {
        let xml = c_string(xml)?;
        let flags = sys::VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE;
        // SAFETY: a live domain and a terminated text; the reference is the caller's, and given back.
        given(unsafe { sys::virDomainCheckpointCreateXML(self.raw(), xml.as_ptr(), flags) })
            .map(|c| drop(unsafe { Checkpoint::own(c) }))
    }
}

impl Checkpoint {
    /// Name; asks nobody.
    pub(in super::super) fn name(&self) -> String {
        // SAFETY: a live checkpoint; the string belongs to it.
        unsafe { copied(sys::virDomainCheckpointGetName(self.raw())) }.unwrap_or_default()
    }

    /// Its XML, with passwords.
    pub(in super::super) fn xml(&self) -> RawResult<String> {
        let flags = sys::VIR_DOMAIN_CHECKPOINT_XML_SECURE;
        // SAFETY: a live checkpoint; the string is the caller's.
        unsafe { taken(sys::virDomainCheckpointGetXMLDesc(self.raw(), flags)) }
    }
}
