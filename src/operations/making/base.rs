//! Disks that others lie on: nothing may write to them.

use crate::model::storage::Volume;
use crate::model::vm::{DiskSource, VmDefinition};
use crate::operations::StorageFacts;
use crate::operations::storage::same;

/// Volumes of others that lie on one of these images, as `pool/name`.
pub(in crate::operations) fn on_images<'i>(
    storage: &StorageFacts,
    images: impl Iterator<Item = &'i DiskSource>,
) -> Vec<String> {
    let own: Vec<_> = images.filter_map(|source| storage.located(source)).map(|(_, v)| v).collect();
    let is_own = |v: &Volume| own.iter().any(|o| o.path == v.path);
    let on_them = |v: &Volume| {
        v.backing.as_deref().is_some_and(|b| own.iter().any(|o| same(b, &o.path) || same(b, &o.key)))
    };
    let others = storage.volumes().filter(|(_, v)| on_them(v) && !is_own(v));
    others.map(|(pool, v)| format!("{}/{}", pool.record.name, v.name)).collect()
}

/// Volumes that lie on a disk that this VM writes to, as `pool/name`.
pub(in crate::operations) fn children(storage: &StorageFacts, definition: &VmDefinition) -> Vec<String> {
    let mut out = Vec::new();
    for disk in definition.disks.iter().filter(|d| !d.read_only) {
        let Some((_, below)) = disk.source.as_ref().and_then(|s| storage.located(s)) else { continue };
        for (pool, volume) in storage.volumes() {
            let on_it =
                volume.backing.as_deref().is_some_and(|b| same(b, &below.path) || same(b, &below.key));
            if on_it {
                out.push(format!("{}/{}", pool.record.name, volume.name));
            }
        }
    }
    out
}
