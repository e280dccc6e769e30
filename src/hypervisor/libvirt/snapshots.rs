//! States of VMs that are kept.

use std::collections::HashSet;

use super::connection::Connection;
use super::error::Doing;
use super::ffi::{Listed, create, delete, revert};
use crate::hypervisor::{
    DeleteSnapshot, HvErrorKind, HvProgress, HvResult, RevertSnapshot, SnapshotHow, Snapshots,
};
use crate::model::id::VmId;
use crate::model::operation::AfterRevert;
use crate::model::vm_snapshot::{SnapshotAbilities, VmSnapshot};
use crate::xml;

/// Seconds that an agent has for its answer.
const AGENT_WITHIN_S: i32 = 3;
const FREEZE_STATUS: &str = r#"{"execute":"guest-fsfreeze-status"}"#;
/// External snapshots are deleted from this version on.
const DELETES_EXTERNAL: u64 = 9_000_000;
/// Internal snapshots of VMs with UEFI come, go and are gone back to from this version on.
const INTERNAL_UEFI: u64 = 10_010_000;

impl Snapshots for Connection {
    fn snapshot_abilities(&self) -> HvResult<SnapshotAbilities> {
        const ASK: &str = "ask what can be done with snapshots";
        if !self.abilities.is_qemu() {
            // Drivers that keep nothing of disks know no difference.
            let all = SnapshotAbilities { revert_external: true, delete_external: true, internal_uefi: true };
            return Ok(all);
        }
        let version = self.conn.libvirt_version().doing(ASK)?;
        // libvirt says so itself since it can do both; that it deletes came earlier.
        let told = self.conn.host_capabilities().doing(ASK)?.contains("<externalSnapshot");
        Ok(SnapshotAbilities {
            revert_external: told,
            delete_external: told || version >= DELETES_EXTERNAL,
            internal_uefi: version >= INTERNAL_UEFI,
        })
    }

    fn vms_with_snapshots(&self) -> HvResult<HashSet<VmId>> {
        const LIST: &str = "list VMs with snapshots";
        let domains = self.conn.domains(Listed::WithSnapshots).doing(LIST)?;
        domains.iter().map(|d| Ok(VmId::from_bytes(d.uuid().doing(LIST)?))).collect()
    }

    fn snapshots(&self, id: VmId) -> HvResult<Vec<VmSnapshot>> {
        self.with_domain(id, "list snapshots", |d| {
            let mut all = Vec::new();
            for snapshot in d.snapshots()? {
                // One that vanished since is not in the list.
                let (Ok(xml), Ok(current)) = (snapshot.xml(), snapshot.is_current()) else { continue };
                let Ok(read) = xml::vm_snapshot::parse(&xml) else { continue };
                all.push(VmSnapshot { name: snapshot.name()?, current, ..read });
            }
            Ok(all)
        })
    }

    fn snapshot_xml(&self, id: VmId, name: &str) -> HvResult<String> {
        self.with_domain(id, "read the snapshot", |d| d.snapshot(name)?.xml())
    }

    fn create_snapshot(&self, id: VmId, xml: &str, how: SnapshotHow) -> HvResult<()> {
        let flags = [
            (how.disks_only, create::DISK_ONLY | create::ATOMIC),
            (how.frozen, create::QUIESCE),
            (how.live, create::LIVE),
        ];
        let flags = flags.into_iter().filter(|(so, _)| *so).fold(0, |all, (_, flag)| all | flag);
        self.change(id, "make the snapshot", |d| d.create_snapshot(xml, flags))
    }

    fn revert_snapshot(&self, id: VmId, name: &str, how: RevertSnapshot) -> HvResult<()> {
        let then = match how.then {
            AfterRevert::AsThen => 0,
            AfterRevert::Running => revert::RUNNING,
            AfterRevert::Paused => revert::PAUSED,
        };
        let force = if how.force { revert::FORCE } else { 0 };
        self.change(id, "go back to the snapshot", |d| d.snapshot(name)?.revert(then | force))
    }

    fn delete_snapshot(&self, id: VmId, name: &str, what: DeleteSnapshot) -> HvResult<()> {
        let flags = if what.metadata_only { delete::METADATA_ONLY } else { 0 };
        self.change(id, "delete the snapshot", |d| d.snapshot(name)?.delete(flags))
    }

    fn merge_progress(&self, id: VmId, disk: &str) -> HvResult<Option<HvProgress>> {
        let read = self.with_domain(id, "read the merge's progress", |d| d.block_job(disk));
        match read {
            Ok(job) => Ok(job.map(|(done, total)| HvProgress { done, total })),
            Err(e) if matches!(e.kind, HvErrorKind::InvalidState | HvErrorKind::Unsupported) => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn is_frozen(&self, id: VmId) -> HvResult<bool> {
        let answer = self.change(id, "ask the guest agent", |d| d.agent(FREEZE_STATUS, AGENT_WITHIN_S))?;
        Ok(answer.contains("frozen"))
    }

    fn thaw(&self, id: VmId) -> HvResult<()> {
        self.change(id, "thaw the guest's file systems", super::ffi::Domain::thaw)
    }
}
