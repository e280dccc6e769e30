//! The fence: every call into the C library is in this folder, behind guards that own what libvirt gives
//! and free it exactly once, without panicking.
//!
//! The guards do not use `virt`'s own types, whose `Drop` and `Clone` panic when a connection is lost.
#![expect(unsafe_code, reason = "libvirt is a C library, and this folder is its fence")]

mod allocator;
mod block_jobs;
mod callbacks;
mod change;
mod close;
mod connection;
mod console;
mod definitions;
mod domain;
mod error;
mod event_loop;
mod events;
mod handle;
mod hardware;
mod making;
mod network;
mod network_admin;
mod snapshot;
mod stats;
mod storage;
mod store;
mod stream;
mod text;
mod typed;

pub(super) use change::{Words, affect, ask, job, start, xml_flags};
pub(super) use connection::{Conn, Listed};
pub(super) use console::{Console, StreamEvent, StreamHandler, screenshot};
pub(super) use definitions::undefine;
pub(super) use domain::{Domain, DomainInfo};
pub(super) use error::{FROM_RPC, RawError, RawResult, code};
pub(super) use event_loop::start_event_loop;
pub(super) use events::{RawEvent, Subscriptions};
pub(super) use network::{Network, RawLease};
pub(super) use network_admin::network_update;
pub(super) use snapshot::{create, delete, revert};
pub(super) use stats::{Record, StatsRecords, bits, flags};
pub(super) use storage::{Pool, Volume};
pub(super) use store::build;
pub(super) use stream::{PACKET, Received, VolumeStream};
pub(super) use typed::{Param, Value};
