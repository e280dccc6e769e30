//! Everything at one past moment, for scrubbing.

use std::collections::BTreeMap;
use std::time::Duration;

use super::grid::Grid;
use super::{HistoryReader, Track, ids_of, sound};
use crate::model::metric::MetricId;
use crate::model::time::Timestamp;
use crate::store::blocks::{self, ReadError};
use crate::store::codec::chunk::Rows;
use crate::store::codec::piece::{self, Packed};
use crate::store::error::StoreError;
use crate::store::subject::Subject;
use crate::store::tier::{Tier, track_of};

/// One series at a past moment.
#[derive(Clone, Debug, PartialEq)]
pub struct PastSeries {
    /// Of what.
    pub subject: Subject,
    /// Which metric.
    pub metric: MetricId,
    /// Its value: the mean of the span that holds the moment or, where a slow poll left that out, of the one before.
    pub value: Option<f32>,
    /// Means up to the moment, oldest first, one a span ([`PastView::step`]).
    pub recent: Vec<Option<f32>>,
}

/// What was known at a past moment.
#[derive(Clone, Debug, PartialEq)]
pub struct PastView {
    /// The span that holds the moment: when it begins.
    pub at: Timestamp,
    /// How long a span is: a minute or, further back, an hour.
    pub step: Duration,
    /// All series that had a value then, by thing and metric.
    pub series: Vec<PastSeries>,
}

impl HistoryReader {
    /// All series at a moment, with their means over the time `back` before it, for sparklines.
    pub fn moment(&self, at: Timestamp, back: Duration) -> Result<PastView, StoreError> {
        self.read(|| {
            let tier = match self.oldest_ms(Tier::Minute)? {
                Some(oldest) if at.0 >= oldest => Tier::Minute,
                _ => Tier::Hour,
            };
            let step = tier.step_ms();
            let last = at.0 - at.0.rem_euclid(step);
            let spans = (i64::try_from(back.as_millis()).unwrap_or(0) / step).clamp(2, 24 * 60);
            let first = last - (spans - 1) * step;
            let tracks = self.all_tracks()?;
            let mut grid = Grid::new(&tracks, tier, first, spans as usize);
            self.add_blocks(&mut grid, last)?;
            self.add_pieces(&mut grid, last)?;
            if tier == Tier::Minute {
                self.add_journal(&mut grid, last)?;
            }
            let series =
                grid.filled().flat_map(|(track, means)| past_series(track, means, grid.spans)).collect();
            Ok(PastView { at: Timestamp(last), step: Duration::from_millis(step as u64), series })
        })
    }

    fn add_blocks(&self, grid: &mut Grid<'_>, last: i64) -> Result<(), ReadError> {
        let tier = grid.tier;
        let mut query = self.db.prepare_cached(&format!(
            "SELECT id, axis, data FROM {} WHERE id BETWEEN ? AND ?",
            tier.table()
        ))?;
        for block in tier.block(grid.first)..=tier.block(last) {
            let begin = tier.begin(block);
            let mut axes: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
            let mut rows = query.query(ids_of(block))?;
            while let Some(row) = rows.next()? {
                let track = track_of(row.get(0)?);
                let number: i64 = row.get(1)?;
                if let std::collections::btree_map::Entry::Vacant(place) = axes.entry(number) {
                    place.insert(blocks::axis(&self.db, tier, block, number)?);
                }
                let offsets = &axes[&number];
                let data = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
                let packed = Packed { track, width: grid.width(track), rows: offsets.len(), chunk: data };
                sound(grid.chunk(&packed, |row| begin + i64::from(offsets[row])))?;
            }
        }
        Ok(())
    }

    fn add_pieces(&self, grid: &mut Grid<'_>, last: i64) -> Result<(), ReadError> {
        let (tier, span) = (grid.tier, (grid.first, last + grid.tier.step_ms()));
        for (group, _) in blocks::groups(&self.db, tier)? {
            blocks::each_piece(&self.db, tier, group, span, |start, blob| {
                // A piece has one row of roll-ups a track.
                sound(piece::each(blob, |packed| grid.chunk(&packed, |_| start)))
            })?;
        }
        Ok(())
    }

    /// The minute that is not over yet.
    fn add_journal(&self, grid: &mut Grid<'_>, last: i64) -> Result<(), ReadError> {
        let mut minutes: BTreeMap<i64, piece::Tracks> = BTreeMap::new();
        let span = grid.first..=last;
        blocks::whole_journal(&self.db, |start, blob| {
            if !span.contains(&start) {
                return Ok(());
            }
            let minute = minutes.entry(start).or_default();
            for (id, mut rows) in sound(piece::decode(blob))? {
                let all = minute.entry(id).or_insert_with(|| Rows::new(rows.width));
                all.offsets.append(&mut rows.offsets);
                all.values.append(&mut rows.values);
            }
            Ok(())
        })?;
        for (minute, all) in minutes {
            for (id, rows) in all {
                grid.samples(id, minute, &rows);
            }
        }
        Ok(())
    }
}

fn past_series<'a>(
    track: &'a Track,
    means: &'a [f32],
    spans: usize,
) -> impl Iterator<Item = PastSeries> + 'a {
    let known = track.metrics.iter().zip(means.chunks_exact(spans));
    known.filter_map(|(metric, means)| {
        let recent: Vec<Option<f32>> = means.iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
        let value = recent.iter().rev().take(2).find_map(|v| *v);
        let some = recent.iter().any(Option::is_some);
        some.then_some(PastSeries { subject: track.subject.clone(), metric: (*metric)?, value, recent })
    })
}
