//! What changes the demo host's networks: the driver does it.

use super::connection::DemoConnection;
use crate::hypervisor::{HvResult, NetworkAdmin, NetworkXml};
use crate::model::network::HostChange;

impl NetworkAdmin for DemoConnection {
    fn network_xml(&self, network: &str, which: NetworkXml) -> HvResult<String> {
        self.driver.network_xml(network, which)
    }

    fn define_network(&self, xml: &str) -> HvResult<()> {
        self.driver.define_network(xml)
    }

    fn undefine_network(&self, network: &str) -> HvResult<()> {
        self.driver.undefine_network(network)
    }

    fn start_network(&self, network: &str) -> HvResult<()> {
        self.driver.start_network(network)
    }

    fn stop_network(&self, network: &str) -> HvResult<()> {
        self.driver.stop_network(network)
    }

    fn set_network_autostart(&self, network: &str, on: bool) -> HvResult<()> {
        self.driver.set_network_autostart(network, on)
    }

    fn change_dhcp_host(&self, network: &str, change: HostChange, host: &str) -> HvResult<()> {
        self.driver.change_dhcp_host(network, change, host)
    }
}
