//! Live snapshots from one process to others on the same machine, over a unix socket beside the history.
//!
//! | part | does |
//! | --- | --- |
//! | `place` | where the socket is; binding it, connecting to it |
//! | `wire` | frames, greetings and messages as bytes |
//! | `delta` | two snapshots to what changed, and back. Pure |
//! | [`server`] | the collector's side: serves consoles |
//! | `client` | a console's side: the socket and the thread that reads it |
//! | `follow` | an engine that takes its snapshots from a collector |
//!
//! Both sides greet with the protocol's version first, in a form that never changes. Then the collector sends a whole
//! snapshot and what changed since; a peer that is slow gets the newest when it is ready for it. The console sends
//! what is on screen, and questions with a number that their answers carry.

mod client;
mod delta;
mod follow;
mod place;
pub mod server;
#[cfg(test)]
mod tests;
mod wire;

pub(super) use client::{Client, Live, PATIENCE};
pub(super) use follow::{Alone, Ended, Follower, is_served};
