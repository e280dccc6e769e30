//! Larger disks.

use super::super::build::{Draft, draft};
use super::change::Case;
use super::disk::disk_of;
use super::media::is_drive;
use super::source::{self, How};
use crate::model::operation::ChangeWhen;
use crate::model::plan::{Act, HardwareAct, Planned, RefusalKind, Weight};
use crate::model::text::clean;
use crate::model::units;

const VERB: &str = "Grow a disk of";
/// Disks consist of whole sectors.
const SECTOR: u64 = 512;
const LARGEST: u64 = 1 << 60;

type Checked<T> = Result<T, Box<Planned>>;

pub(super) fn grow(case: &Case<'_>, target: &str, to: u64) -> Planned {
    match made(case, target, to) {
        Ok(plan) => plan.planned(case.facts),
        Err(no) => *no,
    }
}

fn made(case: &Case<'_>, target: &str, to: u64) -> Checked<Draft> {
    let refuse = |kind, reason: String, remedy: &str| Box::new(case.refuse(VERB, kind, reason, remedy));
    let disk = disk_of(case, VERB, target)?;
    if is_drive(disk) {
        return Err(refuse(RefusalKind::BadRequest, format!("{} is a drive.", clean(target)), ""));
    }
    if to == 0 || to > LARGEST {
        return Err(refuse(RefusalKind::BadRequest, "That is no size of a disk.".into(), ""));
    }
    let to = to.next_multiple_of(SECTOR);
    let size = |n: u64| units::bytes(n as f64);
    let path = disk.source.as_ref().and_then(|s| source::path_of(case, s));
    let images = &case.facts.hardware.images;
    let image = path.as_ref().and_then(|p| images.iter().find(|i| i.volume.path == *p));
    let Some(now) = case.facts.hardware.capacity.or_else(|| image.map(|i| i.volume.capacity)) else {
        let reason = "How large it is now cannot be read.".to_owned();
        return Err(refuse(RefusalKind::Unknown, reason, "Refresh its pool, or start the VM."));
    };
    match to.cmp(&now) {
        std::cmp::Ordering::Equal => {
            return Err(refuse(RefusalKind::AlreadySo, format!("It has {} already.", size(now)), ""));
        }
        std::cmp::Ordering::Less => {
            let reason = format!("It has {}: making it smaller would cut off what is on it.", size(now));
            return Err(refuse(RefusalKind::BadRequest, reason, "Give it more than it has."));
        }
        std::cmp::Ordering::Greater => {}
    }
    if let Some(path) = &path {
        source::nobody_else(case, VERB, path, How { writes: true, shareable: disk.shareable })?;
    }
    let plan = draft(case.act, case.vm, VERB)
        .summary(format!("{target} from {} to {}", size(now), size(to)))
        .rests_on(format!("size of {target}"), now.to_string());
    let step = format!("Grow {target} to {}", size(to));
    let bytes = format!("{to}B");
    let plan = if case.live.is_some() {
        if case.change.when == ChangeWhen::NextStart {
            let reason = "It runs: its disk grows now or while it is off.".to_owned();
            return Err(refuse(RefusalKind::State, reason, "Shut it down first, or let it grow now."));
        }
        let act = HardwareAct::GrowLive { vm: case.vm.id, target: target.to_owned(), to };
        plan.step(step, &["blockresize", &case.name(), target, "--size", &bytes], Act::Hardware(act))
    } else {
        let Some((path, image)) = path.as_ref().zip(image) else {
            let reason = "It is in no started pool, and only volumes grow while their VM is off.".to_owned();
            return Err(refuse(
                RefusalKind::Unsupported,
                reason,
                "Start its pool, or start the VM and grow it then.",
            ));
        };
        if case.vm.flags.managed_save == Some(true) {
            let reason = "Its memory is saved, with the size that the disk has.".to_owned();
            return Err(refuse(RefusalKind::State, reason, "Start it, or discard what was saved."));
        }
        let (pool, volume) = (image.pool.clone(), image.volume.name.clone());
        let command = ["vol-resize", &volume, &bytes, "--pool", &pool].map(str::to_owned);
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let act = HardwareAct::GrowVolume { vm: case.vm.id, pool, volume, to };
        plan.step(step, &words, Act::Hardware(act)).rests_on("its image", path)
    };
    let plan = plan
        .note(
            Weight::Info,
            "Partitions and file systems on it stay as they are: they are grown in the guest.",
        )
        .note(Weight::Info, "It cannot be made smaller again.");
    let Some(image) = image else { return Ok(plan) };
    let more = to - now;
    let short = image.free.is_some_and(|free| free < more);
    Ok(plan.space(format!("pool {}", image.pool), more, image.free).note_if(
        short,
        Weight::Warning,
        "The pool has less free than the disk grows by: a guest that fills it is paused with an I/O error.",
    ))
}
