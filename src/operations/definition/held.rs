//! Bringing held VMs back.

use super::super::build::{draft, refused};
use super::super::facts::{Facts, VmFacts};
use super::super::vm::name_is_good;
use crate::model::held::{FileKind, HeldVm, KeptFile};
use crate::model::id::VmId;
use crate::model::operation::VmOperation as Op;
use crate::model::plan::{Act, AfterKill, DefinitionAct, Planned, RefusalKind, Weight};
use crate::model::text::clean;
use crate::model::vm::{VmFlags, VmState};
use crate::xml::domain;

const UNDELETE: &str = "Bring back";
pub(super) const PURGE: &str = "Purge";

/// Why a VM that is there is not brought back.
pub(super) fn there_is_one(act: &Op, vm: &VmFacts) -> Planned {
    let verb = if is_purge(act) { PURGE } else { UNDELETE };
    let reason = format!("There is a VM of this UUID: {}.", clean(&vm.name));
    let remedy = "Undefine that one first, or have it deleted once this one was purged elsewhere.";
    let remedy = if is_purge(act) { "Purging is for VMs that were deleted." } else { remedy };
    refused(act, vm, verb, RefusalKind::Taken, reason, remedy)
}

const fn is_purge(act: &Op) -> bool {
    matches!(act, Op::Purge | Op::PurgeWithVolumes)
}

/// The VM as it was.
pub(super) fn as_it_was(id: VmId, held: &HeldVm) -> VmFacts {
    VmFacts {
        id,
        name: held.name.clone(),
        state: VmState::ShutOff,
        flags: VmFlags::default(),
        definition: domain::parse(&held.kept.definition).unwrap_or_default(),
        defined_xml: held.kept.definition.clone(),
    }
}

pub(super) fn not_held(act: &Op, id: VmId, verb: &str) -> Planned {
    let nobody = VmFacts {
        id,
        name: id.to_string(),
        state: VmState::ShutOff,
        flags: VmFlags::default(),
        definition: crate::model::vm::VmDefinition::default(),
        defined_xml: String::new(),
    };
    let remedy = "`novacron vm held` lists those that are.";
    refused(act, &nobody, verb, RefusalKind::NotFound, "No such VM is held.", remedy)
}

pub(super) fn undelete(act: &Op, id: VmId, facts: &Facts, name: Option<&str>) -> Planned {
    let Some(held) = &facts.definition.held else { return not_held(act, id, UNDELETE) };
    let vm = as_it_was(id, held);
    if let Some(no) = hindered(act, &vm, facts, name) {
        return no;
    }
    let new = name.unwrap_or(&held.name).to_owned();
    let kept = &held.kept;
    let here = |kind| kept.file(kind).filter(|f: &&KeptFile| f.digest.is_some());
    let act_of = Act::Definition;
    let mut plan = draft(act, &vm, UNDELETE)
        .summary(if new == held.name { "as it was".to_owned() } else { format!("as {}", clean(&new)) })
        .after_kill(AfterKill::Finish)
        .rests_on("when it was deleted", held.deleted.0.to_string())
        .inverse(Op::Delete { force_off: false, discard_saved: false });
    if here(FileKind::Nvram).is_some() {
        plan = plan
            .step("Put its UEFI variables back", &[], act_of(DefinitionAct::PutBackNvram { vm: id }))
            .undo(act_of(DefinitionAct::TakeAwayNvram { vm: id }));
    }
    // Before there is a VM that somebody could start: memory fits the disks only as long as it has not run.
    if here(FileKind::Saved).is_some() {
        let (back, away) = (new.clone(), new.clone());
        plan = plan
            .step("Put its saved memory back", &[], act_of(DefinitionAct::PutBackSaved { vm: id, name: back }))
            .undo(act_of(DefinitionAct::TakeAwaySaved { vm: id, name: away }))
            .note(Weight::Info, "Its next start goes on where it was saved; libvirt may say until it starts again itself that nothing is saved.");
    }
    plan = plan
        .step("Define it", &[], act_of(DefinitionAct::DefineHeld { vm: id, name: new.clone() }))
        .undo(act_of(DefinitionAct::UndefineHeld { vm: id }));
    let (snapshots, checkpoints) = (kept.snapshots.len(), kept.checkpoints.len());
    if snapshots + checkpoints > 0 {
        plan = plan.step(
            format!("Have libvirt know its {}", known_again(snapshots, checkpoints)),
            &[],
            act_of(DefinitionAct::PutBackSnapshots { vm: id, name: new.clone() }),
        );
    }
    if kept.autostart {
        plan = plan.step("Have it started with the host", &[], Act::SetAutostart { vm: id, on: true });
    }
    plan.step(
        "Compare it with what was kept, then forget that",
        &[],
        act_of(DefinitionAct::Release { vm: id, name: new }),
    )
    .planned(facts)
}

fn known_again(snapshots: usize, checkpoints: usize) -> String {
    match (snapshots, checkpoints) {
        (s, 0) => format!("snapshots again ({s})"),
        (0, c) => format!("checkpoints again ({c})"),
        (s, c) => format!("snapshots ({s}) and checkpoints ({c}) again"),
    }
}

fn hindered(act: &Op, vm: &VmFacts, facts: &Facts, name: Option<&str>) -> Option<Planned> {
    let no = |kind, reason: String, remedy: &str| Some(refused(act, vm, UNDELETE, kind, reason, remedy));
    if let Some(Err(why)) = name.map(name_is_good) {
        return no(RefusalKind::BadRequest, why, "Give it a name such as web01.");
    }
    let new = name.unwrap_or(&vm.name);
    let others = &facts.definition.others;
    if others.iter().any(|o| o.name == new) {
        let reason = format!("There is a VM {} already.", clean(new));
        return no(RefusalKind::Taken, reason, "Bring it back under another name (--name).");
    }
    let mut macs = vm.definition.nics.iter().map(|n| &n.mac);
    let taken = macs.find_map(|mac| Some((mac, others.iter().find(|o| o.macs.contains(mac))?)));
    if let Some((mac, other)) = taken {
        let other = clean(&other.name);
        let reason = format!("Its MAC address {} is {other}'s now.", clean(mac));
        return no(RefusalKind::Taken, reason, "Give that VM's NIC another one first.");
    }
    let saved = facts.definition.held.as_ref().and_then(|h| h.kept.file(FileKind::Saved));
    if new != vm.name && saved.is_some() {
        let reason = "Its memory was saved under its old name, and would not go on under another.".to_owned();
        return no(RefusalKind::State, reason, "Bring it back under the name it had.");
    }
    if new != vm.name && domain::renamed(&vm.defined_xml, new).is_none() {
        return no(RefusalKind::Unknown, "What was kept of it cannot be read.".into(), "");
    }
    None
}
