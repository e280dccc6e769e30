//! The roles that change the host. A read-only connection refuses each with [`HvErrorKind::ReadOnly`].
//!
//! [`HvErrorKind::ReadOnly`]: super::HvErrorKind::ReadOnly

use super::HvResult;
use crate::model::id::VmId;
use crate::model::vm::VmState;
use crate::model::vm_job::VmJob;

/// How a guest is asked to shut down or to reboot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// By its agent, which may be silent: this call then takes as long as the driver waits for it.
    Agent,
    /// By the ACPI power button. The guest may ignore it.
    Acpi,
}

/// How a VM is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartHow {
    /// Left paused at its first instruction.
    pub paused: bool,
    /// Booted afresh: what managed save kept is lost.
    pub discard_saved: bool,
}

/// How far a job of the hypervisor is: a save, a copy of a disk, a migration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HvProgress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all; 0 where that is not known.
    pub total: u64,
}

/// Starting and stopping.
pub trait Lifecycle {
    /// A VM's state now.
    fn vm_state(&self, id: VmId) -> HvResult<VmState>;

    /// Starts a VM, from its managed save where there is one.
    fn start(&self, id: VmId, how: StartHow) -> HvResult<()>;

    /// Asks the guest to shut down; returns when it was asked, not when it is off.
    fn shutdown(&self, id: VmId, by: Ask) -> HvResult<()>;

    /// Asks the guest to reboot.
    fn reboot(&self, id: VmId, by: Ask) -> HvResult<()>;

    /// Resets it, as its button would.
    fn reset(&self, id: VmId) -> HvResult<()>;

    /// Ends it at once.
    fn force_off(&self, id: VmId) -> HvResult<()>;

    /// Stops executing.
    fn pause(&self, id: VmId) -> HvResult<()>;

    /// Goes on executing.
    fn resume(&self, id: VmId) -> HvResult<()>;

    /// Saves its memory to disk and ends it (managed save). Takes as long as writing it does.
    fn save(&self, id: VmId) -> HvResult<()>;

    /// Forgets the saved memory; nothing to forget is no error.
    fn discard_saved(&self, id: VmId) -> HvResult<()>;

    /// How far the VM's present job is; `None` when there is none, or the driver tells of none. Asked on another connection than the one that is
    /// in the job's call.
    fn vm_progress(&self, id: VmId) -> HvResult<Option<HvProgress>>;

    /// What the VM's present job is; `None` when there is none, or the driver tells of none.
    fn vm_job(&self, id: VmId) -> HvResult<Option<VmJob>>;

    /// Ends the VM's present job, whatever it is and whoever began it; its call then fails. Asked on another connection.
    fn abort_job(&self, id: VmId) -> HvResult<()>;
}

/// Which of a VM's two definitions is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlOf {
    /// What runs now; of a VM that is off, what is defined.
    Live,
    /// What the next start will use.
    Defined,
    /// The same with passwords: what must be kept to define it again.
    DefinedWithSecrets,
}

/// Changing what is defined.
pub trait Define {
    /// The XML of a definition.
    fn xml_of(&self, id: VmId, which: XmlOf) -> HvResult<String>;

    /// The XML of many definitions, in the order of the questions; some are asked abreast where the connection can.
    fn xmls_of(&self, wanted: &[(VmId, XmlOf)]) -> Vec<HvResult<String>> {
        wanted.iter().map(|(id, which)| self.xml_of(*id, *which)).collect()
    }

    /// Starts it with the host, or not.
    fn set_autostart(&self, id: VmId, on: bool) -> HvResult<()>;

    /// Gives a VM that is off another name.
    fn rename(&self, id: VmId, to: &str) -> HvResult<()>;

    /// Sets the element of the namespace `urn:novacron:vm:1`, in what is defined and in what runs; `None` takes it
    /// away.
    fn set_metadata(&self, id: VmId, xml: Option<&str>) -> HvResult<()>;

    /// Sets the title, in what is defined and in what runs; empty takes it away.
    fn set_title(&self, id: VmId, text: &str) -> HvResult<()>;

    /// Sets the description, in what is defined and in what runs; empty takes it away.
    fn set_description(&self, id: VmId, text: &str) -> HvResult<()>;
}
