//! What changes pools and volumes.

use virt::sys;

use super::connection::Conn;
use super::error::{RawResult, done};
use super::handle::given;
use super::storage::{Pool, Volume};
use super::text::{c_string, taken};

/// `VIR_STORAGE_POOL_BUILD_…`.
pub(in super::super) mod build {
    pub(in super::super::super) use virt::sys::{
        VIR_STORAGE_POOL_BUILD_NEW as NEW, VIR_STORAGE_POOL_BUILD_NO_OVERWRITE as NO_OVERWRITE,
        VIR_STORAGE_POOL_BUILD_OVERWRITE as OVERWRITE,
    };
}

impl Conn {
    /// The handle of the pool of this name.
    pub(in super::super) fn pool_named(&self, name: &str) -> RawResult<Pool> {
        let name = c_string(name)?;
        // SAFETY: a live connection and a terminated text; the reference is the caller's.
        given(unsafe { sys::virStoragePoolLookupByName(self.raw(), name.as_ptr()) })
            .map(|p| unsafe { Pool::own(p) })
    }

    /// Defines a pool.
    pub(in super::super) fn define_pool(&self, xml: &str) -> RawResult<Pool> {
        let xml = c_string(xml)?;
        // SAFETY: as above.
        given(unsafe { sys::virStoragePoolDefineXML(self.raw(), xml.as_ptr(), 0) })
            .map(|p| unsafe { Pool::own(p) })
    }

    /// What kinds of pools there are, as XML.
    pub(in super::super) fn pool_capabilities(&self) -> RawResult<String> {
        // SAFETY: a live connection; the string is the caller's.
        unsafe { taken(sys::virConnectGetStoragePoolCapabilities(self.raw(), 0)) }
    }
}

impl Pool {
    /// Its XML as it is defined.
    pub(in super::super) fn defined_xml(&self) -> RawResult<String> {
        let flags = sys::VIR_STORAGE_XML_INACTIVE;
        // SAFETY: a live pool; the string is the caller's.
        unsafe { taken(sys::virStoragePoolGetXMLDesc(self.raw(), flags)) }
    }

    /// Makes its storage; `flags` is one of [`build`]'s.
    pub(in super::super) fn build(&self, flags: u32) -> RawResult<()> {
        // SAFETY: a live pool.
        done(unsafe { sys::virStoragePoolBuild(self.raw(), flags) })
    }

    /// Starts it.
    pub(in super::super) fn start(&self) -> RawResult<()> {
        // SAFETY: a live pool.
        done(unsafe { sys::virStoragePoolCreate(self.raw(), 0) })
    }

    /// Stops it. The handle stays.
    pub(in super::super) fn stop(&self) -> RawResult<()> {
        // SAFETY: a live pool.
        done(unsafe { sys::virStoragePoolDestroy(self.raw()) })
    }

    /// Starts it with the host, or not.
    pub(in super::super) fn set_autostart(&self, on: bool) -> RawResult<()> {
        // SAFETY: a live pool.
        done(unsafe { sys::virStoragePoolSetAutostart(self.raw(), on.into()) })
    }

    /// Forgets it.
    pub(in super::super) fn undefine(&self) -> RawResult<()> {
        // SAFETY: a live pool.
        done(unsafe { sys::virStoragePoolUndefine(self.raw()) })
    }

    /// The handle of its volume of this name.
    pub(in super::super) fn volume(&self, name: &str) -> RawResult<Volume> {
        let name = c_string(name)?;
        // SAFETY: a live pool and a terminated text; the reference is the caller's.
        given(unsafe { sys::virStorageVolLookupByName(self.raw(), name.as_ptr()) })
            .map(|v| unsafe { Volume::own(v) })
    }

    /// Makes a volume; `metadata` with its tables laid out.
    pub(in super::super) fn create_volume(&self, xml: &str, metadata: bool) -> RawResult<Volume> {
        let xml = c_string(xml)?;
        let flags = if metadata { sys::VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA } else { 0 };
        // SAFETY: as above.
        given(unsafe { sys::virStorageVolCreateXML(self.raw(), xml.as_ptr(), flags) })
            .map(|v| unsafe { Volume::own(v) })
    }

    /// Makes a volume with the content of another.
    pub(in super::super) fn clone_volume(&self, xml: &str, from: &Volume) -> RawResult<Volume> {
        let xml = c_string(xml)?;
        // SAFETY: as above, and another live volume.
        given(unsafe { sys::virStorageVolCreateXMLFrom(self.raw(), xml.as_ptr(), from.raw(), 0) })
            .map(|v| unsafe { Volume::own(v) })
    }
}

impl Volume {
    /// Deletes it and what is in it.
    pub(in super::super) fn delete(&self) -> RawResult<()> {
        // SAFETY: a live volume.
        done(unsafe { sys::virStorageVolDelete(self.raw(), 0) })
    }

    /// Makes it larger.
    pub(in super::super) fn resize(&self, capacity: u64, allocate: bool) -> RawResult<()> {
        let flags = if allocate { sys::VIR_STORAGE_VOL_RESIZE_ALLOCATE } else { 0 };
        // SAFETY: a live volume.
        done(unsafe { sys::virStorageVolResize(self.raw(), capacity, flags) })
    }

    /// Writes zeros over it.
    pub(in super::super) fn wipe(&self) -> RawResult<()> {
        // SAFETY: a live volume.
        done(unsafe { sys::virStorageVolWipe(self.raw(), 0) })
    }
}
