//! Deleting: the VM goes, and all of it is held.

use super::super::build::{argument, draft, refused};
use super::super::facts::{Facts, VmFacts};
use super::super::vm::cut_off;
use super::facts::{Belonging, Belongings};
use crate::model::operation::VmOperation as Op;
use crate::model::plan::{Act, AfterKill, DefinitionAct, Downtime, Planned, RefusalKind, Weight};
use crate::model::text::clean;
use crate::model::vm::{Firmware, VmState};

const VERB: &str = "Delete";
/// Room that is left beside what is held.
const MARGIN: u64 = 16 << 20;

pub(super) fn plan(act: &Op, vm: &VmFacts, facts: &Facts, force_off: bool, discard_saved: bool) -> Planned {
    if let Some(no) = hindered(act, vm, facts, force_off, discard_saved) {
        return no;
    }
    let known = &facts.definition;
    let (days, has) = (known.keep_days, &known.belongings);
    let domain = argument(vm);
    let mut plan = draft(act, vm, VERB)
        .summary(format!("held for {days} days; its disks stay where they are"))
        .typed()
        .after_kill(AfterKill::Undo)
        .rests_on("its definition", digest(&vm.defined_xml))
        .rests_on("its snapshots", (has.snapshots + has.checkpoints).to_string())
        .inverse(Op::Undelete { name: None });
    if vm.state.is_active() {
        plan = cut_off(plan, facts)
            .step("Pull its plug", &["destroy", &domain], Act::ForceOff { vm: vm.id })
            .note(Weight::Danger, "What the guest has not written to its disks is lost.")
            .downtime(Downtime::UntilStarted);
    }
    let reserve = DefinitionAct::Reserve { vm: vm.id };
    let keep = DefinitionAct::Keep { vm: vm.id, discard_saved, days };
    plan = plan
        .step("Make a place for it", &[], Act::Definition(reserve))
        .undo(Act::Definition(DefinitionAct::Unkeep { vm: vm.id }))
        .step(
            format!("Keep {}", kept(has)),
            &["dumpxml", &domain, "--inactive", "--security-info"],
            Act::Definition(keep),
        )
        .step(
            "Undefine it",
            &undefine(vm, has, &domain),
            Act::Definition(DefinitionAct::Undefine { vm: vm.id }),
        );
    let needs = size(has.nvram.as_ref()) + size(has.saved.as_ref());
    if needs > 0 {
        plan = plan.space("NovaCron's data folder", needs, has.free);
    }
    notes(plan, vm, facts).planned(facts)
}

fn hindered(act: &Op, vm: &VmFacts, facts: &Facts, force_off: bool, discard_saved: bool) -> Option<Planned> {
    let no = |kind, reason: String, remedy: &str| Some(refused(act, vm, VERB, kind, reason, remedy));
    let known = &facts.definition;
    if vm.definition.protected {
        let reason = format!("{} is protected.", clean(&vm.name));
        return no(RefusalKind::Protected, reason, "Take the protection off first.");
    }
    if vm.state == VmState::Unknown {
        return no(RefusalKind::Unknown, "Its state is not known.".into(), "");
    }
    if vm.flags.persistent == Some(false) {
        let reason = "It is transient: nothing of it is defined.".to_owned();
        return no(RefusalKind::State, reason, "It is gone once it is off.");
    }
    if vm.state.is_active() && !force_off {
        let reason = format!("It is {}.", vm.state.phrase());
        return no(RefusalKind::State, reason, "Shut it down first, or have its plug pulled (--force-off).");
    }
    if let Some(held) = &known.held {
        let reason = format!("{} of the same UUID was deleted before, and is held.", clean(&held.name));
        return no(RefusalKind::Taken, reason, "Purge that one first: there is room for one of each UUID.");
    }
    let saved = known.belongings.saved.as_ref();
    if let Some(why) = saved.and_then(|s| s.out_of_reach.as_ref()).filter(|_| !discard_saved) {
        let reason = format!("Its memory is saved, and cannot be kept: {why}");
        let remedy = "Start it and shut it down, or have what was saved be lost (--discard-saved).";
        return no(RefusalKind::State, reason, remedy);
    }
    let needs = size(known.belongings.nvram.as_ref()) + size(known.belongings.saved.as_ref());
    let free = known.belongings.free.unwrap_or(u64::MAX);
    if needs > 0 && free < needs.saturating_add(MARGIN) {
        let reason = "There is not enough room in NovaCron's data folder to hold it.".to_owned();
        return no(
            RefusalKind::Space,
            reason,
            "Free some there, or start the VM and shut it down: most of it is saved memory.",
        );
    }
    None
}

