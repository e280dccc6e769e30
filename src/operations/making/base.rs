//! Disks that others lie on: nothing may write to them.

use crate::model::vm::VmDefinition;
use crate::operations::StorageFacts;
use crate::operations::storage::same;

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
