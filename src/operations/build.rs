//! Putting plans and refusals together.

use std::collections::BTreeSet;

use super::facts::{Facts, VmFacts};
use crate::model::id::VmId;
use crate::model::operation::{Operation, Target, VmOperation};
use crate::model::plan::{
    Act, AfterKill, Confirm, Downtime, Fact, Note, Plan, Planned, Refusal, RefusalKind, Space, Step, Weight,
};
use crate::model::text::{clean, clean_lines};
use crate::model::vm::{PauseReason, VmState};

/// A plan for a VM in the making.
pub(super) struct Draft {
    plan: Plan,
}

/// Begins a plan for this VM; it rests on the VM's state.
pub(super) fn draft(act: &VmOperation, vm: &VmFacts, verb: &str) -> Draft {
    draft_of(Operation::vm(vm.id, act.clone()), vm, verb)
}

/// Begins a plan of any operation on this VM.
pub(super) fn draft_of(operation: Operation, vm: &VmFacts, verb: &str) -> Draft {
    let target = Target::vm(vm.id, &vm.name);
    let what = format!("state of {}", target.display_name());
    let title = format!("{verb} {}", target.display_name());
    let verb = verb.trim_end_matches(':').trim_end_matches(" of");
    Draft::new(operation, target, title, verb).rests_on(what, vm.state.phrase())
}

impl Draft {
    /// Begins a plan; the title and the verb are for people.
    pub(super) fn new(operation: Operation, target: Target, title: String, verb: &str) -> Self {
        let plan = Plan {
            operation,
            target,
            title,
            verb: verb.into(),
            summary: String::new(),
            done: "Done.".into(),
            steps: Vec::new(),
            notes: Vec::new(),
            confirm: Confirm::Yes,
            diff: String::new(),
            space: Vec::new(),
            downtime: Downtime::None,
            basis: Vec::new(),
            touches: BTreeSet::new(),
            inverse: None,
            after_kill: AfterKill::Stay,
            no_way_back: None,
        };
        Self { plan }
    }

    /// How it is done, in half a line.
    pub(super) fn summary(mut self, text: impl Into<String>) -> Self {
        self.plan.summary = clean(&text.into()).into_owned();
        self
    }

    /// How it is once it is done.
    pub(super) fn done(mut self, sentence: impl AsRef<str>) -> Self {
        self.plan.done = clean(sentence.as_ref()).into_owned();
        self
    }

    /// The same where it is so.
    pub(super) fn done_if(self, so: bool, sentence: &str) -> Self {
        if so { self.done(sentence) } else { self }
    }

    /// The word on the button, where it is not what the title begins with.
    pub(super) fn verb(mut self, verb: &str) -> Self {
        self.plan.verb = verb.into();
        self
    }

    /// One step, and the arguments of the `virsh` that does the same.
    pub(super) fn step(mut self, title: impl Into<String>, virsh: &[&str], act: Act) -> Self {
        let command = if virsh.is_empty() { Vec::new() } else { command("virsh", virsh) };
        let title = clean(&title.into()).into_owned();
        self.plan.steps.push(Step { title, command, act, undo: None });
        self
    }

    /// One step, and the whole command that does the same.
    pub(super) fn step_by(mut self, title: impl Into<String>, command: Vec<String>, act: Act) -> Self {
        let title = clean(&title.into()).into_owned();
        self.plan.steps.push(Step { title, command, act, undo: None });
        self
    }

    /// What takes the last step back.
    pub(super) fn undo(mut self, act: Act) -> Self {
        if let Some(step) = self.plan.steps.last_mut() {
            step.undo = Some(act);
        }
        self
    }

    /// Room it needs.
    pub(super) fn space(mut self, place: impl AsRef<str>, needs: u64, free: Option<u64>) -> Self {
        self.plan.space.push(Space { place: clean(place.as_ref()).into_owned(), needs, free });
        self
    }

    /// What it works on besides its target (`Target::thing`, `touch`): no two jobs at once on one thing.
    pub(super) fn touches(mut self, things: impl IntoIterator<Item = String>) -> Self {
        self.plan.touches.extend(things);
        self
    }

    /// What becomes of it when NovaCron is killed on the way.
    pub(super) const fn after_kill(mut self, what: AfterKill) -> Self {
        self.plan.after_kill = what;
        self
    }

    /// Behind the last step nothing is taken back any more.
    pub(super) fn no_way_back(mut self) -> Self {
        self.plan.no_way_back = self.plan.steps.len().checked_sub(1);
        self
    }

    /// What takes all of it back.
    pub(super) fn back_by(mut self, operation: Operation) -> Self {
        self.plan.inverse = Some(operation);
        self
    }

    /// Something to know before saying yes.
    pub(super) fn note(mut self, weight: Weight, text: impl AsRef<str>) -> Self {
        self.plan.notes.push(Note { weight, text: clean(text.as_ref()).into_owned() });
        self
    }

    /// The same where there is something to know.
    pub(super) fn note_if(self, so: bool, weight: Weight, text: impl AsRef<str>) -> Self {
        if so { self.note(weight, text) } else { self }
    }

