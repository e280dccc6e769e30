//! What a filter may need to know beyond the VM.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::model::network::Network;
use crate::model::placement::Placement;
use crate::model::snapshot::Snapshot;
use crate::model::storage::Pool;
use crate::model::vm::{DiskSource, NicSource, Vm};

/// The pools and networks VMs refer to. Made anew for each snapshot; indexes are built when first asked for.
#[derive(Debug, Default)]
pub struct FilterContext<'s> {
    pub(super) vms: &'s [Arc<Vm>],
    pub(super) pools: &'s [Arc<Pool>],
    pub(super) networks: &'s [Arc<Network>],
    placement: OnceCell<Placement<'s>>,
    bridges: OnceCell<HashMap<&'s str, &'s str>>,
}

impl<'s> FilterContext<'s> {
    /// The context of the VMs of this snapshot.
    pub fn new(snapshot: &'s Snapshot) -> Self {
        Self {
            vms: &snapshot.vms,
            pools: snapshot.pools.as_deref().unwrap_or_default(),
            networks: snapshot.networks.as_deref().unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The pool a source lies in: as it says itself, or by its path.
    pub(super) fn pool<'a>(&'a self, source: &'a DiskSource) -> Option<&'a str> {
        if let DiskSource::Volume { pool, .. } = source {
            return Some(pool);
        }
        let place = self.placement.get_or_init(|| Placement::new(self.pools)).locate(source)?;
        self.pools.get(place.pool).map(|pool| pool.record.name.as_str())
    }

    /// The bridge or host device behind a NIC.
    pub(super) fn bridge<'a>(&'a self, source: &'a NicSource) -> Option<&'a str> {
        match source {
            NicSource::Bridge(name) | NicSource::Direct(name) => Some(name),
            NicSource::Network(network) => {
                let index = || {
                    let bridge =
                        |n: &'s Arc<Network>| Some((n.name.as_str(), n.definition.bridge.as_deref()?));
                    self.networks.iter().filter_map(bridge).collect()
                };
                self.bridges.get_or_init(index).get(network.as_str()).copied()
            }
            NicSource::User | NicSource::HostDevice | NicSource::Other(_) | NicSource::None => None,
        }
    }
}
