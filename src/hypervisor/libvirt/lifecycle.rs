//! Starting and stopping.

use super::connection::Connection;
use super::error::kind;
use super::ffi::{Domain, RawError, RawResult, ask, code, job, start};
use super::state::vm_state;
use crate::hypervisor::{Ask, HvErrorKind, HvProgress, HvResult, Lifecycle, StartHow};
use crate::model::id::VmId;
use crate::model::vm::VmState;
use crate::model::vm_job::VmJob;

impl Lifecycle for Connection {
    fn vm_state(&self, id: VmId) -> HvResult<VmState> {
        self.with_domain(id, "read the state", |d| {
            d.state().map(|(state, reason)| vm_state(state as u64, reason as u64))
        })
    }

    fn start(&self, id: VmId, how: StartHow) -> HvResult<()> {
        self.change(id, "start the VM", |d| {
            let paused = if how.paused { start::PAUSED } else { 0 };
            if !how.discard_saved {
                return d.start(paused);
            }
            d.start(paused | start::FORCE_BOOT).or_else(|e| {
                // The lesser drivers are told in two calls.
                unless_unknown(e)?;
                discard_saved(d)?;
                d.start(paused)
            })
        })
    }

    fn shutdown(&self, id: VmId, by: Ask) -> HvResult<()> {
        self.change(id, "shut the VM down", |d| asked(by, |flags| d.shutdown(flags)))
    }

    fn reboot(&self, id: VmId, by: Ask) -> HvResult<()> {
        self.change(id, "reboot the VM", |d| asked(by, |flags| d.reboot(flags)))
    }

    fn reset(&self, id: VmId) -> HvResult<()> {
        self.change(id, "reset the VM", Domain::reset)
    }

    fn force_off(&self, id: VmId) -> HvResult<()> {
        self.change(id, "force the VM off", Domain::destroy)
    }

    fn pause(&self, id: VmId) -> HvResult<()> {
        self.change(id, "pause the VM", Domain::suspend)
    }

    fn resume(&self, id: VmId) -> HvResult<()> {
        self.change(id, "resume the VM", Domain::resume)
    }

    fn save(&self, id: VmId) -> HvResult<()> {
        self.change(id, "save the VM", Domain::save_managed)
    }

    fn discard_saved(&self, id: VmId) -> HvResult<()> {
        self.change(id, "discard the saved memory", discard_saved)
    }

    fn vm_progress(&self, id: VmId) -> HvResult<Option<HvProgress>> {
        self.with_domain(id, "read the job's progress", |d| match d.job() {
            Ok(job) => Ok(job.map(|(done, total)| HvProgress { done, total })),
            // One that is off has no job, and a driver without the call has none that it would tell of.
            Err(e) if matches!(kind(&e), HvErrorKind::InvalidState | HvErrorKind::Unsupported) => Ok(None),
            Err(e) => Err(e),
        })
    }

    fn vm_job(&self, id: VmId) -> HvResult<Option<VmJob>> {
        self.with_domain(id, "read the job", |d| match d.job_operation() {
            Ok(operation) => Ok(operation.map(job_of)),
            Err(e) if matches!(kind(&e), HvErrorKind::InvalidState | HvErrorKind::Unsupported) => Ok(None),
            Err(e) => Err(e),
        })
    }

    fn abort_job(&self, id: VmId) -> HvResult<()> {
        self.change(id, "stop the VM's job", Domain::abort_job)
    }
}

const fn job_of(operation: u32) -> VmJob {
    match operation {
        job::START => VmJob::Start,
        job::SAVE => VmJob::Save,
        job::RESTORE => VmJob::Restore,
        job::MIGRATION_IN => VmJob::MigrationIn,
        job::MIGRATION_OUT => VmJob::MigrationOut,
        job::SNAPSHOT => VmJob::Snapshot,
        job::SNAPSHOT_REVERT => VmJob::SnapshotRevert,
        job::SNAPSHOT_DELETE => VmJob::SnapshotDelete,
        job::DUMP => VmJob::Dump,
        job::BACKUP => VmJob::Backup,
        _ => VmJob::Other,
    }
}

/// Asks a guest. A driver that knows no ways is left its own, which is no agent's.
fn asked(by: Ask, call: impl Fn(u32) -> RawResult<()>) -> RawResult<()> {
    match by {
        Ask::Agent => call(ask::AGENT),
        Ask::Acpi => call(ask::ACPI).or_else(|e| {
            unless_unknown(e)?;
            call(0)
        }),
    }
}

/// The error, unless it says that the driver does not know a flag.
fn unless_unknown(e: RawError) -> RawResult<()> {
    if e.code == code::INVALID_ARG && kind(&e) == HvErrorKind::Unsupported { Ok(()) } else { Err(e) }
}

fn discard_saved(domain: &Domain) -> RawResult<()> {
    if domain.managed_save()? { domain.remove_managed_save() } else { Ok(()) }
}
