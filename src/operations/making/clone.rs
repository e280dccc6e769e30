//! A VM like another.

use super::disks::{self, Made, Naming, Way};
use super::macs::macs;
use super::{On, words};
use crate::model::operation::{CloneVm, Operation, VmOperation};
use crate::model::plan::{Act, AfterKill, Downtime, MakingAct, Planned, RefusalKind, Weight};
use crate::model::units::bytes;
use crate::model::vm::{BASE_TAG, NicSource, VmDefinition, VmState};
use crate::operations::AgentFact;
use crate::operations::build::{Draft, argument};
use crate::operations::definition::digest;
use crate::operations::facts::{Facts, VmFacts};
use crate::xml::diff::unified;
use crate::xml::domain::{self, NOVACRON, novacron_element};
use crate::xml::edit::{NewDisk, Overrides, Twin, twin};

const VERB: &str = "Clone";

pub(super) fn plan(vm: &VmFacts, facts: &Facts, act: &VmOperation, new: &CloneVm) -> Planned {
    planned(vm, facts, act, new).unwrap_or_else(|no| no)
}

fn planned(vm: &VmFacts, facts: &Facts, act: &VmOperation, new: &CloneVm) -> Result<Planned, Planned> {
    let on = On::vm(vm, act, facts, VERB);
    on.name_is_free(&new.name, new.identity.id)?;
    let way = way(&on, vm, new.linked)?;
    let own = domain::parse(&vm.defined_xml).map_err(|e| unreadable(&on, &e.to_string()))?;
    not_encrypted(&on, &vm.defined_xml)?;
    let sources = disks::sources(&on, &own)?;
    if new.linked && sources.is_empty() {
        let reason = "It has no disk of its own that a linked clone could lie on.";
        return Err(on.no(RefusalKind::State, reason, "Clone it without --linked."));
    }
    let made = disks::arranged(&on, &sources, way, Naming::Free(&new.name), new.pool.as_deref())?;
    let kind = if new.linked { "linked clone" } else { "full clone" };
    let total: u64 = made.iter().map(Made::bytes).sum();
    let mut plan = on
        .draft()
        .summary(format!("to {}, {kind}, {}, {}", new.name, disks_of(made.len()), bytes(total as f64)))
        .rests_on("its state", vm.state.phrase())
        .rests_on("its definition", digest(&vm.defined_xml))
        .after_kill(AfterKill::Undo);
    if new.linked {
        plan = mark_base(plan, vm);
    }
    plan = made.iter().fold(plan, |plan, one| one.step(plan, way));
    if way == Way::Running {
        plan = copy_running(plan, vm, &facts.making.agent, &made, total);
    }
    let new_disks: Vec<NewDisk> = made.iter().map(Made::disk).collect();
    let about = New {
        id: new.identity.id,
        name: &new.name,
        salt: new.identity.salt,
        disks: &new_disks,
        overrides: &Overrides::default(),
    };
    plan = defined(&on, plan, &vm.defined_xml, &own, &about)?;
    Ok(warned(plan, vm, &own, new, way).planned(facts))
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "disk" } else { "disks" }
}

fn disks_of(count: usize) -> String {
    format!("{count} {}", plural(count))
}

/// What makes the new VM another.
pub(super) struct New<'n> {
    pub(super) id: crate::model::id::VmId,
    pub(super) name: &'n str,
    pub(super) salt: u64,
    pub(super) disks: &'n [NewDisk],
    pub(super) overrides: &'n Overrides,
}

/// The last step: the definition.
pub(super) fn defined(
    on: &On<'_>,
    plan: Draft,
    xml: &str,
    own: &VmDefinition,
    new: &New<'_>,
) -> Result<Draft, Planned> {
    let macs = macs(new.salt, own.nics.len(), on.others());
    let twinned = twin(
        xml,
        &Twin {
            name: new.name,
            uuid: &new.id.to_string(),
            macs: &macs,
            disks: new.disks,
            overrides: new.overrides,
        },
    )
    .map_err(|e| unreadable(on, &e.to_string()))?;
    let file = format!("{}.xml", new.name);
    let mut plan = plan
        .step_by(
            format!("Define {}", new.name),
            words(&["virsh", "define", &file]),
            Act::Making(MakingAct::Define {
                vm: new.id,
                name: new.name.to_owned(),
                xml: twinned.xml.clone(),
            }),
        )
        .undo(Act::Making(MakingAct::Undefine { vm: new.id }))
        .diff(&unified(xml, &twinned.xml))
        .rests_on("MAC addresses", macs.join(" "));
    if !twinned.left_out.is_empty() {
        plan = plan.note(Weight::Info, format!("Left out: {}.", twinned.left_out.join(", ")));
    }
    if own.has_tpm {
        plan =
            plan.note(Weight::Warning, "Its TPM begins empty: what is sealed by the first one stays closed.");
    }
    if xml.contains("<nvram") {
        plan = plan.note(Weight::Info, "Its UEFI variables begin afresh with its first start.");
    }
    Ok(plan)
}

pub(super) fn unreadable(on: &On<'_>, why: &str) -> Planned {
    on.no(RefusalKind::Unknown, format!("The definition cannot be read: {why}."), "")
}

/// A copy of an encrypted image would need its secret.
pub(super) fn not_encrypted(on: &On<'_>, xml: &str) -> Result<(), Planned> {
    if xml.contains("<encryption") {
        let reason = "A disk of it is encrypted, and is not copied without its secret.";
        return Err(on.no(RefusalKind::Unsupported, reason, "Copy it by hand with qemu-img."));
    }
    Ok(())
}

