//! The role that defines and undefines VMs, and knows what belongs to a definition.

use std::path::PathBuf;

use super::HvResult;
use crate::model::held::Document;
use crate::model::id::VmId;

/// What becomes of a VM's UEFI variables when it is undefined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NvramThen {
    /// It has none.
    None,
    /// They stay on the host.
    Keep,
    /// They are removed.
    Remove,
}

/// What happens to a VM's parts when it is undefined. Disks always stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undefining {
    /// UEFI variables.
    pub nvram: NvramThen,
    /// It has a TPM, whose state stays on the host.
    pub tpm: bool,
    /// Its saved memory is removed; else a VM with saved memory is not undefined.
    pub saved: bool,
}

/// Definitions as a whole. A read-only connection refuses what changes, and what tells passwords.
pub trait Definitions {
    /// Defines a VM, or replaces the definition of the one with its UUID. `validate` has it checked against the schema.
    fn define(&self, xml: &str, validate: bool) -> HvResult<VmId>;

    /// Undefines a VM that is off, with the metadata of its snapshots and checkpoints.
    fn undefine(&self, id: VmId, how: Undefining) -> HvResult<()>;

    /// Metadata of its snapshots, with passwords, parents first; none where the driver has none.
    fn snapshot_documents(&self, id: VmId) -> HvResult<Vec<Document>>;

    /// Has the hypervisor know a snapshot again that it knew; its data is where it was.
    fn put_back_snapshot(&self, id: VmId, snapshot: &Document) -> HvResult<()>;

    /// Metadata of its checkpoints, parents first; none where the driver has none.
    fn checkpoint_documents(&self, id: VmId) -> HvResult<Vec<Document>>;

    /// Has the hypervisor know a checkpoint again.
    fn put_back_checkpoint(&self, id: VmId, checkpoint: &Document) -> HvResult<()>;

    /// The file on the host that holds the saved memory of a VM of this name; `None` where the driver keeps it otherwise.
    fn saved_image(&self, name: &str) -> Option<PathBuf>;
}
