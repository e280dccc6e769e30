//! Consoles, keys and pictures of simulated VMs.

use super::connection::SimConnection;
use super::faults::Operation;
use super::shell;
use crate::hypervisor::{ConsoleLink, ConsoleSink, HvErrorKind, HvResult, Screenshot, Streams};
use crate::model::id::VmId;

impl Streams for SimConnection {
    fn open_console(&self, id: VmId, take: bool, sink: ConsoleSink) -> HvResult<Box<dyn ConsoleLink>> {
        self.refuse_if_read_only(Operation::OpenConsole)?;
        let name = self.with_vm(Operation::OpenConsole, id, |vm| {
            if vm.state.is_active() { Ok(vm.spec.name.clone()) } else { Err(HvErrorKind::InvalidState) }
        })?;
        self.consoles().open(id, &name, take, sink)
    }

    fn send_keys(&self, id: VmId, _codes: &[u16], _hold_ms: u32) -> HvResult<()> {
        self.refuse_if_read_only(Operation::SendKeys)?;
        self.with_vm(Operation::SendKeys, id, |vm| {
            if vm.state.is_active() { Ok(()) } else { Err(HvErrorKind::InvalidState) }
        })
    }

    fn screenshot(&self, id: VmId, _screen: u32) -> HvResult<Screenshot> {
        self.refuse_if_read_only(Operation::Screenshot)?;
        self.with_vm(Operation::Screenshot, id, |vm| {
            if vm.state.is_active() { Ok(()) } else { Err(HvErrorKind::InvalidState) }
        })?;
        Ok(Screenshot { mime: "image/x-portable-pixmap".into(), bytes: shell::picture() })
    }
}
