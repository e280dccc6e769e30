//! One file a command.

pub(super) mod audit;
mod beside;
pub(super) mod collect;
pub(super) mod console;
pub(super) mod doctor;
pub(super) mod events;
pub(super) mod history;
pub(super) mod keys;
pub(super) mod list;
pub(super) mod man;
pub(super) mod network;
pub(super) mod orphans;
#[cfg(debug_assertions)]
pub(super) mod rehearsal;
pub(super) mod show;
pub(super) mod templates;
pub(super) mod top;
