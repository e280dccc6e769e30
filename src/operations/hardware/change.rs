//! Putting the plan of a change together: what happens now, and what from the next start on.

use super::super::build::{Draft, argument, draft, refused};
use super::super::facts::{Facts, VmFacts};
use crate::model::hardware::{Device, Edit};
use crate::model::operation::{ChangeWhen, HardwareChange, HardwareOperation, VmOperation as Op};
use crate::model::plan::{Act, AfterKill, HardwareAct, Planned, RefusalKind, Weight};
use crate::model::vm::{VmDefinition, VmState};
use crate::xml::diff::unified;
use crate::xml::domain::{self, Machine, machine};
use crate::xml::edit::{self, EditError};

/// Seconds in which a guest has to let go of a device.
pub(super) const RELEASE_S: u32 = 30;

/// What every plan of hardware looks at.
pub(super) struct Case<'c> {
    pub(super) act: &'c Op,
    pub(super) change: &'c HardwareChange,
    pub(super) vm: &'c VmFacts,
    pub(super) facts: &'c Facts,
    /// As the next start will have it.
    pub(super) defined: VmDefinition,
    pub(super) machine: Machine,
    /// As it runs; `None` where it is off.
    pub(super) live: Option<(VmDefinition, Machine)>,
}

/// What can be done to what runs.
#[derive(Clone)]
pub(super) enum Live {
    /// This, with the `virsh` arguments that do the same.
    Can(Edit, Vec<String>),
    /// Nothing, for this reason: a sentence.
    Cannot(String),
}

/// One thing that changes in what runs.
#[derive(Clone)]
pub(super) struct LivePart {
    /// What is done, as its step says it: `Attach vdb`.
    pub(super) what: String,
    /// Whether it can be.
    pub(super) can: Live,
    /// What takes it back.
    pub(super) back: Option<Edit>,
}

/// A change in the making.
#[derive(Default)]
pub(super) struct Change {
    /// `Attach vdb to`.
    pub(super) verb: String,
    /// What is done, as its step says it: `Attach vdb`.
    pub(super) what: String,
    /// What the next start will use.
    pub(super) edits: Vec<Edit>,
    /// What takes these back.
    pub(super) back: Vec<Edit>,
    /// The command that makes these edits.
    pub(super) command: Vec<String>,
    /// What changes now.
    pub(super) lives: Vec<LivePart>,
    /// A medium is taken out of a tray that the guest locked.
    pub(super) force: bool,
    /// What takes all of it back.
    pub(super) inverse: Option<HardwareOperation>,
    /// What no other job may work on meanwhile.
    pub(super) touches: Vec<String>,
}

/// What there is to do.
struct Parts {
    /// The definition afterwards, where it changes.
    after: Option<String>,
    now: Vec<LivePart>,
    /// Why something cannot be now.
    not_now: Vec<String>,
}

impl<'c> Case<'c> {
    pub(super) fn new(
        act: &'c Op,
        change: &'c HardwareChange,
        vm: &'c VmFacts,
        facts: &'c Facts,
    ) -> Result<Self, Planned> {
        let verb = "Change the hardware of";
        let refuse = |kind, reason: String, remedy: &str| refused(act, vm, verb, kind, reason, remedy);
        let unread = |why| refuse(RefusalKind::Unknown, format!("Its definition cannot be read: {why}."), "");
        if vm.state == VmState::Unknown {
            return Err(refuse(RefusalKind::Unknown, "Its state is not known.".into(), ""));
        }
        let defined = domain::parse(&vm.defined_xml).map_err(unread)?;
        let of_defined = machine(&vm.defined_xml).map_err(unread)?;
        let live = if vm.state.is_active() {
            let xml = &facts.hardware.live_xml;
            Some((domain::parse(xml).map_err(unread)?, machine(xml).map_err(unread)?))
        } else {
            None
        };
        Ok(Self { act, change, vm, facts, defined, machine: of_defined, live })
    }

    /// What it has now: what runs, or else what is defined.
    pub(super) fn now(&self) -> &VmDefinition {
        self.live.as_ref().map_or(&self.defined, |(live, _)| live)
    }

    pub(super) fn name(&self) -> String {
        argument(self.vm)
    }

    pub(super) fn refuse(
        &self,
        verb: &str,
        kind: RefusalKind,
        reason: impl AsRef<str>,
        remedy: impl Into<String>,
    ) -> Planned {
        refused(self.act, self.vm, verb, kind, reason, remedy)
    }

    /// Why nothing can be plugged into what runs; `None` where it can.
    pub(super) fn no_port(&self) -> Option<String> {
        let (_, machine) = self.live.as_ref()?;
        (machine.free_ports == Some(0)).then(|| {
            "its machine type is PCIe, and all its root ports are taken; a start adds what is needed."
                .to_owned()
        })
    }

    /// The plan: steps for what runs and for what is defined, as far as they change anything.
    pub(super) fn plan(&self, change: Change, more: impl FnOnce(Draft) -> Draft) -> Planned {
        match self.parts(&change) {
            Ok(parts) if parts.after.is_none() && parts.now.is_empty() => {
                self.nothing_to_do(&change.verb, parts.not_now)
            }
            Ok(parts) => self.put_together(change, parts, more),
            Err(no) => no,
        }
    }

