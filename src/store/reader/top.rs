//! Who used most.

use super::HistoryReader;
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
use crate::store::error::StoreError;
use crate::store::rollup::Sum;
use crate::store::subject::Subject;
use crate::store::tier::{HOUR_MS, Tier};

/// By what things are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Mean of all samples in the window.
    Mean,
    /// Greatest sample.
    Max,
    /// Mean times the time it was measured: bytes of bytes a second, and so on.
    Total,
}

/// Windows up to this are told from minutes, longer ones from hours.
const MOST_BY_MINUTES_MS: i64 = 12 * HOUR_MS;

impl HistoryReader {
    /// The `most` things with the greatest values of a metric in `from..to`, greatest first. Whole minutes count, in
    /// windows longer than 12 hours whole hours.
    pub fn top(
        &self,
        metric: MetricId,
        by: Rank,
        from: Timestamp,
        to: Timestamp,
        most: usize,
    ) -> Result<Vec<(Subject, f64)>, StoreError> {
        self.read(|| {
            let minutes = self.oldest_ms(Tier::Minute)?.is_some_and(|oldest| oldest <= from.0);
            let short = to.0.saturating_sub(from.0) <= MOST_BY_MINUTES_MS;
            let tier = if short && minutes { Tier::Minute } else { Tier::Hour };
            let mut ranked: Vec<(Subject, f64)> = Vec::new();
            for track in self.all_tracks()?.values() {
                let Some(column) = track.column(metric) else { continue };
                let rows = self.rollups(track, column, tier, from.0, to.0)?;
                let mut sum = Sum::default();
                rows.iter().for_each(|(_, stats)| sum.add(*stats));
                let Some(mean) = sum.mean() else { continue };
                let value = match by {
                    Rank::Mean => mean,
                    Rank::Max => f64::from(sum.band().1),
                    Rank::Total => {
                        let step_s = tier.step_ms() as f64 / 1000.0;
                        rows.iter().filter(|(_, s)| s[3] > 0.0).map(|(_, s)| f64::from(s[0])).sum::<f64>() * step_s
                    }
                };
                ranked.push((track.subject.clone(), value));
            }
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            ranked.truncate(most);
            Ok(ranked)
        })
    }
}
