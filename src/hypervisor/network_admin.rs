//! The role that changes virtual networks. They go by their names, which libvirt never changes. A read-only connection
//! refuses each change with [`HvErrorKind::ReadOnly`].
//!
//! [`HvErrorKind::ReadOnly`]: super::HvErrorKind::ReadOnly

use super::HvResult;
use crate::model::network::HostChange;

/// Which of a network's two definitions is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkXml {
    /// As it runs; of one that is stopped, as it is defined.
    Live,
    /// As it starts next; of a transient one, as it runs.
    Defined,
}

/// Defining, starting and stopping networks.
pub trait NetworkAdmin {
    /// The XML of a network.
    fn network_xml(&self, network: &str, which: NetworkXml) -> HvResult<String>;

    /// Defines a network, or defines it anew: what runs stays as it is.
    fn define_network(&self, xml: &str) -> HvResult<()>;

    /// Forgets a definition. A network that runs goes on, and is gone once it is stopped.
    fn undefine_network(&self, network: &str) -> HvResult<()>;

    /// Starts a network: its bridge, its DHCP, its rules.
    fn start_network(&self, network: &str) -> HvResult<()>;

    /// Stops a network, whoever is on it.
    fn stop_network(&self, network: &str) -> HvResult<()>;

    /// Starts it with the host, or not.
    fn set_network_autostart(&self, network: &str, on: bool) -> HvResult<()>;

    /// Changes a fixed address of its DHCP, in what is defined and in what runs: `host` is the element
    /// `<host mac='…' ip='…'/>`.
    fn change_dhcp_host(&self, network: &str, change: HostChange, host: &str) -> HvResult<()>;
}
