//! NovaCron: a full-screen terminal console for KVM/QEMU hosts run by libvirt.
//!
//! The rooms, from the ground up; which may use which stands in `docs/architecture.md`, and
//! `tests/architecture.rs` holds it:
//!
//! - [`model`]: the words of the domain as plain types
//! - [`xml`]: libvirt XML to model
//! - [`operations`]: operations to plans or refusals
//! - [`topology`]: facts to graph
//! - [`config`]: settings and paths
//! - [`hypervisor`]: the port to libvirt and its adapters
//! - [`host`]: the port to the machine itself
//! - [`store`]: what was measured and what happened, on disk
//! - [`engine`]: gathers facts, publishes snapshots
//! - [`console`]: the full-screen interface
//! - [`cli`]: subcommands and output formats

pub mod cli;
pub mod config;
pub mod console;
pub mod engine;
pub mod host;
pub mod hypervisor;
pub mod model;
pub mod operations;
pub mod store;
pub mod topology;
pub mod xml;
