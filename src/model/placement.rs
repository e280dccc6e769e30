//! Where a disk's bytes lie: in which pool, as which volume.

use std::collections::HashMap;
use std::sync::Arc;

use super::storage::Pool;
use super::vm::DiskSource;

/// A place in the pools it was asked of, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Index of the pool.
    pub pool: usize,
    /// Index of the volume in it; `None` when it lies in the pool's folder, but is not listed (yet).
    pub volume: Option<usize>,
}

/// An index of pools by path, folder and name.
#[derive(Debug, Default)]
pub struct Placement<'p> {
    paths: HashMap<&'p str, Place>,
    names: HashMap<(&'p str, &'p str), Place>,
    folders: HashMap<&'p str, usize>,
    pools: HashMap<&'p str, usize>,
}

impl<'p> Placement<'p> {
    /// The index of these pools. Where two pools claim a path, the first has it.
    pub fn new(pools: &'p [Arc<Pool>]) -> Self {
        let mut index = Self::default();
        for (at, pool) in pools.iter().enumerate() {
            let name = pool.record.name.as_str();
            index.pools.entry(name).or_insert(at);
            if let Some(path) = pool.record.path.as_deref().filter(|_| holds_files(&pool.record.kind)) {
                index.folders.entry(without_slash(path)).or_insert(at);
            }
            for (number, volume) in pool.volumes.iter().flat_map(|v| v.iter()).enumerate() {
                let place = Place { pool: at, volume: Some(number) };
                index.names.entry((name, volume.name.as_str())).or_insert(place);
                // A network volume's "path" is its name on the server, which means nothing without the pool.
                if volume.path.starts_with('/') {
                    index.paths.entry(without_slash(&volume.path)).or_insert(place);
                }
            }
        }
        index
    }

    /// Where a disk's or a layer's source lies; `None` when it is in no known pool.
    pub fn locate(&self, source: &DiskSource) -> Option<Place> {
        match source {
            DiskSource::File(path) | DiskSource::Block(path) => self.locate_path(path),
            DiskSource::Volume { pool, volume } => {
                let named = self.names.get(&(pool.as_str(), volume.as_str())).copied();
                named.or_else(|| Some(Place { pool: *self.pools.get(pool.as_str())?, volume: None }))
            }
            DiskSource::Network { .. } | DiskSource::Other(_) => None,
        }
    }

    /// Where a path lies: as a volume, or else in the nearest folder above it that is a pool's.
    pub fn locate_path(&self, path: &str) -> Option<Place> {
        let path = without_slash(path);
        if let Some(place) = self.paths.get(path) {
            return Some(*place);
        }
        let mut folder = path;
        while let Some((above, _)) = folder.rsplit_once('/') {
            folder = above;
            if let Some(pool) = self.folders.get(folder) {
                return Some(Place { pool: *pool, volume: None });
            }
        }
        None
    }

    /// The pool of this name, by index.
    pub fn pool(&self, name: &str) -> Option<usize> {
        self.pools.get(name).copied()
    }
}

/// Whether what lies under a pool's path is the pool's. Pools of whole devices only say where the links to
/// them are (`/dev/disk/by-path`), which they share with all others.
fn holds_files(kind: &str) -> bool {
    !matches!(kind, "disk" | "scsi" | "iscsi" | "iscsi-direct" | "mpath" | "rbd" | "sheepdog" | "gluster")
}

fn without_slash(path: &str) -> &str {
    path.trim_end_matches('/')
}
