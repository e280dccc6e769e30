//! Means of everything over some spans, put together from wherever they lie.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Track;
use crate::store::codec::bytes::Bytes;
use crate::store::codec::chunk::{Rows, each_column};
use crate::store::codec::column;
use crate::store::codec::piece::Packed;
use crate::store::rollup::{of_samples, stats_of};
use crate::store::tier::{STATS, Tier};

/// Means of all tracks over some spans.
pub(super) struct Grid<'t> {
    pub(super) tier: Tier,
    /// When the first span begins.
    pub(super) first: i64,
    pub(super) spans: usize,
    /// Tracks by their number, which is looked up once for each minute of each: with its means, metric after metric,
    /// where there are some.
    tracks: Vec<Option<(&'t Track, Vec<f32>)>>,
    /// Room to unpack a column.
    values: Vec<f32>,
}

impl<'t> Grid<'t> {
    /// Nothing yet.
    pub(super) fn new(tracks: &'t BTreeMap<i64, Arc<Track>>, tier: Tier, first: i64, spans: usize) -> Self {
        let last = tracks.last_key_value().map_or(0, |(id, _)| *id);
        let known = |id: i64| Some((&**tracks.get(&id)?, Vec::new()));
        Self { tier, first, spans, tracks: (0..=last).map(known).collect(), values: Vec::new() }
    }

    /// Columns of a track's roll-ups; 0 for one that is not known.
    pub(super) fn width(&self, track: i64) -> usize {
        let known = usize::try_from(track).ok().and_then(|track| self.tracks.get(track)?.as_ref());
        known.map_or(0, |(track, _)| track.metrics.len() * STATS)
    }

    /// Takes the means of the roll-ups of a chunk; `at` tells when each row begins. A track that is not known yet began
    /// after the question.
    pub(super) fn chunk(&mut self, c: &Packed<'_>, at: impl Fn(usize) -> i64) -> Option<()> {
        let (first, step, spans) = (self.first, self.tier.step_ms(), self.spans);
        let span =
            |row| usize::try_from((at(row) - first).div_euclid(step)).ok().filter(|span| *span < spans);
        let Some((track, means)) =
            self.tracks.get_mut(usize::try_from(c.track).ok()?).and_then(Option::as_mut)
        else {
            return Some(());
        };
        if c.width != track.metrics.len() * STATS {
            return None;
        }
        means.resize(spans * track.metrics.len(), f32::NAN);
        let values = &mut self.values;
        each_column(c.width, c.chunk, |column, bytes| {
            if column % STATS != 0 {
                return Some(());
            }
            values.clear();
            column::read(Bytes(bytes), c.rows, values)?;
            let own = &mut means[column / STATS * spans..][..spans];
            for (row, mean) in values.iter().enumerate().filter(|(_, mean)| !mean.is_nan()) {
                if let Some(span) = span(row) {
                    own[span] = *mean;
                }
            }
            Some(())
        })
    }

    /// Takes the samples of a minute.
    pub(super) fn samples(&mut self, track: i64, minute: i64, rows: &Rows) {
        let Ok(span) = usize::try_from((minute - self.first).div_euclid(self.tier.step_ms())) else { return };
        let known = usize::try_from(track).ok().and_then(|track| self.tracks.get_mut(track)?.as_mut());
        let Some((track, means)) = known.filter(|_| span < self.spans) else { return };
        let rolled = of_samples(rows, &track.metrics);
        means.resize(self.spans * track.metrics.len(), f32::NAN);
        for column in 0..track.metrics.len() {
            let mean = stats_of(&rolled, column)[0];
            if !mean.is_nan() {
                means[column * self.spans + span] = mean;
            }
        }
    }

    /// The tracks that have some, with their means.
    pub(super) fn filled(&self) -> impl Iterator<Item = (&'t Track, &[f32])> {
        let known = self.tracks.iter().flatten().filter(|(_, means)| !means.is_empty());
        known.map(|(track, means)| (*track, means.as_slice()))
    }
}
