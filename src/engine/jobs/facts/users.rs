//! Reading who uses which image: what VMs, their snapshots and other images name, and all that lies below those.

mod layers;

use std::collections::{BTreeSet, HashMap, HashSet};

use self::layers::{Layers, Start};
use super::{Definitions, definitions};
use crate::hypervisor::{HvErrorKind, HvResult, Hypervisor};
use crate::model::held::HeldVm;
use crate::model::id::VmId;
use crate::model::vm::{DiskDefinition, DiskSource, VmDefinition};
use crate::model::vm_snapshot::{SnapshotMemory, VmSnapshot};
use crate::operations::{StorageFacts, VmUses};
use crate::xml::domain::{self, Named, Use};
use crate::xml::vm_snapshot;

/// What every VM uses, as far as it can be told without pools.
pub(in crate::engine::jobs) fn vm_uses(hv: &dyn Hypervisor) -> HvResult<Vec<VmUses>> {
    let mut facts = StorageFacts::default();
    let starts = read_vms(hv, &mut facts)?;
    let mut layers = Layers::new(hv, &facts);
    for start in starts {
        layers.follow(start);
    }
    layers.tell(&mut facts);
    Ok(facts.vms)
}

/// Adds to pools and volumes who uses them. All volumes have to be read already; `refresh` has libvirt look again into
/// pools that this process cannot look into.
pub(super) fn add_users(
    hv: &dyn Hypervisor,
    held: &[HeldVm],
    facts: &mut StorageFacts,
    refresh: bool,
) -> HvResult<()> {
    let mut starts = read_vms(hv, facts)?;
    starts.append(&mut read_held(held, facts));
    let mut layers = Layers::new(hv, facts);
    layers.look_through_pools(refresh);
    for start in starts {
        layers.follow(start);
    }
    layers.tell(facts);
    Ok(())
}

/// What VMs name themselves; gives where their layers begin.
fn read_vms(hv: &dyn Hypervisor, facts: &mut StorageFacts) -> HvResult<Vec<Start>> {
    let mut starts = Vec::new();
    let with_snapshots = with_snapshots(hv)?;
    for Definitions { vm, live, defined } in definitions(hv)? {
        let active = vm.state.is_active();
        let mut reading = Reading::of(facts.vms.len());
        reading.definition(&live, active);
        if let Some(defined) = defined {
            reading.definition(&defined, false);
        }
        if with_snapshots.contains(&vm.id) {
            match hv.snapshots(vm.id) {
                Ok(all) => all.iter().for_each(|s| reading.snapshot(s)),
                Err(e) if e.kind == HvErrorKind::NotFound => {}
                Err(e) => reading.unread.push(e.to_string()),
            }
        }
        let of = |why: &String| format!("{}: {why}", vm.name);
        facts.unread.extend(reading.unread.iter().map(of));
        starts.append(&mut reading.starts);
        facts.vms.push(VmUses { id: vm.id, name: vm.name, active, uses: reading.uses, macs: reading.macs });
    }
    Ok(starts)
}

/// The VMs that have snapshots; none where the driver knows no snapshots.
fn with_snapshots(hv: &dyn Hypervisor) -> HvResult<HashSet<VmId>> {
    match hv.vms_with_snapshots() {
        Err(e) if e.kind == HvErrorKind::Unsupported => Ok(HashSet::new()),
        read => read,
    }
}

/// What deleted VMs name; gives where their layers begin.
fn read_held(held: &[HeldVm], facts: &mut StorageFacts) -> Vec<Start> {
    let mut starts = Vec::new();
    for vm in held {
        let mut reading = Reading::of(facts.vms.len() + facts.held.len());
        reading.definition(&vm.kept.definition, false);
        let volumes = vm.kept.volumes.iter().filter_map(|v| named(&v.source));
        reading.uses.extend(volumes.map(|named| Use { named, reads_only: false }));
        for document in &vm.kept.snapshots {
            // Of what cannot be read of a snapshot the images are told by its definition.
            if let Ok(snapshot) = vm_snapshot::parse(&document.xml) {
                reading.snapshot(&snapshot);
            }
        }
        facts.unread.extend(reading.unread.iter().map(|why| format!("{}: {why}", vm.name)));
        starts.append(&mut reading.starts);
        facts.held.push(VmUses {
            id: vm.vm,
            name: vm.name.clone(),
            active: false,
            uses: reading.uses,
            macs: reading.macs,
        });
    }
    starts
}

