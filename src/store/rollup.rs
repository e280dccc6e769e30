//! Roll-ups: many rows to one with mean, least, greatest and count of each metric.

use super::codec::chunk::Rows;
use super::tier::STATS;
use crate::model::metric::MetricId;
use crate::model::resolution;

/// What is known of one metric over a span: mean, least, greatest, count. NaN and 0 for nothing.
pub(crate) type Stats = [f32; STATS];

/// Nothing measured.
pub(crate) const NONE: Stats = [f32::NAN, f32::NAN, f32::NAN, 0.0];

/// A sum on its way to be [`Stats`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    total: f64,
    least: f32,
    greatest: f32,
    count: f64,
}

impl Default for Sum {
    fn default() -> Self {
        Self { total: 0.0, least: f32::INFINITY, greatest: f32::NEG_INFINITY, count: 0.0 }
    }
}

impl Sum {
    /// Takes a sample; a gap counts for nothing.
    pub(crate) fn sample(&mut self, v: f32) {
        if !v.is_nan() {
            self.add([v, v, v, 1.0]);
        }
    }

    /// Takes what is known of another span.
    pub(crate) fn add(&mut self, [mean, least, greatest, count]: Stats) {
        if count > 0.0 {
            self.total += f64::from(mean) * f64::from(count);
            self.least = self.least.min(least);
            self.greatest = self.greatest.max(greatest);
            self.count += f64::from(count);
        }
    }

    /// Mean, unrounded; `None` for nothing measured.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| {
            let mean = self.total / self.count;
            // Infinities cancel to no number at all; rounding must not leave the band.
            if mean.is_nan() { mean } else { mean.clamp(self.least.into(), self.greatest.into()) }
        })
    }

    /// Least and greatest; meaningless for nothing measured.
    pub(crate) const fn band(&self) -> (f32, f32) {
        (self.least, self.greatest)
    }

    /// How many samples.
    pub(crate) const fn count(&self) -> f64 {
        self.count
    }

    /// Everything, the mean as near as it can be told.
    pub(crate) fn unrounded(&self) -> Stats {
        self.stats(None)
    }

    /// As it is stored: the mean at the metric's own resolution.
    fn stats(&self, metric: Option<MetricId>) -> Stats {
        let Some(mean) = self.mean() else { return NONE };
        let mean = metric.map_or(mean as f32, |m| resolution::round(m, mean));
        let mean = if mean.is_nan() { self.greatest } else { mean.clamp(self.least, self.greatest) };
        [mean, self.least, self.greatest, self.count as f32]
    }
}

/// The four columns of a metric in a row.
pub(crate) fn stats_of(row: &[f32], metric: usize) -> Stats {
    let at = metric * STATS;
    let mut stats = NONE;
    if let Some(found) = row.get(at..at + STATS) {
        stats.copy_from_slice(found);
    }
    stats
}

/// One row of roll-ups from samples.
pub(crate) fn of_samples(rows: &Rows, metrics: &[Option<MetricId>]) -> Vec<f32> {
    let column = |c: usize| {
        let mut sum = Sum::default();
        rows.values.iter().skip(c).step_by(rows.width.max(1)).for_each(|v| sum.sample(*v));
        sum.stats(metrics.get(c).copied().flatten())
    };
    (0..rows.width).flat_map(column).collect()
}

/// One row of roll-ups from others.
pub(crate) fn of_rollups<'a>(
    rows: impl Iterator<Item = &'a [f32]>,
    metrics: &[Option<MetricId>],
) -> Vec<f32> {
    let mut sums = vec![Sum::default(); metrics.len()];
    for row in rows {
        for (i, sum) in sums.iter_mut().enumerate() {
            sum.add(stats_of(row, i));
        }
    }
    sums.iter().zip(metrics).flat_map(|(sum, metric)| sum.stats(*metric)).collect()
}
