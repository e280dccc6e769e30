//! Acts on where a disk's bytes lie.

use std::time::{Duration, Instant};

use super::wait::LOOK_EVERY;
use super::{Broken, Found, Hands};
use crate::engine::jobs::Input;
use crate::engine::jobs::facts::{all_storage, vm_uses, written};
use crate::engine::jobs::line::Lasting;
use crate::engine::jobs::watch::Rate;
use crate::hypervisor::{BlockJob, HvError, HvErrorKind, HvProgress, HvResult, Hypervisor, XmlOf};
use crate::model::hardware::Edit;
use crate::model::id::VmId;
use crate::model::plan::LayersAct;
use crate::model::units::bytes;
use crate::model::vm::{DiskDefinition, DiskSource};
use crate::operations::names;
use crate::xml::domain::{self, Mirror};
use crate::xml::edit;

/// How long it is tried to go over to a copy that has all, and of which libvirt does not know that yet.
const PIVOT_WITHIN: Duration = Duration::from_secs(30);

/// Does it.
pub(super) fn perform(act: &LayersAct, hands: &Hands<'_>) -> Result<(), Broken> {
    let hv = hands.hv;
    match act {
        LayersAct::Copy { vm, target, to, xml, shallow, pool, bandwidth } => {
            hv.copy_disk(*vm, target, xml, *shallow, *bandwidth)?;
            mirrored(hands, *vm, target, to, Some(pool))
        }
        LayersAct::Commit { vm, target, into, bandwidth } => {
            hv.commit_disk(*vm, target, into, *bandwidth)?;
            mirrored(hands, *vm, target, into, None)
        }
        LayersAct::GiveUp { vm, target, to } => give_up(hv, *vm, target, to),
        LayersAct::Pivot { vm, target, to } => pivot(hands, *vm, target, to),
        LayersAct::Name { vm, target, to, edits } => name(hv, *vm, target, to, edits),
        LayersAct::EndPull { vm, target } => Ok(end_pull(hv, *vm, target)?),
        LayersAct::Pull { vm, target, onto, bandwidth } => {
            pull(hands, *vm, target, onto.as_deref(), *bandwidth)
        }
        LayersAct::Switch { vm, edits, back, pool, name, written } => {
            switch(hv, *vm, (edits, back), (pool, name), written.as_deref())
        }
        LayersAct::DropUnused { pool, name } => drop_unused(hv, pool, name),
    }
}

fn said(sentence: impl Into<String>) -> Broken {
    Broken::Said { sentence: sentence.into(), offer: None }
}

/// Waits until the copy or commit has all and gets each write as well. It goes on in QEMU when libvirt's daemon ends, and is
/// waited for on the next connection.
fn mirrored(
    hands: &Hands<'_>,
    vm: VmId,
    target: &str,
    to: &str,
    pool: Option<&String>,
) -> Result<(), Broken> {
    let mut hv = Lasting::new(hands);
    let mut rate = Rate::default();
    loop {
        if hands.stop.is_asked() {
            hv.ask(|hv| give_up_now(hv, vm, target, to))?;
            return Err(Broken::Stopped("The disk stayed where it was."));
        }
        match hv.ask(|hv| under_way(hv, vm, target, to))? {
            Way::Ready => return Ok(()),
            Way::At(job) => tell(hands, &mut rate, job),
            Way::Off => return Err(said("The VM went off meanwhile: the disk stayed where it was.")),
            Way::Ended => return Err(said(ended(&mut hv, pool))),
        }
        hands.stop.wait(LOOK_EVERY);
    }
}

/// How a copy or commit is.
enum Way {
    At(BlockJob),
    Ready,
    /// Its VM does not run any more.
    Off,
    /// It is not there any more.
    Ended,
}

