//! Reading what a plan rests on.

use super::facts_storage::storage_facts;
use crate::hypervisor::{HvErrorKind, HvResult, Hypervisor, XmlOf};
use crate::model::id::VmId;
use crate::model::operation::Operation;
use crate::operations::{Facts, Needs, VmFacts, needs};
use crate::xml::domain;

/// Reads what the operation needs to know. An error is of the connection: a VM that is gone is a fact.
pub(super) fn gather(hv: &dyn Hypervisor, operation: &Operation, read_only: Option<&str>) -> HvResult<Facts> {
    let Needs { names, storage, .. } = needs(operation);
    let vm = match operation.vm_id() {
        Some(id) => found(vm_facts(hv, id))?,
        None => None,
    };
    let names = if names { hv.vms()?.into_iter().map(|vm| (vm.id, vm.name)).collect() } else { Vec::new() };
    let storage = storage_facts(hv, operation, storage)?;
    Ok(Facts { read_only: read_only.map(str::to_owned), vm, names, storage })
}

pub(super) fn found<T>(read: HvResult<T>) -> HvResult<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Reads one VM afresh.
pub(super) fn vm_facts(hv: &dyn Hypervisor, id: VmId) -> HvResult<VmFacts> {
    let state = hv.vm_state(id)?;
    let flags = hv.vm_flags(id)?;
    let live = hv.xml_of(id, XmlOf::Live)?;
    // A VM that is off has one definition only.
    let defined_xml = if state.is_active() && flags.persistent != Some(false) {
        hv.xml_of(id, XmlOf::Defined)?
    } else {
        live.clone()
    };
    let name = domain::name(&live).unwrap_or_else(|| id.to_string());
    // XML that cannot be read leaves the definition empty: state and flags are enough for most plans.
    let definition = domain::parse(&live).unwrap_or_default();
    Ok(VmFacts { id, name, state, flags, definition, defined_xml })
}