    /// What would change of the definition and of what runs, and why the rest of it cannot.
    fn parts(&self, change: &Change) -> Result<Parts, Planned> {
        let side = |xml: &str, edits: &[Edit]| match edit::apply(xml, edits) {
            Ok(after) if after == xml => Ok(None),
            Ok(after) => Ok(Some(after)),
            // It is there on the other side only.
            Err(EditError::NoDevice(_)) => Ok(None),
            Err(why) => {
                let reason = format!("It cannot be edited: {why}.");
                Err(self.refuse(&change.verb, RefusalKind::Unknown, reason, ""))
            }
        };
        let after = if self.persistent() { side(&self.vm.defined_xml, &change.edits)? } else { None };
        let mut parts = Parts { after, now: Vec::new(), not_now: Vec::new() };
        if self.live.is_none() || self.change.when == ChangeWhen::NextStart {
            return Ok(parts);
        }
        for part in &change.lives {
            match &part.can {
                Live::Cannot(why) => parts.not_now.push(why.clone()),
                Live::Can(edit, _) => {
                    if side(&self.facts.hardware.live_xml, std::slice::from_ref(edit))?.is_some() {
                        parts.now.push(part.clone());
                    }
                }
            }
        }
        Ok(parts)
    }

    fn persistent(&self) -> bool {
        self.vm.flags.persistent != Some(false)
    }

    fn put_together(&self, change: Change, parts: Parts, more: impl FnOnce(Draft) -> Draft) -> Planned {
        let (vm, runs) = (self.vm, self.live.is_some());
        let summary = match (parts.now.is_empty(), &parts.after) {
            (false, Some(_)) if parts.not_now.is_empty() => "now, and at each start",
            (false, Some(_)) => "in part now, and all of it from its next start on",
            (false, None) if self.persistent() => "now; its definition has it already",
            (false, None) => "now, until it is off: it is transient",
            (true, _) if runs => "from its next start on",
            (true, _) => "in its definition",
        };
        // What comes is written down first: that is taken back more surely than what a guest has. What goes, goes first.
        // A kill leaves nothing that somebody else may have been given since.
        let define_first = matches!(change.edits.first(), Some(Edit::Add { .. }));
        let after_kill = if define_first { AfterKill::Undo } else { AfterKill::Finish };
        let mut plan = draft(self.act, vm, &change.verb).summary(summary).after_kill(after_kill);
        plan = plan.touches(change.touches.iter().cloned());
        if define_first {
            plan = self.define(plan, &change, &parts);
        }
        for part in &parts.now {
            plan = self.do_now(plan, part, change.force);
        }
        if !define_first {
            plan = self.define(plan, &change, &parts);
        }
        if let Some(after) = &parts.after {
            plan = plan.diff(&unified(&vm.defined_xml, after));
        }
        for why in parts.not_now {
            plan = plan.note(Weight::Warning, format!("Not while it runs: {why}"));
        }
        let saved = !runs && vm.flags.managed_save == Some(true);
        let text = "Its memory is saved: it goes on with the hardware it had, and has this after the start that follows.";
        plan = plan.note_if(saved, Weight::Warning, text);
        let when = self.change.when;
        let inverse = change.inverse.map(|what| Op::Hardware(HardwareChange { what, when }));
        more(plan).inverse_if(inverse).planned(self.facts)
    }

    fn define(&self, plan: Draft, change: &Change, parts: &Parts) -> Draft {
        if parts.after.is_none() {
            return plan;
        }
        let vm = self.vm.id;
        let act = |edits: &[Edit]| Act::Hardware(HardwareAct::Define { vm, edits: edits.to_vec() });
        let when = if self.live.is_some() { ", from the next start on" } else { "" };
        let plan = plan.step_by(format!("{}{when}", change.what), change.command.clone(), act(&change.edits));
        if change.back.is_empty() { plan } else { plan.undo(act(&change.back)) }
    }

    fn do_now(&self, plan: Draft, part: &LivePart, force: bool) -> Draft {
        let Live::Can(edit, virsh) = &part.can else { return plan };
        let act = |edit: &Edit| {
            let edit = edit.clone();
            Act::Hardware(HardwareAct::Live { vm: self.vm.id, edit, force, within_s: RELEASE_S })
        };
        let words: Vec<&str> = virsh.iter().map(String::as_str).collect();
        let plan = plan.step(format!("{}, now", part.what), &words, act(edit));
        match &part.back {
            Some(back) => plan.undo(act(back)),
            None => plan,
        }
    }

    fn nothing_to_do(&self, verb: &str, not_now: Vec<String>) -> Planned {
        const DEFINE: &str = "Define it first.";
        let why = not_now.into_iter().next();
        match why {
            Some(why) if !self.persistent() => {
                let reason = format!(
                    "It is transient, so there is no next start, and while it runs this cannot be: {why}"
                );
                self.refuse(verb, RefusalKind::State, reason, DEFINE)
            }
            None if !self.persistent() && self.change.when == ChangeWhen::NextStart => {
                self.refuse(verb, RefusalKind::State, "It is transient: there is no next start.", DEFINE)
            }
            Some(why) => {
                let reason = format!("From its next start on it is so already, and now it cannot be: {why}");
                self.refuse(verb, RefusalKind::AlreadySo, reason, "Shut it down and start it.")
            }
            None => self.refuse(verb, RefusalKind::AlreadySo, "It is so already.", ""),
        }
    }

    /// The element of a device, as it is defined or else as it runs.
    pub(super) fn element(&self, device: &Device) -> Option<String> {
        edit::element(&self.vm.defined_xml, device)
            .or_else(|_| edit::element(&self.facts.hardware.live_xml, device))
            .ok()
    }
}

/// `virsh` arguments with the flag for what runs or for what is defined.
pub(super) fn virsh(words: &[&str]) -> (Vec<String>, Vec<String>) {
    let with = |flag: &str| words.iter().chain(&[flag]).map(|w| (*w).to_owned()).collect::<Vec<_>>();
    (with("--live"), std::iter::once("virsh".to_owned()).chain(with("--config")).collect())
}
