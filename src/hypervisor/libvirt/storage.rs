//! Pools and volumes.

use uuid::Uuid;

use super::abreast::abreast;
use super::connection::Connection;
use super::error::Doing;
use super::ffi::{Pool, RawResult, Volume as RawVolume, code};
use crate::hypervisor::{HvError, HvErrorKind, HvResult, Storage};
use crate::model::storage::{PoolRecord, PoolState, Volume};
use crate::xml;

impl Storage for Connection {
    fn pool_names(&self) -> HvResult<Vec<(Uuid, String)>> {
        const LIST: &str = "list pools";
        let pools = self.conn.pools().doing(LIST)?;
        let mut names = Vec::with_capacity(pools.len());
        let mut handles = Vec::with_capacity(pools.len());
        for pool in pools {
            let uuid = pool.uuid().doing(LIST)?;
            names.push((Uuid::from_bytes(uuid), pool.name().doing(LIST)?));
            handles.push((uuid, pool));
        }
        self.keep_pools(handles.into_iter());
        Ok(names)
    }

    fn pool(&self, id: Uuid) -> HvResult<PoolRecord> {
        const READ: &str = "read the pool";
        self.with_pool(id, READ, |pool| {
            let info = pool.info()?;
            let state = match info.state {
                0 => PoolState::Inactive,
                1 => PoolState::Building,
                3 => PoolState::Degraded,
                4 => PoolState::Inaccessible,
                _ => PoolState::Running,
            };
            // A pool that is not started has sizes of 0.
            let sized = |bytes| (state != PoolState::Inactive).then_some(bytes);
            let definition = xml::pool::parse(&pool.xml()?).unwrap_or_default();
            Ok(PoolRecord {
                id,
                name: pool.name()?,
                state,
                autostart: pool.autostart().ok(),
                persistent: pool.persistent().ok(),
                capacity: sized(info.capacity),
                allocation: sized(info.allocation),
                available: sized(info.available),
                kind: definition.kind,
                path: definition.path,
            })
        })
    }

    fn volumes(&self, id: Uuid, details: bool) -> HvResult<Vec<Volume>> {
        self.with_pool(id, "list volumes", |pool| {
            let volumes = pool.volumes()?;
            // Deleted since it was listed: no error.
            let there = |read: &RawResult<Volume>| !matches!(read, Err(e) if e.code == code::NO_STORAGE_VOL);
            abreast(&volumes, |volume| read(volume, details)).into_iter().filter(there).collect()
        })
    }

    fn refresh_pool(&self, id: Uuid) -> HvResult<()> {
        self.with_pool(id, "refresh the pool", Pool::refresh)
    }
}

impl Connection {
    fn with_pool<T>(
        &self,
        id: Uuid,
        operation: &'static str,
        ask: impl FnOnce(&Pool) -> RawResult<T>,
    ) -> HvResult<T> {
        let pool = self.stored_pool(id.as_bytes(), operation).map_err(|e: HvError| e.of(id.to_string()))?;
        ask(&pool).doing(operation).map_err(|e| {
            if e.kind == HvErrorKind::NotFound {
                self.forget_pool(id.as_bytes());
            }
            e.of(pool.name().unwrap_or_else(|_| id.to_string()))
        })
    }
}

pub(super) fn read(volume: &RawVolume, details: bool) -> RawResult<Volume> {
    let key = volume.key()?;
    // The key of an image file is its path: one round trip less, for the most common kind.
    let path = if key.starts_with('/') { key.clone() } else { volume.path()? };
    let definition = if details {
        // A volume with an XML that cannot be read is still a volume.
        xml::volume::parse(&volume.xml()?).unwrap_or_default()
    } else {
        xml::volume::VolumeDefinition::default()
    };
    let (kind, capacity, allocation) = if let Some(told) = sizes(&definition) {
        told
    } else {
        let info = volume.info()?;
        let kind = usize::try_from(info.kind).ok().and_then(|n| KINDS.get(n).copied());
        (kind.unwrap_or("unknown"), info.capacity, info.allocation)
    };
    Ok(Volume {
        name: volume.name()?,
        key,
        path,
        kind,
        format: definition.format,
        capacity,
        allocation,
        backing: definition.backing,
    })
}

/// Kinds of volumes, in libvirt's order.
const KINDS: [&str; 6] = ["file", "block", "dir", "network", "netdir", "ploop"];

/// Kind, capacity and allocation where the XML tells all three: one round trip less for each volume.
fn sizes(definition: &xml::volume::VolumeDefinition) -> Option<(&'static str, u64, u64)> {
    let kind = definition.kind.as_deref()?;
    let kind = KINDS.into_iter().find(|known| *known == kind)?;
    Some((kind, definition.capacity?, definition.allocation?))
}
