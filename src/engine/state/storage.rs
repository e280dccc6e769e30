//! Pools and networks in the engine's hands.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::entry::{Ground, store};
use crate::hypervisor::NetworkRecord;
use crate::model::metric::MetricId::{self, PoolCapacity, PoolUsed, PoolUsedShare};
use crate::model::network::Network;
use crate::model::series::{Readings, Track};
use crate::model::storage::{Pool, PoolRecord, PoolState, PoolTrouble, Volume};
use crate::model::time::Timestamp;

/// What a pool's track holds.
/// Metrics of a pool's ring.
pub(crate) const POOL_METRICS: &[MetricId] = &[PoolUsed, PoolUsedShare, PoolCapacity];

/// All pools, sorted by name.
#[derive(Debug, Default)]
pub(crate) struct Pools {
    pools: Option<Vec<Arc<Pool>>>,
    published: Option<Arc<[Arc<Pool>]>>,
}

impl Pools {
    /// Takes what was known before.
    pub(crate) fn resume(&mut self, before: Option<&Arc<[Arc<Pool>]>>) {
        self.pools = before.map(|pools| pools.to_vec());
        self.published = before.cloned();
    }

    /// All; empty until listed.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Pool>> {
        self.pools.iter().flatten()
    }

    /// As published; `None` until listed.
    pub(crate) fn publish(&mut self) -> Option<Arc<[Arc<Pool>]>> {
        let pools = self.pools.as_ref()?;
        Some(self.published.get_or_insert_with(|| pools.iter().cloned().collect()).clone())
    }

    /// One pool.
    pub(crate) fn get(&self, id: Uuid) -> Option<&Arc<Pool>> {
        self.iter().find(|p| p.record.id == id)
    }

    /// Takes the list of names. Returns whether it changed anything.
    pub(crate) fn list(&mut self, names: Vec<(Uuid, String)>) -> bool {
        let before: HashMap<Uuid, Arc<Pool>> =
            self.pools.take().unwrap_or_default().into_iter().map(|p| (p.record.id, p)).collect();
        let had = before.len();
        let mut known = 0;
        let mut changed = self.published.is_none();
        let mut pools: Vec<_> = names
            .into_iter()
            .map(|(id, name)| {
                let Some(mut pool) = before.get(&id).cloned() else {
                    changed = true;
                    return Arc::new(unread(id, name));
                };
                known += 1;
                if pool.record.name != name {
                    Arc::make_mut(&mut pool).record.name = name;
                    changed = true;
                }
                pool
            })
            .collect();
        pools.sort_by(|a, b| (&a.record.name, a.record.id).cmp(&(&b.record.name, b.record.id)));
        changed |= known != had;
        self.pools = Some(pools);
        if changed {
            self.published = None;
        }
        changed
    }

    /// Takes a pool as read.
    pub(crate) fn read(&mut self, record: PoolRecord, ground: &Ground) {
        self.edit(record.id, |pool| {
            let used = record.allocation.filter(|_| record.state != PoolState::Inactive);
            let capacity = record.capacity.filter(|c| *c > 0);
            let share = used.zip(capacity).map(|(u, c)| u as f64 / c as f64 * 100.0);
            let row = [
                (PoolUsed, used.map(|u| u as f64)),
                (PoolUsedShare, share.map(|s| s.min(100.0))),
                (PoolCapacity, capacity.map(|c| c as f64)),
            ];
            store(&mut Readings::default(), &mut pool.track, &row, ground);
            if record.state == PoolState::Inactive {
                pool.volumes = None;
            }
            pool.record = record;
            pool.at = Some(ground.at.wall);
            pool.trouble = None;
        });
    }

    /// Takes a pool's volumes.
    pub(crate) fn volumes(&mut self, id: Uuid, mut volumes: Vec<Volume>) {
        volumes.sort_by(|a, b| a.name.cmp(&b.name));
        let same = self.get(id).is_some_and(|p| p.volumes.as_deref() == Some(volumes.as_slice()));
        if !same {
            self.edit(id, |pool| pool.volumes = Some(volumes.into()));
        }
    }

    /// Notes why a pool cannot be read.
    pub(crate) fn trouble(&mut self, id: Uuid, trouble: PoolTrouble) -> bool {
        if self.get(id).is_none_or(|p| p.trouble.as_ref() == Some(&trouble)) {
            return false;
        }
        self.edit(id, |pool| pool.trouble = Some(trouble));
        true
    }

    /// Takes a pool out.
    pub(crate) fn remove(&mut self, id: Uuid) {
        if let Some(pools) = self.pools.as_mut() {
            pools.retain(|p| p.record.id != id);
            self.published = None;
        }
    }

    fn edit(&mut self, id: Uuid, change: impl FnOnce(&mut Pool)) {
        let pool = self.pools.iter_mut().flatten().find(|p| p.record.id == id);
        if let Some(pool) = pool {
            change(Arc::make_mut(pool));
            self.published = None;
        }
    }
}

fn unread(id: Uuid, name: String) -> Pool {
    let record = PoolRecord {
        id,
        name,
        state: PoolState::Inactive,
        autostart: None,
        persistent: None,
        capacity: None,
        allocation: None,
        available: None,
        kind: String::new(),
        path: None,
    };
    Pool { record, at: None, volumes: None, trouble: None, track: Arc::new(Track::new(POOL_METRICS)) }
}

/// All networks, sorted by name.
#[derive(Debug, Default)]
pub(crate) struct Nets {
    networks: Option<Arc<[Arc<Network>]>>,
}

impl Nets {
    /// Takes what was known before.
    pub(crate) fn resume(&mut self, before: Option<&Arc<[Arc<Network>]>>) {
        self.networks = before.cloned();
    }

    /// As published; `None` until read.
    pub(crate) const fn publish(&self) -> Option<&Arc<[Arc<Network>]>> {
        self.networks.as_ref()
    }

    /// Takes all networks as read. Returns whether anything but the time of reading is new.
    pub(crate) fn read(&mut self, records: Vec<NetworkRecord>, at: Timestamp) -> bool {
        let before = self.networks.take();
        let mut news = before.as_ref().is_none_or(|b| b.len() != records.len());
        let mut networks: Vec<_> = records
            .into_iter()
            .map(|r| {
                let network = Network {
                    id: r.id,
                    name: r.name,
                    active: r.active,
                    autostart: r.autostart,
                    persistent: r.persistent,
                    definition: r.definition,
                    at,
                };
                let old = before.as_deref().and_then(|b| b.iter().find(|n| n.id == network.id));
                news |= old.is_none_or(|o| Network { at, ..(**o).clone() } != network);
                Arc::new(network)
            })
            .collect();
        networks.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        self.networks = Some(networks.into());
        news
    }
}
