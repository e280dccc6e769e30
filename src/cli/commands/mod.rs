//! One file a command.

pub(super) mod list;
pub(super) mod show;
