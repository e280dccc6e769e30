//! Virtual networks.

use uuid::Uuid;

use super::connection::Connection;
use super::error::Doing;
use super::ffi::{Network, RawLease, RawResult, code};
use crate::hypervisor::{HvResult, Lease, NetworkRecord, Networks};
use crate::xml;

impl Networks for Connection {
    fn networks(&self) -> HvResult<Vec<NetworkRecord>> {
        const LIST: &str = "list networks";
        let networks = self.conn.networks().doing(LIST)?;
        let mut out = Vec::with_capacity(networks.len());
        for network in &networks {
            match read(network) {
                Ok(record) => out.push(record),
                // Undefined since it was listed.
                Err(e) if e.code == code::NO_NETWORK => {}
                Err(e) => return Err(e).doing(LIST),
            }
        }
        Ok(out)
    }

    fn leases(&self, id: Uuid) -> HvResult<Vec<Lease>> {
        const READ: &str = "read leases";
        let network = self.conn.network(id.as_bytes()).doing(READ).map_err(|e| e.of(id.to_string()))?;
        let leases = network
            .leases()
            .doing(READ)
            .map_err(|e| e.of(network.name().unwrap_or_else(|_| id.to_string())))?;
        Ok(leases.into_iter().filter_map(lease).collect())
    }
}

fn read(network: &Network) -> RawResult<NetworkRecord> {
    Ok(NetworkRecord {
        id: Uuid::from_bytes(network.uuid()?),
        name: network.name()?,
        active: network.active()?,
        autostart: network.autostart().ok(),
        persistent: network.persistent().ok(),
        // A network with an XML that cannot be read is still a network.
        definition: xml::network::parse(&network.xml()?).unwrap_or_default(),
    })
}

fn lease(raw: RawLease) -> Option<Lease> {
    Some(Lease {
        mac: raw.mac.map(|m| m.to_lowercase()),
        address: raw.address?.parse().ok()?,
        prefix: u8::try_from(raw.prefix).ok()?,
        hostname: raw.hostname,
    })
}
