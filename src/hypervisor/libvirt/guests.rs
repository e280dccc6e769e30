//! What guests tell of themselves.

use std::net::IpAddr;

use super::connection::Connection;
use crate::hypervisor::{Guests, HvResult};
use crate::model::id::VmId;
use crate::model::vm::{AddressSource, GuestAddress};

impl Guests for Connection {
    fn addresses(&self, id: VmId, source: AddressSource) -> HvResult<Vec<GuestAddress>> {
        // VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_…
        let number = match source {
            AddressSource::Lease => 0,
            AddressSource::Agent => 1,
            AddressSource::Arp => 2,
        };
        let found = self.with_domain(id, "read addresses", |d| d.addresses(number, 0))?;
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
