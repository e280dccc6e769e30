//! What plans about a disk's layers rest on, besides the VM and the storage.

/// What was read; of one disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerFacts {
    /// Names of the VM's snapshots.
    pub snapshots: Vec<String>,
    /// Names of its checkpoints.
    pub checkpoints: Vec<String>,
    /// Bytes that the guest may write to it, where the driver tells.
    pub capacity: Option<u64>,
    /// Its job, where it runs.
    pub job: JobFact,
    /// When the volume that it lies in was last written to, where the driver tells.
    pub written: Option<String>,
}

/// Whether a disk is being copied already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobFact {
    /// It is not.
    #[default]
    None,
    /// It is.
    Running,
    /// The hypervisor has no such jobs.
    Unsupported,
}
