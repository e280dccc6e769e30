//! A domain, and what is asked of it.

use std::ffi::{CStr, c_int, c_uint};
use std::ptr::null_mut;

use virt::sys;

use super::error::{RawError, RawResult, count, done};
use super::handle::{handle, list};
use super::text::{c_string, copied, taken};
use super::typed::{OwnedParams, Param};

handle!(
    /// One reference to a domain. Name and UUID are held in it; the rest asks the hypervisor.
    Domain(sys::virDomain), sys::virDomainFree
);

/// UUID of a domain.
///
/// # Safety
/// The pointer is to a live domain.
pub(super) unsafe fn uuid_of(domain: sys::virDomainPtr) -> RawResult<[u8; 16]> {
    let mut uuid = [0u8; 16];
    // SAFETY: a live domain, as the caller promises, and room for sixteen bytes.
    done(unsafe { sys::virDomainGetUUID(domain, uuid.as_mut_ptr()) })?;
    Ok(uuid)
}

/// Name of a domain.
///
/// # Safety
/// The pointer is to a live domain.
pub(super) unsafe fn name_of(domain: sys::virDomainPtr) -> RawResult<String> {
    // SAFETY: a live domain, as the caller promises; the string belongs to it.
    unsafe { copied(sys::virDomainGetName(domain)) }.ok_or_else(RawError::last)
}

/// Number of the domain if it runs.
///
/// # Safety
/// The pointer is to a live domain.
pub(super) unsafe fn id_of(domain: sys::virDomainPtr) -> Option<u32> {
    // SAFETY: a live domain, as the caller promises.
    let id = unsafe { sys::virDomainGetID(domain) };
    // −1 stands for none.
    (id != c_uint::MAX).then_some(id)
}

/// What every driver tells of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct DomainInfo {
    /// Memory at most, KiB.
    pub memory_max_kib: u64,
    /// Memory now, KiB.
    pub memory_kib: u64,
    /// vCPUs.
    pub vcpus: u16,
    /// CPU time, nanoseconds.
    pub cpu_time_ns: u64,
}

/// One vCPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct VcpuInfo {
    /// Its number.
    pub number: u32,
    /// `VIR_VCPU_…`: 0 offline, 1 running, 2 blocked.
    pub state: i32,
    /// CPU time, nanoseconds.
    pub cpu_time_ns: u64,
}

/// An address of a guest's interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct InterfaceAddress {
    /// MAC address of the interface.
    pub mac: Option<String>,
    /// The address as text.
    pub address: String,
    /// Prefix length.
    pub prefix: u32,
}

impl Domain {
    /// UUID; asks nobody.
    pub(in super::super) fn uuid(&self) -> RawResult<[u8; 16]> {
        // SAFETY: a live domain.
        unsafe { uuid_of(self.raw()) }
    }

    /// Name; asks nobody.
    pub(in super::super) fn name(&self) -> RawResult<String> {
        // SAFETY: a live domain.
        unsafe { name_of(self.raw()) }
    }

    /// Whether this is its name; asks nobody, copies nothing.
    pub(in super::super) fn is_named(&self, name: &str) -> bool {
        // SAFETY: a live domain; the string is null or terminated, and belongs to it.
        unsafe {
            let own = sys::virDomainGetName(self.raw());
            !own.is_null() && CStr::from_ptr(own).to_bytes() == name.as_bytes()
        }
    }

    /// Number of the running domain when the handle was made; asks nobody.
    pub(in super::super) fn id(&self) -> Option<u32> {
        // SAFETY: a live domain.
        unsafe { id_of(self.raw()) }
    }

    /// State and reason.
    pub(in super::super) fn state(&self) -> RawResult<(i32, i32)> {
        let (mut state, mut reason): (c_int, c_int) = (0, 0);
        // SAFETY: a live domain and two places to write to.
        done(unsafe { sys::virDomainGetState(self.raw(), &raw mut state, &raw mut reason, 0) })?;
        Ok((state, reason))
    }

