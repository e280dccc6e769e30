//! Where a disk is to go: pool, name, format and room.

use super::{Case, Disk, No};
use crate::model::operation::DiskMove;
use crate::model::plan::RefusalKind;
use crate::model::text::clean;
use crate::model::units::bytes;
use crate::operations::storage::{PoolFacts, holds_files};
use crate::operations::vm::name_is_good;

/// Ends of names that tell a format.
const ENDS: [&str; 3] = [".qcow2", ".raw", ".img"];

/// Where a disk is to go.
pub(super) struct Place<'c> {
    pub(super) pool: &'c PoolFacts,
    pub(super) name: String,
    pub(super) format: String,
    /// Whether it is a file there.
    pub(super) file: bool,
    /// Bytes a guest may write.
    pub(super) capacity: u64,
    /// Bytes that it is about to take.
    pub(super) needs: u64,
}

impl Place<'_> {
    /// Its path, as far as that can be told before it is there.
    pub(super) fn path(&self) -> Option<String> {
        let folder = self.pool.record.path.as_deref()?.trim_end_matches('/');
        Some(format!("{folder}/{}", self.name))
    }
}

/// Finds it, or why there is none.
pub(super) fn find<'c>(case: &Case<'c>, disk: &Disk<'_>, to: &DiskMove) -> Result<Place<'c>, No> {
    let pool = pool(case, &to.pool)?;
    let file = holds_files(&pool.record.kind);
    let old = disk.path.as_deref().and_then(|path| case.facts.storage.at(path));
    let own = disk.is.format.clone().unwrap_or_else(|| "raw".into());
    let format = match (&to.format, file) {
        (Some(format), true) => format.clone(),
        (None, true) => own.clone(),
        (Some(format), false) if format != "raw" => {
            let reason = format!("Volumes of a pool of kind {} are raw.", pool.record.kind);
            return Err(No::new(RefusalKind::Unsupported, reason, "Leave the format away."));
        }
        (_, false) => "raw".into(),
    };
    if !matches!(format.as_str(), "qcow2" | "raw") {
        let reason = format!("A disk is not moved as {}.", clean(&format));
        return Err(No::new(RefusalKind::Unsupported, reason, "qcow2 or raw."));
    }
    if to.keep_below && format != "qcow2" {
        let reason = "Only a qcow2 volume can lie on another one.";
        return Err(No::new(RefusalKind::BadRequest, reason, "Make it qcow2, or have all of it copied."));
    }
    let here = old.is_some_and(|(p, _)| p.record.name == to.pool);
    if here && to.name.is_none() && format == own {
        let reason = format!("It is in pool {} already.", clean(&to.pool));
        return Err(No::new(RefusalKind::AlreadySo, reason, "Name another pool, another format or a name."));
    }
    let capacity = case.layers()?.capacity.or_else(|| old.map(|(_, v)| v.capacity)).filter(|c| *c > 0);
    let Some(capacity) = capacity else {
        let reason = "How large it is cannot be read.";
        return Err(No::new(RefusalKind::Unknown, reason, "Refresh its pool, or start the VM."));
    };
    let name = name(case, disk, pool, to, &format)?;
    // QEMU writes zeros to all of a raw file that it copies to.
    let grows = file && !(case.runs() && format == "raw");
    let needs = if grows { held(case, disk, to.keep_below, capacity) } else { capacity };
    if let Some(free) = pool.record.available.filter(|free| *free < needs) {
        let (needs, free) = (bytes(needs as f64), bytes(free as f64));
        let reason = format!("It needs {needs} in pool {}, and {free} are free.", clean(&to.pool));
        return Err(No::new(RefusalKind::Space, reason, "Make room there, or choose another pool."));
    }
    Ok(Place { pool, name, format, file, capacity, needs })
}

fn pool<'c>(case: &Case<'c>, name: &str) -> Result<&'c PoolFacts, No> {
    let Some(pool) = case.facts.storage.pool(name) else {
        let reason = format!("There is no pool {}.", clean(name));
        return Err(No::new(RefusalKind::NotFound, reason, "`novacron list pools` shows all."));
    };
    if !pool.runs() || pool.volumes.is_none() {
        let reason = format!("Pool {} is {}.", clean(name), pool.record.state.word());
        return Err(No::new(RefusalKind::State, reason, format!("Start it: novacron pool start {name}")));
    }
    let kind = pool.record.kind.as_str();
    if !holds_files(kind) && !matches!(kind, "logical" | "zfs") {
        let reason = format!("A disk cannot be moved to a pool of kind {}.", clean(kind));
        return Err(No::new(
            RefusalKind::Unsupported,
            reason,
            "Choose one of files, of logical volumes or of ZFS.",
        ));
    }
    Ok(pool)
}

/// The name that was asked for, or else its own where that is free, or one made of the VM's.
fn name(
    case: &Case<'_>,
    disk: &Disk<'_>,
    pool: &PoolFacts,
    to: &DiskMove,
    format: &str,
) -> Result<String, No> {
    let free = |name: &str| pool.volume(name).is_none();
    if let Some(name) = &to.name {
        name_is_good(name)
            .map_err(|why| No::new(RefusalKind::BadRequest, why, "Give it a name such as data.qcow2."))?;
        if !free(name) {
            let reason = format!("There is a volume {} in pool {} already.", clean(name), clean(&to.pool));
            return Err(No::new(RefusalKind::Taken, reason, "Choose another name."));
        }
        return Ok(name.clone());
    }
    let own = disk.path.as_deref().and_then(|p| p.rsplit('/').next()).unwrap_or_default();
    let known = ENDS.iter().find_map(|end| own.strip_suffix(end));
    let end = if holds_files(&pool.record.kind) { format!(".{format}") } else { String::new() };
    let as_it_is = disk.is.format.as_deref() == Some(format) && !end.is_empty();
    let own = if as_it_is { own.to_owned() } else { format!("{}{end}", known.unwrap_or(own)) };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let vm: String = case.vm.name.chars().map(|c| if plain(c) { c } else { '-' }).collect();
    let of_vm = |n: String| format!("{}-{}{n}{end}", vm.trim_start_matches('.'), disk.is.target);
    let more = (2..1000).map(|n| of_vm(format!("-{n}")));
    std::iter::once(own)
        .chain(std::iter::once(of_vm(String::new())))
        .chain(more)
        .find(|name| name_is_good(name).is_ok() && free(name))
        .ok_or_else(|| No::new(RefusalKind::Taken, "No name is free for it there.", "Give it one (--name)."))
}

/// Bytes that its layers hold; all that it could where that is not known.
fn held(case: &Case<'_>, disk: &Disk<'_>, only_top: bool, capacity: u64) -> u64 {
    let below = if only_top { Vec::new() } else { case.below(disk) };
    let layers = disk.path.iter().chain(below.iter().map(|(path, _)| path));
    let occupied = |path: &String| Some(case.facts.storage.at(path)?.1.allocation);
    let sum = layers.map(occupied).try_fold(0_u64, |sum, one| Some(sum.saturating_add(one?)));
    sum.unwrap_or(capacity).min(capacity)
}
