//! Changing what simulated VMs are defined as.

use super::connection::SimConnection;
use super::faults::Operation;
use super::world::SimVm;
use crate::hypervisor::{Define, HvError, HvErrorKind, HvEvent, HvResult, XmlOf};
use crate::model::id::VmId;
use crate::xml;

impl Define for SimConnection {
    fn xml_of(&self, id: VmId, which: XmlOf) -> HvResult<String> {
        if which == XmlOf::DefinedWithSecrets {
            self.refuse_if_read_only(Operation::XmlOf)?;
        }
        self.with_vm(Operation::XmlOf, id, |vm| Ok(vm.xml_of(which)))
    }

    fn set_autostart(&self, id: VmId, on: bool) -> HvResult<()> {
        self.change(Operation::SetAutostart, id, |s, _| {
            s.vm(id)?.autostart = on;
            Ok(Vec::new())
        })
    }

    fn rename(&self, id: VmId, to: &str) -> HvResult<()> {
        self.change(Operation::Rename, id, |s, _| {
            let vm = s.free_vm(id)?;
            // What was saved lies under the old name.
            if vm.state.is_active() || vm.saved.is_some() {
                return Err(HvErrorKind::InvalidState);
            }
            if s.vms.values().any(|vm| vm.spec.name == to) {
                return Err(HvErrorKind::Exists);
            }
            to.clone_into(&mut s.vm(id)?.spec.name);
            Ok(vec![HvEvent::Defined(id)])
        })
    }

    fn set_metadata(&self, id: VmId, xml: Option<&str>) -> HvResult<()> {
        self.word(Operation::SetMetadata, id, |vm| vm.spec.metadata = xml.map(str::to_owned))
    }

    fn set_title(&self, id: VmId, text: &str) -> HvResult<()> {
        if text.contains('\n') {
            let why = "metadata title can't contain newlines";
            return Err(HvError::new(HvErrorKind::Other, Operation::SetTitle.phrase(), why));
        }
        self.word(Operation::SetTitle, id, |vm| text.clone_into(&mut vm.spec.title))
    }

    fn set_description(&self, id: VmId, text: &str) -> HvResult<()> {
        self.word(Operation::SetDescription, id, |vm| text.clone_into(&mut vm.spec.description))
    }
}

impl SimConnection {
    /// Changes words of a VM, unless its XML would be none any more.
    fn word(&self, operation: Operation, id: VmId, set: impl FnOnce(&mut SimVm)) -> HvResult<()> {
        self.change(operation, id, |s, _| {
            let vm = s.vm(id)?;
            let before = vm.spec.clone();
            set(vm);
            if xml::domain::parse(&vm.xml_of(XmlOf::Defined)).is_err() {
                vm.spec = before;
                return Err(HvErrorKind::Other);
            }
            let running = vm.state.is_active();
            Ok(running.then_some(HvEvent::Changed(id)).into_iter().collect())
        })
    }
}
