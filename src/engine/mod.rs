//! The headless heart: gathers facts, publishes one immutable snapshot after another. Knows no terminal.

mod handle;

pub use handle::{Command, Focus, Handle, Reply};
