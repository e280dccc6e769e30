//! Audit records: what was done to the host, by whom.

use serde::{Deserialize, Serialize};

use super::job::{Actor, JobId, JobState};
use super::operation::{Operation, Target};
use super::time::Timestamp;

/// One thing that was done, or tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When it was over.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// Who brought it to its end, where that was somebody else: NovaCron was killed on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<Actor>,
    /// URI of the host, without secrets.
    pub host: String,
    /// What was asked for.
    pub operation: Operation,
    /// On what.
    pub target: Target,
    /// Its job.
    pub job: Option<JobId>,
    /// What was done, step by step, as equivalent commands or sentences, one a line.
    pub plan: String,
    /// The definition before; empty where none changed.
    pub xml_before: String,
    /// The definition after; empty where none changed.
    pub xml_after: String,
    /// How it ended: one of the states that are over.
    pub result: JobState,
    /// What became of it, in a sentence.
    pub outcome: String,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
}

/// A record with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chained {
    /// Counts from 1 without a hole.
    pub number: u64,
    /// The record.
    pub record: AuditRecord,
    /// Hash over the record, its number and the hash before: 64 hexadecimal digits.
    pub hash: String,
}
