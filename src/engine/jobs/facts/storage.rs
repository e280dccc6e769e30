//! Reading what plans about storage rest on.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::devices::add_devices;
use super::found;
use super::users::add_users;
use crate::engine::jobs::{Setting, acts};
use crate::hypervisor::{HvError, HvErrorKind, HvResult, Hypervisor};
use crate::model::held::HeldVm;
use crate::model::operation::{Medium, NewVmFrom, Operation, PoolOperation, VolumeOperation};
use crate::model::storage::Orphan;
use crate::operations::{self, FileFacts, ImageHead, PoolFacts, StorageFacts, StorageNeeds};
use crate::store::{StateDb, StoreError};

/// Bytes that tell what a file is.
const HEAD: u64 = 512;

/// Reads pools, volumes, and what VMs use, as far as the operation needs.
pub(super) fn storage_facts(
    hv: &dyn Hypervisor,
    operation: &Operation,
    needs: StorageNeeds,
    setting: &Setting,
) -> HvResult<StorageFacts> {
    if needs == StorageNeeds::None {
        return Ok(StorageFacts::default());
    }
    let named = pools_named(operation);
    let all = needs == StorageNeeds::Uses;
    let mut facts = all_storage(hv, |pool| all || named.contains(&pool))?;
    if all {
        add_users(hv, &all_held(setting).map_err(|e| unread(&e))?, &mut facts, true)?;
    }
    add_devices(hv, operation, &mut facts)?;
    if let Operation::Pool { name, act } = operation {
        if matches!(act, PoolOperation::Define(_)) {
            facts.kinds = hv.pool_kinds()?;
        }
        if let Some(pool) = facts.pools.iter_mut().find(|p| p.record.name == *name) {
            pool.xml = found(hv.pool_xml(name))?.unwrap_or_default();
        }
    }
    facts.file = match operation {
        Operation::Volume { act: VolumeOperation::Upload { from }, .. } => Some(to_read(from)),
        Operation::Volume { act: VolumeOperation::Download { to }, .. } => Some(to_write(to)),
        Operation::NewVm { new, .. } => match &new.from {
            NewVmFrom::Iso(Medium::Path(path)) if hv.capabilities().local => Some(to_read(path)),
            _ => None,
        },
        _ => None,
    };
    Ok(facts)
}

/// All pools, with the volumes of those for which `wanted` holds.
pub(in crate::engine::jobs) fn all_storage(
    hv: &dyn Hypervisor,
    wanted: impl Fn(&str) -> bool,
) -> HvResult<StorageFacts> {
    let mut pools = Vec::new();
    for (id, name) in hv.pool_names()? {
        let Some(record) = found(hv.pool(id))? else { continue };
        let volumes = if wanted(&name) {
            match hv.volumes(id, true) {
                Ok(volumes) => Some(volumes),
                Err(e) if matches!(e.kind, HvErrorKind::InvalidState | HvErrorKind::NotFound) => None,
                Err(e) => return Err(e),
            }
        } else {
            None
        };
        pools.push(PoolFacts { record, volumes, xml: String::new() });
    }
    Ok(StorageFacts { pools, ..StorageFacts::default() })
}

fn all_held(setting: &Setting) -> Result<Vec<HeldVm>, StoreError> {
    let (db, _) = StateDb::open(&setting.folder, setting.clock.now().wall)?;
    db.held(&setting.host)
}

fn unread(why: &StoreError) -> HvError {
    HvError::new(HvErrorKind::Other, "read what is held", why.to_string())
}

fn pools_named(operation: &Operation) -> Vec<&str> {
    match operation {
        Operation::Volume { pool, act, .. } => {
            let other = match act {
                VolumeOperation::Clone { to_pool, .. } | VolumeOperation::Convert { to_pool, .. } => {
                    Some(to_pool.as_str())
                }
                VolumeOperation::Create(new) => new.backing.as_ref().map(|b| b.pool.as_str()),
                _ => None,
            };
            std::iter::once(pool.as_str()).chain(other).collect()
        }
        Operation::Pool { name, .. } => vec![name],
        Operation::Vm { .. }
        | Operation::Snapshot { .. }
        | Operation::Network { .. }
        | Operation::NewVm { .. }
        | Operation::Template { .. } => Vec::new(),
    }
}

/// A file that is to be read.
fn to_read(path: &str) -> FileFacts {
    let opened = File::open(path).and_then(|file| {
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        let mut head = Vec::new();
        file.take(HEAD).read_to_end(&mut head)?;
        Ok((meta, head))
    });
    match opened {
        Ok((meta, head)) => FileFacts {
            exists: true,
            size: meta.len(),
            allocated: meta.blocks().saturating_mul(512),
            image: ImageHead::read(&head),
            ..FileFacts::default()
        },
        Err(e) => FileFacts { unreadable: Some(e.to_string()), ..FileFacts::default() },
    }
}

/// A file that is to be made.
fn to_write(path: &str) -> FileFacts {
    let path = Path::new(path);
    let folder = path.parent().filter(|f| f.is_dir());
    let there = |path: &Path| fs::symlink_metadata(path).is_ok();
    FileFacts {
        exists: there(path),
        part_exists: there(&acts::part_of(&path.to_string_lossy())),
        folder_exists: folder.is_some(),
        free: folder.and_then(|f| rustix::fs::statvfs(f).ok()).map(|s| s.f_bavail.saturating_mul(s.f_frsize)),
        ..FileFacts::default()
    }
}

/// The volumes that no VM uses, neither itself nor below another, in pools that are started; deleted VMs that are held, and
/// templates, use theirs. Takes one call for each VM and each volume, and may hang with the host's storage.
///
/// # Errors
/// Those of the connection.
pub fn orphans(hv: &dyn Hypervisor, held: &[HeldVm]) -> HvResult<Vec<Orphan>> {
    let mut facts = all_storage(hv, |_| true)?;
    add_users(hv, held, &mut facts, false)?;
    Ok(operations::orphans(&facts))
}
