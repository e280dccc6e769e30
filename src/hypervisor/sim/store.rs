//! Changing the simulated host's storage. Its volumes have sizes and no bytes.

use uuid::Uuid;

use super::build::uuid;
use super::connection::SimConnection;
use super::faults::{Operation, error};
use super::storage::PoolPlan;
use super::world::State;
use crate::hypervisor::{
    Build, HvErrorKind, HvEvent, HvResult, Piece, Pools, Sink, Source, Storage, Volumes,
};
use crate::model::storage::{PoolState, Volume};
use crate::xml;

/// Salt of new pools' UUIDs.
const SALT: u64 = 0x6e65_7770;
/// Bytes of a new pool.
const SIZE: u64 = 100 << 30;

type Done = Result<(), HvErrorKind>;

impl SimConnection {
    /// Changes a pool that is there.
    fn change_pool(
        &self,
        operation: Operation,
        pool: &str,
        f: impl FnOnce(&mut State, usize) -> Done,
    ) -> HvResult<()> {
        self.refuse_if_read_only(operation)?;
        drop(self.enter(operation)?);
        let mut answer = Ok(());
        self.change_host(|s| {
            let done = s.pool_at(pool).and_then(|at| f(s, at).map(|()| s.pools[at].id));
            match done {
                Ok(id) => vec![HvEvent::Pool(id)],
                Err(kind) => {
                    answer = Err(error(operation, kind).of(pool));
                    Vec::new()
                }
            }
        });
        answer
    }

    /// Changes a volume that belongs to no VM.
    fn change_volume(
        &self,
        operation: Operation,
        (pool, name): (&str, &str),
        f: impl FnOnce(&mut PoolPlan, usize) -> Done,
    ) -> HvResult<()> {
        self.volume(pool, name, false)?;
        self.change_pool(operation, pool, |s, at| {
            // One that a VM writes to is let be.
            let index = s.pools[at].own.iter().position(|v| v.name == name);
            f(&mut s.pools[at], index.ok_or(HvErrorKind::InvalidState)?)
        })
    }

    /// Adds a volume as this XML describes it.
    fn add_volume(&self, operation: Operation, pool: &str, xml: &str, filled: Option<u64>) -> HvResult<()> {
        let taken: Vec<String> = match self.pool_named(pool).and_then(|id| self.volumes(id, false)) {
            Ok(volumes) => volumes.into_iter().map(|v| v.name).collect(),
            Err(e) => return Err(error(operation, e.kind).of(pool)),
        };
        self.change_pool(operation, pool, |s, at| {
            let new = xml::volume::parse(xml).map_err(|_| HvErrorKind::Other)?;
            let name = new.name.ok_or(HvErrorKind::Other)?;
            if taken.contains(&name) {
                return Err(HvErrorKind::Exists);
            }
            let path = format!("{}/{name}", s.pools[at].path);
            let capacity = new.capacity.unwrap_or(0);
            s.pools[at].own.push(Volume {
                name,
                key: path.clone(),
                path,
                kind: "file",
                format: Some(new.format.unwrap_or_else(|| "raw".to_owned())),
                capacity,
                allocation: filled.unwrap_or_else(|| new.allocation.unwrap_or(0)).min(capacity),
                backing: new.backing,
            });
            Ok(())
        })
    }
}

impl State {
    /// The index of the pool of this name.
    fn pool_at(&self, name: &str) -> Result<usize, HvErrorKind> {
        self.pools.iter().position(|p| p.name == name && !p.gone).ok_or(HvErrorKind::NotFound)
    }
}

impl Volumes for SimConnection {
    fn volume(&self, pool: &str, name: &str, details: bool) -> HvResult<Volume> {
        drop(self.enter(Operation::Volume)?);
        let volumes = self.volumes(self.pool_named(pool)?, details)?;
        let found = volumes.into_iter().find(|v| v.name == name);
        found.ok_or_else(|| error(Operation::Volume, HvErrorKind::NotFound).of(name))
    }

    fn volume_xml(&self, pool: &str, name: &str) -> HvResult<String> {
        drop(self.enter(Operation::VolumeXml)?);
        let v = self.volume(pool, name, true)?;
        Ok(xml::volume::write(&xml::volume::VolumeSpec {
            name: &v.name,
            capacity: v.capacity,
            allocation: v.allocation,
            format: v.format.as_deref(),
            backing: v.backing.as_deref().map(|path| (path, "qcow2")),
        }))
    }

    fn create_volume(&self, pool: &str, xml: &str, _metadata: bool) -> HvResult<()> {
        self.add_volume(Operation::CreateVolume, pool, xml, None)
    }

    fn clone_volume(&self, pool: &str, xml: &str, (from_pool, from): (&str, &str)) -> HvResult<()> {
        let source = self.volume(from_pool, from, false)?;
        self.add_volume(Operation::CloneVolume, pool, xml, Some(source.allocation))
    }

