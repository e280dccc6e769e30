//! What disks hold: where it is, and who else uses it.

use super::change::Case;
use super::facts::Image;
use crate::model::hardware::Medium;
use crate::model::operation::DiskSourceName;
use crate::model::plan::{Planned, RefusalKind};
use crate::model::text::clean;
use crate::model::vm::{DiskDefinition, DiskSource};

/// What a disk or drive is to hold.
pub(super) struct Found<'f> {
    pub(super) medium: Medium,
    /// Its volume, where it is one.
    pub(super) image: Option<&'f Image>,
}

type Checked<T> = Result<T, Box<Planned>>;

/// Finds what is named.
pub(super) fn find<'f>(case: &Case<'f>, verb: &str, name: &DiskSourceName) -> Checked<Found<'f>> {
    let refuse = |kind, reason: String, remedy: &str| Box::new(case.refuse(verb, kind, reason, remedy));
    let images = &case.facts.hardware.images;
    let image = match name {
        DiskSourceName::Path(path) => {
            let odd = !path.starts_with('/') || path.chars().any(char::is_control) || path.contains("/../");
            if odd {
                let reason = format!("“{}” is no absolute path.", clean(path));
                return Err(refuse(RefusalKind::BadRequest, reason, "Give it from / on, or as POOL/VOLUME."));
            }
            images.iter().find(|i| i.volume.path == *path)
        }
        DiskSourceName::Volume { pool, volume } => {
            let found = images.iter().find(|i| i.pool == *pool && i.volume.name == *volume);
            let Some(found) = found else {
                let reason =
                    format!("There is no volume {} in a started pool {}.", clean(volume), clean(pool));
                let remedy = "`novacron list volumes` shows all; a pool may have to be started or refreshed.";
                return Err(refuse(RefusalKind::NotFound, reason, remedy));
            };
            Some(found)
        }
    };
    let (path, kind) = match (image, name) {
        (Some(i), _) => (i.volume.path.clone(), i.volume.kind),
        (None, DiskSourceName::Path(path)) if path.starts_with("/dev/") => (path.clone(), "block"),
        (None, name) => (name.text(), "file"),
    };
    match kind {
        "file" => Ok(Found { medium: Medium::File(path), image }),
        "block" => Ok(Found { medium: Medium::Block(path), image }),
        other => {
            let reason = format!("It is of kind {other}; only files and block devices are attached so.");
            Err(refuse(RefusalKind::Unsupported, reason, "Edit the VM's XML."))
        }
    }
}

/// How a disk would use what it holds.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) writes: bool,
    pub(super) shareable: bool,
}

/// Refuses what somebody else writes to, or reads while this one would write.
pub(super) fn nobody_else(case: &Case<'_>, verb: &str, path: &str, how: How) -> Checked<()> {
    let in_use = |by: &str, what: &str| {
        let reason = format!("{} {what}.", clean(by));
        let remedy = "Detach it there first, attach another, or have both marked as shareable.";
        Err(Box::new(case.refuse(verb, RefusalKind::InUse, reason, remedy)))
    };
    for other in &case.facts.hardware.others {
        for disk in &other.disks {
            let writes = !disk.read_only && disk.device != "cdrom";
            let both_share = how.shareable && disk.shareable;
            if holds(case, disk, path) && (how.writes || writes) && !both_share {
                return in_use(&other.name, &format!("uses {} as {}", path, disk.target));
            }
            let below =
                disk.backing.iter().any(|layer| path_of(case, &layer.source).as_deref() == Some(path));
            if below && how.writes {
                return in_use(&other.name, &format!("has {} below its {}", path, disk.target));
            }
        }
    }
    let child = case.facts.hardware.images.iter().find(|i| i.volume.backing.as_deref() == Some(path));
    match child.filter(|_| how.writes) {
        Some(child) => {
            in_use(&format!("{}/{}", child.pool, child.volume.name), &format!("is based on {path}"))
        }
        None => Ok(()),
    }
}

/// Refuses what this VM has already.
pub(super) fn not_twice(case: &Case<'_>, verb: &str, path: &str) -> Checked<()> {
    let live = case.live.iter().flat_map(|(live, _)| &live.disks);
    let has = case.defined.disks.iter().chain(live).find(|disk| holds(case, disk, path));
    match has {
        Some(disk) => {
            let reason = format!("It has it already, as {}.", clean(&disk.target));
            Err(Box::new(case.refuse(verb, RefusalKind::InUse, reason, "")))
        }
        None => Ok(()),
    }
}

fn holds(case: &Case<'_>, disk: &DiskDefinition, path: &str) -> bool {
    disk.source.as_ref().is_some_and(|source| path_of(case, source).as_deref() == Some(path))
}

/// The path of what a disk holds, where it has one.
pub(super) fn path_of(case: &Case<'_>, source: &DiskSource) -> Option<String> {
    match source {
        DiskSource::File(path) | DiskSource::Block(path) => Some(path.clone()),
        DiskSource::Volume { pool, volume } => {
            let images = &case.facts.hardware.images;
            images.iter().find(|i| i.pool == *pool && i.volume.name == *volume).map(|i| i.volume.path.clone())
        }
        DiskSource::Network { .. } | DiskSource::Other(_) => None,
    }
}
