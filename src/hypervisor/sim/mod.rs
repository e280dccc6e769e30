//! A simulated host behind the same port: seeded, deterministic, any number of VMs, faults on demand.
//!
//! [`SimHost`] is the host, as a daemon would be: connections of its [`SimConnector`] read it, a test changes
//! it. Time is a [`SimClock`], the machine's or advanced by hand. A counter is a function of seed, time and
//! what was done to its VM, never of how often it was read:
//!
//! `shape` (load over time, as integrals) → `workload` (amounts) → `meter` (when the VM ran, as libvirt's
//! counters) → `meters` (all VMs, the noise between them, the node) → `world` → `connection` (the port).

mod block_jobs;
mod build;
mod change_hardware;
pub(super) mod clock;
mod config;
mod connection;
mod connector;
mod define;
mod definitions;
pub(super) mod dice;
mod faults;
pub(super) mod hardware;
mod host;
mod job;
mod lifecycle;
mod making;
pub(super) mod meter;
pub(super) mod meters;
mod names;
mod network;
mod network_admin;
mod shape;
pub(super) mod shell;
mod snapshots;
mod spec;
mod storage;
mod store;
mod streams;
pub(super) mod workload;
mod world;
mod xml;

#[cfg(test)]
mod tests;

pub use clock::SimClock;
pub use config::SimConfig;
pub use connector::SimConnector;
pub use faults::{Calls, Operation};
pub use host::SimHost;
pub use shape::Shape;
