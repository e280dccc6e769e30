//! Bulk statistics: one call, many domains. The records are freed whatever happens to them.

use std::ptr::{NonNull, null_mut};

use virt::sys;

use super::connection::Conn;
use super::domain::Domain;
use super::error::{RawError, RawResult, count};
use super::typed::{Param, view};

/// The bits of the statistics groups.
pub(in super::super) mod bits {
    pub(in super::super::super) use virt::sys::{
        VIR_DOMAIN_STATS_BALLOON as BALLOON, VIR_DOMAIN_STATS_BLOCK as BLOCK,
        VIR_DOMAIN_STATS_CPU_TOTAL as CPU, VIR_DOMAIN_STATS_INTERFACE as INTERFACE,
        VIR_DOMAIN_STATS_STATE as STATE, VIR_DOMAIN_STATS_VCPU as VCPU,
    };
}

/// The flags of the bulk call.
pub(in super::super) mod flags {
    pub(in super::super::super) use virt::sys::{
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE as ACTIVE,
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS as ENFORCE,
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT as NOWAIT,
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_SHUTOFF as SHUTOFF,
    };
}

/// The answer to one bulk call.
pub(in super::super) struct StatsRecords {
    list: *mut sys::virDomainStatsRecordPtr,
    len: usize,
}

impl StatsRecords {
    /// Of all domains that `flags` let through. No bit at all would mean every group.
    pub(in super::super) fn all(conn: &Conn, bits: u32, flags: u32) -> RawResult<Self> {
        let mut list = null_mut();
        // SAFETY: a live connection and a place to write to; the list is the caller's.
        let len = unsafe { sys::virConnectGetAllDomainStats(conn.raw(), bits, &raw mut list, flags) };
        count(len).map(|len| Self { list, len })
    }

    /// Of these domains, which are all of one connection.
    pub(in super::super) fn of(domains: &[&Domain], bits: u32, flags: u32) -> RawResult<Self> {
        let mut list = null_mut();
        if domains.is_empty() {
            return Ok(Self { list, len: 0 });
        }
        let mut pointers: Vec<_> = domains.iter().map(|d| d.raw()).collect();
        pointers.push(null_mut());
        // SAFETY: a null-terminated list of live domains and a place to write to; the answer is the caller's.
        let len = unsafe { sys::virDomainListGetStats(pointers.as_mut_ptr(), bits, &raw mut list, flags) };
        count(len).map(|len| Self { list, len })
    }

    /// How many.
    pub(in super::super) const fn len(&self) -> usize {
        self.len
    }

    /// The records, one per domain.
    pub(in super::super) fn iter(&self) -> impl Iterator<Item = Record<'_>> {
        let records: &[sys::virDomainStatsRecordPtr] = if self.list.is_null() {
            &[]
        } else {
            // SAFETY: libvirt gave `len` pointers, valid until the list is freed on drop.
            unsafe { std::slice::from_raw_parts(self.list, self.len) }
        };
        // SAFETY: each points to a record that lives as long as the list.
        records.iter().filter_map(|r| unsafe { r.as_ref() }).map(Record)
    }
}

impl Drop for StatsRecords {
    fn drop(&mut self) {
        // SAFETY: null, or a list that libvirt gave and nobody else frees.
        unsafe { sys::virDomainStatsRecordListFree(self.list) };
    }
}

/// What is told of one domain.
#[derive(Clone, Copy)]
pub(in super::super) struct Record<'a>(&'a sys::virDomainStatsRecord);

impl<'a> Record<'a> {
    /// The domain, with a reference of its own that outlives the record.
    pub(in super::super) fn domain(self) -> RawResult<Domain> {
        let domain = NonNull::new(self.0.dom).ok_or_else(|| RawError::local("a record without a domain"))?;
        // SAFETY: the record holds a live domain; the reference added here is the guard's.
        unsafe {
            super::error::done(sys::virDomainRef(domain.as_ptr()))?;
            Ok(Domain::own(domain))
        }
    }

    /// UUID of the domain.
    pub(in super::super) fn uuid(self) -> RawResult<[u8; 16]> {
        // SAFETY: the record holds a live domain.
        unsafe { super::domain::uuid_of(self.0.dom) }
    }

    /// Name of the domain.
    pub(in super::super) fn name(self) -> RawResult<String> {
        // SAFETY: the record holds a live domain.
        unsafe { super::domain::name_of(self.0.dom) }
    }

    /// Number of the running domain.
    pub(in super::super) fn id(self) -> Option<u32> {
        // SAFETY: the record holds a live domain.
        unsafe { super::domain::id_of(self.0.dom) }
    }

    /// Its values.
    pub(in super::super) fn params(self) -> impl Iterator<Item = Param<'a>> {
        let len = usize::try_from(self.0.nparams).unwrap_or(0);
        let params: &'a [sys::virTypedParameter] = if self.0.params.is_null() {
            &[]
        } else {
            // SAFETY: libvirt gave `nparams` parameters that live as long as the record.
            unsafe { std::slice::from_raw_parts(self.0.params, len) }
        };
        params.iter().map(view)
    }
}