fn under_way(hv: &dyn Hypervisor, vm: VmId, target: &str, to: &str) -> HvResult<Way> {
    let is_off = |e: &HvError| matches!(e.kind, HvErrorKind::NotFound | HvErrorKind::InvalidState);
    match hv.block_job(vm, target) {
        Ok(Some(job)) if job.total == 0 || job.done < job.total => return Ok(Way::At(job)),
        Ok(_) => {}
        Err(e) if is_off(&e) && !runs(hv, vm)? => return Ok(Way::Off),
        Err(e) => return Err(e),
    }
    if !runs(hv, vm)? {
        return Ok(Way::Off);
    }
    Ok(match mirror(hv, vm, target, to)? {
        Some(mirror) if mirror.ready => Way::Ready,
        Some(_) => Way::At(BlockJob::default()),
        None => Way::Ended,
    })
}

fn tell(hands: &Hands<'_>, rate: &mut Rate, job: BlockJob) {
    if job.total > 0 {
        let now = HvProgress { done: job.done, total: job.total };
        drop(hands.desk.send(Input::Progress(hands.job, rate.seen(now, Instant::now()))));
    }
}

/// Why a copy may have ended by itself: libvirt does not tell.
fn ended(hv: &mut Lasting<'_>, pool: Option<&String>) -> String {
    let room = pool.and_then(|pool| {
        hv.ask(|hv| {
            let id = hv.pool_named(pool)?;
            // What is free is told as of the last look.
            hv.refresh_pool(id)?;
            hv.pool(id)
        })
        .ok()
    });
    let found = match room.and_then(|p| Some((p.name, p.available?))) {
        Some((name, free)) => format!(" Pool {name} has {} free.", bytes(free as f64)),
        None => String::new(),
    };
    format!(
        "QEMU broke it off: no space left there, or an error of the storage; the log of the VM's QEMU tells more.{found} \
         The disk stayed where it was."
    )
}

