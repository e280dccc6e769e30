//! Series: what a metric did over the last minutes. A gap is data: a counter reset, a pause or an unanswered
//! poll is stored as such, never as 0 and never as a spike.
//!
//! Values of one group come together, so they share one time axis: a [`Track`] is a short table, one row a
//! poll. It is kept in chunks behind `Arc`, so that publishing a snapshot copies pointers, not samples.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::metric::{METRIC_COUNT, METRICS, MetricId};
use super::time::Timestamp;

/// Rows in a chunk. Small: the newest chunk is copied once per published snapshot.
const CHUNK_ROWS: usize = 32;

/// Up to [`CHUNK_ROWS`] rows, row-major.
///
/// Times are kept as milliseconds since the first row: half of the memory of a narrow track would be timestamps.
#[derive(Debug)]
struct Chunk {
    first: Timestamp,
    offsets: Vec<u32>,
    values: Vec<f32>,
}

impl Chunk {
    fn new(first: Timestamp, width: usize) -> Self {
        let offsets = Vec::with_capacity(CHUNK_ROWS);
        Self { first, offsets, values: Vec::with_capacity(CHUNK_ROWS * width) }
    }

    /// The offset of a row at this time, if there is room for it.
    fn place(&self, at: Timestamp) -> Option<u32> {
        let offset = u32::try_from(at.0 - self.first.0).ok()?;
        (self.offsets.len() < CHUNK_ROWS).then_some(offset)
    }

    fn times(&self) -> impl DoubleEndedIterator<Item = Timestamp> + ExactSizeIterator + '_ {
        self.offsets.iter().map(|offset| Timestamp(self.first.0 + i64::from(*offset)))
    }

    fn last(&self) -> Option<Timestamp> {
        self.times().next_back()
    }
}

/// With room for a full chunk: a copy of just its length would grow to twice its size at the next row.
impl Clone for Chunk {
    fn clone(&self) -> Self {
        let width = self.values.len() / self.offsets.len().max(1);
        let mut copy = Self::new(self.first, width);
        copy.offsets.extend_from_slice(&self.offsets);
        copy.values.extend_from_slice(&self.values);
        copy
    }
}

/// The recent values of the metrics of one group of one thing, oldest first.
#[derive(Clone, Debug)]
pub struct Track {
    metrics: &'static [MetricId],
    chunks: VecDeque<Arc<Chunk>>,
}

impl Track {
    /// An empty track of these metrics.
    pub const fn new(metrics: &'static [MetricId]) -> Self {
        Self { metrics, chunks: VecDeque::new() }
    }

    /// The metrics, in column order.
    pub const fn metrics(&self) -> &'static [MetricId] {
        self.metrics
    }

    /// Adds a row and drops whole chunks older than `keep`. A row that is not later than the last is ignored.
    ///
    /// `values` are in column order; `None` is a gap.
    pub fn push(&mut self, at: Timestamp, values: &[Option<f64>], keep: Duration) {
        debug_assert_eq!(values.len(), self.metrics.len());
        if !self.push_row(at, values.iter().map(|v| v.map_or(f32::NAN, |v| v as f32))) {
            return;
        }
        self.forget_before(Timestamp(at.0 - i64::try_from(keep.as_millis()).unwrap_or(i64::MAX)));
    }

    /// Adds a row as it is kept, one value a column, not-a-number for a gap. Returns whether it is later than the last.
    pub fn push_row(&mut self, at: Timestamp, values: impl Iterator<Item = f32>) -> bool {
        if self.last_time().is_some_and(|t| t >= at) {
            return false;
        }
        if self.chunks.back().is_none_or(|c| c.place(at).is_none()) {
            self.chunks.push_back(Arc::new(Chunk::new(at, self.metrics.len())));
        }
        if let Some(last) = self.chunks.back_mut()
            && let Some(offset) = last.place(at)
        {
            let chunk = Arc::make_mut(last);
            chunk.offsets.push(offset);
            chunk.values.extend(values.take(self.metrics.len()));
        }
        true
    }

    /// Drops whole chunks that are older; the newest stays.
    pub fn forget_before(&mut self, oldest: Timestamp) {
        while self.chunks.len() > 1
            && self.chunks.front().is_some_and(|c| c.last().is_none_or(|t| t < oldest))
        {
            self.chunks.pop_front();
        }
    }

    /// Adds a row of gaps, once: a second one in a row says nothing new.
    pub fn push_gap(&mut self, at: Timestamp, keep: Duration) {
        let last_is_gap = self
            .chunks
            .back()
            .is_none_or(|c| c.values.iter().rev().take(self.metrics.len()).all(|v| v.is_nan()));
        if !last_is_gap {
            self.push(at, &vec![None; self.metrics.len()], keep);
        }
    }

    /// Rows later than `after`, or all, oldest first; values in column order, not-a-number where there is a gap.
    pub fn rows_after(&self, after: Option<Timestamp>) -> impl Iterator<Item = (Timestamp, &[f32])> + '_ {
        let width = self.metrics.len().max(1);
        let new = move |t: &Timestamp| after.is_none_or(|after| *t > after);
        let chunks = self.chunks.iter().filter(move |c| c.last().as_ref().is_some_and(new));
        chunks.flat_map(move |c| c.times().zip(c.values.chunks_exact(width)).filter(move |(t, _)| new(t)))
    }

    /// When the oldest row was taken.
    pub fn first_time(&self) -> Option<Timestamp> {
        self.chunks.front()?.times().next()
    }

    /// When the newest row was taken.
    pub fn last_time(&self) -> Option<Timestamp> {
        self.chunks.back()?.last()
    }

    /// Rows held.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|c| c.offsets.len()).sum()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    fn column(&self, metric: MetricId) -> Option<usize> {
        self.metrics.iter().position(|m| *m == metric)
    }

    /// The points of one metric, oldest first; empty when the track does not hold it.
    pub fn points(&self, metric: MetricId) -> impl DoubleEndedIterator<Item = (Timestamp, Option<f64>)> + '_ {
        let width = self.metrics.len();
        let column = self.column(metric);
        self.chunks.iter().filter(move |_| column.is_some()).flat_map(move |c| {
            let column = column.unwrap_or_default();
            c.times().enumerate().map(move |(row, t)| {
                let v = c.values[row * width + column];
                (t, (!v.is_nan()).then_some(f64::from(v)))
            })
        })
    }

    /// The newest `n` values of one metric, oldest first, for a sparkline: one value a row.
    pub fn recent(&self, metric: MetricId, n: usize) -> Vec<Option<f64>> {
        let mut out: Vec<_> = self.points(metric).rev().take(n).map(|(_, v)| v).collect();
        out.reverse();
        out
    }
}

