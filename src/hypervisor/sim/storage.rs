//! The simulated host's pools and volumes.

use quick_xml::escape::escape;
use uuid::Uuid;

use super::build::uuid;
use super::names::POOLS;
use super::spec::{DiskKind, VmSpec};
use crate::model::storage::{PoolRecord, PoolState, Volume};

const GIB: u64 = 1 << 30;
/// Salt of the pools' UUIDs.
const SALT: u64 = 0x706f_6f6c;

/// A pool before it holds anything.
#[derive(Clone, Debug)]
pub(crate) struct PoolPlan {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) path: String,
    pub(crate) state: PoolState,
    pub(crate) autostart: bool,
    /// It was undefined; its place in the list stays, which disks of VMs go by.
    pub(crate) gone: bool,
    /// Bytes; set once the VMs are built.
    pub(crate) capacity: u64,
    /// Bytes that belong to no volume.
    pub(crate) other: u64,
    /// Volumes that belong to no VM.
    pub(crate) own: Vec<Volume>,
}

/// The `index`th pool.
pub(crate) fn plan(seed: u64, index: usize) -> PoolPlan {
    let id = uuid(seed ^ SALT, index as u64);
    let (name, kind, path) = POOLS.get(index).map_or_else(
        || (format!("pool{index}"), "dir", format!("/srv/pool{index}")),
        |(name, kind, path)| ((*name).to_owned(), *kind, (*path).to_owned()),
    );
    let own = match kind {
        "dir" if name == "iso" => ["debian-12.iso", "ubuntu-24.04.iso", "virtio-win.iso"]
            .map(|n| file(&path, n, "raw", GIB))
            .to_vec(),
        "logical" => Vec::new(),
        _ => vec![file(&path, "base-debian12.qcow2", "qcow2", 20 * GIB)],
    };
    PoolPlan {
        id,
        name,
        kind: kind.to_owned(),
        path,
        state: PoolState::Running,
        autostart: true,
        gone: false,
        capacity: 0,
        other: 0,
        own,
    }
}

fn file(directory: &str, name: &str, format: &str, capacity: u64) -> Volume {
    let path = format!("{directory}/{name}");
    Volume {
        name: name.to_owned(),
        key: path.clone(),
        path,
        kind: "file",
        format: Some(format.to_owned()),
        capacity,
        allocation: capacity.min(2 * GIB),
        backing: None,
    }
}

/// How full the `index`th pool is at the beginning: the third is nearly full.
pub(crate) const fn fill(index: usize) -> f64 {
    match index % 5 {
        0 => 0.62,
        1 => 0.78,
        2 => 0.93,
        3 => 0.2,
        _ => 0.4,
    }
}

impl PoolPlan {
    /// A pool that was just defined.
    pub(crate) fn defined(id: Uuid, name: String, kind: String, path: String, capacity: u64) -> Self {
        let (state, own) = (PoolState::Inactive, Vec::new());
        Self { id, name, kind, path, state, autostart: false, gone: false, capacity, other: 0, own }
    }

    /// Its XML.
    pub(crate) fn xml(&self) -> String {
        let (kind, name, path) = (&self.kind, escape(&self.name), escape(&self.path));
        let id = self.id;
        format!(
            "<pool type='{kind}'>\n  <name>{name}</name>\n  <uuid>{id}</uuid>\n  <target>\n    <path>{path}</path>\n  </target>\n</pool>\n"
        )
    }

    /// The pool as it is when its volumes occupy so much.
    pub(crate) fn record(&self, allocation: u64) -> PoolRecord {
        let active = self.state != PoolState::Inactive;
        let allocation = allocation.min(self.capacity);
        PoolRecord {
            id: self.id,
            name: self.name.clone(),
            state: self.state,
            autostart: Some(self.autostart),
            persistent: Some(true),
            capacity: active.then_some(self.capacity),
            allocation: active.then_some(allocation),
            available: active.then_some(self.capacity - allocation),
            kind: self.kind.clone(),
            path: Some(self.path.clone()),
        }
    }
}

/// The volumes of a VM in the `index`th pool. `allocations` are its disks' in order.
pub(crate) fn volumes_of(vm: &VmSpec, index: usize, allocations: &[u64], details: bool) -> Vec<Volume> {
    vm.disks
        .iter()
        .zip(allocations)
        .filter_map(|(disk, now)| match &disk.kind {
            DiskKind::Volume { pool, name, path, capacity, backing, block, .. } if *pool == index => {
                let format = if *block { "raw" } else { "qcow2" };
                Some(Volume {
                    name: name.clone(),
                    key: path.clone(),
                    path: path.clone(),
                    kind: if *block { "block" } else { "file" },
                    format: details.then(|| format.to_owned()),
                    capacity: *capacity,
                    allocation: *now,
                    backing: backing.clone().filter(|_| details),
                })
            }
            _ => None,
        })
        .collect()
}
