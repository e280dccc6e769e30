//! Changing the hardware of simulated VMs. Their guests let go of whatever they are asked for.

use super::connection::SimConnection;
use super::faults::Operation;
use super::spec::DiskKind;
use super::world::SimVm;
use crate::hypervisor::{Hardware, HvErrorKind, HvEvent, HvResult, XmlOf};
use crate::model::hardware::Edit;
use crate::model::id::VmId;
use crate::xml::{domain, edit};

impl Hardware for SimConnection {
    fn edit_definition(&self, id: VmId, edits: &[Edit]) -> HvResult<()> {
        self.change(Operation::EditDefinition, id, |s, _| {
            let vm = s.vm(id)?;
            good(&vm.xml_of(XmlOf::Defined), edits)?;
            vm.edits.extend_from_slice(edits);
            Ok(vec![HvEvent::Defined(id)])
        })
    }

    fn edit_live(&self, id: VmId, change: &Edit, _force: bool) -> HvResult<()> {
        self.change(Operation::EditLive, id, |s, _| {
            let vm = s.free_vm(id)?;
            if !vm.state.is_active() {
                return Err(HvErrorKind::InvalidState);
            }
            if matches!(change, Edit::Bus { .. } | Edit::Boot(_) | Edit::Source { .. }) {
                return Err(HvErrorKind::Unsupported);
            }
            let live = vm.xml_of(XmlOf::Live);
            good(&live, std::slice::from_ref(change))?;
            let now = domain::parse(&live).map_err(|_| HvErrorKind::Other)?;
            let too_much = match change {
                Edit::Vcpus { count, .. } => *count > now.vcpus_max,
                Edit::Memory { current, .. } => *current > now.memory_max,
                _ => false,
            };
            if too_much {
                return Err(HvErrorKind::Other);
            }
            vm.live_edits.push(as_it_is(change, now.vcpus_max, now.memory_max));
            Ok(vec![HvEvent::Changed(id)])
        })
    }

    fn disk_capacity(&self, id: VmId, target: &str) -> HvResult<Option<u64>> {
        self.with_vm(Operation::DiskCapacity, id, |vm| Ok(capacity(vm, target)))
    }

    fn grow_disk(&self, id: VmId, target: &str, to: u64) -> HvResult<()> {
        self.change(Operation::GrowDisk, id, |s, _| {
            let vm = s.free_vm(id)?;
            if !vm.state.is_active() {
                return Err(HvErrorKind::InvalidState);
            }
            grow(vm, target, to)?;
            Ok(vec![HvEvent::Changed(id)])
        })
    }
}

/// libvirt takes no more of what runs than the number that it has.
fn as_it_is(change: &Edit, vcpus_max: u32, memory_max: u64) -> Edit {
    match change {
        Edit::Vcpus { count, .. } => Edit::Vcpus { count: *count, max: vcpus_max, sockets: None },
        Edit::Memory { current, .. } => Edit::Memory { current: *current, max: memory_max },
        other => other.clone(),
    }
}

fn good(xml: &str, edits: &[Edit]) -> Result<(), HvErrorKind> {
    match edit::apply(xml, edits) {
        Ok(edited) if domain::parse(&edited).is_ok() => Ok(()),
        _ => Err(HvErrorKind::Other),
    }
}

fn capacity(vm: &SimVm, target: &str) -> Option<u64> {
    let of = |kind: &DiskKind| match kind {
        DiskKind::Volume { capacity, .. } => Some(*capacity),
        DiskKind::EmptyDrive => None,
    };
    let own = vm.spec.disks.iter().find(|d| d.target == target).and_then(|d| of(&d.kind));
    vm.grown.get(target).copied().or(own)
}

fn grow(vm: &mut SimVm, target: &str, to: u64) -> Result<(), HvErrorKind> {
    match capacity(vm, target) {
        Some(now) if to >= now => {
            vm.grown.insert(target.to_owned(), to);
            Ok(())
        }
        Some(_) => Err(HvErrorKind::Other),
        None => Err(HvErrorKind::NotFound),
    }
}