/// The newest value of each metric of one thing; unknown until measured.
#[derive(Clone, Debug, Default)]
pub struct Readings(Option<Box<[f64; METRIC_COUNT]>>);

impl Readings {
    /// The newest value; `None` when unknown.
    pub fn get(&self, metric: MetricId) -> Option<f64> {
        let v = self.0.as_ref()?[metric as usize];
        (!v.is_nan()).then_some(v)
    }

    /// Sets or, with `None`, forgets a value.
    pub fn set(&mut self, metric: MetricId, value: Option<f64>) {
        if self.0.is_none() && value.is_none() {
            return;
        }
        let values = self.0.get_or_insert_with(|| Box::new([f64::NAN; METRIC_COUNT]));
        values[metric as usize] = value.unwrap_or(f64::NAN);
    }

    /// The values that are known.
    pub fn known(&self) -> impl Iterator<Item = (MetricId, f64)> + '_ {
        let values = self.0.iter().flat_map(|values| METRICS.iter().map(|m| (m.id, values[m.id as usize])));
        values.filter(|(_, v)| !v.is_nan())
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: &[MetricId] = &[MetricId::VmCpu, MetricId::VmCpuHost];

    #[test]
    fn keeps_at_least_what_was_asked_and_gaps_stay_gaps() {
        let mut t = Track::new(M);
        let keep = Duration::from_secs(100);
        for s in 0..200 {
            t.push(Timestamp::from_seconds(s), &[Some(s as f64), None], keep);
        }
        let points: Vec<_> = t.points(MetricId::VmCpu).collect();
        assert_eq!(points.last(), Some(&(Timestamp::from_seconds(199), Some(199.0))));
        assert!(points[0].0 <= Timestamp::from_seconds(99) && points[0].0 >= Timestamp::from_seconds(60));
        assert!(t.points(MetricId::VmCpuHost).all(|(_, v)| v.is_none()));
        assert_eq!(t.points(MetricId::PoolUsed).count(), 0);
        assert_eq!(t.recent(MetricId::VmCpu, 2), [Some(198.0), Some(199.0)]);
    }

    #[test]
    fn late_rows_and_repeated_gaps_are_not_stored() {
        let mut t = Track::new(M);
        let keep = Duration::from_secs(100);
        t.push_gap(Timestamp(1), keep);
        assert!(t.is_empty());
        t.push(Timestamp(10), &[Some(1.0), Some(2.0)], keep);
        t.push(Timestamp(10), &[Some(9.0), Some(9.0)], keep);
        t.push_gap(Timestamp(20), keep);
        t.push_gap(Timestamp(30), keep);
        assert_eq!(t.len(), 2);
    }

    #[test]
    fn rows_years_apart_keep_their_times() {
        let mut t = Track::new(M);
        let times = [-5, 0, 4_294_967_295, 4_294_967_296, i64::from(u32::MAX) * 3].map(Timestamp);
        for (i, at) in times.into_iter().enumerate() {
            t.push(at, &[Some(i as f64), None], Duration::from_secs(1 << 40));
        }
        let points: Vec<_> = t.points(MetricId::VmCpu).collect();
        assert_eq!(points.iter().map(|(at, _)| *at).collect::<Vec<_>>(), times);
        assert_eq!(points.iter().map(|(_, v)| v.unwrap()).collect::<Vec<_>>(), [0.0, 1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn rows_after_a_time_are_those_not_seen_yet() {
        let mut t = Track::new(M);
        for s in 0..100 {
            t.push(Timestamp(s), &[Some(s as f64), None], Duration::from_secs(9));
        }
        let late: Vec<_> = t.rows_after(Some(Timestamp(97))).map(|(at, v)| (at.0, v[0])).collect();
        assert_eq!(late, [(98, 98.0), (99, 99.0)]);
        assert_eq!(t.rows_after(None).count(), 100);
        assert_eq!(t.rows_after(Some(Timestamp(99))).count(), 0);
    }

    #[test]
    fn a_published_copy_does_not_change() {
        let mut t = Track::new(M);
        t.push(Timestamp(1), &[Some(1.0), None], Duration::from_secs(9));
        let published = t.clone();
        t.push(Timestamp(2), &[Some(2.0), None], Duration::from_secs(9));
        assert_eq!((published.len(), t.len()), (1, 2));
    }
}
