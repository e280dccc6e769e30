//! Reading what a plan rests on.

mod definition;
mod devices;
mod hardware;
mod layers;
mod making;
mod network;
mod snapshots;
mod storage;
mod users;

pub(super) use self::layers::written;
use self::network::network_facts;
pub use self::network::{NetworkSeen, no_network, on_network};
pub(super) use self::snapshots::sized;
use self::snapshots::snapshot_facts;
pub(super) use self::storage::all_storage;
pub use self::storage::orphans;
use self::storage::storage_facts;
pub(super) use self::users::vm_uses;
use super::Setting;
use crate::hypervisor::{HvErrorKind, HvResult, Hypervisor, XmlOf};
use crate::model::id::VmId;
use crate::model::operation::{Operation, SnapshotOperation, VmOperation};
use crate::model::vm::VmRecord;
use crate::operations::{Facts, MakingFacts, RoomFacts, VmFacts, needs};
use crate::xml::domain;

/// Reads what the operation needs to know. An error is of the connection: a VM that is gone is a fact.
pub(super) fn gather(hv: &dyn Hypervisor, operation: &Operation, setting: &Setting) -> HvResult<Facts> {
    let needed = needs(operation);
    let vm = match operation.vm_id() {
        Some(id) => found(vm_facts(hv, id))?,
        None => None,
    };
    let names =
        if needed.names { hv.vms()?.into_iter().map(|vm| (vm.id, vm.name)).collect() } else { Vec::new() };
    let mut storage =
        storage_facts(hv, operation, making::storage_needs(operation, vm.as_ref(), needed.storage), setting)?;
    let networks = network_facts(hv, operation)?;
    let making = if needed.making {
        making::gather(hv, operation, vm.as_ref(), &storage)?
    } else {
        MakingFacts::default()
    };
    let hardware = hardware::gather(hv, operation, needed.hardware, vm.as_ref())?;
    let definition = definition::gather(hv, operation, needed, vm.as_ref(), setting)?;
    let snapshots = match &vm {
        Some(vm) if needed.snapshots => found(snapshot_facts(hv, vm, needed, folder_of(operation)))?,
        _ => None,
    };
    let layers = match (&vm, operation) {
        (Some(vm), Operation::Vm { act: VmOperation::Layers(change), .. }) => {
            found(layers::gather(hv, operation, vm, change, &mut storage, setting))?
        }
        _ => None,
    };
    let job = match &vm {
        Some(vm) if vm.state.is_active() => found(hv.vm_job(vm.id))?.flatten(),
        _ => None,
    };
    let save_folder = match (operation, &vm) {
        (Operation::Vm { act: VmOperation::Save, .. }, Some(vm)) => save_folder(hv, vm),
        _ => None,
    };
    let read_only = setting.read_only.clone();
    Ok(Facts {
        read_only,
        vm,
        job,
        save_folder,
        names,
        hardware,
        storage,
        making,
        definition,
        snapshots,
        layers,
        networks,
    })
}

/// Where libvirt would save its memory to, where that folder is this machine's.
fn save_folder(hv: &dyn Hypervisor, vm: &VmFacts) -> Option<RoomFacts> {
    let image = hv.saved_image(&vm.name)?;
    let folder = image.ancestors().skip(1).find(|f| f.exists())?;
    let free = rustix::fs::statvfs(folder).ok().map(|s| s.f_bavail.saturating_mul(s.f_frsize));
    Some(RoomFacts { path: folder.display().to_string(), free })
}

/// The folder that new layers are to go to, where one was named.
fn folder_of(operation: &Operation) -> Option<&str> {
    match operation {
        Operation::Snapshot { act: SnapshotOperation::Create(new), .. } => new.folder.as_deref(),
        _ => None,
    }
}

pub(super) fn found<T>(read: HvResult<T>) -> HvResult<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// A VM with what it runs with, and if it runs, what it is defined as.
pub(super) struct Definitions {
    pub(super) vm: VmRecord,
    pub(super) live: String,
    pub(super) defined: Option<String>,
}

/// The definitions of all VMs; those that are gone by now have none.
pub(super) fn definitions(hv: &dyn Hypervisor) -> HvResult<Vec<Definitions>> {
    let vms = hv.vms()?;
    let mut wanted: Vec<_> = vms.iter().map(|vm| (vm.id, XmlOf::Live)).collect();
    wanted.extend(vms.iter().filter(|vm| vm.state.is_active()).map(|vm| (vm.id, XmlOf::Defined)));
    let mut live = hv.xmls_of(&wanted);
    let mut defined = live.split_off(vms.len()).into_iter();
    let mut all = Vec::with_capacity(vms.len());
    for (vm, live) in vms.into_iter().zip(live) {
        let defined = if vm.state.is_active() { defined.next() } else { None };
        let Some(live) = found(live)? else { continue };
        let defined = defined.map(found).transpose()?.flatten();
        all.push(Definitions { vm, live, defined });
    }
    Ok(all)
}

/// Reads one VM afresh.
pub(super) fn vm_facts(hv: &dyn Hypervisor, id: VmId) -> HvResult<VmFacts> {
    let state = hv.vm_state(id)?;
    let flags = hv.vm_flags(id)?;
    let live = hv.xml_of(id, XmlOf::Live)?;
    // Also of a VM that is off: what is compared with it later is read so, and libvirt writes the two differently.
    let defined_xml =
        if flags.persistent == Some(false) { live.clone() } else { hv.xml_of(id, XmlOf::Defined)? };
    let name = domain::name(&live).unwrap_or_else(|| id.to_string());
    // XML that cannot be read leaves the definition empty: state and flags are enough for most plans.
    let definition = domain::parse(&live).unwrap_or_default();
    Ok(VmFacts { id, name, state, flags, definition, defined_xml })
}
