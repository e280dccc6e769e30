//! The demo host: libvirt's own in-process test driver with a host file of ours, and metrics from simulated
//! workloads, since that driver has none. No daemon, no root, no network.
//!
//! | from | what |
//! | --- | --- |
//! | the driver, through the `libvirt` adapter | VMs, their states and XML, pools, volumes, networks, events |
//! | `sim` | every counter, the node's too, and how images grow |
//! | `assets/demo-host.xml`, read by `facts` | what the driver does not take from it: pool sizes, autostart, what is not started |
//! | `addresses` | guest addresses and leases: the driver has no leases, and crashes on a network without an address |

mod addresses;
mod block_jobs;
mod change;
mod connection;
mod connector;
mod definitions;
mod facts;
mod hardware;
mod hub;
mod making;
mod network_admin;
mod snapshots;
mod store;
mod streams;
mod table;
#[cfg(test)]
mod tests;

pub use connector::DemoConnector;
