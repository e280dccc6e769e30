//! Replacing a definition.

use super::super::build::{argument, draft, refused};
use super::super::facts::{Facts, VmFacts};
use super::delete::digest;
use crate::model::id::VmId;
use crate::model::operation::{Operation, Redefined, VmOperation as Op};
use crate::model::plan::{Act, DefinitionAct, Plan, Planned, RefusalKind, Weight};
use crate::model::text::clean;
use crate::xml::diff::unified;
use crate::xml::domain::{self, secrets};

pub(super) fn plan(
    act: &Op,
    vm: &VmFacts,
    facts: &Facts,
    xml: &str,
    secret: bool,
    why: Redefined,
) -> Planned {
    if let Some(no) = hindered(vm, facts, xml, secret, why) {
        return no;
    }
    let shown = secrets::hidden(xml);
    let ended = |text: &str| format!("{}\n", text.trim_end());
    let number = facts.definition.revision;
    let redefine = DefinitionAct::Redefine {
        vm: vm.id,
        xml: xml.to_owned(),
        secrets: secret,
        // What libvirt wrote itself is taken as it is.
        validate: !matches!(why, Redefined::Revert(_)),
        before: vm.defined_xml.clone(),
    };
    let inverse =
        Op::Redefine { xml: vm.defined_xml.clone(), secrets: false, why: Redefined::Revert(number) };
    draft(act, vm, verb(why))
        .summary(match why {
            Redefined::Revert(number) => format!("to revision {number}"),
            Redefined::Edit | Redefined::Define => "a new definition".to_owned(),
        })
        .step("Define it anew", &[], Act::Definition(redefine))
        .diff(&unified(&ended(&vm.defined_xml), &ended(&shown)))
        .note_if(
            vm.state.is_active(),
            Weight::Warning,
            "What runs now stays as it is: this takes effect when the VM is started the next time. A reboot is not enough.",
        )
        .note_if(
            vm.flags.managed_save == Some(true),
            Weight::Warning,
            "Its memory is saved: the next start goes on with the devices it had then.",
        )
        .note_if(
            secret,
            Weight::Info,
            "Passwords in it go to libvirt only: NovaCron's journal and audit hold it without them.",
        )
        .rests_on("its definition", digest(&vm.defined_xml))
        .inverse(inverse)
        .planned(facts)
}

/// The plan as it may be written down: without the passwords that were given with it. What carries it out has it whole, in
/// memory; after a kill nobody has.
pub fn as_written(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    if let Operation::Vm { act: Op::Redefine { xml, secrets: true, .. }, .. } = &mut plan.operation {
        *xml = secrets::hidden(xml);
    }
    for step in &mut plan.steps {
        if let Act::Definition(DefinitionAct::Redefine { xml, secrets: true, .. }) = &mut step.act {
            *xml = secrets::hidden(xml);
        }
    }
    plan
}

/// Whether secrets were given with an operation, so that what was written down of it is not all of it.
pub const fn holds_secrets(operation: &Operation) -> bool {
    matches!(operation, Operation::Vm { act: Op::Redefine { secrets: true, .. }, .. })
}

const fn verb(why: Redefined) -> &'static str {
    match why {
        Redefined::Revert(_) => "Revert",
        Redefined::Edit | Redefined::Define => "Redefine",
    }
}

fn hindered(vm: &VmFacts, facts: &Facts, xml: &str, secret: bool, why: Redefined) -> Option<Planned> {
    // What is refused is shown and kept as well.
    let parsed = domain::parse(xml);
    // Of what cannot be read it is not known where its secrets stand.
    let hidden = if parsed.is_ok() { secrets::hidden(xml) } else { String::new() };
    let told = Op::Redefine { xml: hidden, secrets: secret, why };
    let no = |kind, reason: String, remedy: &str| Some(refused(&told, vm, verb(why), kind, reason, remedy));
    if vm.flags.persistent == Some(false) {
        let reason = "It is transient: it has no definition that would stay.".to_owned();
        return no(RefusalKind::State, reason, "Define it first.");
    }
    if let Err(wrong) = parsed {
        return no(RefusalKind::BadRequest, format!("The XML is not well-formed: {wrong}."), "");
    }
    let uuid = domain::uuid(xml);
    match uuid.as_deref().map(str::parse::<VmId>) {
        Some(Ok(id)) if id == vm.id => {}
        Some(_) => {
            let reason = "The UUID in it is another VM's.".to_owned();
            return no(RefusalKind::BadRequest, reason, "A VM keeps its UUID. A clone gets a new one.");
        }
        None => {
            let reason = "There is no UUID in it: it would be another VM.".to_owned();
            return no(RefusalKind::BadRequest, reason, "Put the VM's <uuid> into it.");
        }
    }
    // A revision may be older than the name.
    let name = domain::name(xml).unwrap_or_default();
    if name != vm.name {
        let reason = format!("The name in it is {}.", clean(&name));
        let remedy = format!("Renaming is done by: novacron vm rename {} {}", argument(vm), clean(&name));
        return no(RefusalKind::BadRequest, reason, &remedy);
    }
    if xml.trim_end() == vm.defined_xml.trim_end() && !secret {
        return no(RefusalKind::AlreadySo, "It is so already.".into(), "");
    }
    if secret {
        return None;
    }
    if secrets::shows(xml) {
        let reason = "It shows a password or another secret, which would be written down.".to_owned();
        let remedy = "Take it out: what the VM has stays. A new one is given with --secrets.";
        return no(RefusalKind::BadRequest, reason, remedy);
    }
    let Some(present) = &facts.definition.with_secrets else {
        let reason = "Its passwords cannot be read, and would be lost.".to_owned();
        return no(RefusalKind::NotAllowed, reason, "Connect with the right to change VMs.");
    };
    if !secrets::can_be_restored(&vm.defined_xml, present) {
        let reason = "It holds secrets that are not shown and would be lost.".to_owned();
        return no(RefusalKind::Unsupported, reason, "Edit it with them (--secrets).");
    }
    if secrets::restored(xml, present).is_none() {
        let reason = "A password is hidden in it that the VM does not have any more.".to_owned();
        return no(
            RefusalKind::BadRequest,
            reason,
            "Take the attribute away, or give that console a passwd with --secrets.",
        );
    }
    None
}
