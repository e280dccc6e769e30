//! Changing virtual networks.

use super::connection::Connection;
use super::error::{Doing, kind};
use super::ffi::{Network, RawResult, network_update};
use crate::hypervisor::{HvError, HvErrorKind, HvResult, Hypervisor, NetworkAdmin, NetworkXml};
use crate::model::network::HostChange;

impl Connection {
    fn with_network<T>(
        &self,
        network: &str,
        operation: &'static str,
        ask: impl FnOnce(&Network) -> RawResult<T>,
    ) -> HvResult<T> {
        let found = self.conn.network_named(network);
        found.and_then(|n| ask(&n)).doing(operation).map_err(|e| e.of(network))
    }

    fn change_network(
        &self,
        network: &str,
        operation: &'static str,
        act: impl FnOnce(&Network) -> RawResult<()>,
    ) -> HvResult<()> {
        self.may_change_networks(operation)?;
        self.with_network(network, operation, act)
    }

    fn may_change_networks(&self, operation: &'static str) -> HvResult<()> {
        if self.capabilities().read_only { Err(HvError::read_only(operation)) } else { Ok(()) }
    }
}

impl NetworkAdmin for Connection {
    fn network_xml(&self, network: &str, which: NetworkXml) -> HvResult<String> {
        self.with_network(network, "read the XML", |n| match which {
            NetworkXml::Defined if n.persistent()? => match n.defined_xml() {
                // The test driver tells of one definition only.
                Err(e) if kind(&e) == HvErrorKind::Unsupported => n.xml(),
                answer => answer,
            },
            NetworkXml::Live | NetworkXml::Defined => n.xml(),
        })
    }

    fn define_network(&self, xml: &str) -> HvResult<()> {
        const DEFINE: &str = "define the network";
        self.may_change_networks(DEFINE)?;
        self.conn.define_network(xml).map(drop).doing(DEFINE)
    }

    fn undefine_network(&self, network: &str) -> HvResult<()> {
        self.change_network(network, "undefine the network", Network::undefine)
    }

    fn start_network(&self, network: &str) -> HvResult<()> {
        self.change_network(network, "start the network", Network::start)
    }

    fn stop_network(&self, network: &str) -> HvResult<()> {
        self.change_network(network, "stop the network", Network::stop)
    }

    fn set_network_autostart(&self, network: &str, on: bool) -> HvResult<()> {
        self.change_network(network, "set the autostart", |n| n.set_autostart(on))
    }

    fn change_dhcp_host(&self, network: &str, change: HostChange, host: &str) -> HvResult<()> {
        let command = match change {
            HostChange::Add => network_update::ADD,
            HostChange::Modify => network_update::MODIFY,
            HostChange::Delete => network_update::DELETE,
        };
        self.change_network(network, "change the reserved addresses", |n| {
            let defined = if n.persistent()? { network_update::CONFIG } else { 0 };
            let live = if n.active()? { network_update::LIVE } else { 0 };
            n.change_dhcp_host(command, host, defined | live)
        })
    }
}
