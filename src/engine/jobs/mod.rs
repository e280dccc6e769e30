//! The desk: makes plans of operations, carries them out one VM at a time, and writes down each step before it acts.

mod handle;
pub mod records;

pub use handle::{Consent, DeskHandle, Jobs};

/// What reaches the desk's thread.
#[derive(Debug)]
pub(crate) enum Input {
    /// Somebody asks.
    Ask(handle::Ask),
}
