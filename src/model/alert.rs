//! What needs attention. For now what the host itself says; each is a condition that holds, not an event.

use serde::{Deserialize, Serialize};

use super::id::VmId;
use super::time::Timestamp;

/// How bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Will hurt.
    Warning,
    /// Hurts.
    Critical,
}

impl Severity {
    /// Four letters, as alerts are listed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARN",
            Self::Critical => "CRIT",
        }
    }
}

/// What an alert is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    /// The connection or the machine.
    Host,
    /// A VM.
    Vm(VmId),
    /// A pool, by name.
    Pool(String),
    /// A network, by name.
    Network(String),
}

/// Stable name of the condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Condition {
    /// The connection to the hypervisor is lost.
    ConnectionLost,
    /// The hypervisor does not answer.
    NotAnswering,
    /// A VM is paused by an I/O error.
    IoError,
    /// A VM crashed.
    Crashed,
    /// A pool is nearly full.
    PoolNearlyFull,
    /// A pool does not answer or cannot be reached.
    PoolTrouble,
    /// A network that should run does not.
    NetworkInactive,
    /// A pool that should run does not.
    PoolInactive,
    /// History cannot be written.
    HistoryNotWritten,
    /// A file system of the host is nearly full.
    FileSystemNearlyFull,
    /// A VM's XML could not be read.
    Unreadable,
}

impl Condition {
    /// The stable word used in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ConnectionLost => "connection_lost",
            Self::NotAnswering => "not_answering",
            Self::IoError => "io_error",
            Self::Crashed => "crashed",
            Self::PoolNearlyFull => "pool_nearly_full",
            Self::PoolTrouble => "pool_trouble",
            Self::NetworkInactive => "network_inactive",
            Self::PoolInactive => "pool_inactive",
            Self::HistoryNotWritten => "history_not_written",
            Self::FileSystemNearlyFull => "file_system_nearly_full",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A condition that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What holds.
    pub condition: Condition,
    /// Of what.
    pub subject: Subject,
    /// The subject's name, cleaned.
    pub name: String,
    /// How bad.
    pub severity: Severity,
    /// Since when, as far as seen by this program.
    pub since: Timestamp,
    /// One sentence in an admin's words, without the subject's name, cleaned.
    pub message: String,
    /// What to do, one sentence; empty when there is nothing to say.
    pub remedy: String,
}
