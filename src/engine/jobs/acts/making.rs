//! Acts on the way to a new VM.

use std::time::Duration;

use super::{Broken, Found, Hands};
use crate::engine::jobs::Input;
use crate::engine::jobs::watch::Rate;
use crate::hypervisor::{
    BackupTarget, Chunk, HvError, HvErrorKind, HvProgress, HvResult, Hypervisor, NvramThen, Undefining,
};
use crate::model::id::VmId;
use crate::model::plan::{Content, CopiedDisk, MakingAct as Act};
use crate::operations::seed_image;

/// How often it is looked how far a copy is.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Does it.
pub(super) fn perform(act: &Act, hands: &Hands<'_>) -> Result<(), Broken> {
    let hv = hands.hv;
    match act {
        Act::Define { xml, .. } => {
            hv.define(xml, false)?;
        }
        Act::Undefine { vm } => {
            let how = Undefining { nvram: NvramThen::Remove, tpm: false, saved: false };
            gone_is_fine(hv.undefine(*vm, how))?;
        }
        Act::Write { pool, volume, content } => fill(hv, (pool, volume), content)?,
        Act::BeginCopy { vm, freeze, disks } => return begin_copy(*vm, *freeze, disks, hv),
        Act::AwaitCopy { vm, bytes } => return await_copy(*vm, *bytes, hands),
        Act::StopCopy { vm, thaw } => stop_copy(hv, *vm, *thaw)?,
    }
    Ok(())
}

fn gone_is_fine(done: HvResult<()>) -> HvResult<()> {
    match done {
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Writes the content and leaves zeros behind it.
fn fill(hv: &dyn Hypervisor, (pool, volume): (&str, &str), content: &Content) -> HvResult<()> {
    let bytes = match content {
        Content::Text(text) => text.clone().into_bytes(),
        Content::Seed { instance, name, seed } => seed_image(instance, name, seed),
    };
    let mut at = 0;
    let mut source = |buffer: &mut [u8]| {
        let rest = &bytes[at..];
        let n = rest.len().min(buffer.len());
        if n == 0 {
            return Ok(Chunk::End);
        }
        buffer[..n].copy_from_slice(&rest[..n]);
        at += n;
        Ok(Chunk::Data(n))
    };
    hv.upload(pool, volume, bytes.len() as u64, &mut source)
}

/// Begins to copy the disks of a VM that runs, as they are now.
fn begin_copy(vm: VmId, freeze: bool, disks: &[CopiedDisk], hv: &dyn Hypervisor) -> Result<(), Broken> {
    let targets: Vec<BackupTarget<'_>> = disks
        .iter()
        .map(|d| BackupTarget { target: &d.target, path: &d.path, block: d.block, format: &d.format })
        .collect();
    if freeze {
        hv.freeze(vm)?;
    }
    // What the guest writes from here on does not reach the copy: it may go on.
    let begun = hv.begin_backup(vm, &targets);
    let thawed = if freeze { hv.thaw(vm) } else { Ok(()) };
    begun?;
    if let Err(e) = thawed {
        tracing::warn!("{e}");
        stop_copy(hv, vm, true)?;
        return Err(e.into());
    }
    Ok(())
}

/// Waits until a copy is whole; what began it is taken back where it does not become so.
fn await_copy(vm: VmId, bytes: u64, hands: &Hands<'_>) -> Result<(), Broken> {
    let hv = hands.hv;
    let mut rate = Rate::default();
    loop {
        if hands.stop.is_asked() {
            return Err(Broken::Stopped(""));
        }
        let Some(now) = hv.vm_progress(vm)? else { break };
        let now = HvProgress { total: if now.total == 0 { bytes } else { now.total }, ..now };
        let progress = rate.seen(now, std::time::Instant::now());
        drop(hands.desk.send(Input::Progress(hands.job, progress)));
        hands.stop.wait(LOOK_EVERY);
    }
    if hv.backup_succeeded(vm)? {
        return Ok(());
    }
    Err(HvError::new(HvErrorKind::Aborted, "copy the disks", "the copy ended before it was whole").into())
}

/// Ends a copy that goes on, and has a guest go on that was frozen for it.
fn stop_copy(hv: &dyn Hypervisor, vm: VmId, thaw: bool) -> HvResult<()> {
    if thaw && let Err(e) = hv.thaw(vm) {
        tracing::debug!("{e}");
    }
    match hv.backup_goes_on(vm) {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        Err(e) if e.kind == HvErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    }
    match hv.abort_job(vm) {
        Err(e) if matches!(e.kind, HvErrorKind::InvalidState | HvErrorKind::NotFound) => Ok(()),
        done => done,
    }
}

/// Whether it was done.
pub(super) fn probe(act: &Act, hv: &dyn Hypervisor) -> HvResult<Found> {
    let found = |so: bool| if so { Found::Done } else { Found::NotDone };
    Ok(match act {
        Act::Define { vm, .. } => found(is_there(hv, *vm)?),
        Act::Undefine { vm } => found(!is_there(hv, *vm)?),
        // What is in the volume goes with the volume, which the step before made; whether a copy was whole is not known any
        // more.
        Act::Write { .. } | Act::AwaitCopy { .. } => Found::NotDone,
        // It may go on, and the guest be frozen.
        Act::BeginCopy { .. } => Found::Half,
        Act::StopCopy { vm, .. } => found(!hv.backup_goes_on(*vm)?),
    })
}

fn is_there(hv: &dyn Hypervisor, vm: VmId) -> HvResult<bool> {
    match hv.vm_state(vm) {
        Ok(_) => Ok(true),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}
