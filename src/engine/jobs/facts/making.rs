//! Reading what plans for new VMs rest on.

use super::snapshots::agent;
use crate::engine::jobs::templates::manifest;
use crate::hypervisor::{HvErrorKind, HvResult, Hypervisor};
use crate::model::operation::{Boot, NewVm, NewVmFrom, Operation, VmOperation};
use crate::model::vm::{BASE_TAG, VmState};
use crate::operations::{MakingFacts, OtherVm, StorageFacts, StorageNeeds, VmFacts, VmUses, manifest_of};
use crate::xml::capabilities::{self, Machine};

/// What has to be read of storage, now that the VM is known: whether something lies on its images is asked of those that
/// were cloned so, before they are started.
pub(super) fn storage_needs(
    operation: &Operation,
    vm: Option<&VmFacts>,
    needs: StorageNeeds,
) -> StorageNeeds {
    let starts = matches!(
        operation,
        Operation::Vm {
            act: VmOperation::Start { .. } | VmOperation::UntilUp { boot: Boot::Start { .. }, .. },
            ..
        }
    );
    let is_base = vm.is_some_and(|vm| vm.definition.tags.iter().any(|t| t == BASE_TAG));
    if starts && is_base { StorageNeeds::Uses } else { needs }
}

pub(super) fn gather(
    hv: &dyn Hypervisor,
    operation: &Operation,
    vm: Option<&VmFacts>,
    storage: &StorageFacts,
) -> HvResult<MakingFacts> {
    // All VMs were read already, for what they use of storage.
    let other =
        |vm: &VmUses| OtherVm { id: vm.id, name: vm.name.clone(), macs: vm.macs.iter().cloned().collect() };
    let others = storage.vms.iter().map(other).collect();
    let mut facts = MakingFacts { others, ..MakingFacts::default() };
    if let Some(vm) = vm.filter(|vm| vm.state == VmState::Running) {
        facts.agent = agent(hv, vm);
    }
    let Operation::NewVm { new, .. } = operation else { return Ok(facts) };
    facts.networks = hv.networks()?.into_iter().map(|n| (n.name, n.active)).collect();
    match &new.from {
        NewVmFrom::Template { name, version, .. } => {
            if let Some((pool, volume)) = manifest_of(storage, name, *version) {
                facts.manifest = manifest(hv, &pool, &volume)?;
            }
        }
        NewVmFrom::Iso(_) | NewVmFrom::Disk { .. } => facts.machine = machine(hv, new)?,
    }
    Ok(facts)
}

/// The machine of today for x86, and of others the usual one.
fn machine(hv: &dyn Hypervisor, new: &NewVm) -> HvResult<Option<Machine>> {
    let accel = new.accel.as_deref();
    let asked = match hv.machine_capabilities(accel, Some("q35")) {
        Err(e) if matches!(e.kind, HvErrorKind::Other | HvErrorKind::Unsupported | HvErrorKind::NotFound) => {
            hv.machine_capabilities(accel, None)
        }
        asked => asked,
    };
    match asked {
        Ok(xml) => Ok(capabilities::parse(&xml).ok()),
        Err(e) if matches!(e.kind, HvErrorKind::Other | HvErrorKind::Unsupported) => Ok(None),
        Err(e) => Err(e),
    }
}
