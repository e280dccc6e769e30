//! The role behind new VMs: what the host can run, and copies of disks that are written to.

use super::HvResult;
use crate::model::id::VmId;

/// A disk, and where its copy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupTarget<'t> {
    /// Its target (`vda`).
    pub target: &'t str,
    /// Path of the copy, which is there and as large as the disk.
    pub path: &'t str,
    /// Whether that is a block device.
    pub block: bool,
    /// Format of the copy: `qcow2`, `raw`.
    pub format: &'t str,
}

/// What new VMs need beside storage and definitions. A read-only connection refuses what changes.
pub trait Making {
    /// What the host can run, as XML: with `kvm` or `qemu`, on this machine type; `None` is the host's choice.
    fn machine_capabilities(&self, accel: Option<&str>, machine: Option<&str>) -> HvResult<String>;

    /// Has the guest's agent write out what it holds, and hold the file systems still, until `Snapshots::thaw`.
    fn freeze(&self, id: VmId) -> HvResult<()>;

    /// Begins to copy disks as they are at this moment; all others are left out. It goes on by itself as the VM's job,
    /// and is ended by `Lifecycle::abort_job`.
    fn begin_backup(&self, id: VmId, disks: &[BackupTarget<'_>]) -> HvResult<()>;

    /// Whether such a copy goes on.
    fn backup_goes_on(&self, id: VmId) -> HvResult<bool>;

    /// Whether the VM's last job, which is over, was done.
    fn backup_succeeded(&self, id: VmId) -> HvResult<bool>;
}
