//! Storage: pools and volumes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::series::Track;
use super::time::Timestamp;

/// State of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PoolState {
    /// Not started.
    Inactive,
    /// Starting or being built.
    Building,
    /// Started.
    Running,
    /// Running with trouble.
    Degraded,
    /// Started, but its storage cannot be reached.
    Inaccessible,
}

impl PoolState {
    /// One word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Building => "building",
            Self::Running => "running",
            Self::Degraded => "degraded",
            Self::Inaccessible => "inaccessible",
        }
    }
}

/// A pool as the hypervisor gives it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolRecord {
    /// UUID.
    pub id: Uuid,
    /// Name, not cleaned.
    pub name: String,
    /// State.
    pub state: PoolState,
    /// Starts with the host.
    pub autostart: Option<bool>,
    /// Defined, not only running.
    pub persistent: Option<bool>,
    /// Bytes: size.
    pub capacity: Option<u64>,
    /// Bytes: in use.
    pub allocation: Option<u64>,
    /// Bytes: free.
    pub available: Option<u64>,
    /// `dir`, `fs`, `netfs`, `logical`, `zfs`, `rbd` …; from its XML.
    pub kind: String,
    /// Where it is on the host, from its XML.
    pub path: Option<String>,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Name in its pool, not cleaned.
    pub name: String,
    /// Key, unique over pools.
    pub key: String,
    /// Path on the host.
    pub path: String,
    /// `file`, `block`, `dir`, `network` …
    pub kind: &'static str,
    /// Image format; from its XML, where it was read.
    pub format: Option<String>,
    /// Bytes the guest may write.
    pub capacity: u64,
    /// Bytes it occupies.
    pub allocation: u64,
    /// Path of its backing image; from its XML, where it was read.
    pub backing: Option<String>,
}

/// A volume that no VM uses, neither itself nor below another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// Its pool, not cleaned.
    pub pool: String,
    /// The volume.
    pub volume: Volume,
    /// Volumes that lie on it, as `pool/name`: orphans like it.
    pub below: Vec<String>,
}

/// A pool as seen now.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The record, as last read.
    pub record: PoolRecord,
    /// When it was last read.
    pub at: Option<Timestamp>,
    /// Its volumes, as last read; `None` until they were.
    pub volumes: Option<Arc<[Volume]>>,
    /// Why it is not being read now: no answer for so long, or its error.
    pub trouble: Option<PoolTrouble>,
    /// Used and capacity over time.
    pub track: Arc<Track>,
}

impl Pool {
    /// The name, fit to be drawn.
    pub fn display_name(&self) -> std::borrow::Cow<'_, str> {
        super::text::clean(&self.record.name)
    }

    /// Used share, 0 to 1.
    pub fn used_share(&self) -> Option<f64> {
        let capacity = self.record.capacity.filter(|c| *c > 0)?;
        Some(self.record.allocation? as f64 / capacity as f64)
    }
}

/// What is wrong with reading a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PoolTrouble {
    /// It has not answered since then; it is asked again at ever longer intervals.
    NoAnswer {
        /// When the unanswered call began.
        since: Timestamp,
    },
    /// The last read failed.
    Failed {
        /// The reason, one sentence.
        message: String,
    },
}
