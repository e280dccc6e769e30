//! The desk: makes plans of operations, carries them out one VM at a time, and writes down each step before it acts.

mod handle;
mod stand_in;

#[cfg(test)]
pub(crate) use handle::{Ask, unattended};
pub use handle::{Consent, DeskHandle, Jobs};
pub use stand_in::{Desk, DeskConfig, actor_of_process};

/// What reaches the desk's thread.
#[derive(Debug)]
pub(crate) enum Input {
    /// Somebody asks.
    Ask(handle::Ask),
}
