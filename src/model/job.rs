//! Jobs: plans that are carried out, and what became of them.

use serde::{Deserialize, Serialize};

use super::operation::{Operation, Target};
use super::time::Timestamp;

/// A job's number in the state database of this machine. Grows with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobId(pub i64);

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// It waits for its turn: for another job on the same thing, or for a free hand.
    Queued,
    /// It is being done.
    Running,
    /// It was told to stop and takes back what it did.
    Cancelling,
    /// Done.
    Done,
    /// It did not do what was asked; what it had done was taken back where that was possible.
    Failed,
    /// Stopped by the user; nothing half-made was left.
    Cancelled,
    /// What it rested on had changed before it began: nothing was done.
    Stale,
    /// NovaCron was killed in the middle, or lost its connection, and nobody has looked after it yet.
    Interrupted,
}

impl JobState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Running,
        Self::Cancelling,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
        Self::Stale,
        Self::Interrupted,
    ];

    /// One word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Stale => "stale",
            Self::Interrupted => "interrupted",
        }
    }

    /// The state of that word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Whether nothing more will happen.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled | Self::Stale)
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Begun: written down before it acts.
    Begun,
    /// Done.
    Done,
    /// Failed.
    Failed,
    /// Done, and taken back.
    Undone,
}

impl StepState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Begun, Self::Done, Self::Failed, Self::Undone];

    /// One word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Begun => "begun",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Undone => "undone",
        }
    }

    /// The state of that word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// How far long work is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// How much is done.
    pub done: u64,
    /// How much there is to do; 0 where that is not known.
    pub total: u64,
    /// In what it is counted.
    pub unit: Unit,
    /// A second, over the last moments; `None` where it cannot be told.
    pub rate: Option<f64>,
}

/// In what progress is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Bytes.
    #[default]
    Bytes,
    /// Seconds of a time that was given.
    Seconds,
}

impl Progress {
    /// From 0 to 1; `None` where the whole is not known.
    pub fn share(&self) -> Option<f64> {
        (self.total > 0).then(|| (self.done as f64 / self.total as f64).clamp(0.0, 1.0))
    }

    /// Seconds left at the present rate.
    pub fn seconds_left(&self) -> Option<f64> {
        let rate = self.rate.filter(|r| *r > 0.0)?;
        (self.total > 0).then(|| self.total.saturating_sub(self.done) as f64 / rate)
    }
}

/// A step of a job, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStep {
    /// What.
    pub title: String,
    /// The command that does the same; empty where there is none.
    pub command: Vec<String>,
    /// How far it is.
    pub state: StepState,
    /// When it was begun.
    pub begun: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

/// A plan that is or was carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Jobs that were confirmed together have the number of the first.
    pub batch: JobId,
    /// What was asked for.
    pub operation: Operation,
    /// What it acts on.
    pub target: Target,
    /// `Shut down web01`.
    pub title: String,
    /// How it stands.
    pub state: JobState,
    /// Its steps.
    pub steps: Vec<JobStep>,
    /// How far the present step is, where it tells.
    pub progress: Option<Progress>,
    /// When it was confirmed.
    pub created: Timestamp,
    /// When it was begun.
    pub started: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// What became of it, one or two sentences, cleaned; empty while it is not over.
    pub outcome: String,
    /// Who asked for it.
    pub by: Actor,
    /// What takes it back, once it is done.
    pub undo: Option<Operation>,
    /// What may be tried instead, where it failed: forcing off what did not shut down.
    pub offer: Option<Operation>,
    /// Whether this process carries it out.
    pub here: bool,
}

impl Job {
    /// The step that is under way, or was last.
    pub fn step_now(&self) -> Option<&JobStep> {
        self.steps.iter().rev().find(|s| s.state != StepState::Waiting)
    }
}

/// Who did something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// The user, also behind `sudo`.
    pub user: String,
    /// Address of the SSH client, or the terminal.
    pub origin: String,
    /// From where.
    pub via: Via,
    /// The process.
    pub pid: u32,
}

/// From where something was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// The console.
    #[default]
    Console,
    /// A command.
    Command,
    /// The collector.
    Collector,
}

impl Via {
    /// All.
    pub const ALL: [Self; 3] = [Self::Console, Self::Command, Self::Collector];

    /// One word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Command => "command",
            Self::Collector => "collector",
        }
    }

    /// The one of that word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.word() == word)
    }
}
