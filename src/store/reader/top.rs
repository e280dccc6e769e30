//! Who used most.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::rows::by_id;
use super::{HistoryReader, Track, sound};
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
use crate::store::blocks::{self, ReadError};
use crate::store::codec::bytes::Bytes;
use crate::store::codec::chunk::{bytes_of, column_of};
use crate::store::codec::column;
use crate::store::codec::piece::{self, Packed};
use crate::store::error::StoreError;
use crate::store::rollup::Sum;
use crate::store::subject::Subject;
use crate::store::tier::{HOUR_MS, MINUTE_MS, STATS, Tier, row_id};

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

/// What one thing used, as far as the rank asks for it.
#[derive(Default)]
struct Used {
    sum: Sum,
    total: f64,
}

impl Used {
    fn value(&self, by: Rank) -> Option<f64> {
        let mean = self.sum.mean()?;
        Some(match by {
            Rank::Mean => mean,
            Rank::Max => f64::from(self.sum.band().1),
            Rank::Total => self.total,
        })
    }
}

/// The ranking while it is made: two of a metric's four columns are enough, mean or greatest, and the count.
struct Ranking<'t> {
    tracks: &'t BTreeMap<i64, Arc<Track>>,
    /// Those that have the metric, with its place; by number, as they lie on disk.
    wanted: Vec<(i64, usize)>,
    /// The same by number: it is looked up for each minute of each track.
    columns: Vec<Option<usize>>,
    by: Rank,
    used: BTreeMap<i64, Used>,
    values: Vec<f32>,
    counts: Vec<f32>,
}

impl<'t> Ranking<'t> {
    fn new(tracks: &'t BTreeMap<i64, Arc<Track>>, metric: MetricId, by: Rank) -> Self {
        let wanted: Vec<(i64, usize)> =
            tracks.iter().filter_map(|(id, track)| Some((*id, track.column(metric)?))).collect();
        let mut columns = vec![None; wanted.last().map_or(0, |(id, _)| *id as usize + 1)];
        for (id, column) in &wanted {
            columns[*id as usize] = Some(*column);
        }
        Self { tracks, wanted, columns, by, used: BTreeMap::new(), values: Vec::new(), counts: Vec::new() }
    }

    fn column(&self, track: i64) -> Option<usize> {
        usize::try_from(track).ok().and_then(|track| *self.columns.get(track)?)
    }

    fn add(&mut self, track: i64, value: f32, count: f32, step_ms: i64) {
        if count > 0.0 {
            let used = self.used.entry(track).or_default();
            used.sum.add([value, value, value, count]);
            used.total += f64::from(value) * step_ms as f64 / 1000.0;
        }
    }

    /// Takes the roll-ups of a chunk, of those rows for which `inside` is true.
    fn chunk(&mut self, c: &Packed<'_>, step_ms: i64, inside: impl Fn(usize) -> bool) -> Option<()> {
        let Some(column) = self.column(c.track) else { return Some(()) };
        let part = if self.by == Rank::Max { 2 } else { 0 };
        self.values.clear();
        self.counts.clear();
        column::read(Bytes(bytes_of(c.width, column * STATS + part, c.chunk)?), c.rows, &mut self.values)?;
        column::read(Bytes(bytes_of(c.width, column * STATS + 3, c.chunk)?), c.rows, &mut self.counts)?;
        for row in (0..c.rows).filter(|row| inside(*row)) {
            self.add(c.track, self.values[row], self.counts[row], step_ms);
        }
        Some(())
    }

    /// The greatest first.
    fn ranked(&self, most: usize) -> Vec<(Subject, f64)> {
        let value =
            |(id, used): (&i64, &Used)| Some((self.tracks.get(id)?.subject.clone(), used.value(self.by)?));
        let mut ranked: Vec<(Subject, f64)> = self.used.iter().filter_map(value).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        ranked.truncate(most);
        ranked
    }
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
            let mut ranking = Ranking::new(&tracks, metric, by);
            self.rank_blocks(&mut ranking, tier, (from.0, to.0))?;
            // What has not come to this tier yet.
            let finer: &[Tier] =
                if tier == Tier::Hour { &[Tier::Hour, Tier::Minute] } else { &[Tier::Minute] };
            for finer in finer {
                self.rank_pieces(&mut ranking, *finer, (from.0, to.0))?;
            }
            self.rank_journal(&mut ranking, (from.0, to.0))?;
            Ok(ranking.ranked(most))
        })
    }

    fn rank_blocks(
        &self,
        ranking: &mut Ranking<'_>,
        tier: Tier,
        (from, to): (i64, i64),
    ) -> Result<(), ReadError> {
        let Some(oldest) = self.oldest_ms(tier)? else { return Ok(()) };
        let first = tier.block(from.max(oldest));
        let last = tier.block((to - 1).min(self.newest_ms(tier)?));
        let mut query = self.db.prepare_cached(by_id(tier))?;
        for block in first..=last {
            let mut axes: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
            for place in 0..ranking.wanted.len() {
                let (track, _) = ranking.wanted[place];
                let mut rows = query.query([row_id(block, track)])?;
                let Some(row) = rows.next()? else { continue };
                let number = row.get(0)?;
                if let Entry::Vacant(place) = axes.entry(number) {
                    place.insert(blocks::axis(&self.db, tier, block, number)?);
                }
                let offsets = &axes[&number];
                let chunk = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                let width = ranking.tracks.get(&track).map_or(0, |t| t.metrics.len() * STATS);
                let packed = Packed { track, width, rows: offsets.len(), chunk };
                let begin = tier.begin(block);
                let inside = |row: usize| (from..to).contains(&(begin + i64::from(offsets[row])));
                sound(ranking.chunk(&packed, tier.step_ms(), inside))?;
            }
        }
        Ok(())
    }

    fn rank_pieces(&self, ranking: &mut Ranking<'_>, tier: Tier, span: (i64, i64)) -> Result<(), ReadError> {
        for (group, _) in blocks::groups(&self.db, tier)? {
            blocks::each_piece(&self.db, tier, group, span, |_, blob| {
                sound(piece::each(blob, |packed| ranking.chunk(&packed, tier.step_ms(), |_| true)))
            })?;
        }
        Ok(())
    }

    /// The minutes that are not over yet.
    fn rank_journal(&self, ranking: &mut Ranking<'_>, (from, to): (i64, i64)) -> Result<(), ReadError> {
        let mut open: BTreeMap<(i64, i64), Sum> = BTreeMap::new();
        blocks::whole_journal(&self.db, |start, blob| {
            if !(from..to).contains(&start) {
                return Ok(());
            }
            sound(piece::each(blob, |packed| {
                if let Some(column) = ranking.column(packed.track) {
                    let sum = open.entry((packed.track, start)).or_default();
                    let values = column_of(packed.width, column, packed.rows, packed.chunk)?;
                    for v in values {
                        sum.sample(v);
                    }
                }
                Some(())
            }))
        })?;
        for ((track, _), sum) in open {
            let [mean, _, greatest, count] = sum.unrounded();
            ranking.add(track, if ranking.by == Rank::Max { greatest } else { mean }, count, MINUTE_MS);
        }
        Ok(())
    }
}