/// What is read of one VM.
struct Reading {
    /// Its place among all, those that are held last.
    vm: usize,
    uses: Vec<Use>,
    macs: BTreeSet<String>,
    starts: Vec<Start>,
    unread: Vec<String>,
}

impl Reading {
    const fn of(vm: usize) -> Self {
        Self { vm, uses: Vec::new(), macs: BTreeSet::new(), starts: Vec::new(), unread: Vec::new() }
    }

    /// What a definition names; libvirt writes all layers into that of a VM that runs.
    fn definition(&mut self, xml: &str, runs: bool) {
        match (domain::uses(xml), domain::parse(xml)) {
            (Ok(uses), Ok(definition)) => {
                self.uses.extend(uses);
                self.disks(&definition, runs);
                self.macs.extend(definition.nics.into_iter().map(|nic| nic.mac));
            }
            (Err(why), _) | (_, Err(why)) => {
                self.unread.push(format!("its definition cannot be read: {why}"));
            }
        }
    }

    fn disks(&mut self, definition: &VmDefinition, runs: bool) {
        let has_layers = |d: &&DiskDefinition| d.format.as_deref().is_some_and(|f| f != "raw");
        for disk in definition.disks.iter().filter(has_layers) {
            let told = runs || !disk.backing.is_empty();
            let layers = disk.backing.iter().map(|l| (&l.source, &l.format));
            for (source, format) in disk.source.iter().map(|s| (s, &disk.format)).chain(layers) {
                self.start(source, format.as_deref(), told);
            }
        }
    }

    /// What a snapshot keeps.
    fn snapshot(&mut self, snapshot: &VmSnapshot) {
        if let SnapshotMemory::External(path) = &snapshot.memory {
            self.uses.push(reads(Named::Path(path.clone())));
        }
        for source in snapshot.disks.iter().flat_map(|d| d.holds.iter().chain(&d.overlay)) {
            self.uses.extend(named(source).map(reads));
            self.start(source, None, false);
        }
    }

    fn start(&mut self, source: &DiskSource, format: Option<&str>, told: bool) {
        let Some(named) = named(source) else { return };
        self.starts.push(Start { vm: self.vm, named, format: format.map(str::to_owned), told });
    }
}

fn named(source: &DiskSource) -> Option<Named> {
    match source {
        DiskSource::File(path) | DiskSource::Block(path) => Some(Named::Path(path.clone())),
        DiskSource::Volume { pool, volume } => {
            Some(Named::Volume { pool: pool.clone(), volume: volume.clone() })
        }
        DiskSource::Network { .. } | DiskSource::Other(_) => None,
    }
}

const fn reads(named: Named) -> Use {
    Use { named, reads_only: true }
}

/// Which file or device a path leads to, however it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Thing {
    /// Device and number of a file.
    File(u64, u64),
    /// Number of a device.
    Device(u64),
}

/// Remembers where paths lead to.
#[derive(Default)]
struct Things {
    known: HashMap<String, Option<Thing>>,
}

impl Things {
    fn of(&mut self, path: &str) -> Option<Thing> {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        if let Some(known) = self.known.get(path) {
            return *known;
        }
        let meta = std::fs::metadata(path).ok();
        let thing = meta.map(|m| {
            let device = m.file_type().is_block_device();
            if device { Thing::Device(m.rdev()) } else { Thing::File(m.dev(), m.ino()) }
        });
        self.known.insert(path.to_owned(), thing);
        thing
    }
}
