//! Who else rests on images that are written to, or go.

use super::disks::path;
use super::{Case, No, SnapshotFacts};
use crate::model::plan::RefusalKind;
use crate::model::text::clean;
use crate::model::vm::{DiskDefinition, DiskSource};
use crate::model::vm_snapshot::{SnapshotDisk, VmSnapshot};
use crate::operations::storage::TO_TELL;

/// Going back rewrites the images that a snapshot is inside of; of one in layers the present layers are of no more use,
/// unless another snapshot holds them by then.
pub(super) fn of_revert(case: &Case<'_>, snapshot: &VmSnapshot, keeps: bool) -> Result<(), No> {
    let images: Vec<Written<'_>> = if snapshot.is_external() {
        let present = |d: &SnapshotDisk| case.vm.definition.disks.iter().find(|p| p.target == d.target);
        let present = snapshot.disks.iter().filter(|_| !keeps).filter_map(present);
        present.filter_map(|d| Some((d.target.as_str(), d.source.as_ref()?))).collect()
    } else {
        held(snapshot).collect()
    };
    known(case)?;
    nobody(case, images)
}

/// Merging writes to the image below, and layers go.
pub(super) fn of_delete(case: &Case<'_>, gone: &VmSnapshot, merges: bool) -> Result<(), No> {
    known(case)?;
    let mut images: Vec<Written<'_>> = held(gone).filter(|_| merges).collect();
    for disk in &gone.disks {
        let layers = disk.overlay.iter().chain(SnapshotFacts::layer(gone, disk, &case.vm.definition));
        images.extend(layers.map(|layer| (disk.target.as_str(), layer)));
    }
    nobody(case, images)
}

/// One inside an image takes nothing of what others see there, yet that image is written to.
pub(super) fn of_delete_inside(case: &Case<'_>, gone: &VmSnapshot) -> Result<(), No> {
    nobody(case, held(gone))
}

fn known(case: &Case<'_>) -> Result<(), No> {
    match case.storage.cannot_tell() {
        Some(reason) => Err(No::new(RefusalKind::Unknown, reason, TO_TELL)),
        None => Ok(()),
    }
}

/// A disk's target, and an image of it.
type Written<'i> = (&'i str, &'i DiskSource);

fn held(snapshot: &VmSnapshot) -> impl Iterator<Item = Written<'_>> {
    snapshot.disks.iter().filter_map(|d| Some((d.target.as_str(), d.holds.as_ref()?)))
}

fn nobody<'i>(case: &Case<'_>, images: impl IntoIterator<Item = Written<'i>>) -> Result<(), No> {
    let mut users: Vec<String> = Vec::new();
    for (target, image) in images {
        let Some(path) = image_path(case, image) else { continue };
        users.extend(case.storage.others(path, case.vm).iter().map(|u| clean(&u.words()).into_owned()));
        users.extend(other_disks(case, target, path));
    }
    users.sort();
    users.dedup();
    if users.is_empty() {
        return Ok(());
    }
    let reason =
        format!("Others rest on an image that would be written to or removed: {}.", users.join(", "));
    Err(No::new(RefusalKind::InUse, reason, "Give those VMs images of their own first, or delete them."))
}

/// Other disks of the same VM that lie on an image.
fn other_disks(case: &Case<'_>, target: &str, image: &str) -> impl Iterator<Item = String> {
    let others = case.vm.definition.disks.iter().filter(move |d| d.target != target);
    let on_it = move |d: &&DiskDefinition| {
        let mut told = d.source.iter().chain(d.backing.iter().map(|b| &b.source));
        told.any(|s| image_path(case, s).is_some_and(|top| case.storage.lies_on(top, image)))
    };
    others.filter(on_it).map(|d| format!("its disk {}", clean(&d.target)))
}

/// The path of an image, on block devices too.
fn image_path<'a>(case: &'a Case<'_>, source: &'a DiskSource) -> Option<&'a str> {
    match source {
        DiskSource::Block(path) => Some(path),
        source => path(source, case.s).or_else(|| Some(case.storage.located(source)?.1.path.as_str())),
    }
}
