//! What changes a domain's hardware.

use virt::sys;

use super::connection::Conn;
use super::domain::Domain;
use super::error::{RawResult, done};
use super::handle::given;
use super::text::c_string;

/// Bits of [`Domain::update_device`] beside those of what is affected.
const FORCE: u32 = sys::VIR_DOMAIN_DEVICE_MODIFY_FORCE;

impl Domain {
    /// Plugs a device into what runs.
    pub(in super::super) fn attach_live(&self, xml: &str) -> RawResult<()> {
        let xml = c_string(xml)?;
        // SAFETY: a live domain and a terminated text.
        done(unsafe {
            sys::virDomainAttachDeviceFlags(self.raw(), xml.as_ptr(), sys::VIR_DOMAIN_AFFECT_LIVE)
        })
    }

    /// Asks the guest to let go of a device.
    pub(in super::super) fn detach_live(&self, xml: &str) -> RawResult<()> {
        let xml = c_string(xml)?;
        // SAFETY: as above.
        done(unsafe {
            sys::virDomainDetachDeviceFlags(self.raw(), xml.as_ptr(), sys::VIR_DOMAIN_AFFECT_LIVE)
        })
    }

    /// Changes a device of what runs.
    pub(in super::super) fn update_live(&self, xml: &str, force: bool) -> RawResult<()> {
        let xml = c_string(xml)?;
        let flags = sys::VIR_DOMAIN_AFFECT_LIVE | if force { FORCE } else { 0 };
        // SAFETY: as above.
        done(unsafe { sys::virDomainUpdateDeviceFlags(self.raw(), xml.as_ptr(), flags) })
    }

    /// Plugs vCPUs into what runs, or out of it.
    pub(in super::super) fn set_vcpus_live(&self, count: u32) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainSetVcpusFlags(self.raw(), count, sys::VIR_DOMAIN_VCPU_LIVE) })
    }

    /// Sets what the balloon leaves the guest of its memory; KiB.
    pub(in super::super) fn set_memory_live(&self, kib: u64) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainSetMemoryFlags(self.raw(), kib, sys::VIR_DOMAIN_MEM_LIVE) })
    }

    /// Makes a disk of what runs larger; bytes.
    pub(in super::super) fn resize_block(&self, target: &str, bytes: u64) -> RawResult<()> {
        let target = c_string(target)?;
        let flags = sys::VIR_DOMAIN_BLOCK_RESIZE_BYTES;
        // SAFETY: a live domain and a terminated name.
        done(unsafe { sys::virDomainBlockResize(self.raw(), target.as_ptr(), bytes, flags) })
    }
}

impl Conn {
    /// Defines a domain, or replaces the definition of the one with its UUID.
    pub(in super::super) fn redefine(&self, xml: &str) -> RawResult<()> {
        let xml = c_string(xml)?;
        // SAFETY: an open connection and a terminated text.
        let domain = given(unsafe { sys::virDomainDefineXMLFlags(self.raw(), xml.as_ptr(), 0) })?;
        // SAFETY: the reference is the caller's.
        drop(unsafe { Domain::own(domain) });
        Ok(())
    }
}