    /// Its XML: live if it runs, without secrets.
    pub(in super::super) fn xml(&self) -> RawResult<String> {
        // SAFETY: a live domain; the string is the caller's.
        unsafe { taken(sys::virDomainGetXMLDesc(self.raw(), 0)) }
    }

    /// Whether it starts with the host.
    pub(in super::super) fn autostart(&self) -> RawResult<bool> {
        let mut flag: c_int = 0;
        // SAFETY: a live domain and a place to write to.
        done(unsafe { sys::virDomainGetAutostart(self.raw(), &raw mut flag) })?;
        Ok(flag != 0)
    }

    /// Whether it is defined.
    pub(in super::super) fn persistent(&self) -> RawResult<bool> {
        // SAFETY: a live domain.
        count(unsafe { sys::virDomainIsPersistent(self.raw()) }).map(|n| n != 0)
    }

    /// Whether its memory was saved to disk.
    pub(in super::super) fn managed_save(&self) -> RawResult<bool> {
        // SAFETY: a live domain.
        count(unsafe { sys::virDomainHasManagedSaveImage(self.raw(), 0) }).map(|n| n != 0)
    }

    /// Has the balloon driver report every `seconds`; `flags` are `VIR_DOMAIN_AFFECT_…`.
    pub(in super::super) fn set_memory_stats_period(&self, seconds: i32, flags: u32) -> RawResult<()> {
        // SAFETY: a live domain.
        done(unsafe { sys::virDomainSetMemoryStatsPeriod(self.raw(), seconds, flags) })
    }

    /// Memory and CPU time.
    pub(in super::super) fn info(&self) -> RawResult<DomainInfo> {
        // SAFETY: all zero bytes are a valid record of numbers.
        let mut info: sys::virDomainInfo = unsafe { std::mem::zeroed() };
        // SAFETY: a live domain and a place to write to.
        done(unsafe { sys::virDomainGetInfo(self.raw(), &raw mut info) })?;
        Ok(DomainInfo {
            memory_max_kib: info.maxMem,
            memory_kib: info.memory,
            vcpus: info.nrVirtCpu,
            cpu_time_ns: info.cpuTime,
        })
    }

    /// Its vCPUs; at most `most`.
    pub(in super::super) fn vcpus(&self, most: u16) -> RawResult<Vec<VcpuInfo>> {
        // SAFETY: all zero bytes are a valid record of numbers.
        let mut infos: Vec<sys::virVcpuInfo> = vec![unsafe { std::mem::zeroed() }; usize::from(most)];
        // SAFETY: a live domain, room for `most` records, no CPU maps wanted.
        let len = unsafe {
            sys::virDomainGetVcpus(self.raw(), infos.as_mut_ptr(), c_int::from(most), null_mut(), 0)
        };
        let infos = infos.iter().take(count(len)?);
        Ok(infos.map(|i| VcpuInfo { number: i.number, state: i.state, cpu_time_ns: i.cpuTime }).collect())
    }

    /// Memory statistics as tag and value (KiB where it is an amount).
    pub(in super::super) fn memory_stats(&self) -> RawResult<Vec<(u32, u64)>> {
        const ROOM: usize = 32;
        let mut stats = [sys::virDomainMemoryStatStruct { tag: 0, val: 0 }; ROOM];
        // SAFETY: a live domain and room for as many records as said.
        let len = unsafe { sys::virDomainMemoryStats(self.raw(), stats.as_mut_ptr(), ROOM as c_uint, 0) };
        Ok(stats.iter().take(count(len)?).map(|s| (s.tag as u32, s.val)).collect())
    }

