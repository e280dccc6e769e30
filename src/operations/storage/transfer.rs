//! Bytes from a file of this machine to a volume, and back.

use super::facts::FileFacts;
use super::{On, holds_files, words};
use crate::model::operation::{Operation, VolumeOperation};
use crate::model::plan::{Act, AfterKill, Planned, RefusalKind, StorageAct, Weight};
use crate::model::units::bytes;
use crate::xml::volume::{VolumeSpec, write};

pub(super) fn upload(on: &On<'_>, from: &str) -> Planned {
    upload_plan(on, from).unwrap_or_else(|no| no)
}

fn upload_plan(on: &On<'_>, from: &str) -> Result<Planned, Planned> {
    const VERB: &str = "Upload to volume";
    let no = |kind, reason: String, remedy: &str| Err(on.no(VERB, kind, reason, remedy));
    let pool = on.room_for(VERB, on.pool, on.name)?;
    let unknown = FileFacts::default();
    let file = on.storage().file.as_ref().unwrap_or(&unknown);
    if let Some(why) = &file.unreadable {
        return no(
            RefusalKind::NotFound,
            format!("{from} cannot be read: {why}."),
            "Name a file of this machine.",
        );
    }
    if file.size == 0 {
        return no(RefusalKind::BadRequest, format!("{from} is empty."), "");
    }
    let files = holds_files(&pool.record.kind);
    let needs = if files { file.allocated.min(file.size) } else { file.size };
    on.fits(VERB, pool, needs)?;
    // A file without holes has its room reserved first: a libvirtd may crash when it runs out of room in mid-stream.
    let allocation = if needs >= file.size { file.size } else { 0 };
    // Made as bytes; libvirt finds out the format once they are there.
    let xml = write(&VolumeSpec {
        name: on.name,
        capacity: file.size,
        allocation,
        format: files.then_some("raw"),
        backing: None,
    });
    let size = file.size.to_string();
    let (pool_name, name) = (on.pool.to_owned(), on.name.to_owned());
    let reserved = allocation.to_string();
    let create = words(&[
        "virsh",
        "vol-create-as",
        "--pool",
        on.pool,
        "--name",
        on.name,
        "--capacity",
        &size,
        "--allocation",
        &reserved,
        "--format",
        "raw",
    ]);
    let send =
        words(&["virsh", "vol-upload", "--pool", on.pool, "--vol", on.name, "--file", from, "--sparse"]);
    let (held, all) = (bytes(needs as f64), bytes(file.size as f64));
    let mut plan = on
        .draft(VERB, pool)
        .summary(format!("{all} from {from}"))
        .step_by(
            "Make the volume",
            create,
            Act::Storage(StorageAct::CreateVolume {
                pool: pool_name.clone(),
                name: name.clone(),
                xml,
                metadata: false,
            }),
        )
        .undo(Act::Storage(StorageAct::DeleteVolume { pool: pool_name.clone(), name: name.clone() }))
        .step_by(
            format!("Write {held} into it"),
            send,
            Act::Storage(StorageAct::Upload { pool: pool_name, name, from: from.to_owned() }),
        )
        .space(format!("pool {}", on.pool), needs, pool.record.available)
        .rests_on("the file", format!("{} bytes", file.size))
        .after_kill(AfterKill::Undo)
        .back_by(Operation::volume(on.pool, on.name, VolumeOperation::Delete));
    if let Some(image) = &file.image {
        let capacity = bytes(image.capacity as f64);
        plan = plan
            .note(Weight::Info, format!("It is a {} image of a disk of {capacity}.", image.format))
            .note_if(
                image.has_backing,
                Weight::Warning,
                "It names another file that lies below it: a VM with it would read that file of the host.",
            );
    }
    Ok(plan.planned(on.facts))
}

pub(super) fn download(on: &On<'_>, to: &str) -> Planned {
    download_plan(on, to).unwrap_or_else(|no| no)
}

fn download_plan(on: &On<'_>, to: &str) -> Result<Planned, Planned> {
    const VERB: &str = "Download volume";
    let no = |kind, reason: String, remedy: &str| Err(on.no(VERB, kind, reason, remedy));
    let (pool, volume) = on.there(VERB)?;
    if let Some(writer) = on.storage().users(pool, volume).iter().find(|u| u.writes_now()) {
        let reason = format!("{} writes to it: a copy would not be whole.", writer.words());
        return no(RefusalKind::InUse, reason, "Shut the VM down first.");
    }
    let unknown = FileFacts::default();
    let file = on.storage().file.as_ref().unwrap_or(&unknown);
    if !file.folder_exists {
        return no(RefusalKind::NotFound, format!("There is no folder for {to}."), "Make it first.");
    }
    if file.exists {
        return no(RefusalKind::Taken, format!("There is a file {to} already."), "Choose another name.");
    }
    if file.part_exists {
        let reason = format!("Another download to {to} goes on, or was left in the middle.");
        let remedy = "Wait until it is over, or remove the file that ends in .part.";
        return no(RefusalKind::Taken, reason, remedy);
    }
    let needs = volume.allocation.min(volume.capacity).max(1);
    if file.free.is_some_and(|free| free < needs) {
        let (needs, free) = (bytes(needs as f64), bytes(file.free.unwrap_or(0) as f64));
        let reason = format!("It needs {needs} in the folder of {to}, and {free} are free.");
        return no(RefusalKind::Space, reason, "Make room there.");
    }
    let get =
        words(&["virsh", "vol-download", "--pool", on.pool, "--vol", on.name, "--file", to, "--sparse"]);
    Ok(on
        .draft(VERB, pool)
        .summary(format!("{} to {to}", bytes(needs as f64)))
        .step_by(
            "Write its bytes to the file",
            get,
            Act::Storage(StorageAct::Download { pool: on.pool.into(), name: on.name.into(), to: to.into() }),
        )
        .undo(Act::Storage(StorageAct::RemovePart { of: to.into() }))
        .space(format!("the folder of {to}"), needs, file.free)
        .note_if(volume.backing.is_some(), Weight::Warning, "What lies below it does not come with it.")
        .rests_on("the volume", format!("{} {}", volume.path, volume.capacity))
        .after_kill(AfterKill::Undo)
        .planned(on.facts))
}
