//! Opens the demo host.

use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{MemfdFlags, memfd_create};

use super::connection::DemoConnection;
use super::facts::{Facts, HOST_FILE};
use super::hub::Hub;
use super::table::Table;
use crate::hypervisor::libvirt::{ConnectOptions, LibvirtConnector};
use crate::hypervisor::sim::SimClock;
use crate::hypervisor::{Connector, HvError, HvErrorKind, HvResult, Hypervisor, Purpose};

/// Opens connections to the demo host. All connections of one connector see the same host.
pub struct DemoConnector {
    libvirt: LibvirtConnector,
    /// The host file, in memory: libvirt reads it at `/proc/self/fd/…` when it connects.
    _file: OwnedFd,
    facts: Arc<Facts>,
    table: Arc<Mutex<Table>>,
    hub: Hub,
    /// Listens to the driver, and keeps its host when every other connection is closed.
    keeper: Mutex<Option<Box<dyn Hypervisor>>>,
}

impl DemoConnector {
    /// Prepares the demo host; opens nothing yet. Read-only, it refuses every change as any other would.
    ///
    /// # Errors
    /// When libvirt cannot be initialised, or the machine gives no memory file.
    pub fn new(read_only: bool) -> HvResult<Self> {
        Self::on(SimClock::real(), read_only)
    }

    /// The same on this clock.
    ///
    /// # Errors
    /// As [`DemoConnector::new`].
    pub fn on(clock: SimClock, read_only: bool) -> HvResult<Self> {
        let file = memory_file(HOST_FILE)
            .map_err(|e| HvError::new(HvErrorKind::Other, "prepare the demo host", e.to_string()))?;
        let uri = format!("test:///proc/self/fd/{}", file.as_raw_fd());
        let hub = Hub::default();
        Ok(Self {
            libvirt: LibvirtConnector::new(ConnectOptions { uri: Some(uri), read_only })?,
            _file: file,
            facts: Arc::new(Facts::read(HOST_FILE)),
            table: Arc::new(Mutex::new(Table::new(clock, hub.clone()))),
            hub,
            keeper: Mutex::default(),
        })
    }
}

/// A file without a name, gone with its last descriptor.
fn memory_file(content: &str) -> std::io::Result<OwnedFd> {
    let mut file = std::fs::File::from(memfd_create("novacron-demo", MemfdFlags::CLOEXEC)?);
    file.write_all(content.as_bytes())?;
    Ok(file.into())
}

impl Connector for DemoConnector {
    fn uri(&self) -> &'static str {
        "demo"
    }

    fn is_demo(&self) -> bool {
        true
    }

    fn connect(&self, purpose: Purpose) -> HvResult<Box<dyn Hypervisor>> {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        if keeper.is_none() {
            let listener = self.libvirt.connect(Purpose::Poll)?;
            if !listener.capabilities().read_only {
                self.facts.tell_networks(&*listener)?;
            }
            self.hub.listen_to(&*listener)?;
            *keeper = Some(listener);
        }
        let driver = self.libvirt.connect(purpose)?;
        Ok(Box::new(DemoConnection::new(driver, self.facts.clone(), self.table.clone(), self.hub.clone())))
    }
}
