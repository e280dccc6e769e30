//! The real thing: libvirt, through its C library.
//!
//! - `connector`: URIs and opening
//! - `connection`: one open connection; implements the port's roles together with the files named after them
//! - `decode`, `fallback`, `devices`: statistics in bulk, and call by call where a driver has no bulk statistics
//! - `abreast`: many like questions at a time
//! - `ffi`: the only place with `unsafe`
//!
//! Needs no libvirt newer than 9.0, on this side or the other: what a driver cannot do is found by asking it.

mod abreast;
mod block_jobs;
mod client_conf;
mod connection;
mod connector;
mod decode;
mod define;
mod definitions;
mod devices;
mod error;
mod events;
mod fallback;
mod ffi;
mod guests;
mod hardware;
mod inventory;
mod lifecycle;
mod making;
mod network_admin;
mod networks;
mod probe;
mod snapshots;
mod state;
mod stats;
mod storage;
mod store;
mod streams;
#[cfg(test)]
mod tests;
mod uri;

pub use connector::{ConnectOptions, LibvirtConnector};
