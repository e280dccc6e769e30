//! What was measured and what happened, on disk: two SQLite databases in one folder.
//!
//! | part | holds |
//! | --- | --- |
//! | [`HistoryWriter`] | `history.db`: one process writes samples, roll-ups, names and events |
//! | [`HistoryReader`] | the same, read by anybody, also while it is written |
//! | [`StateDb`] | `state.db`: what any process writes, in short transactions |
//! | `jobs`, [`Owner`] | in it the journal of jobs; whose they are |
//! | `held`, `revisions` | in it VMs that can be brought back, and definitions as they were |
//! | `audit` | in it what was done, in a chain; [`AuditReader`] reads it |
//! | `codec` | how samples are packed |
//! | `tier`, `blocks`, `merge`, `rollup` | how history is laid out, what happens where rows meet |
//! | `open`, `ladder`, `lock` | opening, schema versions, damage, the one writer |
//! | `share` | letting a group of users read |
//!
//! Nothing here reads a clock or makes a thread: time comes in with the samples, and calls block.

mod audit;
mod blocks;
mod codec;
mod error;
mod event;
mod held;
mod jobs;
mod ladder;
mod lock;
mod merge;
mod open;
mod owner;
mod reader;
mod revisions;
mod rollup;
mod share;
mod state;
mod subject;
#[cfg(test)]
mod tests;
mod tier;
mod writer;

pub use audit::{AuditFilter, AuditReader, Fault, Found, Link, Remark, Verdict, verify as verify_audit};
pub use error::StoreError;
pub use event::{Event, EventKind};
pub use jobs::{Begin, JobEnd, Journalled, NewJob, UnreadableJob};
pub use lock::{Claim, Holder};
pub use open::SetAside;
pub use owner::Owner;
pub use reader::{HistoryReader, Named, PastSeries, PastView, Point, Points, Rank, Weight};
pub use revisions::Changed;
pub use share::Readers;
pub use state::StateDb;
pub use subject::Subject;
pub use tier::Tier;
pub use writer::{Committed, HistoryWriter, Opened, Retention};
