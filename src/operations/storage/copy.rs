//! Copies of volumes, in the same format or another.

use super::{On, holds_files, words};
use crate::model::operation::{Operation, Target, VolumeOperation};
use crate::model::plan::{Act, AfterKill, Planned, RefusalKind, StorageAct, Weight};
use crate::model::units::bytes;
use crate::operations::touch;
use crate::xml::volume::{VolumeSpec, write};

/// Formats that can be written.
const FORMATS: [&str; 6] = ["qcow2", "raw", "vmdk", "vdi", "vpc", "qed"];

pub(super) fn copy(on: &On<'_>, to_pool: &str, to: &str, format: Option<&str>) -> Planned {
    planned(on, to_pool, to, format).unwrap_or_else(|no| no)
}

fn planned(on: &On<'_>, to_pool: &str, to: &str, wanted: Option<&str>) -> Result<Planned, Planned> {
    let verb = if wanted.is_some() { "Convert volume" } else { "Clone volume" };
    let (pool, volume) = on.there(verb)?;
    let target = on.room_for(verb, to_pool, to)?;
    if let Some(writer) = on.storage().users(pool, volume).iter().find(|u| u.writes_now()) {
        let reason = format!("{} writes to it: a copy would not be whole.", writer.words());
        return Err(on.no(verb, RefusalKind::InUse, reason, "Shut the VM down, or clone the VM itself."));
    }
    let own = volume.format.as_deref().filter(|f| FORMATS.contains(f)).unwrap_or("raw");
    let files = holds_files(&target.record.kind);
    let format = wanted.unwrap_or(if files { own } else { "raw" });
    if !FORMATS.contains(&format) {
        let reason = format!("{format} is no format that can be written.");
        return Err(on.no(verb, RefusalKind::BadRequest, reason, format!("One of {}.", FORMATS.join(", "))));
    }
    if !files && format != "raw" {
        let reason = format!("Volumes of a pool of kind {} are raw.", target.record.kind);
        return Err(on.no(
            verb,
            RefusalKind::Unsupported,
            reason,
            "Convert it to raw, or choose another pool.",
        ));
    }
    // What lies below it comes with it, and may fill all of it.
    let needs = if files && volume.backing.is_none() {
        volume.allocation.min(volume.capacity)
    } else {
        volume.capacity
    };
    on.fits(verb, target, needs)?;
    let xml = write(&VolumeSpec {
        name: to,
        capacity: volume.capacity,
        allocation: if files { 0 } else { volume.capacity },
        format: files.then_some(format),
        backing: None,
    });
    let same_kind = to_pool == on.pool && wanted.is_none();
    let path = target.record.path.as_deref().unwrap_or("");
    let command = if same_kind {
        words(&["virsh", "vol-clone", "--pool", on.pool, "--vol", on.name, "--newname", to])
    } else {
        words(&["qemu-img", "convert", "-f", own, "-O", format, &volume.path, &format!("{path}/{to}")])
    };
    let drop = StorageAct::DeleteVolume { pool: to_pool.into(), name: to.into() };
    let clone = StorageAct::CloneVolume {
        pool: to_pool.into(),
        name: to.into(),
        xml: xml.clone(),
        from_pool: on.pool.into(),
        from: on.name.into(),
        bytes: needs,
    };
    let size = bytes(needs as f64);
    Ok(on
        .draft(verb, pool)
        .summary(format!("to {to_pool}/{to}, {format}, {size} at most"))
        .step_by(format!("Copy it to {to_pool}/{to}"), command, Act::Storage(clone))
        .undo(Act::Storage(drop))
        .space(format!("pool {to_pool}"), needs, target.record.available)
        .diff(&crate::xml::diff::unified("", &xml))
        .note(
            Weight::Info,
            "libvirt cannot break a copy off: when it is stopped, the copy is deleted once it is made.",
        )
        .note_if(
            volume.backing.is_some(),
            Weight::Info,
            "The copy stands alone: what lies below comes with it.",
        )
        .rests_on(format!("UUID of pool {to_pool}"), target.record.id.to_string())
        .rests_on("the volume", format!("{} {}", volume.path, volume.capacity))
        .touches([Target::volume(to_pool, to).thing(), touch::file(&format!("{path}/{to}"))])
        .after_kill(AfterKill::Undo)
        .back_by(Operation::volume(to_pool, to, VolumeOperation::Delete))
        .planned(on.facts))
}
