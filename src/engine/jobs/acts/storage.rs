//! Acts about volumes and pools.

use std::path::Path;
use std::time::Duration;

use super::transfer::{download, part_of, upload};
use super::{Broken, Found, Hands};
use crate::engine::jobs::facts::vm_uses;
use crate::engine::jobs::stop::Stop;
use crate::engine::jobs::watch::watched_as;
use crate::hypervisor::{Build, HvErrorKind, HvProgress, HvResult, Hypervisor};
use crate::model::operation::BuildHow;
use crate::model::plan::StorageAct;
use crate::model::storage::{PoolState, Volume};
use crate::model::time::Timestamp;
use crate::operations::{VmUses, names};
use crate::xml;

/// How long a volume that libvirt still writes to is waited for, before it is given up to delete it.
const LET_GO_WITHIN_S: u64 = 6 * 3600;
/// How often, and how many times, it is looked whether a copy was begun.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS: u32 = 12;
/// A file that a step makes is there so soon after it was begun, milliseconds.
const MADE_WITHIN_MS: u64 = 10_000;
/// How often it is tried.
const TRY_EVERY: Duration = Duration::from_millis(500);

/// Does it.
pub(super) fn perform(act: &StorageAct, hands: &Hands<'_>) -> Result<(), Broken> {
    let hv = hands.hv;
    match act {
        StorageAct::CreateVolume { pool, xml, metadata, .. } => hv.create_volume(pool, xml, *metadata)?,
        StorageAct::CloneVolume { .. } => return clone(act, hands),
        StorageAct::DeleteVolume { pool, name } => return delete(pool, name, hands),
        StorageAct::ResizeVolume { pool, name, capacity, allocate } => {
            hv.resize_volume(pool, name, *capacity, *allocate)?;
        }
        StorageAct::WipeVolume { pool, name } => hv.wipe_volume(pool, name)?,
        StorageAct::Upload { pool, name, from } => return upload((pool, name), from, hands),
        StorageAct::Download { pool, name, to } => return download((pool, name), to, hands),
        StorageAct::RemovePart { of } => return remove_part(of),
        StorageAct::DefinePool { xml, .. } => hv.define_pool(xml)?,
        StorageAct::UndefinePool { pool } => gone_is_fine(hv.undefine_pool(pool))?,
        StorageAct::BuildPool { pool, how } => hv.build_pool(pool, build(*how))?,
        StorageAct::StartPool { pool } => hv.start_pool(pool)?,
        StorageAct::StopPool { pool } => hv.stop_pool(pool)?,
        StorageAct::RefreshPool { pool } => hv.refresh_pool(hv.pool_named(pool)?)?,
        StorageAct::SetPoolAutostart { pool, on } => hv.set_pool_autostart(pool, *on)?,
    }
    Ok(())
}

const fn build(how: Option<BuildHow>) -> Build {
    match how {
        None => Build::Plain,
        Some(BuildHow::WhereEmpty) => Build::WhereEmpty,
        Some(BuildHow::Overwrite) => Build::Overwrite,
    }
}

fn gone_is_fine(done: HvResult<()>) -> HvResult<()> {
    match done {
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Copies, and tells how far it is by what the copy occupies. It cannot be broken off: what was made is deleted then.
fn clone(act: &StorageAct, hands: &Hands<'_>) -> Result<(), Broken> {
    let StorageAct::CloneVolume { pool, name, xml, from_pool, from, bytes } = act else { return Ok(()) };
    let (at, total) = ((pool.clone(), name.clone()), *bytes);
    let look = move |hv: &dyn Hypervisor| {
        let now = hv.volume(&at.0, &at.1, false)?;
        Ok(Some(HvProgress { done: now.allocation.min(total.max(1)), total }))
    };
    let done = watched_as(hands, look, |_| Ok(()), || hands.hv.clone_volume(pool, xml, (from_pool, from)));
    if !hands.stop.is_asked() {
        return Ok(done?);
    }
    if done.is_ok() {
        delete(pool, name, hands)?;
    }
    Err(Broken::Stopped("The copy was deleted."))
}

/// Deletes a volume. One that a copy goes on into, begun by a process that is gone, is waited for.
fn delete(pool: &str, name: &str, hands: &Hands<'_>) -> Result<(), Broken> {
    let begun = hands.clock.now().mono_us;
    loop {
        match gone_is_fine(hands.hv.delete_volume(pool, name)) {
            Err(e) if e.message.contains("still being allocated") => {
                let waited = hands.clock.now().mono_us.saturating_sub(begun) / 1_000_000;
                if waited >= LET_GO_WITHIN_S || hands.stop.is_asked() {
                    return Err(e.into());
                }
                hands.stop.wait(TRY_EVERY);
            }
            done => return Ok(done?),
        }
    }
}

fn remove_part(of: &str) -> Result<(), Broken> {
    match std::fs::remove_file(part_of(of)) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Broken::Said {
            sentence: format!("{} could not be removed: {e}.", part_of(of).display()),
            offer: None,
        }),
        _ => Ok(()),
    }
}

