//! Who used most.

use std::collections::BTreeMap;

use super::{HistoryReader, sound};
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
use crate::store::blocks::{self, ReadError};
use crate::store::codec::chunk::Rows;
use crate::store::codec::piece::Directory;
use crate::store::error::StoreError;
use crate::store::rollup::{Stats, Sum, stats_of};
use crate::store::subject::Subject;
use crate::store::tier::{HOUR_MS, MINUTE_MS, Tier};

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

/// What one thing used.
#[derive(Default)]
struct Used {
    sum: Sum,
    total: f64,
}

impl Used {
    fn add(&mut self, stats: Stats, step_ms: i64) {
        self.sum.add(stats);
        if stats[3] > 0.0 {
            self.total += f64::from(stats[0]) * step_ms as f64 / 1000.0;
        }
    }

    fn value(&self, by: Rank) -> Option<f64> {
        let mean = self.sum.mean()?;
        Some(match by {
            Rank::Mean => mean,
            Rank::Max => f64::from(self.sum.band().1),
            Rank::Total => self.total,
        })
    }
}

/// Shows the rows of the tracks of a piece that have the metric, with its column.
fn each_of(
    blob: &[u8],
    column: impl Fn(i64) -> Option<usize>,
    mut show: impl FnMut(i64, usize, &Rows),
) -> Result<(), ReadError> {
    let directory = sound(Directory::read(blob))?;
    for entry in &directory.entries {
        if let Some(column) = column(entry.track()) {
            show(entry.track(), column, &sound(directory.rows(blob, *entry))?);
        }
    }
    Ok(())
}

impl HistoryReader {
    /// The `most` things with the greatest values of a metric in `from..to`, greatest first. What counts are the
    /// minutes that begin in the window; the hours, if it is longer than 12 hours or older than minutes are kept.
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
            let tracks = self.all_tracks()?;
            let column = |id: i64| tracks.get(&id).and_then(|track| track.column(metric));
            let mut used: BTreeMap<i64, Used> = BTreeMap::new();
            for track in tracks.values() {
                if let Some(column) = track.column(metric) {
                    for (_, stats) in self.closed(track, column, tier, from.0, to.0)? {
                        used.entry(track.id).or_default().add(stats, tier.step_ms());
                    }
                }
            }
            // What has not come to this tier yet.
            let finer: &[Tier] =
                if tier == Tier::Hour { &[Tier::Hour, Tier::Minute] } else { &[Tier::Minute] };
            for finer in finer {
                for (group, _) in blocks::groups(&self.db, *finer)? {
                    blocks::each_piece(&self.db, *finer, group, (from.0, to.0), |_, blob| {
                        each_of(blob, column, |id, column, rows| {
                            let used = used.entry(id).or_default();
                            (0..rows.len())
                                .for_each(|r| used.add(stats_of(rows.row(r), column), finer.step_ms()));
                        })
                    })?;
                }
            }
            let mut open: BTreeMap<(i64, i64), Sum> = BTreeMap::new();
            blocks::whole_journal(&self.db, |start, blob| {
                if !(from.0..to.0).contains(&start) {
                    return Ok(());
                }
                each_of(blob, column, |id, column, rows| {
                    let sum = open.entry((id, start)).or_default();
                    rows.values.iter().skip(column).step_by(rows.width).for_each(|v| sum.sample(*v));
                })
            })?;
            for ((id, _), sum) in open {
                used.entry(id).or_default().add(sum.unrounded(), MINUTE_MS);
            }
            let value = |id: i64, used: &Used| Some((tracks.get(&id)?.subject.clone(), used.value(by)?));
            let mut ranked: Vec<(Subject, f64)> =
                used.iter().filter_map(|(id, used)| value(*id, used)).collect();
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            ranked.truncate(most);
            Ok(ranked)
        })
    }
}
