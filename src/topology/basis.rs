//! What a graph was built from, so that it is built again only when that changed: readings come every two
//! seconds, the graph stays the same for hours.

use std::sync::Arc;

use crate::model::host::Machine;
use crate::model::network::Network;
use crate::model::snapshot::Snapshot;
use crate::model::storage::Pool;
use crate::model::vm::Vm;

/// The parts of a snapshot a graph shows. Holding them keeps their addresses from being used again, so that
/// the same address is the same thing.
#[derive(Clone, Debug)]
pub(super) struct Basis {
    vms: Arc<[Arc<Vm>]>,
    pools: Option<Arc<[Arc<Pool>]>>,
    networks: Option<Arc<[Arc<Network>]>>,
    machine: Option<Arc<Machine>>,
}

impl Basis {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        Self {
            vms: Arc::clone(&snapshot.vms),
            pools: snapshot.pools.clone(),
            networks: snapshot.networks.clone(),
            machine: snapshot.host.machine.clone(),
        }
    }

    /// Whether a graph of the snapshot would look the same.
    pub(super) fn holds_for(&self, snapshot: &Snapshot) -> bool {
        same(Some(&self.vms), Some(&snapshot.vms), same_vm)
            && same(self.pools.as_ref(), snapshot.pools.as_ref(), same_pool)
            && same(self.networks.as_ref(), snapshot.networks.as_ref(), same_network)
            && same_ways_out(self.machine.as_ref(), snapshot.host.machine.as_ref())
    }
}

fn same<T>(a: Option<&Arc<[Arc<T>]>>, b: Option<&Arc<[Arc<T>]>>, alike: fn(&T, &T) -> bool) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            let pairs = || a.iter().zip(b.iter());
            Arc::ptr_eq(a, b) || a.len() == b.len() && pairs().all(|(a, b)| Arc::ptr_eq(a, b) || alike(a, b))
        }
        (None, None) => true,
        _ => false,
    }
}

fn same_vm(a: &Vm, b: &Vm) -> bool {
    let same_definition = match (&a.definition, &b.definition) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
        (None, None) => true,
        _ => false,
    };
    same_definition && a.id == b.id && a.state == b.state && a.name == b.name && a.addresses == b.addresses
}

fn same_pool(a: &Pool, b: &Pool) -> bool {
    let same_volumes = match (&a.volumes, &b.volumes) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
        (None, None) => true,
        _ => false,
    };
    same_volumes && a.record == b.record && a.trouble == b.trouble
}

fn same_network(a: &Network, b: &Network) -> bool {
    a.name == b.name && a.active == b.active && a.definition == b.definition
}

fn same_ways_out(a: Option<&Arc<Machine>>, b: Option<&Arc<Machine>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            Arc::ptr_eq(a, b) || a.bridges == b.bridges && a.default_route == b.default_route
        }
        (None, None) => true,
        _ => false,
    }
}
