//! Consoles of the demo host: the driver has none, so its guests get the simulation's.

use super::connection::DemoConnection;
use crate::hypervisor::sim::shell::picture;
use crate::hypervisor::{
    ConsoleLink, ConsoleSink, HvError, HvErrorKind, HvResult, Hypervisor, Inventory, Screenshot, Streams,
};
use crate::model::id::VmId;

impl Streams for DemoConnection {
    fn open_console(&self, id: VmId, take: bool, sink: ConsoleSink) -> HvResult<Box<dyn ConsoleLink>> {
        const OPENING: &str = "open the console";
        if self.capabilities().read_only {
            return Err(HvError::read_only(OPENING));
        }
        let vm = self.vms()?.into_iter().find(|vm| vm.id == id);
        let refuse = |kind, why| Err(HvError::new(kind, OPENING, why).of(id.to_string()));
        match vm {
            None => refuse(HvErrorKind::NotFound, "there is no such VM"),
            Some(vm) if !vm.state.is_active() => refuse(HvErrorKind::InvalidState, "the VM is off"),
            Some(vm) => self.hub.consoles().open(id, &vm.name, take, sink),
        }
    }

    fn send_keys(&self, id: VmId, codes: &[u16], hold_ms: u32) -> HvResult<()> {
        self.driver.send_keys(id, codes, hold_ms)
    }

    fn screenshot(&self, id: VmId, _screen: u32) -> HvResult<Screenshot> {
        const TAKING: &str = "take a picture of the screen";
        if self.capabilities().read_only {
            return Err(HvError::read_only(TAKING));
        }
        self.running(id, TAKING)?;
        Ok(Screenshot { mime: "image/x-portable-pixmap".into(), bytes: picture() })
    }
}