fn notes(plan: super::super::build::Draft, vm: &VmFacts, facts: &Facts) -> super::super::build::Draft {
    let (days, has) = (facts.definition.keep_days, &facts.definition.belongings);
    let gone = format!(
        "It is gone from this host until it is brought back; after {days} days that is not possible any more."
    );
    let mut plan = plan.note(Weight::Danger, gone);
    if let Some(Belonging { path, out_of_reach: Some(why), .. }) = &has.nvram {
        plan = plan.note(
            Weight::Warning,
            format!("Its UEFI variables cannot be copied: {why} They stay on the host as {path}; a new VM that uses the same file would change them."),
        );
    }
    if has.saved.as_ref().is_some_and(|s| s.out_of_reach.is_some()) {
        plan = plan.note(Weight::Danger, "Its saved memory is lost.");
    }
    plan = plan.note_if(
        vm.definition.has_tpm,
        Weight::Info,
        "Its TPM's state stays on the host, under its UUID.",
    );
    let disks: Vec<String> = vm
        .definition
        .disks
        .iter()
        .filter(|d| d.device == "disk" || d.device == "lun")
        .filter_map(|d| Some(d.source.as_ref()?.describe()))
        .collect();
    let has_disks = !disks.is_empty();
    plan.note_if(
        has_disks,
        Weight::Info,
        format!("Its disks stay where they are, and count as used while it is held: {}.", disks.join(", ")),
    )
}

/// What is kept, in words.
fn kept(has: &Belongings) -> String {
    let mut all = vec!["its definition".to_owned()];
    let count = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("one {one}'s metadata")),
        n => Some(format!("{n} {many}' metadata")),
    };
    all.extend(count(has.snapshots, "snapshot", "snapshots"));
    all.extend(count(has.checkpoints, "checkpoint", "checkpoints"));
    let reached = |b: &Option<Belonging>| b.as_ref().is_some_and(|b| b.out_of_reach.is_none());
    all.extend(reached(&has.nvram).then(|| "its UEFI variables".to_owned()));
    all.extend(reached(&has.saved).then(|| "its saved memory".to_owned()));
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => all.concat(),
    }
}

/// The command that undefines it, as far as `virsh` goes.
fn undefine<'a>(vm: &VmFacts, has: &Belongings, domain: &'a str) -> Vec<&'a str> {
    let mut virsh = vec!["undefine", domain, "--snapshots-metadata", "--checkpoints-metadata"];
    virsh.extend(has.saved.is_some().then_some("--managed-save"));
    let uefi = matches!(vm.definition.firmware, Firmware::Uefi { .. });
    virsh.extend(match &has.nvram {
        Some(nvram) if nvram.out_of_reach.is_none() => Some("--nvram"),
        Some(_) => Some("--keep-nvram"),
        None => uefi.then_some("--keep-nvram"),
    });
    virsh.extend(vm.definition.has_tpm.then_some("--keep-tpm"));
    virsh
}

fn size(file: Option<&Belonging>) -> u64 {
    file.map_or(0, |f| f.size)
}

/// A text in short, that another text does not have.
pub(in crate::operations) fn digest(text: &str) -> String {
    use sha2::Digest;
    let hash = sha2::Sha256::digest(text.as_bytes());
    hash.iter().take(8).fold(String::new(), |out, byte| format!("{out}{byte:02x}"))
}
