//! A chart's points: of the tier that fits, drawn together to as many as are asked for, gaps as gaps.

use super::HistoryReader;
use super::rows::{Row, sample, tier_for};
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
use crate::store::blocks::ReadError;
use crate::store::error::StoreError;
use crate::store::rollup::Sum;
use crate::store::subject::Subject;
use crate::store::tier::Tier;

/// A point of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When its span begins.
    pub at: Timestamp,
    /// Mean; `None` is a gap: nothing was measured, the line breaks.
    pub mean: Option<f64>,
    /// Least value; 0 in a gap.
    pub min: f32,
    /// Greatest value; 0 in a gap.
    pub max: f32,
    /// Samples in it.
    pub count: u64,
}

/// The points of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// What they were made of.
    pub tier: Tier,
    /// In order of time.
    pub points: Vec<Point>,
}

impl HistoryReader {
    /// Samples of a series in `from..to`, as they were measured, in order of time; `None` is a gap.
    pub fn raw(
        &self,
        subject: &Subject,
        metric: MetricId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(Timestamp, Option<f32>)>, StoreError> {
        let samples = self.read(|| self.all_samples(subject, metric, from.0, to.0))?;
        Ok(samples.into_iter().map(|(at, v)| (Timestamp(at), (!v.is_nan()).then_some(v))).collect())
    }

    /// A series in `from..to` in about `target` points (gaps not counted), from the finest tier that has so much past
    /// and is not more than that: samples, minutes or hours.
    ///
    /// Of fewer rows than points each row is a point; of more, each point is the band and mean of a span.
    pub fn points(
        &self,
        subject: &Subject,
        metric: MetricId,
        from: Timestamp,
        to: Timestamp,
        target: usize,
    ) -> Result<Points, StoreError> {
        let target = i64::try_from(target.max(1)).unwrap_or(i64::MAX);
        let bucket = (to.0.saturating_sub(from.0) / target).max(1);
        self.read(|| {
            let tier = self.tier_reaching(from.0, tier_for(bucket))?;
            let rows = match tier {
                Tier::Raw => {
                    let samples = self.all_samples(subject, metric, from.0, to.0)?;
                    samples.into_iter().map(|(at, v)| (at, sample(v))).collect()
                }
                Tier::Minute | Tier::Hour => self.all_rollups(subject, metric, tier, from.0, to.0)?,
            };
            let few = i64::try_from(rows.len()).is_ok_and(|rows| rows <= target);
            let bucket = if few { 1 } else { bucket };
            Ok(Points { tier, points: drawn(&rows, from.0, bucket, tier.step_ms()) })
        })
    }

    /// This tier or the next coarser one that reaches back further, where this one does not reach back to `from`.
    fn tier_reaching(&self, from: i64, wanted: Tier) -> Result<Tier, ReadError> {
        let mut best = (wanted, self.oldest_ms(wanted)?.unwrap_or(i64::MAX));
        for tier in Tier::ALL.into_iter().filter(|t| *t > wanted) {
            if best.1 <= from {
                break;
            }
            let oldest = self.oldest_ms(tier)?.unwrap_or(i64::MAX);
            // A coarser one begins at the begin of a longer block: that alone is no more past.
            if oldest.saturating_add(tier.block_ms()) < best.1 {
                best = (tier, oldest);
            }
        }
        Ok(best.0)
    }

    fn all_samples(
        &self,
        subject: &Subject,
        metric: MetricId,
        from: i64,
        to: i64,
    ) -> Result<Vec<(i64, f32)>, ReadError> {
        let mut out = Vec::new();
        for track in self.tracks_of(subject)? {
            if let Some(column) = track.column(metric) {
                out.append(&mut self.samples(&track, column, from, to)?);
            }
        }
        if !out.is_sorted_by_key(|(at, _)| *at) {
            out.sort_by_key(|(at, _)| *at);
        }
        Ok(out)
    }

    fn all_rollups(
        &self,
        subject: &Subject,
        metric: MetricId,
        tier: Tier,
        from: i64,
        to: i64,
    ) -> Result<Vec<Row>, ReadError> {
        let mut out = Vec::new();
        for track in self.tracks_of(subject)? {
            if let Some(column) = track.column(metric) {
                out.append(&mut self.rollups(&track, column, tier, from, to)?);
            }
        }
        if !out.is_sorted_by_key(|(at, _)| *at) {
            out.sort_by_key(|(at, _)| *at);
        }
        Ok(out)
    }
}

/// Distance between rows from which on it is a gap: some multiple of the usual one.
fn patience(rows: &[Row], step: i64) -> i64 {
    let mut distances: Vec<i64> = rows.windows(2).map(|w| w[1].0 - w[0].0).collect();
    let middle = distances.len() / 2;
    let usual = if distances.is_empty() { 0 } else { *distances.select_nth_unstable(middle).1 };
    (usual * 5 / 2).max(step * 3 / 2)
}

/// Rows to points, a gap where the line breaks.
fn drawn(rows: &[Row], from: i64, bucket: i64, step: i64) -> Vec<Point> {
    let patience = patience(rows, step);
    let span_of = |at: i64| if bucket > 1 { from + (at - from).div_euclid(bucket) * bucket } else { at };
    let mut out: Vec<Point> = Vec::new();
    let mut before: Option<i64> = None;
    for same in rows.chunk_by(|a, b| span_of(a.0) == span_of(b.0)) {
        let mut sum = Sum::default();
        for (_, stats) in same {
            sum.add(*stats);
        }
        let (first, last) = (same[0].0, same[same.len() - 1].0);
        if let Some(before) = before.filter(|before| first - before > patience) {
            gap(before + 1, &mut out);
        }
        before = Some(last);
        let at = Timestamp(span_of(first));
        match sum.mean() {
            Some(mean) => {
                let (min, max) = sum.band();
                out.push(Point { at, mean: Some(mean), min, max, count: sum.count() as u64 });
            }
            None => gap(at.0, &mut out),
        }
    }
    out
}

/// One gap is enough.
fn gap(at: i64, out: &mut Vec<Point>) {
    if out.last().is_some_and(|p| p.mean.is_some()) {
        out.push(Point { at: Timestamp(at), mean: None, min: 0.0, max: 0.0, count: 0 });
    }
}
