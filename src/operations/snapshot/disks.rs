//! A VM's disks, as snapshots see them.

use super::SnapshotFacts;
use crate::model::text::clean;
use crate::model::vm::{DiskDefinition, DiskSource, VmDefinition};

/// Disks that a guest writes to, and that belong to it alone.
pub(super) fn written(vm: &VmDefinition) -> impl Iterator<Item = &DiskDefinition> {
    vm.disks.iter().filter(|d| {
        matches!(d.device.as_str(), "disk" | "lun" | "") && !d.read_only && !d.shareable && d.source.is_some()
    })
}

/// Disks that a guest writes to, and that others write to as well.
pub(super) fn shared(vm: &VmDefinition) -> impl Iterator<Item = &DiskDefinition> {
    vm.disks.iter().filter(|d| d.shareable && !d.read_only && d.source.is_some())
}

/// Why a disk cannot keep a state inside its image.
pub(super) fn not_inside(disk: &DiskDefinition) -> Option<String> {
    let format = disk.format.as_deref().unwrap_or("raw");
    let target = clean(&disk.target);
    match &disk.source {
        _ if disk.device == "lun" => Some(format!("its disk {target} is a passed through SCSI device")),
        Some(DiskSource::File(_) | DiskSource::Block(_) | DiskSource::Volume { .. }) if format == "qcow2" => {
            None
        }
        Some(DiskSource::File(_) | DiskSource::Block(_) | DiskSource::Volume { .. }) => {
            Some(format!("its disk {target} is {}, which keeps no states inside", clean(format)))
        }
        _ => Some(format!("its disk {target} does not lie in a file or device of this host")),
    }
}

/// Why nothing can be laid over a disk.
pub(super) fn not_over(disk: &DiskDefinition, active: bool) -> Option<String> {
    let target = clean(&disk.target);
    match &disk.source {
        _ if disk.device == "lun" => Some(format!("its disk {target} is a passed through SCSI device")),
        Some(DiskSource::File(_) | DiskSource::Block(_) | DiskSource::Volume { .. }) => None,
        Some(DiskSource::Network { protocol, .. })
            if active && matches!(protocol.as_str(), "rbd" | "gluster") =>
        {
            None
        }
        _ => Some(format!("its disk {target} does not lie in a file or device of this host")),
    }
}

/// The path of a disk's image on the host, where it is known.
pub(super) fn path<'a>(source: &'a DiskSource, facts: &'a SnapshotFacts) -> Option<&'a str> {
    match source {
        DiskSource::File(path) => Some(path),
        DiskSource::Volume { pool, volume } => {
            let found = facts.volumes.iter().find(|(p, v, _)| p == pool && v == volume);
            found.map(|(_, _, path)| path.as_str())
        }
        DiskSource::Block(_) | DiskSource::Network { .. } | DiskSource::Other(_) => None,
    }
}

/// The folder of a path, and the file's name without what stands behind its last dot.
pub(super) fn folder_and_stem(path: &str) -> Option<(&str, &str)> {
    let (folder, file) = path.rsplit_once('/')?;
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| if stem.is_empty() { file } else { stem });
    (path.starts_with('/') && !file.is_empty())
        .then_some((if folder.is_empty() { "/" } else { folder }, stem))
}

/// Layers of all disks, to see whether anything changed.
pub(super) fn listed(vm: &VmDefinition) -> String {
    let of = |d: &DiskDefinition| {
        let source = d.source.as_ref().map(DiskSource::describe).unwrap_or_default();
        format!("{}: {source}", d.target)
    };
    vm.disks.iter().map(of).collect::<Vec<_>>().join("; ")
}
