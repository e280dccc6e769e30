//! Plans: what an operation would do, told before anything happens; and refusals.

mod act;
mod act_definition;
mod act_guest;
mod act_hardware;
mod act_layers;
mod act_making;
mod act_network;
mod act_snapshot;
mod act_storage;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::operation::{Operation, Target};
pub use act::Act;
pub use act_definition::DefinitionAct;
pub use act_guest::GuestAct;
pub use act_hardware::HardwareAct;
pub use act_layers::LayersAct;
pub use act_making::{Content, CopiedDisk, MakingAct};
pub use act_network::NetworkAct;
pub use act_snapshot::SnapshotAct;
pub use act_storage::StorageAct;

/// What an operation would do, and on what it rests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What was asked for.
    pub operation: Operation,
    /// What it acts on.
    pub target: Target,
    /// What would be done, with the name: `Shut down web01`.
    pub title: String,
    /// The word on the button: `Shut down`.
    pub verb: String,
    /// How it is done, in half a line: `agent, then ACPI; 90 s`.
    pub summary: String,
    /// How it is once it is done, a sentence: `It is off.`
    #[serde(default)]
    pub done: String,
    /// What is done, in order. Never empty.
    pub steps: Vec<Step>,
    /// What one should know before saying yes; worst first.
    pub notes: Vec<Note>,
    /// What must be given to go ahead.
    pub confirm: Confirm,
    /// What changes in a definition, as a unified diff of its XML; empty when nothing does.
    pub diff: String,
    /// Room it needs.
    pub space: Vec<Space>,
    /// How long the guest will not be served.
    pub downtime: Downtime,
    /// What it rests on: when one of these is no longer so, the plan is made anew.
    pub basis: Vec<Fact>,
    /// What it works on besides its target: no two jobs at once on one thing.
    #[serde(default)]
    pub touches: BTreeSet<String>,
    /// What takes it back, where something does.
    pub inverse: Option<Operation>,
    /// What becomes of it when NovaCron is killed on the way.
    pub after_kill: AfterKill,
    /// Number of the step behind which nothing is taken back any more: once it is done, the rest is done as well, whatever
    /// stops the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_way_back: Option<usize>,
}

/// One thing that is done, with what would take it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What, as a person would say it: `Ask the guest to shut down (ACPI)`.
    pub title: String,
    /// The command that does the same, as arguments; empty where there is none.
    pub command: Vec<String>,
    /// What is done.
    pub act: Act,
    /// What takes it back.
    pub undo: Option<Act>,
}

/// How much something should give pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Data is lost.
    Danger,
    /// Somebody may be hurt by it.
    Warning,
    /// Good to know.
    Info,
}

/// Something one should know before saying yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// How much it should give pause.
    pub weight: Weight,
    /// One sentence, cleaned.
    pub text: String,
}

/// What must be given to go ahead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirm {
    /// A yes.
    Yes,
    /// This name, typed: data would be lost.
    Name(String),
}

/// Room that a plan needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// Where, as a person would say it.
    pub place: String,
    /// Bytes at most.
    pub needs: u64,
    /// Bytes free there, where known.
    pub free: Option<u64>,
}

/// How long the guest is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Downtime {
    /// Not at all.
    None,
    /// For moments.
    Moments,
    /// For about so many seconds.
    About(u32),
    /// Until it is started or resumed again.
    UntilStarted,
}

/// Something a plan rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Of what: `state of web01`.
    pub what: String,
    /// How it was: `running`. Long ones as a hash.
    pub was: String,
}

/// What becomes of a job that a kill interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterKill {
    /// What was done stays; the rest is not done.
    Stay,
    /// What was done is taken back.
    Undo,
    /// The rest is done.
    Finish,
}

/// Why an operation is not possible now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What was asked for.
    pub operation: Operation,
    /// What it would have acted on.
    pub target: Target,
    /// What is refused, with the name: `Shut down web01`.
    pub title: String,
    /// Why, one sentence, cleaned.
    pub reason: String,
    /// What would make it possible, one sentence; may be empty.
    pub remedy: String,
    /// What kind of refusal it is: decides a command's exit code.
    pub kind: RefusalKind,
}

/// Kinds of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// It is so already: nothing is left to do.
    AlreadySo,
    /// There is no such thing.
    NotFound,
    /// What is asked for makes no sense: a name that is none, a number out of range.
    BadRequest,
    /// Not in this state.
    State,
    /// Nothing may be changed here: read-only, or without the right to.
    NotAllowed,
    /// It is protected.
    Protected,
    /// Something else uses it, or works on it.
    InUse,
    /// A name, address or place is taken.
    Taken,
    /// There is not enough room.
    Space,
    /// This host cannot.
    Unsupported,
    /// What it rests on could not be read.
    Unknown,
}

/// What became of the wish for a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Planned {
    /// It can be done.
    Plan(Box<Plan>),
    /// It cannot.
    Refused(Box<Refusal>),
}

impl Planned {
    /// The plan, where there is one.
    pub fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Plan(plan) => Some(plan),
            Self::Refused(_) => None,
        }
    }

    /// What it acts on, or would have.
    pub fn target(&self) -> &Target {
        match self {
            Self::Plan(plan) => &plan.target,
            Self::Refused(refusal) => &refusal.target,
        }
    }
}

impl Plan {
    /// The first thing this plan rests on that another, made later, does not rest on any more.
    pub fn stale_against<'p>(&'p self, now: &'p Self) -> Option<(&'p Fact, Option<&'p Fact>)> {
        self.basis.iter().find_map(|fact| {
            let there = now.basis.iter().find(|f| f.what == fact.what);
            (there.map(|f| &f.was) != Some(&fact.was)).then_some((fact, there))
        })
    }

    /// Everything that no other job may work on meanwhile.
    pub fn things(&self) -> BTreeSet<String> {
        let mut things = self.touches.clone();
        things.insert(self.target.thing());
        things
    }

    /// The worst that its notes say.
    pub fn weight(&self) -> Weight {
        self.notes.iter().map(|n| n.weight).min().unwrap_or(Weight::Info)
    }
}
