//! Changing the simulated host's networks.

use super::build::uuid;
use super::connection::SimConnection;
use super::faults::{Operation, error};
use super::network::SimNetwork;
use super::world::State;
use crate::hypervisor::{HvErrorKind, HvEvent, HvResult, NetworkAdmin, NetworkRecord, NetworkXml};
use crate::model::network::{HostChange, NetworkDefinition};
use crate::xml;

/// Salt of new networks' UUIDs.
const SALT: u64 = 0x6e65_776e;

impl SimConnection {
    /// Changes a network that is there.
    fn change_network(
        &self,
        operation: Operation,
        network: &str,
        f: impl FnOnce(&mut State, usize) -> Result<(), HvErrorKind>,
    ) -> HvResult<()> {
        self.refuse_if_read_only(operation)?;
        drop(self.enter(operation)?);
        let mut answer = Ok(());
        self.change_host(|s| {
            let at = s.networks.iter().position(|n| n.record.name == network);
            let done = at.ok_or(HvErrorKind::NotFound).and_then(|at| {
                let id = s.networks[at].record.id;
                f(s, at).map(|()| id)
            });
            match done {
                Ok(id) => vec![HvEvent::Network(id)],
                Err(kind) => {
                    answer = Err(error(operation, kind).of(network));
                    Vec::new()
                }
            }
        });
        answer
    }
}

impl NetworkAdmin for SimConnection {
    fn network_xml(&self, network: &str, which: NetworkXml) -> HvResult<String> {
        let state = self.enter(Operation::NetworkXml)?;
        let found = state.networks.iter().find(|n| n.record.name == network);
        let found = found.ok_or_else(|| error(Operation::NetworkXml, HvErrorKind::NotFound).of(network))?;
        Ok(match which {
            NetworkXml::Live => found.live.clone().unwrap_or_else(|| found.defined.clone()),
            NetworkXml::Defined => found.defined.clone(),
        })
    }

    fn define_network(&self, xml: &str) -> HvResult<()> {
        const DEFINE: Operation = Operation::DefineNetwork;
        self.refuse_if_read_only(DEFINE)?;
        drop(self.enter(DEFINE)?);
        let seed = self.seed();
        let mut answer = Ok(());
        self.change_host(|s| match define(s, seed, xml) {
            Ok(event) => vec![event],
            Err(kind) => {
                answer = Err(error(DEFINE, kind));
                Vec::new()
            }
        });
        answer
    }

    fn undefine_network(&self, network: &str) -> HvResult<()> {
        self.change_network(Operation::UndefineNetwork, network, |s, at| {
            if s.networks[at].record.active {
                s.networks[at].record.persistent = Some(false);
            } else {
                s.networks.remove(at);
            }
            Ok(())
        })
    }

    fn start_network(&self, network: &str) -> HvResult<()> {
        self.change_network(Operation::StartNetwork, network, |s, at| {
            let network = &mut s.networks[at];
            if network.record.active {
                return Err(HvErrorKind::InvalidState);
            }
            network.record.active = true;
            network.live = Some(network.defined.clone());
            Ok(())
        })
    }

    fn stop_network(&self, network: &str) -> HvResult<()> {
        self.change_network(Operation::StopNetwork, network, |s, at| {
            let network = &mut s.networks[at];
            if !network.record.active {
                return Err(HvErrorKind::InvalidState);
            }
            network.record.active = false;
            network.live = None;
            network.record.definition = read(&network.defined);
            if network.record.persistent == Some(false) {
                s.networks.remove(at);
            }
            Ok(())
        })
    }

    fn set_network_autostart(&self, network: &str, on: bool) -> HvResult<()> {
        self.change_network(Operation::SetNetworkAutostart, network, |s, at| {
            s.networks[at].record.autostart = Some(on);
            Ok(())
        })
    }

    fn change_dhcp_host(&self, network: &str, change: HostChange, host: &str) -> HvResult<()> {
        self.change_network(Operation::ChangeDhcpHost, network, |s, at| {
            let network = &mut s.networks[at];
            let wrapped = format!("<network><ip><dhcp>{host}</dhcp></ip></network>");
            let asked = xml::network::parts(&wrapped).map_err(|_| HvErrorKind::Other)?.reservations;
            let mac = asked.into_iter().find_map(|r| r.mac).ok_or(HvErrorKind::Other)?;
            let known = xml::network::parts(&network.defined).unwrap_or_default().reservations;
            let there = known.iter().any(|r| r.mac.as_ref() == Some(&mac));
            if there == (change == HostChange::Add) || !read(&network.defined).dhcp {
                return Err(HvErrorKind::InvalidState);
            }
            network.defined = xml::network::with_host(&network.defined, change, &mac, host);
            network.live = network.live.take().map(|x| xml::network::with_host(&x, change, &mac, host));
            Ok(())
        })
    }
}

fn read(xml: &str) -> NetworkDefinition {
    xml::network::parse(xml).unwrap_or_default()
}

fn define(s: &mut State, seed: u64, text: &str) -> Result<HvEvent, HvErrorKind> {
    let definition = xml::network::parse(text).map_err(|_| HvErrorKind::Other)?;
    let parts = xml::network::parts(text).map_err(|_| HvErrorKind::Other)?;
    let name = parts.name.ok_or(HvErrorKind::Other)?;
    let asked = parts.uuid.and_then(|u| u.parse().ok());
    if let Some(old) = s.networks.iter_mut().find(|n| n.record.name == name) {
        if asked != Some(old.record.id) {
            return Err(HvErrorKind::Exists);
        }
        text.clone_into(&mut old.defined);
        old.record.persistent = Some(true);
        if !old.record.active {
            old.record.definition = definition;
        }
        return Ok(HvEvent::Network(old.record.id));
    }
    s.networks_made += 1;
    let id = asked.unwrap_or_else(|| uuid(seed ^ SALT, s.networks_made));
    let record =
        NetworkRecord { id, name, active: false, autostart: Some(false), persistent: Some(true), definition };
    let defined = xml::network::with_uuid(text, &id.to_string());
    s.networks.push(SimNetwork { record, planned: None, defined, live: None });
    Ok(HvEvent::Network(id))
}
