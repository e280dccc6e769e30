//! Who else rests on images that are written to, or go.

use super::disks::path;
use super::{Case, No, SnapshotFacts};
use crate::model::plan::RefusalKind;
use crate::model::text::clean;
use crate::model::vm::DiskSource;
use crate::model::vm_snapshot::VmSnapshot;
use crate::operations::storage::TO_TELL;

/// Going back rewrites the images that a snapshot is inside of; of one in layers the present layers are of no more use,
/// unless another snapshot holds them by then.
pub(super) fn of_revert(case: &Case<'_>, snapshot: &VmSnapshot, keeps: bool) -> Result<(), No> {
    let images: Vec<&DiskSource> = if snapshot.is_external() {
        let present =
            |target: &str| case.vm.definition.disks.iter().find(|d| d.target == target)?.source.as_ref();
        snapshot.disks.iter().filter(|_| !keeps).filter_map(|d| present(&d.target)).collect()
    } else {
        snapshot.disks.iter().filter_map(|d| d.holds.as_ref()).collect()
    };
    known(case)?;
    nobody(case, images)
}

/// Merging writes to the image below, and layers go.
pub(super) fn of_delete(case: &Case<'_>, gone: &VmSnapshot, merges: bool) -> Result<(), No> {
    known(case)?;
    let mut images: Vec<&DiskSource> = Vec::new();
    for disk in &gone.disks {
        images.extend(disk.holds.as_ref().filter(|_| merges));
        images.extend(disk.overlay.iter().chain(SnapshotFacts::layer(gone, disk, &case.vm.definition)));
    }
    nobody(case, images)
}

/// One inside an image takes nothing of what others see there, yet that image is written to.
pub(super) fn of_delete_inside(case: &Case<'_>, gone: &VmSnapshot) -> Result<(), No> {
    nobody(case, gone.disks.iter().filter_map(|d| d.holds.as_ref()))
}

fn known(case: &Case<'_>) -> Result<(), No> {
    match case.storage.cannot_tell() {
        Some(reason) => Err(No::new(RefusalKind::Unknown, reason, TO_TELL)),
        None => Ok(()),
    }
}

fn nobody<'i>(case: &Case<'_>, images: impl IntoIterator<Item = &'i DiskSource>) -> Result<(), No> {
    let mut users: Vec<String> = Vec::new();
    for image in images.into_iter().filter_map(|image| image_path(case, image)) {
        users.extend(case.storage.others(image, case.vm).iter().map(|u| clean(&u.words()).into_owned()));
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

/// The path of an image, on block devices too.
fn image_path<'a>(case: &'a Case<'_>, source: &'a DiskSource) -> Option<&'a str> {
    match source {
        DiskSource::Block(path) => Some(path),
        source => path(source, case.s).or_else(|| Some(case.storage.located(source)?.1.path.as_str())),
    }
}
