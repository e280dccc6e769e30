//! History beside the engine: what it publishes is recorded, and what was recorded can be asked for.
//!
//! | part | does |
//! | --- | --- |
//! | `sampler` | snapshots to rows that are not recorded yet. Pure |
//! | `watcher` | two snapshots to what happened between them. Pure |
//! | `recorder` | the thread that writes, and says how that goes |
//! | `librarian` | the thread that reads |
//! | `past` | reading without a thread, for commands |
//!
//! A recorder that is slow loses nothing: what it did not see yet lies in the rings of the next snapshot.

mod ask;
mod librarian;
mod past;
mod recorder;
mod sampler;
#[cfg(test)]
mod tests;
mod watcher;

use std::path::PathBuf;

pub use ask::{HistoryReply, Span};
pub(super) use librarian::Question;
pub use past::{Past, open};
pub(super) use recorder::{Duty, Report};

pub use crate::store::{
    Claim, Event, EventKind, Named, PastSeries, PastView, Point, Points, Rank, Readers, Retention,
    StoreError, Subject, Tier,
};

pub(super) use librarian::start as start_librarian;
pub(super) use recorder::start as start_recorder;

/// Where history lies, and how long it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryConfig {
    /// The folder of its databases; made when something is recorded.
    pub folder: PathBuf,
    /// How long it is kept.
    pub retention: Retention,
    /// Whether this process records, unless another one does. Reading is always possible.
    pub record: bool,
    /// Who may read it besides this user.
    pub readers: Option<Readers>,
}
