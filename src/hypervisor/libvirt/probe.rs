//! What a connection can do, found by asking it: a version number would only be a guess.

use std::sync::Arc;

use super::error::{Doing, is_fatal, kind};
use super::fallback::serves;
use super::ffi::{Conn, Domain, Listed, RawError, RawResult, StatsRecords, Subscriptions, bits, code, flags};
use crate::hypervisor::{Capabilities, Groups, HvErrorKind, HvResult};
use crate::model::metric::Group;

/// The groups a VM's statistics come in, with libvirt's bits.
pub(super) const VM_GROUPS: [(Group, u32); 6] = [
    (Group::State, bits::STATE),
    (Group::Cpu, bits::CPU),
    (Group::Vcpu, bits::VCPU),
    (Group::Balloon, bits::BALLOON),
    (Group::Block, bits::BLOCK),
    (Group::Interface, bits::INTERFACE),
];

const ASK: &str = "ask what the driver can do";
/// A flag that no driver knows: one that has the call refuses it before doing anything.
const NO_FLAGS: u32 = 1 << 31;
/// `VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT`.
const ADDRESSES_FROM_AGENT: u32 = 1;

/// How a driver is to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Abilities {
    /// Name of the driver, upper case.
    pub driver: String,
    /// Groups that come in bulk.
    pub bulk: Groups,
    /// Further groups that come VM by VM.
    pub single: Groups,
    /// Whether the bulk call may be told not to wait for busy VMs.
    pub nowait: bool,
}

impl Abilities {
    /// Whether it is the QEMU driver, whose habits with busy VMs are known.
    pub(super) fn is_qemu(&self) -> bool {
        self.driver == "QEMU"
    }

    /// Whether it is libvirt's test driver.
    pub(super) fn is_test(&self) -> bool {
        self.driver == "TEST"
    }

    /// The flags every bulk call has.
    pub(super) const fn flags(&self) -> u32 {
        if self.nowait { flags::NOWAIT } else { 0 }
    }
}

/// libvirt's bits for groups.
pub(super) fn bits_of(groups: Groups) -> u32 {
    VM_GROUPS.iter().filter(|(g, _)| groups.has(*g)).fold(0, |bits, (_, bit)| bits | bit)
}

/// The groups that are in the one set and not in the other.
pub(super) fn minus(groups: Groups, without: Groups) -> Groups {
    let kept: Vec<_> =
        VM_GROUPS.iter().map(|(g, _)| *g).filter(|g| groups.has(*g) && !without.has(*g)).collect();
    Groups::of(&kept)
}

/// Asks a fresh connection. Costs a handful of round trips where everything is there.
pub(super) fn probe(conn: &Arc<Conn>, read_only: bool, local: bool) -> HvResult<(Abilities, Capabilities)> {
    let driver = conn.driver().doing("ask for the driver")?.to_uppercase();
    let mut abilities = Abilities { driver, ..Abilities::default() };
    let refused = bulk(conn, &mut abilities)?;
    let (mut no_arming, mut no_agent) = (None, None);
    if refused.is_some() {
        // The lesser drivers are asked by way of one VM.
        if let Some(domain) = any_domain(conn)? {
            let lacking = minus(all_groups(), abilities.bulk);
            let served =
                VM_GROUPS.map(|(g, _)| g).into_iter().filter(|g| lacking.has(*g) && serves(&domain, *g));
            abilities.single = Groups::of(&served.collect::<Vec<_>>());
            no_arming = unsupported(domain.set_memory_stats_period(1, NO_FLAGS));
            // The test driver makes up an agent, and must be asked with care: see `guests`.
            if !abilities.is_test() {
                no_agent = unsupported(domain.addresses(ADDRESSES_FROM_AGENT));
            }
        } else {
            abilities.single = minus(all_groups(), abilities.bulk);
        }
    }
    let no_events = fatal_or_text(Subscriptions::probe(conn))?;
    let refusal = |what: &str| read_only.then(|| format!("a read-only connection may not {what}"));
    let capabilities = Capabilities {
        groups: VM_GROUPS
            .iter()
            .fold(abilities.bulk, |all, (g, _)| if abilities.single.has(*g) { all.with(*g) } else { all }),
        no_bulk_stats: refused,
        read_only,
        local,
        no_events,
        no_arming: refusal("change how often memory statistics come").or(no_arming),
        no_agent: refusal("ask the guest agent").or(no_agent),
        no_refresh: refusal("refresh pools"),
    };
    Ok((abilities, capabilities))
}

fn all_groups() -> Groups {
    Groups::of(&VM_GROUPS.map(|(g, _)| g))
}

/// A VM to ask about, one that runs if there is one.
fn any_domain(conn: &Conn) -> HvResult<Option<Domain>> {
    for which in [Listed::Active, Listed::All] {
        if let Some(domain) = conn.domains(which).doing(ASK)?.pop() {
            return Ok(Some(domain));
        }
    }
    Ok(None)
}

/// The driver's words when it lacks the call; any other answer means that it has it.
fn unsupported<T>(answer: RawResult<T>) -> Option<String> {
    answer
        .err()
        .filter(|e| kind(e) == HvErrorKind::Unsupported && e.code != code::INVALID_ARG)
        .map(|e| words(&e))
}

fn words(e: &RawError) -> String {
    crate::model::text::clean(&e.message).into_owned()
}

/// Finds the groups that come in bulk. Returns why not all do.
fn bulk(conn: &Conn, abilities: &mut Abilities) -> HvResult<Option<String>> {
    // No VM is active and shut off, so nothing is gathered; ENFORCE has the driver refuse unknown groups
    // all the same.
    const NOBODY: u32 = flags::ACTIVE | flags::SHUTOFF | flags::ENFORCE;
    let ask = |bits, extra| fatal_or_text(StatsRecords::all(conn, bits, NOBODY | extra));
    let all = all_groups();
    abilities.nowait = ask(bits::STATE, flags::NOWAIT)?.is_none();
    let refused = ask(bits_of(all), abilities.flags())?;
    if refused.is_none() {
        abilities.bulk = all;
        return Ok(None);
    }
    for (group, bit) in VM_GROUPS {
        if ask(bit, abilities.flags())?.is_none() {
            abilities.bulk = abilities.bulk.with(group);
        }
    }
    Ok(refused)
}

/// The driver's words when it refused; an error only when the connection itself broke.
fn fatal_or_text<T>(answer: Result<T, RawError>) -> HvResult<Option<String>> {
    match answer {
        Ok(_) => Ok(None),
        Err(e) if is_fatal(&e) => Err(e).doing(ASK),
        Err(e) => Ok(Some(words(&e))),
    }
}
