//! What changes a domain.

use std::ffi::{CString, c_int};
use std::ptr::{null, null_mut};

use virt::sys;

use super::domain::Domain;
use super::error::{RawResult, count, done};
use super::text::{c_string, taken};
use super::typed::GivenParams;

/// `VIR_DOMAIN_START_…`.
pub(in super::super) mod start {
    pub(in super::super::super) use virt::sys::{
        VIR_DOMAIN_START_FORCE_BOOT as FORCE_BOOT, VIR_DOMAIN_START_PAUSED as PAUSED,
    };
}

/// `VIR_DOMAIN_XML_…`.
pub(in super::super) mod xml_flags {
    pub(in super::super::super) use virt::sys::{
        VIR_DOMAIN_XML_INACTIVE as INACTIVE, VIR_DOMAIN_XML_SECURE as SECURE,
    };
}

/// `VIR_DOMAIN_AFFECT_…`.
pub(in super::super) mod affect {
    pub(in super::super::super) use virt::sys::{
        VIR_DOMAIN_AFFECT_CONFIG as CONFIG, VIR_DOMAIN_AFFECT_LIVE as LIVE,
    };
}

/// `VIR_DOMAIN_JOB_OPERATION_…`.
pub(in super::super) mod job {
    pub(in super::super::super) use virt::sys::{
        VIR_DOMAIN_JOB_OPERATION_BACKUP as BACKUP, VIR_DOMAIN_JOB_OPERATION_DUMP as DUMP,
        VIR_DOMAIN_JOB_OPERATION_MIGRATION_IN as MIGRATION_IN,
        VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT as MIGRATION_OUT, VIR_DOMAIN_JOB_OPERATION_RESTORE as RESTORE,
        VIR_DOMAIN_JOB_OPERATION_SAVE as SAVE, VIR_DOMAIN_JOB_OPERATION_SNAPSHOT as SNAPSHOT,
        VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE as SNAPSHOT_DELETE,
        VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_REVERT as SNAPSHOT_REVERT, VIR_DOMAIN_JOB_OPERATION_START as START,
    };
}

/// How a guest is asked, by the number that shutting down and rebooting share.
pub(in super::super) mod ask {
    /// The ACPI power button.
    pub(in super::super::super) const ACPI: u32 = virt::sys::VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN;
    /// The guest agent.
    pub(in super::super::super) const AGENT: u32 = virt::sys::VIR_DOMAIN_SHUTDOWN_GUEST_AGENT;
    // Rebooting has names of its own for the same two.
    const _: () = assert!(ACPI == virt::sys::VIR_DOMAIN_REBOOT_ACPI_POWER_BTN);
    const _: () = assert!(AGENT == virt::sys::VIR_DOMAIN_REBOOT_GUEST_AGENT);
}

/// What of a domain's words is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Words<'a> {
    /// The title.
    Title,
    /// The description.
    Description,
    /// The element of this namespace, which is written under this prefix.
    Element {
        /// Namespace.
        uri: &'a str,
        /// Prefix.
        key: &'a str,
    },
}

/// Bytes of a job: done, and in all.
pub(in super::super) type JobBytes = (u64, u64);

