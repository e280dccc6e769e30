//! What guests tell of themselves.

use std::net::IpAddr;

use super::connection::Connection;
use crate::hypervisor::{Guests, HvResult, Inventory, Networks};
use crate::model::id::VmId;
use crate::model::vm::{AddressSource, GuestAddress, NicSource};
use crate::xml;

const OPERATION: &str = "read addresses";

impl Guests for Connection {
    fn addresses(&self, id: VmId, source: AddressSource) -> HvResult<Vec<GuestAddress>> {
        // VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_…
        let number = match source {
            AddressSource::Lease => 0,
            AddressSource::Agent => 1,
            AddressSource::Arp => 2,
        };
        if self.abilities.is_test() && !self.can_be_made_up(id)? {
            return Ok(Vec::new());
        }
        let found = self.with_domain(id, OPERATION, |d| d.addresses(number))?;
        Ok(found
            .into_iter()
            .filter_map(|a| {
                let address: IpAddr = a.address.parse().ok()?;
                // The agent also tells the guest's loopback, which leads nowhere.
                (!address.is_loopback()).then(|| GuestAddress {
                    mac: a.mac.map(|m| m.to_lowercase()),
                    address,
                    prefix: u8::try_from(a.prefix).unwrap_or(0),
                    source,
                })
            })
            .collect())
    }
}

impl Connection {
    /// Whether the test driver may be asked for a VM's addresses. It makes them up from the IP range of the network,
    /// and up to libvirt 11.3 crashes this process when the network has none.
    fn can_be_made_up(&self, id: VmId) -> HvResult<bool> {
        let definition = xml::domain::parse(&self.vm_xml(id)?).unwrap_or_default();
        let networks = self.networks()?;
        let has_range =
            |name: &str| networks.iter().any(|n| n.name == name && !n.definition.addresses.is_empty());
        Ok(definition.nics.iter().all(|nic| match &nic.source {
            NicSource::Network(name) => has_range(name),
            _ => true,
        }))
    }
}