    /// The name has to be typed.
    pub(super) fn typed(mut self) -> Self {
        self.plan.confirm = Confirm::Name(self.plan.target.name.clone());
        self
    }

    /// What changes in a definition.
    pub(super) fn diff(mut self, diff: &str) -> Self {
        self.plan.diff.push_str(&clean_lines(diff));
        self
    }

    /// How long the guest is not served.
    pub(super) const fn downtime(mut self, downtime: Downtime) -> Self {
        self.plan.downtime = downtime;
        self
    }

    /// What takes it back.
    pub(super) fn inverse(mut self, act: VmOperation) -> Self {
        if let Some(id) = self.plan.operation.vm_id() {
            self.plan.inverse = Some(Operation::vm(id, act));
        }
        self
    }

    /// Any operation that takes it back.
    pub(super) fn inverse_of(mut self, operation: Operation) -> Self {
        self.plan.inverse = Some(operation);
        self
    }

    /// The same where something does.
    pub(super) fn inverse_if(self, act: Option<VmOperation>) -> Self {
        match act {
            Some(act) => self.inverse(act),
            None => self,
        }
    }

    /// It rests on this too. What may not be drawn is written as an escape: nothing may look the same and be another.
    pub(super) fn rests_on(mut self, what: impl Into<String>, was: impl AsRef<str>) -> Self {
        let was = was.as_ref();
        let drawn = if clean(was) == was { was.to_owned() } else { was.escape_default().to_string() };
        self.plan.basis.push(Fact { what: what.into(), was: drawn });
        self
    }

    /// The plan, of what changes nothing.
    pub(super) fn harmless(self) -> Planned {
        Planned::Plan(Box::new(self.plan))
    }

    /// The plan, or the refusal of every change where this host allows none.
    pub(super) fn planned(mut self, facts: &Facts) -> Planned {
        if let Some(why) = &facts.read_only {
            return read_only(self.plan.operation, self.plan.target, self.plan.title, why);
        }
        self.plan.notes.sort_by_key(|n| n.weight);
        Planned::Plan(Box::new(self.plan))
    }
}

/// Nothing may be changed.
pub(super) fn read_only(operation: Operation, target: Target, title: String, why: &str) -> Planned {
    Planned::Refused(Box::new(Refusal {
        operation,
        target,
        title,
        reason: clean(why).into_owned(),
        remedy: "Start without --read-only, or set read_only = false, to be able to.".into(),
        kind: RefusalKind::NotAllowed,
    }))
}

/// Why it cannot be done.
pub(super) fn refused(
    act: &VmOperation,
    vm: &VmFacts,
    verb: &str,
    kind: RefusalKind,
    reason: impl AsRef<str>,
    remedy: impl Into<String>,
) -> Planned {
    refused_of(Operation::vm(vm.id, act.clone()), vm, verb, kind, reason, remedy)
}

/// Why any operation on this VM cannot be done.
pub(super) fn refused_of(
    operation: Operation,
    vm: &VmFacts,
    verb: &str,
    kind: RefusalKind,
    reason: impl AsRef<str>,
    remedy: impl Into<String>,
) -> Planned {
    let target = Target::vm(vm.id, &vm.name);
    Planned::Refused(Box::new(Refusal {
        operation,
        title: format!("{verb} {}", target.display_name()),
        target,
        reason: clean(reason.as_ref()).into_owned(),
        remedy: remedy.into(),
        kind,
    }))
}

/// The VM as an argument of `virsh`: its name, or its UUID where a name would be taken for an option, for a number or a
/// UUID, or cannot be typed.
pub(super) fn argument(vm: &VmFacts) -> String {
    let name = vm.name.as_str();
    let number = name.bytes().all(|b| b.is_ascii_digit());
    if number || name.starts_with('-') || clean(name) != name || name.parse::<VmId>().is_ok() {
        vm.id.to_string()
    } else {
        name.to_owned()
    }
}

/// Why nothing about its disks is begun in a state that is passing or not known, and what then; `None` where it can be.
pub(super) const fn unsettled(state: VmState) -> Option<(RefusalKind, &'static str)> {
    match state {
        VmState::Unknown => Some((RefusalKind::Unknown, "")),
        VmState::ShuttingDown => Some((RefusalKind::State, "Wait until it is off.")),
        VmState::Paused(
            PauseReason::Migration
            | PauseReason::Saving
            | PauseReason::StartingUp
            | PauseReason::PostcopyFailed,
        ) => Some((RefusalKind::InUse, "Wait until that is over.")),
        _ => None,
    }
}

/// A sentence about its state.
pub(super) fn it_is(state: VmState) -> String {
    match state {
        VmState::Unknown => "Its state is not known.".into(),
        state => format!("It is {}.", state.phrase()),
    }
}

fn command(program: &str, arguments: &[&str]) -> Vec<String> {
    std::iter::once(program).chain(arguments.iter().copied()).map(str::to_owned).collect()
}
