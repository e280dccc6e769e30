//! Starting and stopping.

use super::super::build::{Draft, argument, draft, it_is, refused};
use super::super::facts::{Facts, VmFacts};
use crate::model::operation::{AskGuest, Boot, VmOperation as Op};
use crate::model::plan::{Act, Downtime, Planned, RefusalKind, Weight};
use crate::model::text::clean;
use crate::model::units::bytes;
use crate::model::vm::{PauseReason, VmState};

const GONE: &str = "It is transient: its definition is gone once it is off.";

pub(super) fn plan(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    match act {
        Op::Start { paused, discard_saved } => start(act, vm, facts, *paused, *discard_saved, None),
        Op::UntilUp { within_s: 0, .. } => {
            let reason = "A guest needs at least one second to boot.";
            refused(act, vm, "Boot", RefusalKind::BadRequest, reason, "")
        }
        Op::UntilUp { boot, within_s } => match *boot {
            Boot::Start { discard_saved } => start(act, vm, facts, false, discard_saved, Some(*within_s)),
            Boot::Reboot { by } => reboot(act, vm, facts, by, Some(*within_s)),
            Boot::Reset => reset(act, vm, facts, Some(*within_s)),
        },
        Op::Shutdown { by, within_s } => shutdown(act, vm, facts, *by, *within_s),
        Op::Reboot { by } => reboot(act, vm, facts, *by, None),
        Op::Reset => reset(act, vm, facts, None),
        Op::ForceOff => force_off(act, vm, facts),
        Op::Pause => pause(act, vm, facts),
        Op::Resume => resume(act, vm, facts),
        Op::Save => save(act, vm, facts),
        _ => discard_saved(act, vm, facts),
    }
}

fn start(
    act: &Op,
    vm: &VmFacts,
    facts: &Facts,
    paused: bool,
    discard_saved: bool,
    wait: Option<u32>,
) -> Planned {
    const VERB: &str = "Start";
    if vm.state.is_active() {
        let (kind, reason, remedy) = match vm.state {
            VmState::Running => (RefusalKind::AlreadySo, "It is running already.".into(), ""),
            state if busy(state) => (RefusalKind::InUse, it_is(state), "Wait until libvirt is done with it."),
            VmState::Paused(_) => (RefusalKind::State, it_is(vm.state), "Resume it."),
            state => (RefusalKind::State, it_is(state), "Wait until it is off."),
        };
        return refused(act, vm, VERB, kind, reason, remedy);
    }
    let above = crate::operations::making::children(&facts.storage, &vm.definition);
    if !above.is_empty() {
        let reason =
            format!("Its disks are the base of others, which would be broken: {}.", above.join(", "));
        let remedy = "Delete the linked clones and their volumes first, or start a clone of it.";
        return refused(act, vm, VERB, RefusalKind::InUse, reason, remedy);
    }
    let saved = vm.flags.managed_save == Some(true);
    let domain = argument(vm);
    let mut virsh = vec!["start", domain.as_str()];
    virsh.extend(paused.then_some("--paused"));
    virsh.extend(discard_saved.then_some("--force-boot"));
    let how = match (saved, discard_saved) {
        (true, false) => "goes on where it was saved",
        (true, true) => "boots afresh",
        (false, _) => "boots",
    };
    let id = vm.id;
    let plan = draft(act, vm, VERB)
        .summary(if paused { format!("{how}, and stays paused") } else { how.to_owned() })
        .done(if paused { "It is paused at its first instruction." } else { "It runs." })
        .step("Start it", &virsh, Act::Start { vm: id, paused, discard_saved })
        .rests_on("its saved memory", if saved { "there" } else { "none" });
    let plan = match wait {
        Some(within_s) => until_up(plan, vm, vm.definition.has_agent_channel, false, within_s),
        None => plan,
    };
    if saved && discard_saved {
        return protected(act, vm, VERB).unwrap_or_else(|| {
            plan.note(Weight::Danger, "Its saved memory is lost: what the guest had not written to disk.")
                .typed()
                .planned(facts)
        });
    }
    // Stopping it again may lose what the guest does meanwhile: that is asked for on its own.
    plan.planned(facts)
}

