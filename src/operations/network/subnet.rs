//! IPv4 subnets: reading, comparing, and finding one that is free.

use std::net::Ipv4Addr;

use super::facts::{NetworkFact, NetworkFacts};
use crate::model::text::clean;

/// A subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Net {
    base: u32,
    prefix: u8,
}

impl Net {
    pub(super) const fn new(address: Ipv4Addr, prefix: u8) -> Self {
        Self { base: address.to_bits() & mask(prefix), prefix }
    }

    pub(super) const fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & mask(self.prefix) == self.base
    }

    pub(super) const fn overlaps(self, other: Self) -> bool {
        let least = mask(if self.prefix < other.prefix { self.prefix } else { other.prefix });
        self.base & least == other.base & least
    }

    /// The address at this place, counted from the first.
    pub(super) const fn at(self, place: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.base.wrapping_add(place))
    }

    /// Its last address, which is for all.
    pub(super) const fn last(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.base | !mask(self.prefix))
    }

    /// Whether a host can have this address.
    pub(super) fn is_host(self, address: Ipv4Addr) -> bool {
        self.contains(address) && address != self.at(0) && address != self.last()
    }

    pub(super) const fn prefix(self) -> u8 {
        self.prefix
    }
}

impl std::fmt::Display for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.at(0), self.prefix)
    }
}

const fn mask(prefix: u8) -> u32 {
    match u32::MAX.checked_shl(32 - prefix as u32) {
        Some(mask) => mask,
        None => 0,
    }
}

/// An address with its prefix, such as `192.168.150.1/24`.
pub(super) fn read(text: &str) -> Option<(Ipv4Addr, Net)> {
    let (address, prefix) = text.split_once('/')?;
    let (address, prefix) = (address.parse().ok()?, prefix.parse().ok()?);
    (prefix <= 32).then(|| (address, Net::new(address, prefix)))
}

/// The host's IPv4 addresses on a network, with their subnets.
pub(super) fn of(network: &NetworkFact) -> impl Iterator<Item = (Ipv4Addr, Net)> {
    network.definition.addresses.iter().filter_map(|a| read(a))
}

/// Who has addresses of this subnet already: another network, or a route of the machine.
pub(super) fn taken(net: Net, not: &str, only_active: bool, facts: &NetworkFacts) -> Option<String> {
    let others = || facts.networks.iter().filter(|n| n.name != not);
    for other in others().filter(|n| n.active || !only_active) {
        if let Some((_, theirs)) = of(other).find(|(_, theirs)| theirs.overlaps(net)) {
            return Some(format!("Network {} has {theirs} already.", clean(&other.name)));
        }
    }
    let own = facts.network(not).and_then(NetworkFact::own_bridge);
    let bridges: Vec<&str> = others().filter_map(NetworkFact::own_bridge).chain(own).collect();
    let routes = facts.host.iter().flat_map(|h| &h.routes);
    // What networks' bridges lead to was compared above.
    routes.filter(|r| !bridges.contains(&r.device.as_str())).find_map(|route| {
        let theirs = Net::new(route.network, route.prefix);
        theirs.overlaps(net).then(|| {
            let device = clean(&route.device);
            format!("The host reaches {theirs} by its device {device} already.")
        })
    })
}

/// The first subnet that nobody has.
pub(super) fn free(facts: &NetworkFacts) -> Option<Net> {
    let candidates = (100..=254).map(|n| Net::new(Ipv4Addr::new(192, 168, n, 0), 24));
    candidates.into_iter().find(|net| taken(*net, "", false, facts).is_none())
}