    fn delete_volume(&self, pool: &str, name: &str) -> HvResult<()> {
        self.change_volume(Operation::DeleteVolume, (pool, name), |pool, at| {
            pool.own.remove(at);
            Ok(())
        })
    }

    fn resize_volume(&self, pool: &str, name: &str, capacity: u64, allocate: bool) -> HvResult<()> {
        self.change_volume(Operation::ResizeVolume, (pool, name), |pool, at| {
            let volume = &mut pool.own[at];
            if capacity < volume.capacity {
                return Err(HvErrorKind::Other);
            }
            volume.capacity = capacity;
            if allocate {
                volume.allocation = capacity;
            }
            Ok(())
        })
    }

    fn wipe_volume(&self, pool: &str, name: &str) -> HvResult<()> {
        self.change_volume(Operation::WipeVolume, (pool, name), |_, _| Ok(()))
    }

    fn upload(&self, _: &str, name: &str, _: u64, _: &mut Source<'_>) -> HvResult<()> {
        self.refuse_if_read_only(Operation::Upload)?;
        drop(self.enter(Operation::Upload)?);
        Err(error(Operation::Upload, HvErrorKind::Unsupported).of(name))
    }

    /// Every volume of a host without bytes is one hole.
    fn download(&self, pool: &str, name: &str, sink: &mut Sink<'_>) -> HvResult<()> {
        self.refuse_if_read_only(Operation::Download)?;
        drop(self.enter(Operation::Download)?);
        sink(Piece::Hole(self.volume(pool, name, false)?.capacity))
    }
}

impl Pools for SimConnection {
    fn pool_named(&self, pool: &str) -> HvResult<Uuid> {
        let state = self.enter(Operation::PoolNamed)?;
        let at = state.pool_at(pool).map_err(|kind| error(Operation::PoolNamed, kind).of(pool))?;
        Ok(state.pools[at].id)
    }

    fn pool_xml(&self, pool: &str) -> HvResult<String> {
        let state = self.enter(Operation::PoolXml)?;
        let at = state.pool_at(pool).map_err(|kind| error(Operation::PoolXml, kind).of(pool))?;
        Ok(state.pools[at].xml())
    }

    fn pool_kinds(&self) -> HvResult<Option<Vec<String>>> {
        drop(self.enter(Operation::PoolKinds)?);
        Ok(Some(["dir", "fs", "netfs", "logical"].map(str::to_owned).to_vec()))
    }

    fn define_pool(&self, xml: &str) -> HvResult<()> {
        self.refuse_if_read_only(Operation::DefinePool)?;
        drop(self.enter(Operation::DefinePool)?);
        let seed = self.seed();
        let mut answer = Ok(());
        self.change_host(|s| {
            let new = xml::pool::parse(xml).map_err(|_| HvErrorKind::Other).and_then(|new| {
                let name = new.name.clone().ok_or(HvErrorKind::Other)?;
                if s.pool_at(&name).is_ok() { Err(HvErrorKind::Exists) } else { Ok((name, new)) }
            });
            match new {
                Ok((name, new)) => {
                    let id = uuid(seed ^ SALT, s.pools.len() as u64);
                    let path = new.path.unwrap_or_else(|| "/dev".to_owned());
                    s.pools.push(PoolPlan::defined(id, name, new.kind, path, SIZE));
                    vec![HvEvent::Pool(id)]
                }
                Err(kind) => {
                    answer = Err(error(Operation::DefinePool, kind));
                    Vec::new()
                }
            }
        });
        answer
    }

    fn build_pool(&self, pool: &str, _how: Build) -> HvResult<()> {
        self.change_pool(Operation::BuildPool, pool, |s, at| {
            if s.pool_runs(at) { Err(HvErrorKind::InvalidState) } else { Ok(()) }
        })
    }

    fn start_pool(&self, pool: &str) -> HvResult<()> {
        self.change_pool(Operation::StartPool, pool, |s, at| {
            if s.pool_runs(at) {
                return Err(HvErrorKind::InvalidState);
            }
            s.pools[at].state = PoolState::Running;
            Ok(())
        })
    }

    fn stop_pool(&self, pool: &str) -> HvResult<()> {
        self.change_pool(Operation::StopPool, pool, |s, at| {
            if !s.pool_runs(at) {
                return Err(HvErrorKind::InvalidState);
            }
            s.pools[at].state = PoolState::Inactive;
            Ok(())
        })
    }

    fn set_pool_autostart(&self, pool: &str, on: bool) -> HvResult<()> {
        self.change_pool(Operation::SetPoolAutostart, pool, |s, at| {
            s.pools[at].autostart = on;
            Ok(())
        })
    }

    fn undefine_pool(&self, pool: &str) -> HvResult<()> {
        self.change_pool(Operation::UndefinePool, pool, |s, at| {
            if s.pool_runs(at) {
                return Err(HvErrorKind::InvalidState);
            }
            s.pools[at].gone = true;
            Ok(())
        })
    }
}
