//! Pools and volumes.

use std::ffi::c_int;

use virt::sys;

use super::error::{RawError, RawResult, count, done};
use super::handle::{handle, list};
use super::text::{copied, taken};

handle!(
    /// One reference to a pool. Name and UUID are held in it; the rest asks the hypervisor.
    Pool(sys::virStoragePool), sys::virStoragePoolFree
);

handle!(
    /// One reference to a volume. Name and key are held in it; the rest asks the hypervisor.
    Volume(sys::virStorageVol), sys::virStorageVolFree
);

/// State (`VIR_STORAGE_POOL_…`) and sizes of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct PoolInfo {
    /// State.
    pub state: u32,
    /// Bytes: size.
    pub capacity: u64,
    /// Bytes: in use.
    pub allocation: u64,
    /// Bytes: free.
    pub available: u64,
}

/// Type (`VIR_STORAGE_VOL_…`) and sizes of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct VolumeInfo {
    /// Type.
    pub kind: u32,
    /// Bytes the guest may write.
    pub capacity: u64,
    /// Bytes it occupies.
    pub allocation: u64,
}

impl Pool {
    /// UUID; asks nobody.
    pub(in super::super) fn uuid(&self) -> RawResult<[u8; 16]> {
        // SAFETY: a live pool.
        unsafe { uuid_of(self.raw()) }
    }

    /// Name; asks nobody.
    pub(in super::super) fn name(&self) -> RawResult<String> {
        // SAFETY: a live pool; the string belongs to it.
        unsafe { copied(sys::virStoragePoolGetName(self.raw())) }.ok_or_else(RawError::last)
    }

    /// State and sizes.
    pub(in super::super) fn info(&self) -> RawResult<PoolInfo> {
        // SAFETY: all zero bytes are a valid record of numbers.
        let mut info: sys::virStoragePoolInfo = unsafe { std::mem::zeroed() };
        // SAFETY: a live pool and a place to write to.
        done(unsafe { sys::virStoragePoolGetInfo(self.raw(), &raw mut info) })?;
        Ok(PoolInfo {
            state: info.state as u32,
            capacity: info.capacity,
            allocation: info.allocation,
            available: info.available,
        })
    }

    /// Whether it starts with the host.
    pub(in super::super) fn autostart(&self) -> RawResult<bool> {
        let mut flag: c_int = 0;
        // SAFETY: a live pool and a place to write to.
        done(unsafe { sys::virStoragePoolGetAutostart(self.raw(), &raw mut flag) })?;
        Ok(flag != 0)
    }

    /// Whether it is defined.
    pub(in super::super) fn persistent(&self) -> RawResult<bool> {
        // SAFETY: a live pool.
        count(unsafe { sys::virStoragePoolIsPersistent(self.raw()) }).map(|n| n != 0)
    }

    /// Its XML.
    pub(in super::super) fn xml(&self) -> RawResult<String> {
        // SAFETY: a live pool; the string is the caller's.
        unsafe { taken(sys::virStoragePoolGetXMLDesc(self.raw(), 0)) }
    }

    /// Has libvirt look at its storage again.
    pub(in super::super) fn refresh(&self) -> RawResult<()> {
        // SAFETY: a live pool.
        done(unsafe { sys::virStoragePoolRefresh(self.raw(), 0) })
    }

    /// Handles of its volumes.
    pub(in super::super) fn volumes(&self) -> RawResult<Vec<Volume>> {
        // SAFETY: a live pool; each element of the list is a reference for the caller.
        list(
            |out| unsafe { sys::virStoragePoolListAllVolumes(self.raw(), out, 0) },
            |v| unsafe { Volume::own(v) },
        )
    }
}

impl Volume {
    /// Name; asks nobody.
    pub(in super::super) fn name(&self) -> RawResult<String> {
        // SAFETY: a live volume; the string belongs to it.
        unsafe { copied(sys::virStorageVolGetName(self.raw())) }.ok_or_else(RawError::last)
    }

    /// Key; asks nobody.
    pub(in super::super) fn key(&self) -> RawResult<String> {
        // SAFETY: a live volume; the string belongs to it.
        unsafe { copied(sys::virStorageVolGetKey(self.raw())) }.ok_or_else(RawError::last)
    }

    /// Path on the host.
    pub(in super::super) fn path(&self) -> RawResult<String> {
        // SAFETY: a live volume; the string is the caller's.
        unsafe { taken(sys::virStorageVolGetPath(self.raw())) }
    }

    /// Its XML.
    pub(in super::super) fn xml(&self) -> RawResult<String> {
        // SAFETY: a live volume; the string is the caller's.
        unsafe { taken(sys::virStorageVolGetXMLDesc(self.raw(), 0)) }
    }

    /// Type and sizes.
    pub(in super::super) fn info(&self) -> RawResult<VolumeInfo> {
        // SAFETY: all zero bytes are a valid record of numbers.
        let mut info: sys::virStorageVolInfo = unsafe { std::mem::zeroed() };
        // SAFETY: a live volume and a place to write to.
        done(unsafe { sys::virStorageVolGetInfo(self.raw(), &raw mut info) })?;
        Ok(VolumeInfo { kind: info.type_ as u32, capacity: info.capacity, allocation: info.allocation })
    }
}

/// UUID of a pool.
///
/// # Safety
/// The pointer is to a live pool.
pub(super) unsafe fn uuid_of(pool: sys::virStoragePoolPtr) -> RawResult<[u8; 16]> {
    let mut uuid = [0u8; 16];
    // SAFETY: a live pool, as the caller promises, and room for sixteen bytes.
    done(unsafe { sys::virStoragePoolGetUUID(pool, uuid.as_mut_ptr()) })?;
    Ok(uuid)
}
