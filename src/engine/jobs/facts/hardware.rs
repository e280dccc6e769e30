//! What changes of hardware rest on: what runs, what others have, volumes, networks, the host.

use super::{Definitions, definitions, found};
use crate::hypervisor::{HvErrorKind, HvResult, Hypervisor, XmlOf};
use crate::model::id::VmId;
use crate::model::operation::{HardwareOperation, Operation, VmOperation};
use crate::model::storage::PoolState;
use crate::operations::{HardwareFacts, HardwareNeeds, Image, VmDevices, VmFacts};
use crate::xml::domain;

/// Reads it.
pub(super) fn gather(
    hv: &dyn Hypervisor,
    operation: &Operation,
    needs: HardwareNeeds,
    vm: Option<&VmFacts>,
) -> HvResult<HardwareFacts> {
    let mut facts = HardwareFacts::default();
    let Some(vm) = vm else { return Ok(facts) };
    if needs.live && vm.state.is_active() {
        facts.live_xml = hv.xml_of(vm.id, XmlOf::Live)?;
    }
    if needs.others {
        facts.others = others(hv, vm.id)?;
    }
    if needs.images {
        facts.images = images(hv)?;
    }
    if needs.networks {
        facts.networks = hv.networks()?.into_iter().map(|n| (n.name, n.active)).collect();
    }
    if needs.node {
        let node = hv.node()?;
        facts.node = Some((node.cpus, node.memory));
    }
    if let Operation::Vm { act: VmOperation::Hardware(change), .. } = operation
        && let HardwareOperation::GrowDisk { target, .. } = &change.what
    {
        facts.capacity = found(hv.disk_capacity(vm.id, target))?.flatten();
    }
    Ok(facts)
}

/// All other VMs, with what they have and what they will have.
fn others(hv: &dyn Hypervisor, but: VmId) -> HvResult<Vec<VmDevices>> {
    let mut others = Vec::new();
    for Definitions { vm, live, defined } in definitions(hv)?.into_iter().filter(|d| d.vm.id != but) {
        let mut other = VmDevices { name: vm.name, disks: Vec::new(), nics: Vec::new() };
        for xml in defined.iter().chain([&live]) {
            let read = domain::parse(xml).unwrap_or_default();
            other.disks.extend(read.disks);
            other.nics.extend(read.nics);
        }
        others.push(other);
    }
    Ok(others)
}

/// Volumes of all pools that are started. A pool that fails has none to give.
fn images(hv: &dyn Hypervisor) -> HvResult<Vec<Image>> {
    let mut images = Vec::new();
    for (id, name) in hv.pool_names()? {
        let read = || -> HvResult<Vec<Image>> {
            let pool = hv.pool(id)?;
            if pool.state == PoolState::Inactive {
                return Ok(Vec::new());
            }
            let volumes = hv.volumes(id, true)?;
            let image = |volume| Image { pool: name.clone(), free: pool.available, volume };
            Ok(volumes.into_iter().map(image).collect())
        };
        match read() {
            Ok(some) => images.extend(some),
            Err(e) if e.is_fatal() || e.kind == HvErrorKind::TimedOut => return Err(e),
            Err(e) => tracing::debug!("{e}"),
        }
    }
    Ok(images)
}