fn shutdown(act: &Op, vm: &VmFacts, facts: &Facts, by: AskGuest, within_s: u32) -> Planned {
    const VERB: &str = "Shut down";
    if let Some(no) = off(act, vm, VERB).or_else(|| deaf(act, vm, VERB, by)) {
        return no;
    }
    if within_s == 0 {
        let reason = "A guest needs at least one second to shut down.";
        return refused(act, vm, VERB, RefusalKind::BadRequest, reason, "");
    }
    let (by, how) = asked(vm, by);
    let (id, gone) = (vm.id, vm.flags.persistent == Some(false));
    cut_off(draft(act, vm, VERB), facts)
        .summary(format!("{how}, {within_s} s"))
        .done("It is off.")
        .step(
            format!("Ask the guest to shut down ({how})"),
            &["shutdown", &argument(vm), "--mode", mode(by)],
            Act::Shutdown { vm: id, by },
        )
        .step(format!("Wait until it is off, {within_s} s at most"), &[], Act::AwaitOff { vm: id, within_s })
        .note(
            Weight::Info,
            format!("Nothing is forced: if it still runs after {within_s} s, you choose what to do."),
        )
        .note_if(gone, Weight::Warning, GONE)
        .downtime(Downtime::UntilStarted)
        .inverse_if((!gone).then_some(Op::Start { paused: false, discard_saved: false }))
        .planned(facts)
}

fn reboot(act: &Op, vm: &VmFacts, facts: &Facts, by: AskGuest, wait: Option<u32>) -> Planned {
    const VERB: &str = "Reboot";
    if let Some(no) = off(act, vm, VERB).or_else(|| deaf(act, vm, VERB, by)) {
        return no;
    }
    let (by, how) = asked(vm, by);
    let plan = draft(act, vm, VERB)
        .summary(how)
        .done("It was asked to.")
        .step(
            format!("Ask the guest to reboot ({how})"),
            &["reboot", &argument(vm), "--mode", mode(by)],
            Act::Reboot { vm: vm.id, by },
        )
        .note(Weight::Info, "The guest decides when, and whether.")
        .downtime(Downtime::Moments);
    back_up(plan.done_if(wait.is_some(), "It has rebooted."), vm, wait).planned(facts)
}

fn reset(act: &Op, vm: &VmFacts, facts: &Facts, wait: Option<u32>) -> Planned {
    const VERB: &str = "Reset";
    if let Some(no) = off(act, vm, VERB).or_else(|| protected(act, vm, VERB)) {
        return no;
    }
    let plan = unasked(draft(act, vm, VERB), vm, facts)
        .summary("at once, the guest is not asked")
        .done("It boots anew.")
        .step("Reset it", &["reset", &argument(vm)], Act::Reset { vm: vm.id })
        .downtime(Downtime::Moments);
    back_up(plan, vm, wait).planned(facts)
}

/// Waits, where that is asked for, until a guest is back: its agent is, where it is there now.
fn back_up(plan: Draft, vm: &VmFacts, wait: Option<u32>) -> Draft {
    match wait {
        Some(within_s) => until_up(plan, vm, vm.definition.agent_connected == Some(true), true, within_s),
        None => plan,
    }
}

/// Waits until a guest is there.
fn until_up(plan: Draft, vm: &VmFacts, agent: bool, anew: bool, within_s: u32) -> Draft {
    let (until, done) = match (agent, anew) {
        (true, true) => ("its agent is back", "It is back, and its agent is connected."),
        (true, false) => ("its agent is connected", "It runs, and its agent is connected."),
        (false, true) => ("it was reset", ""),
        (false, false) => ("it runs", ""),
    };
    plan.done_if(!done.is_empty(), done)
        .step(
            format!("Wait until {until}, {within_s} s at most"),
            &[],
            Act::AwaitUp { vm: vm.id, agent, anew, within_s },
        )
        .note_if(
            !agent,
            Weight::Info,
            "No agent is there to tell when the guest has booted: it is not waited for longer than the VM takes.",
        )
}

fn force_off(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    const VERB: &str = "Force off";
    if let Some(no) = off(act, vm, VERB).or_else(|| protected(act, vm, VERB)) {
        return no;
    }
    let gone = vm.flags.persistent == Some(false);
    unasked(draft(act, vm, VERB), vm, facts)
        .summary("at once, the guest is not asked")
        .done("It is off.")
        .step("End it", &["destroy", &argument(vm)], Act::ForceOff { vm: vm.id })
        .note_if(gone, Weight::Danger, GONE)
        .downtime(Downtime::UntilStarted)
        .inverse_if((!gone).then_some(Op::Start { paused: false, discard_saved: false }))
        .planned(facts)
}

