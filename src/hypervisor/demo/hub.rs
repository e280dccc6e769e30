//! Passes the driver's events to the connections that subscribed. One connection to the driver listens for all:
//! libvirt takes a listener once for each of its connections, and ours share one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::hypervisor::sim::shell::Consoles;
use crate::hypervisor::{EventSink, HvEvent, HvResult, Hypervisor};
use crate::model::id::VmId;

/// Who listens, and which VMs' definitions have to be read again.
#[derive(Clone, Default)]
pub(super) struct Hub(Arc<Mutex<Inner>>, Consoles);

#[derive(Default)]
struct Inner {
    stale: BTreeSet<VmId>,
    sinks: Vec<(u64, EventSink)>,
    next: u64,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Hub").finish_non_exhaustive()
    }
}

impl Hub {
    /// Listens to the driver for as long as this connection to it lasts.
    pub(super) fn listen_to(&self, driver: &dyn Hypervisor) -> HvResult<()> {
        let hub = self.clone();
        driver.subscribe(Arc::new(move |event| hub.pass_on(&event)))
    }

    /// The lock is not held while sinks run, nor ever while the driver is called.
    fn pass_on(&self, event: &HvEvent) {
        let mut inner = self.lock();
        if let HvEvent::Vm { id, .. } | HvEvent::Defined(id) | HvEvent::Changed(id) = event {
            inner.stale.insert(*id);
        }
        let sinks: Vec<_> = inner.sinks.iter().map(|(_, sink)| sink.clone()).collect();
        drop(inner);
        for sink in sinks {
            sink(event.clone());
        }
    }

    /// The consoles of all VMs.
    pub(super) const fn consoles(&self) -> &Consoles {
        &self.1
    }

    /// A number for a new connection.
    pub(super) fn number(&self) -> u64 {
        let mut inner = self.lock();
        inner.next += 1;
        inner.next
    }

    pub(super) fn add(&self, connection: u64, sink: EventSink) {
        self.lock().sinks.push((connection, sink));
    }

    pub(super) fn remove(&self, connection: u64) {
        self.lock().sinks.retain(|(owner, _)| *owner != connection);
    }

    /// The VM's definition has to be read again.
    pub(super) fn forget(&self, id: VmId) {
        self.lock().stale.insert(id);
    }

    /// VMs whose definition has to be read again; asked once.
    pub(super) fn take_stale(&self) -> BTreeSet<VmId> {
        std::mem::take(&mut self.lock().stale)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