fn runs(hv: &dyn Hypervisor, vm: VmId) -> HvResult<bool> {
    match hv.vm_state(vm) {
        Ok(state) => Ok(state.is_active()),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// The copy or commit of a disk that goes to this path.
fn mirror(hv: &dyn Hypervisor, vm: VmId, target: &str, to: &str) -> HvResult<Option<Mirror>> {
    let all = domain::mirrors(&hv.xml_of(vm, XmlOf::Live)?);
    Ok(all.into_iter().find(|m| m.target == target && m.path == to))
}

fn disk(hv: &dyn Hypervisor, vm: VmId, which: XmlOf, target: &str) -> HvResult<Option<DiskDefinition>> {
    let read = domain::parse(&hv.xml_of(vm, which)?).unwrap_or_default();
    Ok(read.disks.into_iter().find(|d| d.target == target))
}

fn path(source: &DiskSource) -> Option<&str> {
    match source {
        DiskSource::File(path) | DiskSource::Block(path) => Some(path),
        _ => None,
    }
}

/// Whether what runs, or is defined where nothing runs, lies there.
fn lies_at(hv: &dyn Hypervisor, vm: VmId, target: &str, to: &str) -> HvResult<bool> {
    let disk = disk(hv, vm, XmlOf::Live, target)?;
    Ok(disk.is_some_and(|d| d.source.as_ref().and_then(path) == Some(to)))
}

/// Ends the copy or commit; one that is not there any more is no error.
fn give_up_now(hv: &dyn Hypervisor, vm: VmId, target: &str, to: &str) -> HvResult<()> {
    if !runs(hv, vm)? || mirror(hv, vm, target, to)?.is_none() {
        return Ok(());
    }
    match hv.end_block_job(vm, target, false) {
        Err(_) if mirror(hv, vm, target, to)?.is_none() => Ok(()),
        done => done,
    }
}

fn give_up(hv: &dyn Hypervisor, vm: VmId, target: &str, to: &str) -> Result<(), Broken> {
    match give_up_now(hv, vm, target, to) {
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(()),
        done => Ok(done?),
    }
}

fn pivot(hands: &Hands<'_>, vm: VmId, target: &str, to: &str) -> Result<(), Broken> {
    let mut hv = Lasting::new(hands);
    let begun = Instant::now();
    loop {
        let done = hv.ask(|hv| hv.end_block_job(vm, target, true));
        // libvirt may have been on the way when it was asked.
        if hv.ask(|hv| lies_at(hv, vm, target, to))? {
            return Ok(());
        }
        match done {
            Err(e) if begun.elapsed() < PIVOT_WITHIN && e.message.contains("ready") => {}
            Err(e) => {
                hv.ask(|hv| give_up_now(hv, vm, target, to))?;
                return Err(e.into());
            }
            Ok(()) if begun.elapsed() < PIVOT_WITHIN => {}
            Ok(()) => return Err(said("The guest did not go on with the copy.")),
        }
        hands.stop.wait(LOOK_EVERY);
    }
}

/// The path of the image right below; `None` where there is none.
fn below(hv: &dyn Hypervisor, vm: VmId, target: &str) -> HvResult<Option<String>> {
    let disk = disk(hv, vm, XmlOf::Live, target)?;
    Ok(disk.and_then(|d| Some(d.backing.first()?.source.describe())))
}

/// Takes up what lies below, or goes on waiting where that is under way already.
fn pull(
    hands: &Hands<'_>,
    vm: VmId,
    target: &str,
    onto: Option<&str>,
    bandwidth: Option<u32>,
) -> Result<(), Broken> {
    let mut hv = Lasting::new(hands);
    let is_so = |hv: &dyn Hypervisor| Ok(below(hv, vm, target)?.as_deref() == onto);
    if hv.ask(|hv| hv.block_job(vm, target))?.is_none() {
        if hv.ask(is_so)? {
            return Ok(());
        }
        hv.ask(|hv| hv.pull_disk(vm, target, onto, bandwidth))?;
    }
    let mut rate = Rate::default();
    loop {
        if hands.stop.is_asked() {
            hv.ask(|hv| end_pull(hv, vm, target))?;
            return Err(Broken::Stopped("What was taken up until then stays."));
        }
        match hv.ask(|hv| hv.block_job(vm, target)) {
            Ok(Some(job)) => tell(hands, &mut rate, job),
            Ok(None) if hv.ask(is_so)? => return Ok(()),
            Ok(None) => {
                return Err(said(
                    "QEMU broke it off: no space left there, or an error of the storage. The disk is as it was.",
                ));
            }
            Err(e) if !hv.ask(|hv| runs(hv, vm))? => {
                tracing::debug!("{e}");
                return Err(said("The VM went off meanwhile: the disk lies on what it lay on."));
            }
            Err(e) => return Err(e.into()),
        }
        hands.stop.wait(LOOK_EVERY);
    }
}

fn end_pull(hv: &dyn Hypervisor, vm: VmId, target: &str) -> HvResult<()> {
    if !runs(hv, vm)? || hv.block_job(vm, target)?.is_none() {
        return Ok(());
    }
    match hv.end_block_job(vm, target, false) {
        Err(_) if hv.block_job(vm, target)?.is_none() => Ok(()),
        done => done,
    }
}

/// Has the definition name where the disk went. Mostly libvirt did that itself.
fn name(hv: &dyn Hypervisor, vm: VmId, target: &str, to: &str, edits: &[Edit]) -> Result<(), Broken> {
    if runs(hv, vm)? && !lies_at(hv, vm, target, to)? {
        return Err(said("The disk was moved elsewhere since: its definition was left as it is."));
    }
    Ok(hv.edit_definition(vm, edits)?)
}

/// Changes the definition, where the VM is off and nobody wrote to the old volume.
fn switch(
    hv: &dyn Hypervisor,
    vm: VmId,
    (edits, back): (&[Edit], &[Edit]),
    (pool, name): (&str, &str),
    before: Option<&str>,
) -> Result<(), Broken> {
    const STARTED: &str = "The VM was started meanwhile: what it writes is not in the copy.";
    if hv.vm_state(vm)?.is_active() {
        return Err(said(STARTED));
    }
    if written(hv, pool, name)?.as_deref() != before {
        return Err(said("The old volume was written to meanwhile: the copy is not the same."));
    }
    hv.edit_definition(vm, edits)?;
    // A start in the last moment was with the old volume; each from now on is with the new one.
    if hv.vm_state(vm)?.is_active() && !edit::is_so(&hv.xml_of(vm, XmlOf::Live)?, edits).unwrap_or(false) {
        hv.edit_definition(vm, back)?;
        return Err(said(STARTED));
    }
    Ok(())
}

/// Deletes a volume, unless a VM names it or another volume lies on it.
fn drop_unused(hv: &dyn Hypervisor, pool: &str, name: &str) -> Result<(), Broken> {
    let volume = match hv.volume(pool, name, false) {
        Err(e) if e.kind == HvErrorKind::NotFound => return Ok(()),
        read => read?,
    };
    let user = vm_uses(hv)?
        .into_iter()
        .find(|vm| vm.uses.iter().any(|u| names(&u.named, pool, &volume)))
        .map(|vm| vm.name);
    let lies_on = || -> HvResult<Option<String>> {
        let all = all_storage(hv, |_| true)?;
        let child = all.volumes().find(|(_, v)| v.backing.as_deref() == Some(volume.path.as_str()));
        Ok(child.map(|(p, v)| format!("volume {}/{}", p.record.name, v.name)))
    };
    let user = match user {
        Some(user) => Some(user),
        None => lies_on()?,
    };
    if let Some(user) = user {
        return Err(said(format!("{pool}/{name} was not deleted: {user} uses it.")));
    }
    match hv.delete_volume(pool, name) {
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(()),
        done => Ok(done?),
    }
}

/// Looks whether an act was done.
pub(super) fn probe(act: &LayersAct, hv: &dyn Hypervisor) -> HvResult<Found> {
    let found = |so: bool| if so { Found::Done } else { Found::NotDone };
    Ok(match act {
        LayersAct::Copy { vm, target, to, .. } | LayersAct::Commit { vm, target, into: to, .. } => {
            if runs(hv, *vm)? && settled(mirror(hv, *vm, target, to)?)?.is_some() {
                Found::Half
            } else {
                Found::NotDone
            }
        }
        LayersAct::GiveUp { vm, target, to } => {
            found(!runs(hv, *vm)? || settled(mirror(hv, *vm, target, to)?)?.is_none())
        }
        LayersAct::Pivot { vm, target, to } => {
            settled(mirror(hv, *vm, target, to)?)?;
            found(lies_at(hv, *vm, target, to)?)
        }
        LayersAct::Pull { vm, target, onto, .. } => {
            if runs(hv, *vm)? && hv.block_job(*vm, target)?.is_some() {
                Found::Half
            } else {
                found(below(hv, *vm, target)?.as_deref() == onto.as_deref())
            }
        }
        LayersAct::EndPull { vm, target } => found(!runs(hv, *vm)? || hv.block_job(*vm, target)?.is_none()),
        LayersAct::Switch { vm, edits, .. } | LayersAct::Name { vm, edits, .. } => {
            found(edit::is_so(&hv.xml_of(*vm, XmlOf::Defined)?, edits).unwrap_or(false))
        }
        LayersAct::DropUnused { pool, name } => match hv.volume(pool, name, false) {
            Ok(_) => Found::NotDone,
            Err(e) if e.kind == HvErrorKind::NotFound => Found::Done,
            Err(e) => return Err(e),
        },
    })
}

/// A copy that is just ending is neither here nor there: it is looked again later.
fn settled(mirror: Option<Mirror>) -> HvResult<Option<Mirror>> {
    match mirror {
        Some(m) if m.ending => {
            let why = "the disk is just going over";
            Err(HvError::new(HvErrorKind::InvalidState, "look where the disk lies", why))
        }
        mirror => Ok(mirror),
    }
}
