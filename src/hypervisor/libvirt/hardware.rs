//! Changing VMs' hardware.

use super::connection::Connection;
use super::ffi::{Domain, RawError, RawResult, xml_flags};
use crate::hypervisor::{Hardware, HvErrorKind, HvResult};
use crate::model::hardware::{Device, Edit};
use crate::model::id::VmId;
use crate::xml::edit::{self, EditError};

const EDIT: &str = "change the definition";
const CHANGE: &str = "change the hardware";

impl Hardware for Connection {
    fn edit_definition(&self, id: VmId, edits: &[Edit]) -> HvResult<()> {
        self.change(id, EDIT, |d| {
            // With passwords: what is defined without them has none any more.
            let xml = d.xml_with(xml_flags::INACTIVE | xml_flags::SECURE)?;
            let edited = edit::apply(&xml, edits).map_err(|e| no_edit(&e))?;
            if edited == xml { Ok(()) } else { self.conn.redefine(&edited) }
        })
    }

    fn edit_live(&self, id: VmId, edit: &Edit, force: bool) -> HvResult<()> {
        self.change(id, CHANGE, |d| match edit {
            Edit::Vcpus { count, .. } => d.set_vcpus_live(*count),
            Edit::Memory { current, .. } => d.set_memory_live(current / 1024),
            Edit::Add { xml } => d.attach_live(xml),
            Edit::Remove(device) => {
                let element = edit::element(&d.xml()?, device).map_err(|e| no_edit(&e))?;
                d.detach_live(&element)
            }
            Edit::Medium { target, .. } => update(d, &Device::Disk(target.clone()), edit, force),
            Edit::Link { mac, .. } | Edit::Plug { mac, .. } => {
                update(d, &Device::Nic(mac.to_ascii_lowercase()), edit, force)
            }
            Edit::Bus { .. } | Edit::Boot(_) | Edit::Source { .. } => {
                Err(RawError::local("unsupported flags: this waits for a start"))
            }
        })
    }

    fn disk_capacity(&self, id: VmId, target: &str) -> HvResult<Option<u64>> {
        match self.with_domain(id, "read the disk's size", |d| d.block_info(target)) {
            Ok([_, capacity, _]) => Ok(Some(capacity).filter(|c| *c > 0)),
            Err(e) if e.is_fatal() || e.kind == HvErrorKind::NotFound => Err(e),
            Err(e) => {
                tracing::debug!("{e}");
                Ok(None)
            }
        }
    }

    fn grow_disk(&self, id: VmId, target: &str, to: u64) -> HvResult<()> {
        self.change(id, "grow the disk", |d| d.resize_block(target, to))
    }
}

/// Changes a device of what runs: as it stands there, with the edit.
fn update(domain: &Domain, device: &Device, edit: &Edit, force: bool) -> RawResult<()> {
    let edited = edit::apply(&domain.xml()?, std::slice::from_ref(edit)).map_err(|e| no_edit(&e))?;
    let element = edit::element(&edited, device).map_err(|e| no_edit(&e))?;
    domain.update_live(&element, force)
}

fn no_edit(e: &EditError) -> RawError {
    RawError::local(&e.to_string())
}
