//! What changes the demo host: the driver does it, as far as it can.

use super::connection::DemoConnection;
use crate::hypervisor::{
    Ask, Define, HvError, HvErrorKind, HvProgress, HvResult, Lifecycle, StartHow, XmlOf,
};
use crate::model::id::VmId;
use crate::model::vm::VmState;
use crate::model::vm_job::VmJob;

impl Lifecycle for DemoConnection {
    fn vm_state(&self, id: VmId) -> HvResult<VmState> {
        self.driver.vm_state(id)
    }

    fn start(&self, id: VmId, how: StartHow) -> HvResult<()> {
        match self.driver.start(id, how) {
            // The driver cannot leave a VM paused; but its VMs do nothing in the moment between.
            Err(e) if how.paused && e.kind == HvErrorKind::Unsupported => {
                self.driver.start(id, StartHow { paused: false, ..how })?;
                self.driver.pause(id)
            }
            answer => answer,
        }
    }

    fn shutdown(&self, id: VmId, by: Ask) -> HvResult<()> {
        self.heard(id, by, "shut the VM down")?;
        self.driver.shutdown(id, Ask::Acpi)
    }

    fn reboot(&self, id: VmId, by: Ask) -> HvResult<()> {
        self.heard(id, by, "reboot the VM")?;
        self.driver.reboot(id, Ask::Acpi)
    }

    fn reset(&self, id: VmId) -> HvResult<()> {
        self.driver.reset(id)
    }

    fn force_off(&self, id: VmId) -> HvResult<()> {
        self.driver.force_off(id)
    }

    fn pause(&self, id: VmId) -> HvResult<()> {
        self.driver.pause(id)
    }

    fn resume(&self, id: VmId) -> HvResult<()> {
        self.driver.resume(id)
    }

    fn save(&self, id: VmId) -> HvResult<()> {
        self.driver.save(id)
    }

    fn discard_saved(&self, id: VmId) -> HvResult<()> {
        self.driver.discard_saved(id)
    }

    fn vm_progress(&self, id: VmId) -> HvResult<Option<HvProgress>> {
        self.driver.vm_progress(id)
    }

    fn vm_job(&self, id: VmId) -> HvResult<Option<VmJob>> {
        self.driver.vm_job(id)
    }

    fn abort_job(&self, id: VmId) -> HvResult<()> {
        self.driver.abort_job(id)
    }
}

impl DemoConnection {
    /// Refuses for an agent that is not there; the driver has none, and does all the same.
    fn heard(&self, id: VmId, by: Ask, operation: &'static str) -> HvResult<()> {
        if by == Ask::Acpi || self.driver.capabilities().read_only {
            return Ok(());
        }
        let vm = self.running(id, operation)?;
        if vm.definition.has_agent_channel {
            return Ok(());
        }
        let kind = HvErrorKind::AgentUnavailable;
        Err(HvError::new(kind, operation, "QEMU guest agent is not configured").of(&vm.name))
    }

    /// Has the table read a VM again after a change of which the driver may tell nobody.
    pub(super) fn seen(&self, id: VmId, answer: HvResult<()>) -> HvResult<()> {
        answer.inspect(|()| self.hub.forget(id))
    }
}

impl Define for DemoConnection {
    fn xml_of(&self, id: VmId, which: XmlOf) -> HvResult<String> {
        self.driver.xml_of(id, which)
    }

    fn set_autostart(&self, id: VmId, on: bool) -> HvResult<()> {
        self.driver.set_autostart(id, on)?;
        self.table()?.0.autostart_changed(id);
        Ok(())
    }

    fn rename(&self, id: VmId, to: &str) -> HvResult<()> {
        self.seen(id, self.driver.rename(id, to))
    }

    fn set_metadata(&self, id: VmId, xml: Option<&str>) -> HvResult<()> {
        self.seen(id, self.driver.set_metadata(id, xml))
    }

    fn set_title(&self, id: VmId, text: &str) -> HvResult<()> {
        self.seen(id, self.driver.set_title(id, text))
    }

    fn set_description(&self, id: VmId, text: &str) -> HvResult<()> {
        self.seen(id, self.driver.set_description(id, text))
    }
}
