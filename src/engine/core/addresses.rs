//! Addresses of guests: first the leases, then the agent, then ARP, each only while some NIC is without one.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::engine::backoff::{Backoff, Dice};
use crate::engine::calls::Call;
use crate::engine::handle::Focus;
use crate::engine::schedule::{Micros, micros};
use crate::engine::state::{Roster, executes};
use crate::hypervisor::{HvErrorKind, HvResult};
use crate::model::id::VmId;
use crate::model::vm::{AddressSource, GuestAddress, Vm};

/// VMs that are not on screen are asked this many times more seldom.
const HIDDEN: u32 = 10;
/// A silent agent is asked again after this long at first, and at most.
const SILENT: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(1800));

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Rest,
    Ask(AddressSource),
    Asked,
}

#[derive(Debug)]
struct Desk {
    step: Step,
    due: Micros,
    rested_at: Micros,
    found: Vec<GuestAddress>,
    silence: Backoff,
    agent_at: Micros,
}

impl Desk {
    const fn new() -> Self {
        Self {
            step: Step::Rest,
            due: 0,
            rested_at: 0,
            found: Vec::new(),
            silence: Backoff::new(SILENT.0, SILENT.1),
            agent_at: 0,
        }
    }
}

/// An answer about addresses.
pub(super) struct Came<'a> {
    /// Of which VM.
    pub(super) id: VmId,
    /// From which source.
    pub(super) source: AddressSource,
    /// What came.
    pub(super) found: HvResult<Vec<GuestAddress>>,
    /// Why no agent can be asked over this connection.
    pub(super) no_agent: Option<&'a str>,
    /// How often VMs on screen are asked.
    pub(super) pace: Duration,
    /// When.
    pub(super) now: Micros,
}

/// Which VM's addresses are asked next, and where.
#[derive(Debug)]
pub(super) struct AddressDesk {
    desks: HashMap<VmId, Desk>,
    on_screen: HashSet<VmId>,
    /// Sources this driver does not have.
    unsupported: HashSet<AddressSource>,
}

impl AddressDesk {
    pub(super) fn new() -> Self {
        Self { desks: HashMap::new(), on_screen: HashSet::new(), unsupported: HashSet::new() }
    }

    /// Another daemon may have other sources, and forgot what it was asked.
    pub(super) fn reconnected(&mut self) {
        self.unsupported.clear();
        for desk in self.desks.values_mut() {
            desk.step = Step::Rest;
            desk.due = 0;
        }
    }

    /// The VM is to be asked soon.
    pub(super) fn due(&mut self, id: VmId) {
        self.desks.entry(id).or_insert_with(Desk::new).due = 0;
    }

    /// The VMs on screen are to be asked soon.
    pub(super) fn due_for(&mut self, focus: &Focus) {
        for id in focus.visible.iter().chain(&focus.detail) {
            if let Some(desk) = self.desks.get_mut(id) {
                desk.due = 0;
            }
        }
    }

    /// The VM is gone or off.
    pub(super) fn forget(&mut self, id: VmId) {
        self.desks.remove(&id);
    }

    /// The agent connected: whatever it did before, it may answer now.
    pub(super) fn agent_came(&mut self, id: VmId) {
        if let Some(desk) = self.desks.get_mut(&id) {
            desk.silence.succeed();
            desk.agent_at = 0;
            desk.due = 0;
        }
    }

    /// Other VMs are on screen.
    pub(super) fn focus(&mut self, focus: &Focus, pace: Duration, now: Micros) {
        self.on_screen = focus.visible.iter().chain(&focus.detail).copied().collect();
        for id in &self.on_screen {
            if let Some(desk) = self.desks.get_mut(id).filter(|d| d.step == Step::Rest) {
                desk.due = desk.due.min((desk.rested_at + micros(pace)).max(now));
            }
        }
    }

    pub(super) fn next_due(&self) -> Micros {
        let due = |d: &Desk| match d.step {
            Step::Rest => d.due,
            Step::Ask(AddressSource::Lease | AddressSource::Arp) => 0,
            Step::Ask(AddressSource::Agent) | Step::Asked => u64::MAX,
        };
        self.desks.values().map(due).min().unwrap_or(u64::MAX)
    }

    /// Whether there is an agent to be asked.
    pub(super) fn has_agents(&self) -> bool {
        self.desks.values().any(|d| d.step == Step::Ask(AddressSource::Agent))
    }

    pub(super) fn next_agent_due(&self) -> Micros {
        if self.has_agents() { 0 } else { u64::MAX }
    }

    /// The next call on the detail lane.
    pub(super) fn next(&mut self, vms: &Roster, now: Micros) -> Option<Call> {
        self.desks.retain(|id, _| vms.get(*id).is_some_and(|e| executes(e.vm.state)));
        let waiting = |d: &Desk| match d.step {
            Step::Rest => now >= d.due,
            Step::Ask(source) => source != AddressSource::Agent,
            Step::Asked => false,
        };
        loop {
            let id = self
                .desks
                .iter()
                .filter(|(_, d)| waiting(d))
                .min_by_key(|(id, d)| (!self.on_screen.contains(*id), d.due, **id))
                .map(|(id, _)| *id)?;
            let known = vms.get(id).is_some_and(|e| e.vm.definition.is_some());
            let source = match self.desks.get(&id)?.step {
                Step::Ask(source) => source,
                _ => AddressSource::Lease,
            };
            let desk = self.desks.get_mut(&id)?;
            if !known || self.unsupported.len() == 3 {
                // Which NICs and whether it has an agent stands in its XML: that comes first.
                desk.due = u64::MAX;
                desk.step = Step::Rest;
                continue;
            }
            if desk.step == Step::Rest {
                desk.found.clear();
            }
            desk.step = Step::Asked;
            return Some(Call::Addresses(id, source));
        }
    }