fn pause(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    const VERB: &str = "Pause";
    if let Some(no) = off(act, vm, VERB) {
        return no;
    }
    if vm.state != VmState::Running {
        let paused = matches!(vm.state, VmState::Paused(_));
        let kind = if paused { RefusalKind::AlreadySo } else { RefusalKind::State };
        return refused(act, vm, VERB, kind, it_is(vm.state), "");
    }
    draft(act, vm, VERB)
        .summary("memory stays where it is")
        .done("It is paused.")
        .step("Pause it", &["suspend", &argument(vm)], Act::Pause { vm: vm.id })
        .note(
            Weight::Info,
            format!(
                "It keeps its {} of memory, and its clock stands still.",
                bytes(vm.definition.memory as f64)
            ),
        )
        .downtime(Downtime::UntilStarted)
        .inverse(Op::Resume)
        .planned(facts)
}

fn resume(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    const VERB: &str = "Resume";
    match vm.state {
        state if busy(state) => {
            let reason = format!("It is {}: libvirt decides when it goes on.", state.phrase());
            refused(act, vm, VERB, RefusalKind::InUse, reason, "")
        }
        VmState::Paused(why) => {
            let failed = why == PauseReason::IoError;
            draft(act, vm, VERB)
                .summary("goes on where it was")
                .done("It runs again.")
                .step("Resume it", &["resume", &argument(vm)], Act::Resume { vm: vm.id })
                .note_if(
                    failed,
                    Weight::Warning,
                    "A disk request failed. Where the reason still holds, no space perhaps, it is paused again at once.",
                )
                .inverse(Op::Pause)
                .planned(facts)
        }
        _ => {
            let (kind, remedy) = match vm.state {
                VmState::Running => (RefusalKind::AlreadySo, ""),
                VmState::Unknown => (RefusalKind::Unknown, ""),
                VmState::ShutOff | VmState::Crashed => (RefusalKind::State, "Start it."),
                VmState::Paused(_) | VmState::ShuttingDown | VmState::Suspended => (RefusalKind::State, ""),
            };
            refused(act, vm, VERB, kind, it_is(vm.state), remedy)
        }
    }
}

fn save(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    const VERB: &str = "Save";
    if let Some(no) = off(act, vm, VERB) {
        return no;
    }
    if vm.flags.persistent == Some(false) {
        let reason = "It is transient: there is no definition to start again from.";
        return refused(act, vm, VERB, RefusalKind::State, reason, "");
    }
    if vm.definition.passthrough > 0 {
        let reason = "A device of the host is passed through to it: its state cannot be saved.";
        return refused(
            act,
            vm,
            VERB,
            RefusalKind::Unsupported,
            reason,
            "Detach the device, or shut the VM down.",
        );
    }
    if busy(vm.state) {
        let remedy = "Wait until libvirt is done with it.";
        return refused(act, vm, VERB, RefusalKind::InUse, it_is(vm.state), remedy);
    }
    if let Some(job) = facts.job {
        let reason = format!("{} is under way with it.", job.phrase());
        let remedy = format!("Wait until that is over, or end it: virsh domjobabort {}", argument(vm));
        return refused(act, vm, VERB, RefusalKind::InUse, reason, remedy);
    }
    let memory = bytes(vm.definition.memory as f64);
    let folder = facts.save_folder.as_ref();
    let tight = folder.and_then(|f| f.free).is_some_and(|free| free < vm.definition.memory);
    let plan = draft(act, vm, VERB)
        .summary(format!("up to {memory} of memory to disk, then off"))
        .done("Its memory is saved, and it is off.")
        .step("Save its memory and stop it", &["managedsave", &argument(vm)], Act::Save { vm: vm.id })
        .note_if(
            tight,
            Weight::Warning,
            "There is less room for it than it may need: where that is not enough, saving fails and the VM goes on.",
        )
        .note(Weight::Info, "Its connections to others will have timed out when it goes on.")
        .downtime(Downtime::UntilStarted)
        .inverse(Op::Start { paused: false, discard_saved: false });
    let place = folder.map_or("libvirt's folder for saved VMs", |f| f.path.as_str());
    plan.space(place, vm.definition.memory, folder.and_then(|f| f.free)).planned(facts)
}

