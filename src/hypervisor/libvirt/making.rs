//! What new VMs need beside storage and definitions.

use std::fmt::Write;

use quick_xml::escape::escape;

use super::connection::Connection;
use super::error::{Doing, kind};
use super::ffi::Domain;
use crate::hypervisor::{BackupTarget, HvErrorKind, HvResult, Making};
use crate::model::id::VmId;

impl Making for Connection {
    fn machine_capabilities(&self, accel: Option<&str>, machine: Option<&str>) -> HvResult<String> {
        self.conn.domain_capabilities(machine, accel).doing("read what the host can run")
    }

    fn freeze(&self, id: VmId) -> HvResult<()> {
        self.change(id, "freeze the guest", Domain::freeze)
    }

    fn begin_backup(&self, id: VmId, disks: &[BackupTarget<'_>]) -> HvResult<()> {
        // Disks that are not named are left out only where that is said.
        let all = self.with_domain(id, "read the definition", Domain::xml)?;
        let own = crate::xml::domain::parse(&all).unwrap_or_default();
        let mut xml = String::from("<domainbackup mode='push'><disks>");
        for disk in &own.disks {
            let target = escape(disk.target.as_str());
            let Some(to) = disks.iter().find(|d| d.target == disk.target) else {
                let _ = write!(xml, "<disk name='{target}' backup='no'/>");
                continue;
            };
            let (kind, place) = if to.block { ("block", "dev") } else { ("file", "file") };
            let (path, format) = (escape(to.path), escape(to.format));
            let _ = write!(
                xml,
                "<disk name='{target}' backup='yes' type='{kind}'><target {place}='{path}'/><driver type='{format}'/></disk>"
            );
        }
        xml.push_str("</disks></domainbackup>");
        self.change(id, "copy the disks", |d| {
            // How the job before ended is not to be taken for how this one does.
            drop(d.forget_last_job());
            d.begin_backup(&xml)
        })
    }

    fn backup_goes_on(&self, id: VmId) -> HvResult<bool> {
        self.with_domain(id, "look at the copy", |d| match d.backup_xml() {
            Ok(_) => Ok(true),
            Err(e)
                if matches!(
                    kind(&e),
                    HvErrorKind::NotFound | HvErrorKind::Unsupported | HvErrorKind::InvalidState
                ) =>
            {
                Ok(false)
            }
            // libvirt's own code for it is not among those that are told apart.
            Err(e) if e.message.contains("backup job") => Ok(false),
            Err(e) => Err(e),
        })
    }

    fn backup_succeeded(&self, id: VmId) -> HvResult<bool> {
        self.with_domain(id, "look at the copy", Domain::last_job_done)
    }
}
