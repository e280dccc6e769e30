//! What plans about definitions rest on, besides the VM.

use crate::model::held::HeldVm;
use crate::model::id::VmId;

/// What was read for an operation on a definition; what was not asked for is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DefinitionFacts {
    /// The definition with passwords; `None` where it was not to be had.
    pub with_secrets: Option<String>,
    /// What belongs to the VM.
    pub belongings: Belongings,
    /// What is held under its UUID.
    pub held: Option<HeldVm>,
    /// All other VMs of the host.
    pub others: Vec<OtherVm>,
    /// For how many days a deleted VM is held.
    pub keep_days: u32,
    /// The number that its present definition has, or gets, among its revisions.
    pub revision: i64,
}

/// What belongs to a VM besides its definition and its disks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belongings {
    /// How many snapshots there are.
    pub snapshots: usize,
    /// How many checkpoints there are.
    pub checkpoints: usize,
    /// UEFI variables.
    pub nvram: Option<Belonging>,
    /// Saved memory.
    pub saved: Option<Belonging>,
    /// Bytes free where things are held, where known.
    pub free: Option<u64>,
}

/// A file of a VM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belonging {
    /// Where it is on the host.
    pub path: String,
    /// Bytes; 0 where it cannot be reached.
    pub size: u64,
    /// Why it cannot be kept; `None` where it can.
    pub out_of_reach: Option<String>,
}

/// Another VM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherVm {
    /// Which.
    pub id: VmId,
    /// Its name.
    pub name: String,
    /// MAC addresses of its NICs, lower case.
    pub macs: Vec<String>,
}
