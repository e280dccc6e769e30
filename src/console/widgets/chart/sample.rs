//! From points in time to columns on screen.

use std::time::Duration;

use super::Band;
use crate::model::time::Timestamp;

/// What a column shows of several points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aggregate {
    /// The greatest: peaks are not lost.
    #[default]
    Max,
    /// The mean.
    Mean,
}

/// One column's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Column {
    pub value: f64,
    /// The column with a value before it, when a line joins them.
    pub joined_to: Option<usize>,
}

/// Time divided into columns. Their bounds are fixed in time, not relative to now: a point stays in the column
/// it is in while the chart moves on by whole columns, so that nothing flickers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub columns: usize,
    bin_ms: i64,
    first: i64,
}

impl Grid {
    /// `columns` columns, the last of which holds `to`.
    pub(super) fn new(from: Timestamp, to: Timestamp, columns: usize) -> Self {
        let span = to.0.saturating_sub(from.0).max(1);
        let n = i64::try_from(columns).unwrap_or(i64::MAX).max(1);
        let bin_ms = (span / n + i64::from(span % n != 0)).max(1);
        let first = to.0.div_euclid(bin_ms).saturating_sub(n - 1);
        Self { columns, bin_ms, first }
    }

    /// The column of an instant, if it has one.
    pub(super) fn column(&self, t: Timestamp) -> Option<usize> {
        let i = t.0.div_euclid(self.bin_ms).checked_sub(self.first)?;
        usize::try_from(i).ok().filter(|i| *i < self.columns)
    }

    /// The instant the first column begins, and what all of them span; milliseconds.
    pub(super) fn span(&self) -> (i64, i64) {
        (
            self.first.saturating_mul(self.bin_ms),
            self.bin_ms.saturating_mul(i64::try_from(self.columns).unwrap_or(i64::MAX)),
        )
    }

    /// The least and greatest values of each column.
    pub(super) fn band(&self, band: &[Band]) -> Vec<Option<(f64, f64)>> {
        let mut out: Vec<Option<(f64, f64)>> = vec![None; self.columns];
        for (at, low, high) in band {
            let sound = low.is_finite() && high.is_finite();
            if let Some(i) = self.column(*at).filter(|_| sound) {
                let (a, b) = out[i].unwrap_or((*low, *high));
                out[i] = Some((a.min(*low), b.max(*high)));
            }
        }
        out
    }

    /// The columns' values. Points are oldest first; a gap, or two points further apart than `gap_after`,
    /// breaks the line.
    pub(super) fn sample(
        &self,
        points: &[(Timestamp, Option<f64>)],
        aggregate: Aggregate,
        gap_after: Duration,
    ) -> Vec<Option<Column>> {
        let gap_ms = i64::try_from(gap_after.as_millis()).unwrap_or(i64::MAX);
        let mut out: Vec<Option<Column>> = vec![None; self.columns];
        let mut before: Option<(usize, Timestamp)> = None;
        let mut count = 0.0;
        for (t, value) in points {
            let Some(v) = value.filter(|v| v.is_finite()) else {
                before = None;
                continue;
            };
            let Some(i) = self.column(*t) else { continue };
            if let Some(column) = &mut out[i] {
                count += 1.0;
                match aggregate {
                    Aggregate::Max => column.value = column.value.max(v),
                    Aggregate::Mean => column.value += (v - column.value) / count,
                }
            } else {
                count = 1.0;
                let near = before.filter(|(_, at)| t.0.saturating_sub(at.0) <= gap_ms);
                out[i] = Some(Column { value: v, joined_to: near.map(|(i, _)| i).filter(|b| *b < i) });
            }
            before = Some((i, *t));
        }
        out
    }
}

/// The values of points as `columns` equal parts of the time from `from` to `to`, for a sparkline; `None` where a
/// part has no value.
pub fn resample(
    points: &[(Timestamp, Option<f64>)],
    from: Timestamp,
    to: Timestamp,
    columns: usize,
    aggregate: Aggregate,
) -> Vec<Option<f64>> {
    let sampled = Grid::new(from, to, columns).sample(points, aggregate, Duration::MAX);
    sampled.into_iter().map(|c| c.map(|c| c.value)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(s: i64) -> Timestamp {
        Timestamp::from_seconds(s)
    }

    #[test]
    fn columns_hold_the_peak_or_the_mean() {
        let points: Vec<_> = (0..40).map(|s| (at(s), Some((s % 10) as f64))).collect();
        let by = |aggregate| resample(&points, at(-1), at(39), 4, aggregate);
        assert_eq!(by(Aggregate::Max), [Some(9.0); 4]);
        assert_eq!(by(Aggregate::Mean), [Some(4.5); 4]);
    }

    #[test]
    fn a_point_stays_in_its_column_while_time_goes_on() {
        let points: Vec<_> = (0..100).map(|s| (at(s), Some((s * 7 % 31) as f64))).collect();
        let bin = 10;
        let early = resample(&points[..71], at(0), at(70), 7, Aggregate::Max);
        let later = resample(&points[..(71 + bin)], at(10), at(80), 7, Aggregate::Max);
        assert_eq!(early[1..6], later[0..5]);
    }

    #[test]
    fn gaps_and_long_silence_break_the_line() {
        let points =
            [(at(0), Some(1.0)), (at(1), Some(1.0)), (at(2), None), (at(3), Some(1.0)), (at(9), Some(1.0))];
        let columns = Grid::new(at(-1), at(9), 10).sample(&points, Aggregate::Max, Duration::from_secs(5));
        let joined: Vec<_> = columns.iter().flatten().map(|c| c.joined_to.is_some()).collect();
        assert_eq!(joined, [false, true, false, false]);
    }

    proptest! {
        #[test]
        fn no_time_panics(from: i64, to: i64, columns in 0usize..50, times in prop::collection::vec(any::<i64>(), 0..20)) {
            let points: Vec<_> = times.iter().map(|t| (Timestamp(*t), Some(1.0))).collect();
            let out = resample(&points, Timestamp(from), Timestamp(to), columns, Aggregate::Mean);
            prop_assert_eq!(out.len(), columns);
        }
    }
}
