//! What plans for snapshots rest on.

use super::disks::path;
use crate::model::vm::{DiskSource, VmDefinition};
use crate::model::vm_snapshot::{SnapshotAbilities, SnapshotDisk, SnapshotMemory, VmSnapshot};

/// What was read of a VM's snapshots and of what they depend on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotFacts {
    /// All of the VM.
    pub snapshots: Vec<VmSnapshot>,
    /// What the host can do.
    pub abilities: SnapshotAbilities,
    /// Format of the file with its UEFI variables, where there is one.
    pub nvram: Option<String>,
    /// What the guest agent said, where it was asked.
    pub agent: AgentFact,
    /// Paths of the volumes that its disks name: pool, volume, path.
    pub volumes: Vec<(String, String, String)>,
    /// Folders of its images, with all that lies in them.
    pub folders: Vec<Folder>,
}

/// A folder whose files are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// Its path, without a stroke at the end.
    pub path: String,
    /// Bytes free there.
    pub free: Option<u64>,
    /// Its files: path, and bytes they occupy.
    pub files: Vec<(String, u64)>,
}

/// What a guest agent said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AgentFact {
    /// It was not asked.
    #[default]
    NotAsked,
    /// It listens, and nothing is frozen.
    Listens,
    /// The guest's file systems are frozen already.
    Frozen,
    /// It does not listen: why.
    Silent(String),
}

impl SnapshotFacts {
    /// The folder of this path, where its files are known.
    pub(super) fn folder(&self, path: &str) -> Option<&Folder> {
        self.folders.iter().find(|f| f.path == path)
    }

    /// Bytes that a file occupies, where that is known.
    pub(super) fn occupies(&self, path: &str) -> Option<u64> {
        let files = self.folders.iter().flat_map(|f| &f.files);
        files.into_iter().find(|(p, _)| p == path).map(|(_, bytes)| *bytes)
    }

    /// Bytes of a snapshot's layers and its memory's file; `None` where one is not known.
    pub fn size(&self, snapshot: &VmSnapshot, vm: &VmDefinition) -> Option<u64> {
        if !snapshot.is_external() {
            return None;
        }
        let memory = match &snapshot.memory {
            SnapshotMemory::External(file) => self.occupies(file)?,
            SnapshotMemory::None | SnapshotMemory::Internal => 0,
        };
        snapshot.disks.iter().filter(|d| d.overlay.is_some()).try_fold(memory, |sum, disk| {
            Some(sum.saturating_add(self.occupies(path(Self::layer(snapshot, disk, vm)?, self)?)?))
        })
    }

    /// The layer over what a disk of a snapshot holds.
    pub(super) fn layer<'d>(
        snapshot: &VmSnapshot,
        disk: &'d SnapshotDisk,
        vm: &'d VmDefinition,
    ) -> Option<&'d DiskSource> {
        // After going back the present layer has another name than the one it was made with.
        if snapshot.current {
            return vm.disks.iter().find(|d| d.target == disk.target)?.source.as_ref();
        }
        disk.overlay.as_ref()
    }

    /// All names in their order in time, the current one marked: to see whether anything changed.
    pub(super) fn listed(&self) -> String {
        let mut all: Vec<_> = self.snapshots.iter().collect();
        all.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
        let names: Vec<_> =
            all.iter().map(|s| if s.current { format!("{}*", s.name) } else { s.name.clone() }).collect();
        if names.is_empty() { "none".into() } else { names.join(", ") }
    }
}