fn discard_saved(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    const VERB: &str = "Discard the saved memory of";
    if vm.flags.managed_save != Some(true) {
        return refused(act, vm, VERB, RefusalKind::AlreadySo, "No memory of it is saved.", "");
    }
    protected(act, vm, VERB).unwrap_or_else(|| {
        draft(act, vm, VERB)
            .summary("the next start boots afresh")
            .done("Nothing is saved any more.")
            .step(
                "Forget what was saved",
                &["managedsave-remove", &argument(vm)],
                Act::DiscardSaved { vm: vm.id },
            )
            .note(Weight::Danger, "What the guest had not written to disk is lost.")
            .rests_on("its saved memory", "there")
            .typed()
            .planned(facts)
    })
}

/// Says what else is under way with it, and ends with it.
pub(in crate::operations) fn cut_off(plan: Draft, facts: &Facts) -> Draft {
    let Some(job) = facts.job else { return plan };
    plan.note(Weight::Danger, format!("{} is under way with it, and is cut off.", job.phrase()))
        .rests_on("what is under way with it", job.phrase())
}

/// Whether libvirt is at work on it and decides when it goes on.
const fn busy(state: VmState) -> bool {
    matches!(
        state,
        VmState::Paused(
            PauseReason::Migration
                | PauseReason::Saving
                | PauseReason::StartingUp
                | PauseReason::PostcopyFailed
        )
    )
}

/// What every way of not asking the guest means.
fn unasked(plan: Draft, vm: &VmFacts, facts: &Facts) -> Draft {
    let plan = cut_off(plan, facts);
    let cut = busy(vm.state);
    let plan =
        plan.note_if(cut, Weight::Danger, format!("{} What libvirt does to it is cut off.", it_is(vm.state)));
    plan.note(Weight::Danger, "What the guest has not written to disk is lost, as in a power cut.")
        .note_if(
            vm.definition.agent_connected == Some(true),
            Weight::Info,
            "Its agent is connected: shutting it down is likely to work.",
        )
        .typed()
}

/// How the guest is asked in the end, in a word and as a person would say it.
fn asked(vm: &VmFacts, by: AskGuest) -> (AskGuest, &'static str) {
    match by {
        AskGuest::Auto if vm.definition.agent_connected == Some(true) => (by, "agent, then ACPI"),
        AskGuest::Agent => (by, "agent"),
        AskGuest::Auto | AskGuest::Acpi => (AskGuest::Acpi, "ACPI"),
    }
}

/// The same for `virsh`.
const fn mode(by: AskGuest) -> &'static str {
    match by {
        AskGuest::Auto => "agent,acpi",
        by => by.word(),
    }
}

/// A guest that cannot be asked so.
fn deaf(act: &Op, vm: &VmFacts, verb: &str, by: AskGuest) -> Option<Planned> {
    if vm.state != VmState::Running {
        let remedy = match vm.state {
            VmState::Paused(_) => "Resume it first, or force it off.",
            VmState::ShuttingDown => "Wait until it is off, or force it off.",
            _ => "Wake the guest first, or force it off.",
        };
        let reason = format!("It is {}: the guest cannot hear.", vm.state.phrase());
        return Some(refused(act, vm, verb, RefusalKind::State, reason, remedy));
    }
    (by == AskGuest::Agent && vm.definition.agent_connected != Some(true)).then(|| {
        let reason = if vm.definition.has_agent_channel {
            "No agent answers in the guest."
        } else {
            "The VM has no channel for a guest agent."
        };
        let remedy = "Ask by ACPI instead, or install and start qemu-guest-agent in the guest.";
        refused(act, vm, verb, RefusalKind::State, reason, remedy)
    })
}

pub(super) fn off(act: &Op, vm: &VmFacts, verb: &str) -> Option<Planned> {
    (!vm.state.is_active()).then(|| {
        let kind = if vm.state == VmState::Unknown { RefusalKind::Unknown } else { already_off(act) };
        refused(act, vm, verb, kind, it_is(vm.state), "")
    })
}

fn already_off(act: &Op) -> RefusalKind {
    if matches!(act, Op::Shutdown { .. } | Op::ForceOff) {
        RefusalKind::AlreadySo
    } else {
        RefusalKind::State
    }
}

fn protected(act: &Op, vm: &VmFacts, verb: &str) -> Option<Planned> {
    vm.definition.protected.then(|| {
        let reason = format!("{} is protected.", clean(&vm.name));
        refused(act, vm, verb, RefusalKind::Protected, reason, "Take the protection off first.")
    })
}