impl Domain {
    /// Starts it; `flags` are [`start`]'s.
    pub(in super::super) fn start(&self, flags: u32) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainCreateWithFlags(self.raw(), flags) })
    }

    /// Asks the guest to shut down; `flags` are [`ask`]'s, 0 leaves the way to the driver.
    pub(in super::super) fn shutdown(&self, flags: u32) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainShutdownFlags(self.raw(), flags) })
    }

    /// Asks the guest to reboot; `flags` are [`ask`]'s, 0 leaves the way to the driver.
    pub(in super::super) fn reboot(&self, flags: u32) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainReboot(self.raw(), flags) })
    }

    /// Presses its reset button.
    pub(in super::super) fn reset(&self) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainReset(self.raw(), 0) })
    }

    /// Ends it at once. The handle stays.
    pub(in super::super) fn destroy(&self) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainDestroy(self.raw()) })
    }

    /// Stops executing.
    pub(in super::super) fn suspend(&self) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainSuspend(self.raw()) })
    }

    /// Goes on executing.
    pub(in super::super) fn resume(&self) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainResume(self.raw()) })
    }

    /// Saves its memory to a file of libvirt's, and ends it.
    pub(in super::super) fn save_managed(&self) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainManagedSave(self.raw(), 0) })
    }

    /// Removes that file; an error when there is none.
    pub(in super::super) fn remove_managed_save(&self) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainManagedSaveRemove(self.raw(), 0) })
    }

    /// How far its job is; `None` when there is none.
    pub(in super::super) fn job(&self) -> RawResult<Option<JobBytes>> {
        // SAFETY: all zero bytes are a valid record of numbers.
        let mut info: sys::virDomainJobInfo = unsafe { std::mem::zeroed() };
        // SAFETY: a live domain and a place to write to.
        done(unsafe { sys::virDomainGetJobInfo(self.raw(), &raw mut info) })?;
        let goes_on = [sys::VIR_DOMAIN_JOB_BOUNDED, sys::VIR_DOMAIN_JOB_UNBOUNDED];
        Ok(goes_on.contains(&(info.type_ as u32)).then_some((info.dataProcessed, info.dataTotal)))
    }

    /// Presses these keys of Linux' code set together, for so many milliseconds.
    pub(in super::super) fn send_keys(&self, codes: &[u16], hold_ms: u32) -> RawResult<()> {
        let mut codes: Vec<u32> = codes.iter().map(|c| u32::from(*c)).collect();
        let n = c_int::try_from(codes.len()).unwrap_or(c_int::MAX);
        let set = sys::VIR_KEYCODE_SET_LINUX;
        // SAFETY: a live domain and `n` codes.
        done(unsafe { sys::virDomainSendKey(self.raw(), set, hold_ms, codes.as_mut_ptr(), n, 0) })
    }

    /// What its job is, by [`job`]'s numbers; `None` when there is none.
    pub(in super::super) fn job_operation(&self) -> RawResult<Option<u32>> {
        let (mut kind, mut count) = (0, 0);
        let mut params = null_mut();
        // SAFETY: a live domain and places to write to; the parameters are the caller's.
        done(unsafe {
            sys::virDomainGetJobStats(self.raw(), &raw mut kind, &raw mut params, &raw mut count, 0)
        })?;
        let params = GivenParams::new(params, count);
        let operation = params.iter().find(|p| p.field == b"operation").and_then(|p| p.value.count());
        let goes_on = [sys::VIR_DOMAIN_JOB_BOUNDED, sys::VIR_DOMAIN_JOB_UNBOUNDED];
        let operation = operation.and_then(|o| u32::try_from(o).ok()).unwrap_or_default();
        Ok(goes_on.contains(&(kind as u32)).then_some(operation))
    }

    /// Ends its job.
    pub(in super::super) fn abort_job(&self) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainAbortJob(self.raw()) })
    }

    /// Its XML; `flags` are [`xml_flags`]'s.
    pub(in super::super) fn xml_with(&self, flags: u32) -> RawResult<String> {
        // SAFETY: a live domain; the string is the caller's.
        unsafe { taken(sys::virDomainGetXMLDesc(self.raw(), flags)) }
    }

    /// Whether it is active; asks.
    pub(in super::super) fn active(&self) -> RawResult<bool> {
        // SAFETY: a live domain.
        count(unsafe { sys::virDomainIsActive(self.raw()) }).map(|n| n != 0)
    }

    /// Starts it with the host, or not.
    pub(in super::super) fn set_autostart(&self, on: bool) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainSetAutostart(self.raw(), c_int::from(on)) })
    }

    /// Gives it another name. This handle keeps the old one.
    pub(in super::super) fn rename(&self, to: &str) -> RawResult<()> {
        let to = c_string(to)?;
        // SAFETY: a live domain and a terminated name.
        done(unsafe { sys::virDomainRename(self.raw(), to.as_ptr(), 0) })
    }

    /// Sets words of it, or takes them away; `flags` are [`affect`]'s.
    pub(in super::super) fn set_words(
        &self,
        which: Words<'_>,
        text: Option<&str>,
        flags: u32,
    ) -> RawResult<()> {
        let (kind, uri, key) = match which {
            Words::Title => (sys::VIR_DOMAIN_METADATA_TITLE, None, None),
            Words::Description => (sys::VIR_DOMAIN_METADATA_DESCRIPTION, None, None),
            Words::Element { uri, key } => (sys::VIR_DOMAIN_METADATA_ELEMENT, Some(uri), Some(key)),
        };
        let [text, key, uri] = [text, key, uri].map(|t| t.map(c_string).transpose());
        let (text, key, uri) = (text?, key?, uri?);
        let ptr = |text: &Option<CString>| text.as_ref().map_or(null(), |t| t.as_ptr());
        let kind = c_int::try_from(kind).unwrap_or(c_int::MAX);
        // SAFETY: a live domain; texts are null or terminated, and outlive the call.
        done(unsafe { sys::virDomainSetMetadata(self.raw(), kind, ptr(&text), ptr(&key), ptr(&uri), flags) })
    }
}
