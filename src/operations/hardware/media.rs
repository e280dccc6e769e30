//! Media in drives.

use super::change::{Case, Change, Live, LivePart, virsh};
use super::disk::disk_of;
use super::source::{self, How};
use crate::model::hardware::{Edit, Medium};
use crate::model::operation::{DiskSourceName, HardwareOperation};
use crate::model::plan::{Planned, RefusalKind, Weight};
use crate::model::text::clean;
use crate::model::vm::{DiskDefinition, DiskSource};

const INSERT: &str = "Insert a medium into a drive of";
const EJECT: &str = "Eject a medium of";

type Checked<T> = Result<T, Box<Planned>>;

/// Whether it is a drive whose medium can be changed.
pub(super) fn is_drive(disk: &DiskDefinition) -> bool {
    matches!(disk.device.as_str(), "cdrom" | "floppy")
}

pub(super) fn insert(case: &Case<'_>, target: Option<&str>, name: &DiskSourceName, force: bool) -> Planned {
    let made = || -> Checked<_> {
        let drive = drive(case, INSERT, target)?;
        let found = source::find(case, INSERT, name)?;
        let path = found.medium.path().to_owned();
        source::nobody_else(case, INSERT, &path, How { writes: false, shareable: false })?;
        Ok((
            change(case, INSERT, drive, Some(found.medium), force),
            drive.target.clone(),
            found.image.is_none(),
            path,
        ))
    };
    match made() {
        Ok((change, target, unseen, path)) => case.plan(change, |plan| {
            plan.rests_on(format!("medium in {target}"), held(case, &target)).note_if(
                unseen,
                Weight::Warning,
                format!("{} is in no started pool: whether it is there shows when it is read.", clean(&path)),
            )
        }),
        Err(no) => *no,
    }
}

pub(super) fn eject(case: &Case<'_>, target: Option<&str>, force: bool) -> Planned {
    match drive(case, EJECT, target) {
        Ok(drive) => {
            let target = &drive.target;
            case.plan(change(case, EJECT, drive, None, force), |plan| {
                plan.rests_on(format!("medium in {target}"), held(case, target))
            })
        }
        Err(no) => *no,
    }
}

fn change(case: &Case<'_>, verb: &str, drive: &DiskDefinition, to: Option<Medium>, force: bool) -> Change {
    let target = drive.target.clone();
    let what = match &to {
        Some(medium) => format!("Insert {} into {target}", clean(medium.path())),
        None => format!("Eject what is in {target}"),
    };
    let name = case.name();
    let mut words = vec!["change-media", name.as_str(), target.as_str()];
    match &to {
        Some(medium) => words.extend([medium.path(), "--update"]),
        None => words.push("--eject"),
    }
    words.extend(force.then_some("--force"));
    let (live, command) = virsh(&words);
    let edit = Edit::Medium { target: target.clone(), medium: to };
    let before = medium_of(drive);
    let back = before.clone().ok().map(|medium| Edit::Medium { target: target.clone(), medium });
    let inverse = before.ok().map(|medium| match medium {
        Some(medium) => {
            let source = DiskSourceName::Path(medium.path().to_owned());
            HardwareOperation::InsertMedia { target: Some(target.clone()), source, force }
        }
        None => HardwareOperation::EjectMedia { target: Some(target), force },
    });
    Change {
        verb: verb.into(),
        lives: vec![LivePart { what: what.clone(), can: Live::Can(edit.clone(), live), back: back.clone() }],
        what,
        edits: vec![edit],
        back: back.into_iter().collect(),
        command,
        force,
        inverse,
        touches: Vec::new(),
    }
}

/// The medium as it can be given back; an error where it is of another kind.
fn medium_of(drive: &DiskDefinition) -> Result<Option<Medium>, ()> {
    match &drive.source {
        None => Ok(None),
        Some(DiskSource::File(path)) => Ok(Some(Medium::File(path.clone()))),
        Some(DiskSource::Block(path)) => Ok(Some(Medium::Block(path.clone()))),
        Some(_) => Err(()),
    }
}

/// What is in a drive, in what runs and in what is defined.
fn held(case: &Case<'_>, target: &str) -> String {
    let of = |disks: &[DiskDefinition]| {
        let disk = disks.iter().find(|d| d.target == target);
        disk.and_then(|d| d.source.as_ref()).map_or_else(|| "nothing".to_owned(), DiskSource::describe)
    };
    format!("{}, {} by definition", of(&case.now().disks), of(&case.defined.disks))
}

fn drive<'c>(case: &'c Case<'_>, verb: &str, target: Option<&str>) -> Checked<&'c DiskDefinition> {
    let refuse = |kind, reason: String, remedy: String| Box::new(case.refuse(verb, kind, reason, remedy));
    if let Some(target) = target {
        let disk = disk_of(case, verb, target)?;
        if is_drive(disk) {
            return Ok(disk);
        }
        let reason = format!("{} is a disk, not a drive.", clean(target));
        return Err(refuse(RefusalKind::BadRequest, reason, "Detach it and attach another.".into()));
    }
    let drives: Vec<&DiskDefinition> = case.now().disks.iter().filter(|d| is_drive(d)).collect();
    match drives.as_slice() {
        [one] => Ok(one),
        [] => Err(refuse(
            RefusalKind::NotFound,
            "It has no drive.".into(),
            "Attach a CD-ROM drive while it is off.".into(),
        )),
        several => {
            let names: Vec<_> = several.iter().map(|d| clean(&d.target).into_owned()).collect();
            let reason = "It has several drives.".to_owned();
            Err(refuse(RefusalKind::BadRequest, reason, format!("Name one of {}.", names.join(", "))))
        }
    }
}