/// Looks whether an act was done that was begun at this time.
pub(super) fn probe(act: &StorageAct, begun: Timestamp, hv: &dyn Hypervisor) -> HvResult<Found> {
    let found = |so: bool| if so { Found::Done } else { Found::NotDone };
    Ok(match act {
        StorageAct::CreateVolume { pool, name, .. } => created(hv, (pool, name), begun)?,
        StorageAct::CloneVolume { pool, name, xml, .. } => half_made(hv, (pool, name), xml, begun)?,
        StorageAct::DeleteVolume { pool, name } => found(!there(hv, pool, name)?),
        StorageAct::ResizeVolume { pool, name, capacity, .. } => {
            found(hv.volume(pool, name, false)?.capacity >= *capacity)
        }
        StorageAct::WipeVolume { .. } | StorageAct::RefreshPool { .. } | StorageAct::BuildPool { .. } => {
            Found::NoTrace
        }
        // What is in the volume goes with the volume, which the step before made.
        StorageAct::Upload { .. } => Found::NotDone,
        StorageAct::Download { to, .. } => {
            // One that was not made then is somebody else's.
            if made_at(&part_of(to)).is_some_and(|at| is_around(at, begun)) {
                Found::Half
            } else {
                found(Path::new(to).exists())
            }
        }
        StorageAct::RemovePart { of } => found(!part_of(of).exists()),
        StorageAct::DefinePool { pool, .. } => found(pool_there(hv, pool)?),
        StorageAct::UndefinePool { pool } => found(!pool_there(hv, pool)?),
        StorageAct::StartPool { pool } => found(state(hv, pool)? != PoolState::Inactive),
        StorageAct::StopPool { pool } => found(state(hv, pool)? == PoolState::Inactive),
        StorageAct::SetPoolAutostart { pool, on } => {
            found(hv.pool(hv.pool_named(pool)?)?.autostart == Some(*on))
        }
    })
}

fn state(hv: &dyn Hypervisor, pool: &str) -> HvResult<PoolState> {
    Ok(hv.pool(hv.pool_named(pool)?)?.state)
}

fn there(hv: &dyn Hypervisor, pool: &str, name: &str) -> HvResult<bool> {
    is_there(hv.volume(pool, name, false))
}

fn pool_there(hv: &dyn Hypervisor, pool: &str) -> HvResult<bool> {
    is_there(hv.pool_named(pool))
}

fn is_there<T>(answer: HvResult<T>) -> HvResult<bool> {
    match answer {
        Ok(_) => Ok(true),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// A copy whose end nobody saw counts as half made; a volume of that name that was made otherwise is somebody else's.
/// In the first moments of a copy libvirt finds no file, or takes it for another: so it is looked several times.
fn half_made(hv: &dyn Hypervisor, at: (&str, &str), xml: &str, begun: Timestamp) -> HvResult<Found> {
    let pause = Stop::default();
    for look in 0..LOOKS {
        if look > 0 {
            pause.wait(LOOK_EVERY);
        }
        if is_the_copy(hv, at, xml, begun)? {
            return Ok(Found::Half);
        }
    }
    Ok(Found::NotDone)
}

fn is_the_copy(
    hv: &dyn Hypervisor,
    (pool, name): (&str, &str),
    xml: &str,
    begun: Timestamp,
) -> HvResult<bool> {
    let now = match hv.volume(pool, name, true) {
        Ok(now) => now,
        Err(e) if e.kind == HvErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(e),
    };
    let asked = xml::volume::parse(xml).unwrap_or_default();
    let of_others = is_ours(hv, &now, begun) == Some(false);
    Ok(asked.capacity == Some(now.capacity) && !of_others && user_of(hv, pool, &now)?.is_none())
}

/// A VM that uses the volume.
pub(super) fn user(hv: &dyn Hypervisor, pool: &str, name: &str) -> HvResult<Option<String>> {
    match hv.volume(pool, name, true) {
        Ok(volume) => user_of(hv, pool, &volume),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn user_of(hv: &dyn Hypervisor, pool: &str, volume: &Volume) -> HvResult<Option<String>> {
    let uses = |vm: &VmUses| vm.uses.iter().any(|u| names(&u.named, pool, volume));
    Ok(vm_uses(hv)?.into_iter().find(uses).map(|vm| vm.name))
}

/// Of a volume that is there nobody can tell who made it, but by when its file was made.
fn created(hv: &dyn Hypervisor, (pool, name): (&str, &str), begun: Timestamp) -> HvResult<Found> {
    match hv.volume(pool, name, false) {
        Ok(volume) => Ok(match is_ours(hv, &volume, begun) {
            Some(true) => Found::Done,
            Some(false) => Found::NotDone,
            None => Found::NoTrace,
        }),
        Err(e) if e.kind == HvErrorKind::NotFound => Ok(Found::NotDone),
        Err(e) => Err(e),
    }
}

/// Whether a volume was made around this time; `None` where its file cannot be looked at.
fn is_ours(hv: &dyn Hypervisor, volume: &Volume, begun: Timestamp) -> Option<bool> {
    let local = hv.capabilities().local;
    let made = made_at(Path::new(&volume.path)).filter(|_| local)?;
    Some(is_around(made, begun))
}

/// When a file was made.
fn made_at(path: &Path) -> Option<Timestamp> {
    let made = std::fs::metadata(path).and_then(|m| m.created()).ok()?;
    let since = made.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp(i64::try_from(since.as_millis()).ok()?))
}

const fn is_around(at: Timestamp, begun: Timestamp) -> bool {
    at.0.abs_diff(begun.0) <= MADE_WITHIN_MS
}
