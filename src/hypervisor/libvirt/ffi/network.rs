//! Virtual networks and their leases.

use std::ffi::c_int;
use std::ptr::{NonNull, null};

use virt::sys;

use super::error::{RawError, RawResult, count, done};
use super::handle::{handle, list};
use super::text::{copied, taken};

handle!(
    /// One reference to a network. Name and UUID are held in it; the rest asks the hypervisor.
    Network(sys::virNetwork), sys::virNetworkFree
);

/// A lease as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct RawLease {
    /// MAC address.
    pub mac: Option<String>,
    /// Address as text.
    pub address: Option<String>,
    /// Prefix length.
    pub prefix: u32,
    /// Host name the guest gave.
    pub hostname: Option<String>,
}

impl Network {
    /// UUID; asks nobody.
    pub(in super::super) fn uuid(&self) -> RawResult<[u8; 16]> {
        // SAFETY: a live network.
        unsafe { uuid_of(self.raw()) }
    }

    /// Name; asks nobody.
    pub(in super::super) fn name(&self) -> RawResult<String> {
        // SAFETY: a live network; the string belongs to it.
        unsafe { copied(sys::virNetworkGetName(self.raw())) }.ok_or_else(RawError::last)
    }

    /// Whether it is started.
    pub(in super::super) fn active(&self) -> RawResult<bool> {
        // SAFETY: a live network.
        count(unsafe { sys::virNetworkIsActive(self.raw()) }).map(|n| n != 0)
    }

    /// Whether it is defined.
    pub(in super::super) fn persistent(&self) -> RawResult<bool> {
        // SAFETY: a live network.
        count(unsafe { sys::virNetworkIsPersistent(self.raw()) }).map(|n| n != 0)
    }

    /// Whether it starts with the host.
    pub(in super::super) fn autostart(&self) -> RawResult<bool> {
        let mut flag: c_int = 0;
        // SAFETY: a live network and a place to write to.
        done(unsafe { sys::virNetworkGetAutostart(self.raw(), &raw mut flag) })?;
        Ok(flag != 0)
    }

    /// Its XML.
    pub(in super::super) fn xml(&self) -> RawResult<String> {
        // SAFETY: a live network; the string is the caller's.
        unsafe { taken(sys::virNetworkGetXMLDesc(self.raw(), 0)) }
    }

    /// Its leases.
    pub(in super::super) fn leases(&self) -> RawResult<Vec<RawLease>> {
        // SAFETY: a live network, no MAC to filter by; each element of the list is the caller's.
        let leases = list(|out| unsafe { sys::virNetworkGetDHCPLeases(self.raw(), null(), out, 0) }, Lease)?;
        Ok(leases.iter().map(Lease::copy).collect())
    }
}

/// UUID of a network.
///
/// # Safety
/// The pointer is to a live network.
pub(super) unsafe fn uuid_of(network: sys::virNetworkPtr) -> RawResult<[u8; 16]> {
    let mut uuid = [0u8; 16];
    // SAFETY: a live network, as the caller promises, and room for sixteen bytes.
    done(unsafe { sys::virNetworkGetUUID(network, uuid.as_mut_ptr()) })?;
    Ok(uuid)
}

/// Owns one element of the list of leases.
struct Lease(NonNull<sys::virNetworkDHCPLease>);

impl Lease {
    fn copy(&self) -> RawLease {
        // SAFETY: the element lives until drop, and its texts are null or terminated.
        unsafe {
            let lease = self.0.as_ref();
            RawLease {
                mac: copied(lease.mac),
                address: copied(lease.ipaddr),
                prefix: lease.prefix,
                hostname: copied(lease.hostname),
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // SAFETY: the element is owned and freed once.
        unsafe { sys::virNetworkDHCPLeaseFree(self.0.as_ptr()) };
    }
}
