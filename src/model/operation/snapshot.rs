//! What can be done with a VM's snapshots.

use serde::{Deserialize, Serialize};

/// What can be done with a VM's snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotOperation {
    /// Keep its present state.
    Create(NewSnapshot),
    /// Go back to a state that was kept.
    Revert {
        /// To which.
        name: String,
        /// How the VM is afterwards.
        then: AfterRevert,
        /// Keep the present state as a snapshot of this name first.
        keep: Option<String>,
    },
    /// Keep it no longer: layers are merged, the VM goes on as it is.
    Delete {
        /// Which.
        name: String,
        /// With all that were made on top of it.
        children: bool,
        /// Forget only what libvirt knows of it: images stay as they are.
        metadata_only: bool,
    },
}

/// A snapshot to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSnapshot {
    /// Its name.
    pub name: String,
    /// What is said about it; may be empty.
    pub description: String,
    /// What it holds.
    pub content: SnapshotContent,
    /// Where it is kept.
    pub way: SnapshotWay,
    /// Whether the guest's file systems are frozen meanwhile.
    pub freeze: Freeze,
    /// The folder that layers go to; `None` for that of each image.
    pub folder: Option<String>,
}

impl NewSnapshot {
    /// One of this name, with everything as it is usually wanted.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            content: SnapshotContent::default(),
            way: SnapshotWay::default(),
            freeze: Freeze::default(),
            folder: None,
        }
    }
}

/// What a snapshot holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotContent {
    /// Disks and memory; of a VM that is off, its disks.
    #[default]
    All,
    /// Disks only, also of a running VM.
    Disks,
}

/// Where a snapshot is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotWay {
    /// Inside the images where that works, else in layers.
    #[default]
    Auto,
    /// Inside the images.
    Internal,
    /// In layers: images stay as they are, what is written goes to new files.
    External,
}

impl SnapshotWay {
    /// All ways, as commands name them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Internal, Self::External];

    /// The word in commands.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Internal => "internal",
            Self::External => "external",
        }
    }
}

/// Whether a guest's file systems are frozen while its disks are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Freeze {
    /// Where the guest agent answers.
    #[default]
    Auto,
    /// Always: without an agent that answers nothing is made.
    Always,
    /// Never.
    Never,
}

impl Freeze {
    /// All, as commands name them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    /// The word in commands.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// How a VM is after it went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterRevert {
    /// As it was then: without memory, off.
    #[default]
    AsThen,
    /// Running.
    Running,
    /// Paused.
    Paused,
}

impl AfterRevert {
    /// All, as commands name them.
    pub const ALL: [Self; 3] = [Self::AsThen, Self::Running, Self::Paused];

    /// The word in commands.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AsThen => "as-then",
            Self::Running => "running",
            Self::Paused => "paused",
        }
    }
}

impl SnapshotOperation {
    /// A stable word for records, filters and JSON: `snapshot.create`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Create(_) => "snapshot.create",
            Self::Revert { .. } => "snapshot.revert",
            Self::Delete { .. } => "snapshot.delete",
        }
    }

    /// The snapshot's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Create(new) => &new.name,
            Self::Revert { name, .. } | Self::Delete { name, .. } => name,
        }
    }
}
