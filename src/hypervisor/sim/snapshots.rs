//! Snapshots of simulated VMs: a state is kept, as far as there is any.

use std::collections::HashSet;

use super::connection::SimConnection;
use super::faults::Operation;
use crate::hypervisor::{
    DeleteSnapshot, HvErrorKind, HvEvent, HvProgress, HvResult, RevertSnapshot, SnapshotHow, Snapshots,
};
use crate::model::id::VmId;
use crate::model::operation::AfterRevert;
use crate::model::time::Timestamp;
use crate::model::vm::{PauseReason, VmState};
use crate::model::vm_snapshot::{SnapshotAbilities, SnapshotState, VmSnapshot};
use crate::xml;

impl Snapshots for SimConnection {
    fn snapshot_abilities(&self) -> HvResult<SnapshotAbilities> {
        drop(self.enter(Operation::Snapshots)?);
        Ok(SnapshotAbilities { revert_external: true, delete_external: true, internal_uefi: true })
    }

    fn vms_with_snapshots(&self) -> HvResult<HashSet<VmId>> {
        let state = self.enter(Operation::Snapshots)?;
        Ok(state.vms.iter().filter(|(_, vm)| !vm.snapshots.is_empty()).map(|(id, _)| *id).collect())
    }

    fn snapshots(&self, id: VmId) -> HvResult<Vec<VmSnapshot>> {
        self.with_vm(Operation::Snapshots, id, |vm| Ok(vm.snapshots.iter().map(|(s, _)| s.clone()).collect()))
    }

    fn snapshot_xml(&self, id: VmId, name: &str) -> HvResult<String> {
        self.with_vm(Operation::Snapshots, id, |vm| {
            let found = vm.snapshots.iter().find(|(s, _)| s.name == name);
            found.map(|(_, xml)| xml.clone()).ok_or(HvErrorKind::NotFound)
        })
    }

    fn create_snapshot(&self, id: VmId, xml: &str, how: SnapshotHow) -> HvResult<()> {
        let created = Timestamp(i64::try_from(self.now().wall_s() * 1000).unwrap_or(i64::MAX));
        self.change(Operation::CreateSnapshot, id, |s, _| {
            let vm = s.free_vm(id)?;
            let read = xml::vm_snapshot::parse(xml).map_err(|_| HvErrorKind::Other)?;
            if read.name.is_empty() {
                return Err(HvErrorKind::Other);
            }
            if vm.snapshots.iter().any(|(s, _)| s.name == read.name) {
                return Err(HvErrorKind::Exists);
            }
            if how.frozen && (!vm.spec.agent || vm.agent_silent) {
                return Err(HvErrorKind::AgentUnavailable);
            }
            let state = match vm.state {
                VmState::ShutOff | VmState::Crashed => SnapshotState::Off,
                _ if how.disks_only => SnapshotState::DisksOnly,
                VmState::Paused(_) => SnapshotState::Paused,
                _ => SnapshotState::Running,
            };
            let parent = vm.snapshots.iter().find(|(s, _)| s.current).map(|(s, _)| s.name.clone());
            vm.snapshots.iter_mut().for_each(|(s, _)| s.current = false);
            let made = VmSnapshot { parent, current: true, created, state, ..read };
            vm.snapshots.push((made, xml.to_owned()));
            Ok(Vec::new())
        })
    }

    fn revert_snapshot(&self, id: VmId, name: &str, how: RevertSnapshot) -> HvResult<()> {
        self.change(Operation::RevertSnapshot, id, |s, now| {
            let vm = s.free_vm(id)?;
            let found = vm.snapshots.iter().find(|(s, _)| s.name == name).map(|(s, _)| s.state);
            let kept = found.ok_or(HvErrorKind::NotFound)?;
            vm.snapshots.iter_mut().for_each(|(s, _)| s.current = s.name == name);
            let to = match (how.then, kept) {
                (AfterRevert::Running, _) | (AfterRevert::AsThen, SnapshotState::Running) => VmState::Running,
                (AfterRevert::Paused, _) | (AfterRevert::AsThen, SnapshotState::Paused) => {
                    VmState::Paused(PauseReason::User)
                }
                (AfterRevert::AsThen, SnapshotState::Off | SnapshotState::DisksOnly) => VmState::ShutOff,
            };
            s.set_state(id, to, now);
            Ok(vec![HvEvent::Vm { id, state: Some(to) }])
        })
    }

    fn delete_snapshot(&self, id: VmId, name: &str, _: DeleteSnapshot) -> HvResult<()> {
        self.change(Operation::DeleteSnapshot, id, |s, _| {
            let vm = s.free_vm(id)?;
            let at = vm.snapshots.iter().position(|(s, _)| s.name == name).ok_or(HvErrorKind::NotFound)?;
            let (gone, _) = vm.snapshots.remove(at);
            for (s, _) in &mut vm.snapshots {
                if s.parent.as_deref() == Some(name) {
                    s.parent.clone_from(&gone.parent);
                }
                s.current |= gone.current && gone.parent.as_ref() == Some(&s.name);
            }
            Ok(Vec::new())
        })
    }

    fn merge_progress(&self, id: VmId, _: &str) -> HvResult<Option<HvProgress>> {
        self.with_vm(Operation::Snapshots, id, |_| Ok(None))
    }

    fn is_frozen(&self, id: VmId) -> HvResult<bool> {
        self.refuse_if_read_only(Operation::AskAgent)?;
        self.with_vm(Operation::AskAgent, id, |vm| match vm.state {
            VmState::Running if vm.spec.agent && !vm.agent_silent => Ok(false),
            VmState::Running => Err(HvErrorKind::AgentUnavailable),
            _ => Err(HvErrorKind::InvalidState),
        })
    }

    fn thaw(&self, id: VmId) -> HvResult<()> {
        self.is_frozen(id).map(drop)
    }
}
