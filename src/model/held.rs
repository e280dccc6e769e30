//! Deleted VMs that can be brought back, and definitions as they once were.

use serde::{Deserialize, Serialize};

use super::id::VmId;
use super::job::Actor;
use super::time::Timestamp;
use super::vm::DiskSource;

/// A VM that was deleted, with all that brings it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldVm {
    /// Which it was, and will be.
    pub vm: VmId,
    /// Its name then, not cleaned.
    pub name: String,
    /// When it was deleted.
    pub deleted: Timestamp,
    /// Until when it is held.
    pub until: Timestamp,
    /// Who deleted it.
    pub by: Actor,
    /// What was kept.
    pub kept: Kept,
}

/// What is kept of a VM. It is stored as JSON: names keep their meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its definition, with passwords.
    pub definition: String,
    /// Whether it started with the host.
    pub autostart: bool,
    /// Its snapshots' metadata, parents first.
    pub snapshots: Vec<Document>,
    /// Its checkpoints' metadata, parents first.
    pub checkpoints: Vec<Document>,
    /// Files beside its disks.
    pub files: Vec<KeptFile>,
    /// Its disks. They stay where they are.
    pub volumes: Vec<HeldVolume>,
}

impl Kept {
    /// Its file of this kind.
    pub fn file(&self, kind: FileKind) -> Option<&KeptFile> {
        self.files.iter().find(|f| f.kind == kind)
    }
}

/// XML of something that belongs to a VM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its name.
    pub name: String,
    /// Its XML, with passwords.
    pub xml: String,
    /// Of snapshots: whether it is the current one.
    pub current: bool,
}

/// Kinds of files beside a VM's disks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// UEFI variables.
    Nvram,
    /// Saved memory.
    Saved,
}

impl FileKind {
    /// In words: `its UEFI variables`.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Nvram => "its UEFI variables",
            Self::Saved => "its saved memory",
        }
    }

    /// Name of the file where it is held.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Nvram => "nvram",
            Self::Saved => "saved",
        }
    }
}

/// A file beside a VM's disks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// What it is.
    pub kind: FileKind,
    /// Where it was, on the host.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Number of its owner.
    pub user: u32,
    /// Number of its group.
    pub group: u32,
    /// Its rights.
    pub mode: u32,
    /// SHA-256 of what is held; `None` where the file stays in its place on the host.
    pub digest: Option<String>,
}

/// A disk of a deleted VM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldVolume {
    /// Its target (`vda`).
    pub target: String,
    /// Where its bytes lie.
    pub source: DiskSource,
    /// Bytes it occupies, where that could be seen.
    pub size: Option<u64>,
}

/// A definition as it once was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Counts up for each VM, from 1.
    pub number: i64,
    /// When it was seen first.
    pub at: Timestamp,
    /// Who made it; `None` where it was noticed.
    pub by: Option<Actor>,
    /// What made it: the operation's word, or `noticed`.
    pub why: String,
    /// The XML as the next start would use it, without passwords.
    pub xml: String,
}
