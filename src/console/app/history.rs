//! What is asked of history, and what comes back: plain data. Each question has a number; an answer to another one
//! than was asked last is dropped.

use crate::engine::history::{Event, PastView, Points, Rank, Subject};
use crate::model::id::VmId;
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;

/// An answer of history.
#[derive(Clone, Debug, PartialEq)]
pub enum Told<T> {
    /// Here it is.
    Here(T),
    /// No history is kept of this host.
    NotKept,
    /// It could not be read, with a sentence.
    Failed(String),
}

/// A line of a chart: of what, which metric.
pub type SeriesKey = (Subject, MetricId);

/// What charts ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartAsk {
    /// Number of the question.
    pub number: u64,
    /// These lines.
    pub series: Vec<SeriesKey>,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// About so many points of each.
    pub target: usize,
}

/// What charts get.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartHistory {
    /// The lines asked for.
    pub series: Vec<(SeriesKey, Points)>,
    /// What happened meanwhile, oldest first.
    pub events: Vec<Event>,
    /// The oldest record there is.
    pub begin: Option<Timestamp>,
}

/// What a past moment is asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MomentAsk {
    /// Number of the question.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Now, as far as the console knows: events until then tell what was before them.
    pub now: Timestamp,
}

/// What is known of a past moment.
#[derive(Clone, Debug, PartialEq)]
pub struct MomentHistory {
    /// When.
    pub at: Timestamp,
    /// All values.
    pub view: PastView,
    /// What happened before it, and which states VMs were seen in, oldest first.
    pub before: Vec<Event>,
    /// What happened since, oldest first.
    pub after: Vec<Event>,
    /// Names, where they are others than now or the VM is gone.
    pub names: Vec<(VmId, String)>,
    /// The oldest record there is.
    pub begin: Option<Timestamp>,
}

/// Who used most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopAsk {
    /// Number of the question.
    pub number: u64,
    /// Of what.
    pub metric: MetricId,
    /// By what.
    pub by: Rank,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// One that used much.
#[derive(Clone, Debug, PartialEq)]
pub struct TopRow {
    /// Which VM, or whose device.
    pub id: VmId,
    /// Which of its disks or NICs, where these are ranked.
    pub device: Option<Subject>,
    /// Its name, where it is known. Not cleaned.
    pub name: Option<String>,
    /// How much.
    pub value: f64,
}
