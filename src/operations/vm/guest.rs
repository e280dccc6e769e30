//! A guest's own consoles: its serial line, its keyboard.

use super::super::build::{argument, draft, refused};
use super::super::facts::{Facts, VmFacts};
use super::power::off;
use crate::model::keycode;
use crate::model::operation::{Visit, VmOperation as Op};
use crate::model::plan::{Act, GuestAct, Planned, RefusalKind, Weight};
use crate::model::vm::VmState;

/// Keys that may be pressed at once.
const KEYS: usize = 16;
/// They may be held so long, milliseconds.
const HOLD: u32 = 60_000;
const PAUSED: &str = "It is paused: nothing is answered until it goes on.";

pub(super) fn plan(act: &Op, vm: &VmFacts, facts: &Facts) -> Planned {
    match act {
        Op::SendKeys { codes, hold_ms } => send_keys(act, vm, facts, codes, *hold_ms),
        Op::Console { take } => console(act, vm, facts, *take),
        Op::Visit { by } => visit(act, vm, *by),
        _ => console(act, vm, facts, false),
    }
}

fn console(act: &Op, vm: &VmFacts, facts: &Facts, take: bool) -> Planned {
    const VERB: &str = "Open the console of";
    if let Some(no) = off(act, vm, VERB) {
        return no;
    }
    if !vm.definition.has_console {
        let remedy = "Give it one: <console type='pty'/> in its XML, from its next start on.";
        return refused(act, vm, VERB, RefusalKind::Unsupported, "It has no serial console.", remedy);
    }
    let domain = argument(vm);
    let mut virsh = vec!["console", domain.as_str()];
    virsh.extend(take.then_some("--force"));
    let step = Act::Guest(GuestAct::OpenConsole { vm: vm.id, take });
    draft(act, vm, VERB)
        .summary(if take { "taken from whoever has it open" } else { "the first serial console" })
        .step("Open its serial console", &virsh, step)
        .note_if(take, Weight::Warning, "Whoever has it open is put out.")
        .note_if(paused(vm), Weight::Info, PAUSED)
        .planned(facts)
}

/// Allowed where nothing may be changed: it changes nothing, and whoever goes in is let in by the guest.
fn visit(act: &Op, vm: &VmFacts, by: Visit) -> Planned {
    let (verb, step) = match by {
        Visit::Screen => ("Look at the screen of", "Take pictures of its screen"),
        Visit::Viewer => ("Open a viewer of", "Open a viewer of its graphical console"),
        Visit::Ssh => ("Open a shell in", "Open a shell in it by SSH"),
    };
    if let Some(no) = off(act, vm, verb) {
        return no;
    }
    draft(act, vm, verb)
        .step(step, &[], Act::Guest(GuestAct::Visit { vm: vm.id, by }))
        .note_if(paused(vm), Weight::Info, PAUSED)
        .harmless()
}

fn send_keys(act: &Op, vm: &VmFacts, facts: &Facts, codes: &[u16], hold_ms: u32) -> Planned {
    const VERB: &str = "Press keys of";
    if let Some(no) = off(act, vm, VERB) {
        return no;
    }
    let bad = |reason: String| refused(act, vm, VERB, RefusalKind::BadRequest, reason, "");
    if codes.is_empty() || codes.len() > KEYS {
        return bad(format!("{} keys at once: from 1 to {KEYS} can be pressed.", codes.len()));
    }
    if hold_ms > HOLD {
        return bad(format!("Keys can be held for {HOLD} ms at most."));
    }
    let names: Vec<String> = codes.iter().map(|c| keycode::name(*c)).collect();
    let (domain, hold) = (argument(vm), hold_ms.to_string());
    let numbers: Vec<String> = codes.iter().map(u16::to_string).collect();
    let mut virsh = vec!["send-key", domain.as_str(), "--holdtime", hold.as_str()];
    virsh.extend(numbers.iter().map(String::as_str));
    let keys = names.join("-");
    let step = Act::Guest(GuestAct::SendKeys { vm: vm.id, codes: codes.to_vec(), hold_ms });
    draft(act, vm, VERB)
        .summary(keys.clone())
        .step(format!("Press {keys}"), &virsh, step)
        .note_if(
            keycode::asks_to_reboot(codes),
            Weight::Warning,
            "Many guests reboot at once when these are pressed.",
        )
        .note_if(paused(vm), Weight::Info, PAUSED)
        .planned(facts)
}

const fn paused(vm: &VmFacts) -> bool {
    matches!(vm.state, VmState::Paused(_))
}