/// How its disks come to be, by its state.
pub(super) fn way(on: &On<'_>, vm: &VmFacts, linked: bool) -> Result<Way, Planned> {
    let saved = vm.flags.managed_save == Some(true);
    match vm.state {
        VmState::ShutOff | VmState::Crashed if linked && saved => {
            let reason = "Its memory is saved: it would go on writing to what the clone lies on.";
            Err(on.no(RefusalKind::State, reason, "Start it and shut it down, or clone it whole."))
        }
        VmState::ShutOff | VmState::Crashed => Ok(if linked { Way::Linked } else { Way::Full }),
        _ if linked => {
            let reason = format!("It is {}, and writes to what the clone would lie on.", vm.state.phrase());
            Err(on.no(RefusalKind::State, reason, "Shut it down, or clone it whole."))
        }
        VmState::Running | VmState::Paused(_) if vm.flags.persistent != Some(false) => Ok(Way::Running),
        _ => {
            let reason = format!("It is {}.", vm.state.phrase());
            Err(on.no(RefusalKind::State, reason, "Wait until it runs or is off."))
        }
    }
}

/// The first VM gets a tag, so that its start looks whether something lies on its disks.
fn mark_base(plan: Draft, vm: &VmFacts) -> Draft {
    let VmDefinition { tags, protected, start_order, .. } = &vm.definition;
    if tags.iter().any(|t| t == BASE_TAG) {
        return plan;
    }
    let mut new = tags.clone();
    new.push(BASE_TAG.to_owned());
    let (before, after) =
        (novacron_element(tags, *protected, *start_order), novacron_element(&new, *protected, *start_order));
    let command = words(&[
        "virsh",
        "metadata",
        &argument(vm),
        NOVACRON,
        "--config",
        "--key",
        "novacron",
        "--set",
        after.as_deref().unwrap_or_default(),
    ]);
    plan.step_by(
        format!("Tag {} as {BASE_TAG}", vm.name),
        command,
        Act::SetMetadata { vm: vm.id, xml: after },
    )
    .undo(Act::SetMetadata { vm: vm.id, xml: before })
}

/// The copy of what runs.
pub(super) fn copy_running(
    plan: Draft,
    vm: &VmFacts,
    agent: &AgentFact,
    made: &[Made<'_>],
    bytes: u64,
) -> Draft {
    if made.is_empty() {
        return plan;
    }
    let freeze = *agent == AgentFact::Listens;
    let said = match agent {
        AgentFact::Listens => "listens",
        AgentFact::Frozen => "holds the guest still already",
        AgentFact::Silent(_) | AgentFact::NotAsked => "silent",
    };
    let plan = plan
        .step_by(
            "Begin to copy its disks as they are at one moment",
            words(&["virsh", "backup-begin", &argument(vm), "--reuse-external", "backup.xml"]),
            Act::Making(MakingAct::BeginCopy {
                vm: vm.id,
                freeze,
                disks: made.iter().map(Made::copied).collect(),
            }),
        )
        .undo(Act::Making(MakingAct::StopCopy { vm: vm.id, thaw: freeze }))
        .step_by(
            "Copy until it is whole",
            words(&["virsh", "domjobinfo", &argument(vm)]),
            Act::Making(MakingAct::AwaitCopy { vm: vm.id, bytes }),
        )
        .rests_on("its agent", said);
    match agent {
        AgentFact::Listens => plan
            .note(Weight::Info, "Its agent writes out what the guest holds, and holds it still for a moment.")
            .downtime(Downtime::Moments),
        AgentFact::Frozen => {
            plan.note(Weight::Info, "Its file systems are frozen already, and stay so: the copy is whole.")
        }
        AgentFact::Silent(_) | AgentFact::NotAsked => plan.note(
            Weight::Warning,
            "No agent answers in the guest: the copy is as after a power cut, and its first start may have to repair file systems.",
        ),
    }
}

fn warned(plan: Draft, vm: &VmFacts, own: &VmDefinition, new: &CloneVm, way: Way) -> Draft {
    let shared: Vec<&str> =
        own.disks.iter().filter(|d| d.shareable && !d.read_only).map(|d| d.target.as_str()).collect();
    let bridged = own.nics.iter().any(|n| !matches!(n.source, NicSource::Network(_)));
    let saved = vm.flags.managed_save == Some(true);
    let first = &vm.name;
    let plan = plan
        .note_if(
            way == Way::Linked,
            Weight::Warning,
            format!(
                "{first} is the base from now on: NovaCron does not start it, and does not write to its disks, as long as a volume lies on them. Other tools do not know that."
            ),
        )
        .note_if(
            saved && way == Way::Full,
            Weight::Warning,
            "Its memory is saved: the clone boots as after a power cut.",
        )
        .note_if(
            !shared.is_empty(),
            Weight::Warning,
            format!("Both write to what they share: {}.", shared.join(", ")),
        )
        .note_if(
            bridged,
            Weight::Info,
            "A NIC leads to the host's own network: addresses set in the guest are taken twice there.",
        )
        .note(
            Weight::Info,
            "In the guest all is as it was: host name, SSH host keys, machine id, addresses that were set by hand.",
        );
    if way == Way::Linked { plan } else { plan.inverse_of_making(new.identity.id) }
}

impl Draft {
    /// What takes the new VM away again.
    fn inverse_of_making(self, id: crate::model::id::VmId) -> Self {
        self.back_by(Operation::vm(id, VmOperation::Delete { force_off: false, discard_saved: false }))
    }
}
