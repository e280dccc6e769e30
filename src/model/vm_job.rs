//! What a hypervisor does with a VM besides running it.

/// A job that libvirt works on: one at a time for a VM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VmJob {
    /// It is started.
    Start,
    /// Its memory is saved.
    Save,
    /// It comes back from saved memory.
    Restore,
    /// It comes from another host.
    MigrationIn,
    /// It goes to another host.
    MigrationOut,
    /// A snapshot is taken.
    Snapshot,
    /// It goes back to a snapshot.
    SnapshotRevert,
    /// A snapshot is deleted.
    SnapshotDelete,
    /// Its memory is written to a file.
    Dump,
    /// Its disks are backed up.
    Backup,
    /// Another one.
    Other,
}

impl VmJob {
    /// At the beginning of a sentence.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Start => "A start",
            Self::Save => "A save",
            Self::Restore => "A restore of its memory",
            Self::MigrationIn | Self::MigrationOut => "A migration",
            Self::Snapshot => "The taking of a snapshot",
            Self::SnapshotRevert => "Going back to a snapshot",
            Self::SnapshotDelete => "The deletion of a snapshot",
            Self::Dump => "A dump of its memory",
            Self::Backup => "A backup",
            Self::Other => "Another job",
        }
    }
}
