//! Who used most of something in a window.

use super::App;
use super::charts::Window;
use super::history::{Told, TopAsk, TopRow};
use crate::engine::history::Rank;
use crate::model::metric::{Entity, MetricId};
use crate::model::time::Timestamp;
use crate::model::units::Unit;

/// What can be asked for.
pub const METRICS: [MetricId; 14] = [
    MetricId::VmCpu,
    MetricId::VmCpuHost,
    MetricId::VmMemory,
    MetricId::VmDisk,
    MetricId::VmIops,
    MetricId::VmLatency,
    MetricId::VmNet,
    MetricId::VmSteal,
    MetricId::DiskRead,
    MetricId::DiskWrite,
    MetricId::DiskReadLatency,
    MetricId::DiskWriteLatency,
    MetricId::NicRx,
    MetricId::NicTx,
];

/// The view's state.
#[derive(Clone, Debug)]
pub struct Top {
    /// Of what.
    pub metric: MetricId,
    /// By what.
    pub by: Rank,
    /// In which window.
    pub window: Window,
    /// Its end.
    pub to: Timestamp,
    /// The answer; `None` while it is read.
    pub told: Option<Told<Vec<TopRow>>>,
    /// The selected row.
    pub selected: usize,
    /// Number of the question.
    number: u64,
    due: bool,
}

impl Top {
    /// The view as it opens.
    pub const fn new(window: Window, to: Timestamp) -> Self {
        let metric = MetricId::VmCpu;
        Self { metric, by: Rank::Mean, window, to, told: None, selected: 0, number: 0, due: true }
    }

    /// Its rows; empty until they are here.
    pub fn rows(&self) -> &[TopRow] {
        match &self.told {
            Some(Told::Here(rows)) => rows,
            _ => &[],
        }
    }

    /// The next metric, or the one before.
    pub(in crate::console::app) fn step_metric(&mut self, by: isize) {
        let at = METRICS.iter().position(|m| *m == self.metric).unwrap_or(0).cast_signed();
        self.metric = METRICS[(at + by).rem_euclid(METRICS.len().cast_signed()).cast_unsigned()];
        if self.by == Rank::Total && !self.has_total() {
            self.by = Rank::Mean;
        }
        self.ask_anew();
    }

    /// Whether the metric adds up over time to something that has a name.
    fn has_total(&self) -> bool {
        matches!(self.metric.get().unit, Unit::BytesPerSecond | Unit::PerSecond)
    }

    /// Which of all metrics it is, from 1, and how many there are.
    pub fn place(&self) -> (usize, usize) {
        (METRICS.iter().position(|m| *m == self.metric).map_or(0, |at| at + 1), METRICS.len())
    }

    /// What is ranked and by what: `Read, by disk`.
    pub fn title(&self) -> String {
        let metric = self.metric.get();
        match metric.entity {
            Entity::Disk => format!("{}, by disk", metric.title),
            Entity::Nic => format!("{}, by NIC", metric.title),
            _ => metric.title.to_owned(),
        }
    }

    /// Ranks by the next thing.
    pub(super) fn step_rank(&mut self) {
        self.by = match self.by {
            Rank::Mean => Rank::Max,
            Rank::Max if self.has_total() => Rank::Total,
            Rank::Max | Rank::Total => Rank::Mean,
        };
        self.ask_anew();
    }

    /// Another window.
    pub(super) fn set_window(&mut self, window: Window) {
        self.window = window;
        self.ask_anew();
    }

    fn ask_anew(&mut self) {
        self.told = None;
        self.selected = 0;
        self.due = true;
    }

    /// What a value is in: totals are of other units than rates.
    pub fn unit(&self) -> Unit {
        match (self.by, self.metric.get().unit) {
            (Rank::Total, Unit::BytesPerSecond) => Unit::Bytes,
            (Rank::Total, Unit::PerSecond) => Unit::Count,
            (_, unit) => unit,
        }
    }

    /// The word for what it ranks by.
    pub const fn by_word(&self) -> &'static str {
        match self.by {
            Rank::Mean => "mean",
            Rank::Max => "peak",
            Rank::Total => "total",
        }
    }
}

/// The question to ask now, if any.
pub(super) fn ask(app: &mut App) -> Option<TopAsk> {
    let number = app.moments + 1;
    let top = app.top_mut().filter(|top| top.due)?;
    top.due = false;
    top.number = number;
    let from = Timestamp(top.to.0.saturating_sub(top.window.ms()));
    let ask = TopAsk { number, metric: top.metric, by: top.by, from, to: top.to };
    app.moments = number;
    Some(ask)
}

/// Takes an answer, unless something else was asked since.
pub(super) fn answered(app: &mut App, number: u64, told: Told<Vec<TopRow>>) {
    if let Some(top) = app.top_mut().filter(|top| top.number == number) {
        top.told = Some(told);
        app.dirty = true;
    }
}
