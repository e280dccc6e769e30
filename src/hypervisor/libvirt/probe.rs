//! What a connection can do, found by asking it: a version number would only be a guess.

use std::sync::Arc;

use super::error::{Doing, kind};
use super::ffi::{Conn, RawError, StatsRecords, Subscriptions, bits, flags};
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
pub(super) fn minus(these: Groups, those: Groups) -> Groups {
    let kept: Vec<_> =
        VM_GROUPS.iter().map(|(g, _)| *g).filter(|g| these.has(*g) && !those.has(*g)).collect();
    Groups::of(&kept)
}

/// Asks a fresh connection. Costs a handful of round trips where everything is there.
pub(super) fn probe(conn: &Arc<Conn>, read_only: bool, local: bool) -> HvResult<(Abilities, Capabilities)> {
    let driver = conn.driver().doing("ask for the driver")?.to_uppercase();
    let mut abilities = Abilities { driver, ..Abilities::default() };
    let refused = bulk(conn, &mut abilities)?;
    let no_events = fatal_or_text(Subscriptions::probe(conn))?;
    let refusal = |what: &str| read_only.then(|| format!("a read-only connection may not {what}"));
    let capabilities = Capabilities {
        groups: abilities.bulk,
        no_bulk_stats: refused,
        read_only,
        local,
        no_events,
        no_arming: refusal("change how often memory statistics come"),
        no_agent: refusal("ask the guest agent"),
        no_refresh: refusal("refresh pools"),
    };
    Ok((abilities, capabilities))
}

/// Finds the groups that come in bulk. Returns why not all do.
fn bulk(conn: &Conn, abilities: &mut Abilities) -> HvResult<Option<String>> {
    // No VM is active and shut off, so nothing is gathered; ENFORCE has the driver refuse unknown groups
    // all the same.
    const NOBODY: u32 = flags::ACTIVE | flags::SHUTOFF | flags::ENFORCE;
    let ask = |bits, extra| fatal_or_text(StatsRecords::all(conn, bits, NOBODY | extra));
    let all = Groups::of(&VM_GROUPS.map(|(g, _)| g));
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
        Err(e) if matches!(kind(&e), HvErrorKind::ConnectionLost | HvErrorKind::NoConnection) => {
            Err(e).doing("ask what the driver can do")
        }
        Err(e) => Ok(Some(crate::model::text::clean(&e.message).into_owned())),
    }
}
