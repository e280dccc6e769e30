//! In what order VMs start after the host.

use serde::{Deserialize, Serialize};

/// When `collect` starts a VM after the host has started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StartOrder {
    /// Lower ones first; equal ones together.
    pub order: u32,
    /// Seconds to wait once it counts as started, before the next order begins.
    pub delay_s: u32,
    /// When it counts as started.
    pub gate: StartGate,
}

/// When a VM counts as started, so that others may follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartGate {
    /// As soon as it runs.
    #[default]
    Running,
    /// When its guest agent answers.
    Agent,
    /// When it has an address.
    Address,
}

impl StartGate {
    /// All gates, as metadata and commands name them.
    pub const ALL: [Self; 3] = [Self::Running, Self::Agent, Self::Address];

    /// One word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Agent => "agent",
            Self::Address => "address",
        }
    }

    /// The gate of that word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.word() == word)
    }
}
