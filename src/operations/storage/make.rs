//! New, empty volumes.

use super::{On, holds_files, words};
use crate::model::operation::{NewVolume, Operation, Preallocation, Target, VolumeOperation};
use crate::model::plan::{Act, Planned, RefusalKind, StorageAct, Weight};
use crate::model::units::bytes;
use crate::operations::build::Draft;
use crate::operations::touch;
use crate::xml::volume::{VolumeSpec, write};

const VERB: &str = "Create volume";
/// Bytes that the tables of a fresh qcow2 image take.
const TABLES: u64 = 256 << 10;

pub(super) fn create(on: &On<'_>, new: &NewVolume) -> Planned {
    planned(on, new).unwrap_or_else(|no| no)
}

fn planned(on: &On<'_>, new: &NewVolume) -> Result<Planned, Planned> {
    let pool = on.room_for(VERB, on.pool, on.name)?;
    let no = |kind, reason: String, remedy: &str| Err(on.no(VERB, kind, reason, remedy));
    let files = holds_files(&pool.record.kind);
    let format = new.format.as_deref().unwrap_or(if files { "qcow2" } else { "raw" });
    if !matches!(format, "qcow2" | "raw") {
        return no(
            RefusalKind::BadRequest,
            format!("{format} is no format for a new disk."),
            "qcow2 or raw.",
        );
    }
    if !files && format != "raw" {
        let reason = format!("Volumes of a pool of kind {} are raw.", pool.record.kind);
        return no(RefusalKind::Unsupported, reason, "Leave the format away.");
    }
    let backing = backing(on, new, format)?;
    let below = backing.as_ref().map_or(0, |b| b.capacity);
    let capacity = match new.capacity {
        Some(capacity) => capacity,
        None if backing.is_some() => below,
        None => return no(RefusalKind::BadRequest, "It needs a size.".into(), "Such as 20G."),
    };
    if capacity == 0 {
        return no(RefusalKind::BadRequest, "A volume has at least one byte.".into(), "");
    }
    if capacity < below {
        let reason = format!("The image below has {}: a smaller one would cut it.", bytes(below as f64));
        return no(RefusalKind::BadRequest, reason, "Make it at least as large.");
    }
    let full = new.preallocation == Preallocation::Full;
    let metadata = format == "qcow2" && new.preallocation != Preallocation::Off;
    if new.preallocation == Preallocation::Metadata && format != "qcow2" {
        let reason = "Only qcow2 has tables to lay out.".to_owned();
        return no(RefusalKind::BadRequest, reason, "Use full, or off.");
    }
    if backing.is_some() && new.preallocation != Preallocation::Off {
        let reason = "A volume on another one cannot be laid out beforehand.".to_owned();
        return no(RefusalKind::BadRequest, reason, "Use off.");
    }
    // Volumes of block storage have all their room from the beginning.
    let all_now = full || !files;
    let needs = if all_now {
        capacity
    } else if format == "qcow2" {
        TABLES.min(capacity)
    } else {
        0
    };
    on.fits(VERB, pool, needs)?;
    let allocation = if all_now { capacity } else { 0 };
    let spec = VolumeSpec {
        name: on.name,
        capacity,
        allocation,
        format: files.then_some(format),
        backing: backing.as_ref().map(|b| (b.path.as_str(), b.format.as_str())),
    };
    let xml = write(&spec);
    let (pool_name, name) = (on.pool.to_owned(), on.name.to_owned());
    let size = capacity.to_string();
    let mut command =
        words(&["virsh", "vol-create-as", "--pool", on.pool, "--name", on.name, "--capacity", &size]);
    if files {
        command.extend(words(&["--format", format]));
    }
    command.extend(words(&["--allocation", &allocation.to_string()]));
    command.extend(metadata.then(|| "--prealloc-metadata".to_owned()));
    if let Some(b) = &backing {
        command.extend(words(&["--backing-vol", &b.path, "--backing-vol-format", &b.format]));
    }
    let sparse = !all_now;
    let over = sparse && pool.record.available.is_some_and(|free| free < capacity);
    let mut plan = on
        .draft(VERB, pool)
        .summary(summary(capacity, format, new, files))
        .step_by(
            "Make it",
            command,
            Act::Storage(StorageAct::CreateVolume { pool: pool_name, name, xml: xml.clone(), metadata }),
        )
        .undo(Act::Storage(StorageAct::DeleteVolume { pool: on.pool.into(), name: on.name.into() }))
        .space(format!("pool {}", on.pool), needs, pool.record.available)
        .diff(&crate::xml::diff::unified("", &xml))
        .back_by(Operation::volume(on.pool, on.name, VolumeOperation::Delete));
    if sparse {
        plan = may_grow(plan, capacity, over);
    }
    if let Some(b) = &backing {
        let text = format!(
            "It holds only the differences to {}/{}, which must not be written to or deleted from now on.",
            b.pool, b.name
        );
        plan =
            plan.note(Weight::Info, text).rests_on("the image below", format!("{} {}", b.path, b.capacity));
        plan = plan.touches([touch::file(&b.path), Target::volume(&b.pool, &b.name).thing()]);
    }
    Ok(plan.planned(on.facts))
}

fn may_grow(plan: Draft, capacity: u64, over: bool) -> Draft {
    let text = format!("It takes little now and may grow to {}", bytes(capacity as f64));
    if over {
        plan.note(Weight::Warning, text + ": the pool has less than that free.")
    } else {
        plan.note(Weight::Info, text + ".")
    }
}

struct Below {
    pool: String,
    name: String,
    path: String,
    format: String,
    capacity: u64,
}

fn backing(on: &On<'_>, new: &NewVolume, format: &str) -> Result<Option<Below>, Planned> {
    let Some(backing) = &new.backing else { return Ok(None) };
    if format != "qcow2" {
        let reason = "Only a qcow2 volume can lie on another one.";
        return Err(on.no(VERB, RefusalKind::BadRequest, reason, "Make it qcow2."));
    }
    let pool = on.running(VERB, &backing.pool)?;
    let Some(volume) = pool.volume(&backing.name) else {
        let reason = format!("There is no volume {}/{} to lie below.", backing.pool, backing.name);
        return Err(on.no(VERB, RefusalKind::NotFound, reason, "`novacron list volumes` shows all."));
    };
    Ok(Some(Below {
        pool: backing.pool.clone(),
        name: backing.name.clone(),
        path: volume.path.clone(),
        format: volume
            .format
            .clone()
            .filter(|f| f != "unknown" && f != "iso")
            .unwrap_or_else(|| "raw".into()),
        capacity: volume.capacity,
    }))
}

fn summary(capacity: u64, format: &str, new: &NewVolume, files: bool) -> String {
    let size = bytes(capacity as f64);
    match new.preallocation {
        Preallocation::Off if files => format!("{size}, {format}, grows as it is written"),
        Preallocation::Metadata => format!("{size}, {format}, its tables laid out"),
        Preallocation::Off | Preallocation::Full => format!("{size}, {format}, all room reserved"),
    }
}
