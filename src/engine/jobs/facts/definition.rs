//! Reading what plans about definitions rest on.

use super::found;
use crate::engine::jobs::Setting;
use crate::engine::jobs::kept::belongings;
use crate::hypervisor::{HvError, HvErrorKind, HvResult, Hypervisor, XmlOf};
use crate::model::operation::Operation;
use crate::model::vm::VmRecord;
use crate::operations::{DefinitionFacts, Needs, OtherVm, VmFacts};
use crate::store::{StateDb, StoreError};
use crate::xml::domain;

pub(super) fn gather(
    hv: &dyn Hypervisor,
    operation: &Operation,
    needed: Needs,
    vm: Option<&VmFacts>,
    setting: &Setting,
) -> HvResult<DefinitionFacts> {
    let mut facts = DefinitionFacts { keep_days: setting.keep_days, ..DefinitionFacts::default() };
    let Some(id) = operation.vm_id().filter(|_| needed.secrets || needed.held || needed.belongings) else {
        return Ok(facts);
    };
    let unread = |why: StoreError| HvError::new(HvErrorKind::Other, "read the journal", why.to_string());
    let (db, _) = StateDb::open(&setting.folder, setting.clock.now().wall).map_err(unread)?;
    if needed.held {
        facts.held = db.held_vm(&setting.host, id).map_err(unread)?;
    }
    if let Some(vm) = vm.filter(|_| needed.belongings) {
        facts.belongings = belongings(hv, vm, &db.held_folder(&setting.host, id))?;
    }
    if vm.is_none() && facts.held.is_some() {
        facts.others = others(hv)?;
    }
    if let Some(vm) = vm.filter(|_| needed.secrets) {
        facts.with_secrets = match hv.xml_of(id, XmlOf::DefinedWithSecrets) {
            Err(e) if matches!(e.kind, HvErrorKind::ReadOnly | HvErrorKind::PermissionDenied) => None,
            read => Some(read?),
        };
        let newest = db.revisions(&setting.host, id).map_err(unread)?.into_iter().next();
        facts.revision = newest.map_or(1, |r| if r.xml == vm.defined_xml { r.number } else { r.number + 1 });
    }
    Ok(facts)
}

/// All VMs with their MAC addresses. One that is gone meanwhile has none.
fn others(hv: &dyn Hypervisor) -> HvResult<Vec<OtherVm>> {
    let vms = hv.vms()?;
    let wanted: Vec<_> = vms.iter().map(|vm| (vm.id, XmlOf::Defined)).collect();
    let of = |(vm, xml): (VmRecord, HvResult<String>)| {
        let xml = found(xml)?.unwrap_or_default();
        let nics = domain::parse(&xml).unwrap_or_default().nics;
        Ok(OtherVm { id: vm.id, name: vm.name, macs: nics.into_iter().map(|n| n.mac).collect() })
    };
    vms.into_iter().zip(hv.xmls_of(&wanted)).map(of).collect()
}
