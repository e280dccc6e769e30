//! What plans about a disk's layers rest on.

use super::found;
use super::storage::storage_facts;
use crate::engine::jobs::Setting;
use crate::hypervisor::{HvErrorKind, HvResult, Hypervisor};
use crate::model::operation::{LayerChange, Operation};
use crate::model::vm::{DiskDefinition, DiskSource};
use crate::operations::{JobFact, LayerFacts, StorageFacts, StorageNeeds, VmFacts};
use crate::xml;

/// Reads it; of images that their pools do not know yet the pools are read once more.
pub(super) fn gather(
    hv: &dyn Hypervisor,
    operation: &Operation,
    vm: &VmFacts,
    change: &LayerChange,
    storage: &mut StorageFacts,
    setting: &Setting,
) -> HvResult<LayerFacts> {
    let target = &change.target;
    let mut facts = LayerFacts {
        snapshots: none_where_unknown(hv.snapshots(vm.id))?.into_iter().map(|s| s.name).collect(),
        checkpoints: none_where_unknown(hv.checkpoint_documents(vm.id))?
            .into_iter()
            .map(|c| c.name)
            .collect(),
        capacity: found(hv.disk_capacity(vm.id, target))?.flatten(),
        ..LayerFacts::default()
    };
    let Some(disk) = vm.definition.disks.iter().find(|d| d.target == *target) else { return Ok(facts) };
    if vm.state.is_active() {
        facts.job = match hv.block_job(vm.id, target) {
            Ok(None) => JobFact::None,
            Ok(Some(_)) => JobFact::Running,
            Err(e) if e.kind == HvErrorKind::Unsupported => JobFact::Unsupported,
            Err(e) => return Err(e),
        };
    }
    if look_again(hv, disk, storage)? {
        *storage = storage_facts(hv, operation, StorageNeeds::Uses, setting)?;
    }
    let lies_in = match &disk.source {
        Some(DiskSource::Volume { pool, volume }) => Some((pool.clone(), volume.clone())),
        Some(DiskSource::File(path) | DiskSource::Block(path)) => {
            storage.at(path).map(|(pool, volume)| (pool.record.name.clone(), volume.name.clone()))
        }
        _ => None,
    };
    if let Some((pool, name)) = lies_in {
        facts.written = written(hv, &pool, &name)?;
    }
    Ok(facts)
}

/// When a volume was last written to, where the driver tells.
pub(in crate::engine::jobs) fn written(
    hv: &dyn Hypervisor,
    pool: &str,
    name: &str,
) -> HvResult<Option<String>> {
    let xml = found(hv.volume_xml(pool, name))?;
    Ok(xml.and_then(|xml| xml::volume::parse(&xml).ok()?.written))
}

fn none_where_unknown<T>(read: HvResult<Vec<T>>) -> HvResult<Vec<T>> {
    match read {
        // A driver without them has none; a connection that may not ask for them changes nothing either.
        Err(e) if matches!(e.kind, HvErrorKind::Unsupported | HvErrorKind::ReadOnly) => Ok(Vec::new()),
        read => read,
    }
}

/// Has libvirt look again in pools in which images of the disk lie that it does not know; whether there was one.
fn look_again(hv: &dyn Hypervisor, disk: &DiskDefinition, storage: &StorageFacts) -> HvResult<bool> {
    if hv.capabilities().no_refresh.is_some() {
        return Ok(false);
    }
    let mut any = false;
    for source in disk.source.iter().chain(disk.backing.iter().map(|b| &b.source)) {
        let DiskSource::File(path) = source else { continue };
        let Some((folder, _)) = path.rsplit_once('/') else { continue };
        let here = |p: &str| p.trim_end_matches('/') == folder;
        let pool = storage.pools.iter().find(|p| p.record.path.as_deref().is_some_and(here));
        if let Some(pool) = pool.filter(|p| p.volumes.is_some() && storage.at(path).is_none()) {
            // What cannot be read again stays unknown.
            match hv.refresh_pool(pool.record.id) {
                Err(e) if e.is_fatal() => return Err(e),
                done => any |= done.is_ok(),
            }
        }
    }
    Ok(any)
}