    /// Counters of a disk, in `each` as parameters (`rd_bytes`, `wr_operations` …).
    pub(in super::super) fn block_stats(&self, target: &str, each: impl FnMut(Param<'_>)) -> RawResult<()> {
        const ROOM: u8 = 32;
        let target = c_string(target)?;
        let mut params = OwnedParams::with_room(usize::from(ROOM));
        let mut len = c_int::from(ROOM);
        // SAFETY: a live domain, a terminated name, room for as many parameters as said.
        done(unsafe {
            sys::virDomainBlockStatsFlags(self.raw(), target.as_ptr(), params.as_mut_ptr(), &raw mut len, 0)
        })?;
        params.iter(count(len)?).for_each(each);
        Ok(())
    }

    /// Counters of a disk the old way: read requests and bytes, write requests and bytes, errors.
    /// Negative means unknown.
    pub(in super::super) fn block_stats_old(&self, target: &str) -> RawResult<[i64; 5]> {
        let target = c_string(target)?;
        // SAFETY: all zero bytes are a valid record of numbers.
        let mut s: sys::virDomainBlockStatsStruct = unsafe { std::mem::zeroed() };
        // SAFETY: a live domain, a terminated name, a record of the size given.
        done(unsafe { sys::virDomainBlockStats(self.raw(), target.as_ptr(), &raw mut s, size_of_val(&s)) })?;
        Ok([s.rd_req, s.rd_bytes, s.wr_req, s.wr_bytes, s.errs])
    }

    /// Sizes of a disk, bytes: allocation, capacity, physical.
    pub(in super::super) fn block_info(&self, target: &str) -> RawResult<[u64; 3]> {
        let target = c_string(target)?;
        // SAFETY: all zero bytes are a valid record of numbers.
        let mut info: sys::virDomainBlockInfo = unsafe { std::mem::zeroed() };
        // SAFETY: a live domain, a terminated name, a place to write to.
        done(unsafe { sys::virDomainGetBlockInfo(self.raw(), target.as_ptr(), &raw mut info, 0) })?;
        Ok([info.allocation, info.capacity, info.physical])
    }

    /// Counters of an interface: bytes, packets, errors and drops received, then the same sent.
    /// Negative means unknown.
    pub(in super::super) fn interface_stats(&self, device: &str) -> RawResult<[i64; 8]> {
        let device = c_string(device)?;
        // SAFETY: all zero bytes are a valid record of numbers.
        let mut s: sys::virDomainInterfaceStatsStruct = unsafe { std::mem::zeroed() };
        // SAFETY: a live domain, a terminated name, a record of the size given.
        done(unsafe {
            sys::virDomainInterfaceStats(self.raw(), device.as_ptr(), &raw mut s, size_of_val(&s))
        })?;
        Ok([s.rx_bytes, s.rx_packets, s.rx_errs, s.rx_drop, s.tx_bytes, s.tx_packets, s.tx_errs, s.tx_drop])
    }

    /// Addresses of the guest; `source` is `VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_…`.
    pub(in super::super) fn addresses(&self, source: u32) -> RawResult<Vec<InterfaceAddress>> {
        // SAFETY: a live domain; each element of the list is the caller's.
        let interfaces =
            list(|out| unsafe { sys::virDomainInterfaceAddresses(self.raw(), out, source, 0) }, Interface)?;
        Ok(interfaces.iter().flat_map(Interface::addresses).collect())
    }
}

/// Owns one element of the list of interfaces.
struct Interface(std::ptr::NonNull<sys::virDomainInterface>);

impl Interface {
    fn addresses(&self) -> Vec<InterfaceAddress> {
        // SAFETY: the element lives until drop; libvirt fills `naddrs` addresses, or null for none, and
        // terminated texts.
        unsafe {
            let interface = self.0.as_ref();
            if interface.addrs.is_null() {
                return Vec::new();
            }
            let mac = copied(interface.hwaddr);
            std::slice::from_raw_parts(interface.addrs, interface.naddrs as usize)
                .iter()
                .filter_map(|a| {
                    let address = copied(a.addr)?;
                    Some(InterfaceAddress { mac: mac.clone(), address, prefix: a.prefix })
                })
                .collect()
        }
    }
}

impl Drop for Interface {
    fn drop(&mut self) {
        // SAFETY: the element is owned and freed once.
        unsafe { sys::virDomainInterfaceFree(self.0.as_ptr()) };
    }
}
