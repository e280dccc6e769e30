//! The rows of one metric, from wherever they are: blocks, pieces, the journal.

use rusqlite::OptionalExtension;

use super::{HistoryReader, Track, sound};
use crate::store::blocks::{self, ReadError};
use crate::store::codec::chunk::column_of;
use crate::store::codec::piece::Directory;
use crate::store::rollup::{Stats, Sum, stats_of};
use crate::store::tier::{HOUR_MS, LATEST_MS, MINUTE_MS, STATS, Tier, block_of, group_of, row_id};

/// Blocks of a span that are looked for without asking what there is.
const FEW_BLOCKS: i64 = 50;

/// One row of one metric; a sample is its own mean.
pub(super) type Row = (i64, Stats);

/// A sample as a row; a gap counts nothing.
pub(super) const fn sample(v: f32) -> Stats {
    [v, v, v, if v.is_nan() { 0.0 } else { 1.0 }]
}

/// A chunk as it is stored: when its block begins, offsets of its rows, bytes.
type Packed = (i64, Vec<u32>, Vec<u8>);

impl HistoryReader {
    /// The samples of a column in `from..to`, in order of time.
    pub(super) fn samples(
        &self,
        track: &Track,
        column: usize,
        from: i64,
        to: i64,
    ) -> Result<Vec<(i64, f32)>, ReadError> {
        let mut out = Vec::new();
        let width = track.metrics.len();
        for (begin, offsets, data) in self.chunks(track, Tier::Raw, from, to)? {
            let values = sound(column_of(width, column, offsets.len(), &data))?;
            out.extend(offsets.iter().map(|o| begin + i64::from(*o)).zip(values));
        }
        let group = group_of(track.id);
        let mut push = |start: i64, blob: &[u8]| {
            let directory = sound(Directory::read(blob))?;
            if let Some(entry) = directory.find(track.id) {
                let times = sound(directory.offsets(entry))?.iter().map(|o| start + i64::from(*o));
                out.extend(times.zip(sound(directory.column(blob, entry, column))?));
            }
            Ok(())
        };
        // A row that had to give way to another may lie a little past its minute.
        let early = from.saturating_sub(2 * MINUTE_MS);
        blocks::each_piece(&self.db, Tier::Raw, group, (early, to), &mut push)?;
        blocks::each_recent(&self.db, group, push)?;
        out.retain(|(at, _)| (from..to).contains(at));
        if !out.is_sorted_by(|a, b| a.0 < b.0) {
            out.sort_by_key(|(at, _)| *at);
            // Of two rows at one instant one fills the gap of the other.
            out.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same && kept.1.is_nan() {
                    kept.1 = later.1;
                }
                same
            });
        }
        Ok(out)
    }

    /// The roll-ups of a metric whose spans begin in `from..to`, in order of time, the span that is not over included.
    pub(super) fn rollups(
        &self,
        track: &Track,
        column: usize,
        tier: Tier,
        from: i64,
        to: i64,
    ) -> Result<Vec<Row>, ReadError> {
        let step = tier.step_ms();
        let from = from - from.rem_euclid(step);
        let mut out = self.closed(track, column, tier, from, to)?;
        // What has not come to this tier yet is in the pieces of the finer ones.
        let finer: &[Tier] = if tier == Tier::Hour { &[Tier::Hour, Tier::Minute] } else { &[Tier::Minute] };
        let group = group_of(track.id);
        for finer in finer {
            blocks::each_piece(&self.db, *finer, group, (from, to), |start, blob| {
                let directory = sound(Directory::read(blob))?;
                let Some(entry) = directory.find(track.id) else { return Ok(()) };
                let rows = sound(directory.rows(blob, entry))?;
                out.extend((0..rows.len()).map(|r| (start, stats_of(rows.row(r), column))));
                Ok(())
            })?;
        }
        blocks::each_recent(&self.db, group, |start, blob| {
            let directory = sound(Directory::read(blob))?;
            if let Some(entry) = directory.find(track.id) {
                let values = sound(directory.column(blob, entry, column))?;
                out.extend(values.into_iter().map(|v| (start, sample(v))));
            }
            Ok(())
        })?;
        let mut out: Vec<Row> = out.into_iter().map(|(at, s)| (at - at.rem_euclid(step), s)).collect();
        out.retain(|(at, _)| (from..to).contains(at));
        if !out.is_sorted_by(|a, b| a.0 < b.0) {
            out.sort_by_key(|(at, _)| *at);
            out = added_up(&out);
        }
        Ok(out)
    }

    /// The roll-ups of a metric in closed blocks, those that begin in `from..to`.
    pub(super) fn closed(
        &self,
        track: &Track,
        column: usize,
        tier: Tier,
        from: i64,
        to: i64,
    ) -> Result<Vec<Row>, ReadError> {
        let mut out = Vec::new();
        for (begin, offsets, data) in self.chunks(track, tier, from, to)? {
            let stats = stats_column(track, column, offsets.len(), &data)?;
            let times = offsets.iter().map(|o| begin + i64::from(*o));
            out.extend(times.zip(stats).filter(|(at, _)| (from..to).contains(at)));
        }
        Ok(out)
    }

    /// When the newest block of a tier begins; before all time where there is none.
    pub(super) fn newest_ms(&self, tier: Tier) -> Result<i64, ReadError> {
        let newest: Option<i64> = self.db.prepare_cached(max_id(tier))?.query_row([], |row| row.get(0))?;
        Ok(newest.map_or(-1, |id| tier.begin(block_of(id))))
    }

    /// The chunks of a track in a tier's blocks that overlap `from..to`: begin, offsets and bytes.
    fn chunks(&self, track: &Track, tier: Tier, from: i64, to: i64) -> Result<Vec<Packed>, ReadError> {
        let mut out = Vec::new();
        let block = |at: i64| tier.block(at.clamp(0, LATEST_MS));
        let (mut first, mut last) = (block(from), block(to));
        // A few steps down the tree more cost less than asking how far it reaches.
        if last - first > FEW_BLOCKS {
            let Some(oldest) = self.oldest_ms(tier)? else { return Ok(out) };
            first = first.max(tier.block(oldest));
            last = last.min(tier.block(self.newest_ms(tier)?));
        }
        let mut query = self.db.prepare_cached(by_id(tier))?;
        for block in first..=last {
            let found = query
                .query_row([row_id(block, track.id)], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, Vec<u8>>(1)?)));
            if let Some((axis, data)) = found.optional()? {
                let offsets = blocks::axis(&self.db, tier, block, axis)?;
                out.push((tier.begin(block), offsets, data));
            }
        }
        Ok(out)
    }
}

