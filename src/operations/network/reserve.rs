//! Fixed addresses that DHCP gives.

use std::net::{IpAddr, Ipv4Addr};

use super::facts::NetworkFact;
use super::subnet::{self, Net};
use super::{Made, On, act};
use crate::model::network::{HostChange, Reservation};
use crate::model::operation::{NetworkOperation as Op, Operation};
use crate::model::plan::{NetworkAct, Planned, RefusalKind, Weight};
use crate::operations::build::Draft;
use crate::xml;

pub(super) fn reserve(on: &On<'_>, who: &str, address: Option<&str>, hostname: Option<&str>) -> Made {
    let (network, fixed) = served(on)?;
    let (mac, known) = nic(on, network, who)?;
    let before = fixed.iter().find(|r| r.mac.as_deref() == Some(&mac));
    let (own, net) = subnet_of(on, network)?;
    let wanted = match address {
        Some(text) => given(on, text, own, net)?,
        None => chosen(on, &mac, before, &fixed, own, net)?,
    };
    let holder = fixed.iter().find(|r| r.address == Some(wanted.into()) && r.mac.as_deref() != Some(&mac));
    if let Some(holder) = holder {
        let by = holder.mac.as_deref().or(holder.hostname.as_deref()).unwrap_or("another");
        let reason = format!("{wanted} is reserved for {by} already.");
        return Err(on.no(RefusalKind::Taken, reason, "Choose another address, or release that one first."));
    }
    let hostname = hostname.or_else(|| before?.hostname.as_deref());
    if let Some(bad) = hostname.filter(|h| !is_host_name(h)) {
        return Err(on.bad(format!("“{bad}” is no host name."), "Letters, digits, - and dots."));
    }
    if before.is_some_and(|b| b.address == Some(wanted.into()) && b.hostname.as_deref() == hostname) {
        return Err(on.no(RefusalKind::AlreadySo, format!("{mac} gets {wanted} always already."), ""));
    }
    let lease = on.known().leases.iter().find(|l| l.address == IpAddr::from(wanted));
    let other = lease.and_then(|l| l.mac.as_deref()).filter(|m| *m != mac);
    let change = if before.is_some() { HostChange::Modify } else { HostChange::Add };
    let to = Reservation {
        mac: Some(mac.clone()),
        address: Some(wanted.into()),
        hostname: hostname.map(Into::into),
    };
    let plan = changed(on, network, change, &mac, &to, before)
        .summary(format!("{wanted} for {mac}"))
        .note_if(
            !known,
            Weight::Warning,
            format!("No NIC of a VM here has the MAC address {mac} on this network."),
        )
        .note_if(
            other.is_some(),
            Weight::Warning,
            format!("{} has {wanted} now, until its lease ends.", other.unwrap_or_default()),
        )
        .note(
            Weight::Info,
            "The guest gets it when it asks again: when its lease is renewed, or it restarts.",
        );
    Ok(plan.planned(on.facts))
}

pub(super) fn release(on: &On<'_>, who: &str) -> Made {
    let (network, fixed) = served(on)?;
    let (mac, _) = nic(on, network, who)?;
    let Some(before) = fixed.iter().find(|r| r.mac.as_deref() == Some(&mac)) else {
        return Err(on.no(RefusalKind::AlreadySo, format!("No address is reserved for {mac}."), ""));
    };
    let none = Reservation { mac: Some(mac.clone()), address: None, hostname: None };
    Ok(changed(on, network, HostChange::Delete, &mac, &none, Some(before))
        .summary(format!("{} is free again", before.address.map_or_else(|| mac.clone(), |a| a.to_string())))
        .note(Weight::Info, "A guest that has it keeps it until its lease ends.")
        .planned(on.facts))
}

/// The step with its diff, and what takes it back.
fn changed(
    on: &On<'_>,
    network: &NetworkFact,
    change: HostChange,
    mac: &str,
    to: &Reservation,
    before: Option<&Reservation>,
) -> Draft {
    let element = xml::network::host_element(mac, to.address, to.hostname.as_deref());
    let mut rest = vec![change.word(), "ip-dhcp-host", "--xml", element.as_str()];
    rest.extend((network.persistent != Some(false)).then_some("--config"));
    rest.extend(network.active.then_some("--live"));
    let call = NetworkAct::DhcpHost {
        network: on.name.into(),
        change,
        mac: mac.into(),
        address: to.address,
        hostname: to.hostname.clone(),
    };
    let after = xml::network::with_host(&network.xml, change, mac, &element);
    let title = match change {
        HostChange::Add => "Reserve it",
        HostChange::Modify => "Change what is reserved",
        HostChange::Delete => "Release it",
    };
    let back = match before {
        Some(before) => Op::Reserve {
            who: mac.into(),
            address: before.address.map(|a| a.to_string()),
            hostname: before.hostname.clone(),
        },
        None => Op::Release { who: mac.into() },
    };
    on.draft(network)
        .step_by(title, on.virsh("net-update", &rest), act(call))
        .rests_on("its definition", &network.xml)
        .diff(&xml::diff::unified(&network.xml, &after))
        .back_by(Operation::network(on.name, back))
}

