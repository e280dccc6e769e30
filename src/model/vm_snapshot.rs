//! A VM's snapshots: what was kept of it, when, and how. Not the [`Snapshot`](super::snapshot::Snapshot) that the engine
//! publishes.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;
use super::vm::DiskSource;

/// A state that a VM can go back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmSnapshot {
    /// Its name, unique for the VM; not cleaned.
    pub name: String,
    /// What was said about it; not cleaned.
    pub description: Option<String>,
    /// The one it was made on top of; `None` for a first one.
    pub parent: Option<String>,
    /// Whether the VM's present state rests on it.
    pub current: bool,
    /// When it was made, to the second.
    pub created: Timestamp,
    /// How the VM was then.
    pub state: SnapshotState,
    /// Where its memory is kept.
    pub memory: SnapshotMemory,
    /// Disks, as far as they are in it.
    pub disks: Vec<SnapshotDisk>,
}

/// A snapshot with what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizedSnapshot {
    /// The snapshot.
    pub snapshot: VmSnapshot,
    /// Bytes of its layers and its memory's file; `None` for one inside its images, which tell no sizes.
    pub size: Option<u64>,
}

/// How a VM was when its snapshot was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotState {
    /// Running, with its memory kept.
    Running,
    /// Paused, with its memory kept.
    Paused,
    /// Off.
    Off,
    /// Running, with its disks kept only.
    DisksOnly,
}

impl SnapshotState {
    /// In an admin's words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Off => "off",
            Self::DisksOnly => "disks only",
        }
    }
}

/// Where a snapshot keeps the VM's memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotMemory {
    /// Nowhere.
    None,
    /// In a disk image.
    Internal,
    /// In a file of its own.
    External(String),
}

/// A disk of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotDisk {
    /// Target (`vda`).
    pub target: String,
    /// What holds its bytes as they were then; `None` where it is not told.
    pub holds: Option<DiskSource>,
    /// Where what was written since goes, for an external one; `None` for one inside its image.
    pub overlay: Option<DiskSource>,
}

impl VmSnapshot {
    /// Whether it is in layers of their own, and not inside images.
    pub fn is_external(&self) -> bool {
        matches!(self.memory, SnapshotMemory::External(_)) || self.disks.iter().any(|d| d.overlay.is_some())
    }

    /// Whether memory was kept.
    pub fn has_memory(&self) -> bool {
        self.memory != SnapshotMemory::None
    }

    /// One word: `internal` or `external`.
    pub fn kind(&self) -> &'static str {
        if self.is_external() { "external" } else { "internal" }
    }
}

/// The snapshots made on top of this one, eldest first.
pub fn children<'s>(all: &'s [VmSnapshot], name: &str) -> Vec<&'s VmSnapshot> {
    let mut found: Vec<_> = all.iter().filter(|s| s.parent.as_deref() == Some(name)).collect();
    found.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
    found
}

/// All that rest on this one, each behind its parent. Whatever the parents say, none comes twice.
pub fn descendants<'s>(all: &'s [VmSnapshot], name: &str) -> Vec<&'s VmSnapshot> {
    below(all, children(all, name)).into_iter().map(|(_, s)| s).collect()
}

/// All as a tree, each behind its parent with its depth, from 0; one whose parent is gone stands at the root.
pub fn tree(all: &[VmSnapshot]) -> Vec<(usize, &VmSnapshot)> {
    let known = |name: &Option<String>| name.as_deref().is_some_and(|n| all.iter().any(|s| s.name == n));
    let mut roots: Vec<_> = all.iter().filter(|s| !known(&s.parent)).collect();
    roots.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
    below(all, roots)
}

fn below<'s>(all: &'s [VmSnapshot], first: Vec<&'s VmSnapshot>) -> Vec<(usize, &'s VmSnapshot)> {
    let mut out: Vec<(usize, &VmSnapshot)> = Vec::new();
    let mut open: Vec<_> = first.into_iter().rev().map(|s| (0, s)).collect();
    while let Some((depth, snapshot)) = open.pop() {
        if out.iter().any(|(_, s)| s.name == snapshot.name) {
            continue;
        }
        out.push((depth, snapshot));
        open.extend(children(all, &snapshot.name).into_iter().rev().map(|s| (depth + 1, s)));
    }
    out
}

/// What a host can do with snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotAbilities {
    /// It goes back to external ones (libvirt 9.9).
    pub revert_external: bool,
    /// It deletes external ones, merging their layers (libvirt 9.0).
    pub delete_external: bool,
    /// It makes, reverts and deletes internal ones of VMs with UEFI, whose variables lie in a qcow2 (libvirt 10.10).
    pub internal_uefi: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str, parent: Option<&str>, at: i64) -> VmSnapshot {
        VmSnapshot {
            name: name.into(),
            description: None,
            parent: parent.map(str::to_owned),
            current: false,
            created: Timestamp(at),
            state: SnapshotState::Off,
            memory: SnapshotMemory::None,
            disks: Vec::new(),
        }
    }

    fn shape<'s>(tree: &[(usize, &'s VmSnapshot)]) -> Vec<(usize, &'s str)> {
        tree.iter().map(|(depth, s)| (*depth, s.name.as_str())).collect()
    }

    #[test]
    fn a_tree_has_each_behind_its_parent() {
        let all =
            [made("c", Some("a"), 3), made("a", None, 1), made("d", Some("c"), 4), made("b", Some("a"), 2)];
        assert_eq!(shape(&tree(&all)), [(0, "a"), (1, "b"), (1, "c"), (2, "d")]);
        let names: Vec<_> = descendants(&all, "a").iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["b", "c", "d"]);
        assert!(descendants(&all, "d").is_empty());
    }

    #[test]
    fn parents_that_are_gone_or_go_in_circles_hang_nothing() {
        assert_eq!(shape(&tree(&[made("a", Some("gone"), 1)])), [(0, "a")]);
        let round = [made("a", Some("b"), 1), made("b", Some("a"), 2)];
        assert!(tree(&round).len() <= 2);
        assert_eq!(descendants(&round, "a").len(), 2);
    }
}