const fn max_id(tier: Tier) -> &'static str {
    match tier {
        Tier::Raw => "SELECT max(id) FROM raw",
        Tier::Minute => "SELECT max(id) FROM minute",
        Tier::Hour => "SELECT max(id) FROM hour",
    }
}

pub(super) const fn by_id(tier: Tier) -> &'static str {
    match tier {
        Tier::Raw => "SELECT axis, data FROM raw WHERE id = ?",
        Tier::Minute => "SELECT axis, data FROM minute WHERE id = ?",
        Tier::Hour => "SELECT axis, data FROM hour WHERE id = ?",
    }
}

/// The four columns of a metric in a chunk of roll-ups.
fn stats_column(track: &Track, column: usize, rows: usize, data: &[u8]) -> Result<Vec<Stats>, ReadError> {
    let width = track.metrics.len() * STATS;
    let mut out = vec![[0.0; STATS]; rows];
    for part in 0..STATS {
        let values = sound(column_of(width, column * STATS + part, rows, data))?;
        for (stats, v) in out.iter_mut().zip(values) {
            stats[part] = v;
        }
    }
    Ok(out)
}

/// Rows of one span added up; they are sorted.
fn added_up(rows: &[Row]) -> Vec<Row> {
    rows.chunk_by(|a, b| a.0 == b.0)
        .map(|same| {
            let mut sum = Sum::default();
            for (_, stats) in same {
                sum.add(*stats);
            }
            (same[0].0, sum.unrounded())
        })
        .collect()
}

/// The tier that tells spans of so many milliseconds.
pub(super) const fn tier_for(bucket_ms: i64) -> Tier {
    match bucket_ms {
        ..MINUTE_MS => Tier::Raw,
        MINUTE_MS..HOUR_MS => Tier::Minute,
        HOUR_MS.. => Tier::Hour,
    }
}
