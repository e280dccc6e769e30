//! What of a VM's hardware is counted.

/// Disks, NICs, vCPUs and memory of a VM, by the names its XML gives them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hardware {
    pub(crate) vcpus: u32,
    /// Bytes, now and at most.
    pub(crate) memory: u64,
    pub(crate) memory_max: u64,
    pub(crate) balloon: bool,
    pub(crate) disks: Vec<Disk>,
    /// Host devices of its NICs.
    pub(crate) nics: Vec<String>,
}

/// A disk or drive.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Disk {
    pub(crate) target: String,
    pub(crate) path: Option<String>,
    /// Bytes; 0 when not known.
    pub(crate) capacity: u64,
    /// Bytes occupied when the VM was last started.
    pub(crate) allocation: u64,
    /// A drive that nothing is written to.
    pub(crate) removable: bool,
}