/// The network, where libvirt serves DHCP on it, with what is reserved.
fn served<'o>(on: &On<'o>) -> Result<(&'o NetworkFact, Vec<Reservation>), Planned> {
    let network = on.there()?;
    if !network.definition.dhcp {
        let reason = "libvirt serves no DHCP on it.";
        return Err(on.no(RefusalKind::State, reason, "Reserve the address where DHCP is served."));
    }
    Ok((network, xml::network::parts(&network.xml).unwrap_or_default().reservations))
}

/// The MAC address that is meant, and whether a VM has it there.
fn nic(on: &On<'_>, network: &NetworkFact, who: &str) -> Result<(String, bool), Planned> {
    let users: Vec<_> = on.known().on(network).collect();
    if let Some(mac) = mac_address(who) {
        let known = users.iter().any(|u| u.mac == mac);
        return Ok((mac, known));
    }
    let mut macs: Vec<&str> = users.iter().filter(|u| u.vm == who).map(|u| u.mac.as_str()).collect();
    macs.sort_unstable();
    macs.dedup();
    match macs[..] {
        [mac] => Ok((mac.to_owned(), true)),
        [] => {
            let reason = format!("{who} is neither a MAC address nor a VM with a NIC on this network.");
            Err(on.no(RefusalKind::NotFound, reason, "`novacron network show` tells who is on it."))
        }
        _ => {
            let reason = format!("{who} has several NICs on this network: {}.", macs.join(", "));
            Err(on.bad(reason, "Name the MAC address that is meant."))
        }
    }
}

/// A MAC address, lower case: six pairs of digits.
fn mac_address(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    let good = |p: &&str| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit());
    (parts.len() == 6 && parts.iter().all(good)).then(|| text.to_ascii_lowercase())
}

/// The host's address and the subnet that DHCP gives from.
fn subnet_of(on: &On<'_>, network: &NetworkFact) -> Result<(Ipv4Addr, Net), Planned> {
    let ranges = xml::network::parts(&network.xml).unwrap_or_default().ranges;
    let first = |net: Net| ranges.iter().any(|(a, _)| matches!(a, IpAddr::V4(a) if net.contains(*a)));
    let mut subnets: Vec<_> = subnet::of(network).collect();
    subnets.sort_by_key(|(_, net)| !first(*net));
    subnets.first().copied().ok_or_else(|| {
        let reason = "It serves no IPv4 addresses.";
        on.no(
            RefusalKind::Unsupported,
            reason,
            "IPv6 addresses are reserved in its XML: novacron network edit.",
        )
    })
}

fn given(on: &On<'_>, text: &str, own: Ipv4Addr, net: Net) -> Result<Ipv4Addr, Planned> {
    let Ok(address) = text.parse::<Ipv4Addr>() else {
        return Err(on.bad(format!("“{text}” is no IPv4 address."), ""));
    };
    if address == own {
        return Err(on.bad(format!("{address} is the host's own address there."), "Choose another."));
    }
    if !net.is_host(address) {
        return Err(on.bad(format!("{address} is no address for a guest in {net}."), "Choose another."));
    }
    Ok(address)
}

/// The address that the NIC has, reserved or leased; else the last that is free.
fn chosen(
    on: &On<'_>,
    mac: &str,
    before: Option<&Reservation>,
    fixed: &[Reservation],
    own: Ipv4Addr,
    net: Net,
) -> Result<Ipv4Addr, Planned> {
    /// Addresses that are tried.
    const TRIED: u32 = 65_536;
    let leases = &on.known().leases;
    let v4 = |a: IpAddr| if let IpAddr::V4(a) = a { Some(a) } else { None };
    let given = leases.iter().filter(|l| l.mac.as_deref() == Some(mac)).find_map(|l| v4(l.address));
    if let Some(has) = before.and_then(|b| v4(b.address?)).or(given).filter(|a| net.is_host(*a)) {
        return Ok(has);
    }
    let taken = |a: Ipv4Addr| {
        let a = IpAddr::from(a);
        a == IpAddr::from(own)
            || fixed.iter().any(|r| r.address == Some(a))
            || leases.iter().any(|l| l.address == a)
    };
    // From the end: DHCP gives from the beginning, as a rule.
    let size = net.last().to_bits() - net.at(0).to_bits();
    let mut tried = (1..size).rev().take(TRIED as usize).map(|n| net.at(n));
    tried.find(|a| !taken(*a)).ok_or_else(|| {
        let reason = format!("No address of {net} is free.");
        on.no(
            RefusalKind::Taken,
            reason,
            "Release one that nobody needs, or give the network a larger subnet.",
        )
    })
}

pub(super) fn is_host_name(name: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}