    /// The next call on the agent lane.
    pub(super) fn next_agent(&mut self, vms: &Roster, _now: Micros) -> Option<Call> {
        self.desks.retain(|id, _| vms.get(*id).is_some_and(|e| executes(e.vm.state)));
        let (id, desk) = self
            .desks
            .iter_mut()
            .filter(|(_, d)| d.step == Step::Ask(AddressSource::Agent))
            .min_by_key(|(id, d)| (!self.on_screen.contains(*id), d.due, **id))?;
        desk.step = Step::Asked;
        Some(Call::Addresses(*id, AddressSource::Agent))
    }

    /// Takes an answer. Returns the addresses and why there are none, once all sources were asked that need be.
    pub(super) fn came(
        &mut self,
        vms: &Roster,
        dice: &mut Dice,
        came: Came<'_>,
    ) -> Option<(Vec<GuestAddress>, Option<String>)> {
        let vm = &vms.get(came.id)?.vm;
        let desk = self.desks.get_mut(&came.id)?;
        let failed = came.found.as_ref().err().map(|e| e.kind);
        if failed == Some(HvErrorKind::Unsupported) {
            self.unsupported.insert(came.source);
        }
        if came.source == AddressSource::Agent {
            if failed.is_some() {
                desk.agent_at = came.now + micros(desk.silence.fail(dice));
            } else {
                desk.silence.succeed();
            }
        }
        take(&mut desk.found, came.found.unwrap_or_default());
        let agent = agent_of(vm, came.no_agent, desk, came.now);
        let no_arp = self.unsupported.contains(&AddressSource::Arp);
        let next = if is_complete(vm, &desk.found) {
            None
        } else {
            match came.source {
                AddressSource::Lease if agent.is_ok() => Some(AddressSource::Agent),
                AddressSource::Lease if !no_arp => Some(AddressSource::Arp),
                AddressSource::Agent if desk.found.is_empty() && !no_arp => Some(AddressSource::Arp),
                _ => None,
            }
        };
        if let Some(source) = next {
            desk.step = Step::Ask(source);
            return None;
        }
        let pace = if self.on_screen.contains(&came.id) { came.pace } else { came.pace * HIDDEN };
        desk.step = Step::Rest;
        desk.rested_at = came.now;
        desk.due = came.now + micros(pace);
        let mut found = std::mem::take(&mut desk.found);
        found.sort_by_key(|a| (goodness(a.address), a.address));
        let why = found.is_empty().then(|| why_none(vm, agent.err(), desk, &self.unsupported));
        Some((found, why))
    }
}

/// Adds addresses that say something and are not there yet.
fn take(found: &mut Vec<GuestAddress>, more: Vec<GuestAddress>) {
    for a in more {
        let useless = a.address.is_loopback() || a.address.is_unspecified() || a.address.is_multicast();
        if !useless && found.iter().all(|f| f.address != a.address) {
            found.push(a);
        }
    }
}

/// Best first: what an admin would type.
fn goodness(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(a) if !a.is_link_local() => 0,
        IpAddr::V6(a) if !a.is_unicast_link_local() => 1,
        IpAddr::V4(_) => 2,
        IpAddr::V6(_) => 3,
    }
}

/// Whether every NIC has an address.
fn is_complete(vm: &Vm, found: &[GuestAddress]) -> bool {
    let Some(definition) = &vm.definition else { return !found.is_empty() };
    let has = |mac: &str| found.iter().any(|a| a.mac.as_deref().is_some_and(|m| m.eq_ignore_ascii_case(mac)));
    definition.nics.iter().all(|n| has(&n.mac))
}

/// Whether the agent can be asked now, or why not.
fn agent_of<'a>(vm: &Vm, no_agent: Option<&'a str>, desk: &Desk, now: Micros) -> Result<(), &'a str> {
    let definition = vm.definition.as_ref();
    if !definition.is_some_and(|d| d.has_agent_channel) {
        Err("the VM has no channel for a guest agent")
    } else if let Some(why) = no_agent {
        Err(why)
    } else if definition.is_some_and(|d| d.agent_connected == Some(false)) {
        Err("its guest agent is not running")
    } else if now < desk.agent_at {
        Err("its guest agent does not answer")
    } else {
        Ok(())
    }
}

fn why_none(vm: &Vm, agent: Option<&str>, desk: &Desk, unsupported: &HashSet<AddressSource>) -> String {
    if unsupported.len() == 3 {
        return "this driver does not tell addresses".to_owned();
    }
    if vm.definition.as_ref().is_some_and(|d| d.nics.is_empty()) {
        return "the VM has no NIC".to_owned();
    }
    let agent = agent.unwrap_or(if desk.agent_at > 0 {
        "its guest agent does not answer"
    } else {
        "its guest agent tells none"
    });
    let arp = if unsupported.contains(&AddressSource::Arp) {
        "the host's ARP table cannot be read"
    } else {
        "no ARP entry"
    };
    format!("no DHCP lease, {arp}, and {agent}")
}
