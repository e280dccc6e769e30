//! Reading what plans for snapshots rest on: the snapshots, the agent, and what lies beside the images.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::vm_facts;
use crate::hypervisor::{HvError, HvErrorKind, HvResult, Hypervisor};
use crate::model::id::VmId;
use crate::model::vm::{DiskSource, VmDefinition};
use crate::model::vm_snapshot::{SizedSnapshot, VmSnapshot};
use crate::operations::{AgentFact, Folder, Needs, SnapshotFacts, VmFacts};
use crate::xml::domain;

/// Files of a folder that are looked at: more are no folder of images.
const MOST_FILES: usize = 20_000;

/// A VM's snapshots, with what they cost.
pub(in crate::engine::jobs) fn sized(hv: &dyn Hypervisor, vm: VmId) -> HvResult<Vec<SizedSnapshot>> {
    let vm = vm_facts(hv, vm)?;
    let facts = snapshot_facts(hv, &vm, Needs::VM, None)?;
    let sized = |snapshot: &VmSnapshot| SizedSnapshot {
        snapshot: snapshot.clone(),
        size: facts.size(snapshot, &vm.definition),
    };
    Ok(facts.snapshots.iter().map(sized).collect())
}

/// Reads what there is to know of a VM's snapshots.
pub(super) fn snapshot_facts(
    hv: &dyn Hypervisor,
    vm: &VmFacts,
    needs: Needs,
    folder: Option<&str>,
) -> HvResult<SnapshotFacts> {
    let snapshots = match hv.snapshots(vm.id) {
        // A driver without snapshots has none.
        Err(e) if e.kind == HvErrorKind::Unsupported => Vec::new(),
        read => read?,
    };
    let mut facts = SnapshotFacts {
        snapshots,
        abilities: hv.snapshot_abilities()?,
        nvram: domain::nvram_format(&vm.defined_xml),
        ..SnapshotFacts::default()
    };
    if needs.agent && vm.state.is_active() {
        facts.agent = agent(hv, vm);
    }
    places(hv, vm, folder, &mut facts)?;
    Ok(facts)
}

/// What the agent of a VM that runs says.
pub(super) fn agent(hv: &dyn Hypervisor, vm: &VmFacts) -> AgentFact {
    if !vm.definition.has_agent_channel {
        return AgentFact::Silent("the VM has no channel for one".into());
    }
    match hv.is_frozen(vm.id) {
        Ok(false) => AgentFact::Listens,
        Ok(true) => AgentFact::Frozen,
        Err(HvError { message, .. }) => AgentFact::Silent(message),
    }
}

/// Volumes' paths, and what lies in the folders of images.
fn places(
    hv: &dyn Hypervisor,
    vm: &VmFacts,
    folder: Option<&str>,
    facts: &mut SnapshotFacts,
) -> HvResult<()> {
    let local = hv.capabilities().local;
    let mut files: BTreeSet<String> = of_disks(&vm.definition).collect();
    for snapshot in &facts.snapshots {
        let kept = snapshot.disks.iter().flat_map(|d| d.holds.iter().chain(&d.overlay));
        files.extend(kept.filter_map(file));
    }
    let named: Vec<_> = vm.definition.disks.iter().filter_map(|d| volume(d.source.as_ref()?)).collect();
    let mut pools = Vec::new();
    if !local || !named.is_empty() {
        for (id, _) in hv.pool_names()? {
            // One that cannot be read now is as if it were not there.
            pools.extend(hv.pool(id));
        }
    }
    for (pool_name, volume_name) in named {
        let Some(pool) = pools.iter().find(|p| p.name == pool_name) else { continue };
        let volumes = hv.volumes(pool.id, false).unwrap_or_default();
        let path = volumes.into_iter().find(|v| v.name == volume_name && v.kind == "file").map(|v| v.path);
        files.extend(path.clone());
        facts.volumes.extend(path.map(|path| (pool_name, volume_name, path)));
    }
    let beside = files.iter().filter_map(|f| f.rsplit_once('/')).map(|(f, _)| f);
    let folders: BTreeSet<&str> = beside.chain(folder.map(|f| f.trim_end_matches('/'))).collect();
    for path in folders {
        let beside = if local { listed(path) } else { None };
        let pool = pools.iter().find(|p| p.path.as_deref().map(|p| p.trim_end_matches('/')) == Some(path));
        let beside = beside.or_else(|| {
            let pool = pool?;
            // libvirt sees new files when it looks again only.
            hv.refresh_pool(pool.id).ok()?;
            let volumes = hv.volumes(pool.id, false).ok()?;
            let files = volumes.into_iter().map(|v| (v.path, v.allocation)).collect();
            Some(Folder { path: path.to_owned(), free: pool.available, files })
        });
        facts.folders.extend(beside);
    }
    Ok(())
}

/// A folder of this machine, unless it cannot be read.
fn listed(path: &str) -> Option<Folder> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).ok()?.take(MOST_FILES) {
        let entry = entry.ok()?;
        let occupies = entry.metadata().map_or(0, |m| m.blocks().saturating_mul(512));
        files.push((format!("{path}/{}", entry.file_name().to_string_lossy()), occupies));
    }
    let free = rustix::fs::statvfs(Path::new(path)).ok();
    let free = free.map(|fs| fs.f_bavail.saturating_mul(fs.f_frsize));
    Some(Folder { path: path.to_owned(), free, files })
}

fn of_disks(vm: &VmDefinition) -> impl Iterator<Item = String> {
    let layers = vm.disks.iter().flat_map(|d| d.source.iter().chain(d.backing.iter().map(|b| &b.source)));
    layers.filter_map(file)
}

fn file(source: &DiskSource) -> Option<String> {
    match source {
        DiskSource::File(path) => Some(path.clone()),
        _ => None,
    }
}

fn volume(source: &DiskSource) -> Option<(String, String)> {
    match source {
        DiskSource::Volume { pool, volume } => Some((pool.clone(), volume.clone())),
        _ => None,
    }
}
