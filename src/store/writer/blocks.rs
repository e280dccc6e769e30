//! Blocks that are over: from pieces to one chunk a track.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, TransactionBehavior, params};

use super::HistoryWriter;
use super::seal::insert;
use crate::model::metric::MetricId;
use crate::store::blocks::{self, Broken, ReadError};
use crate::store::codec::chunk::{Rows, encode_axis};
use crate::store::codec::piece::{Directory, Tracks};
use crate::store::error::StoreError;
use crate::store::merge;
use crate::store::rollup;
use crate::store::tier::{HOUR_MS, MOST_TRACKS, Tier, row_id};

/// How long after its end a block is still open; that of the next tier as much longer.
const GRACE_MS: i64 = 90_000;

/// A piece in memory.
struct Held {
    /// Milliseconds from the block's begin.
    shift: u32,
    blob: Vec<u8>,
    directory: Directory,
}

impl HistoryWriter {
    /// Closes the blocks that are over.
    pub(super) fn close_blocks(&mut self) -> Result<(), StoreError> {
        let mut closed = false;
        for tier in Tier::ALL {
            for block in self.due_blocks(tier).map_err(|why| StoreError::sql("read", &self.path, why))? {
                self.close(tier, block).map_err(|why| self.told("write", why))?;
                closed |= tier == Tier::Raw;
            }
        }
        if closed { self.drop_old() } else { Ok(()) }
    }

    fn due_blocks(&self, tier: Tier) -> rusqlite::Result<BTreeSet<i64>> {
        let grace = GRACE_MS * (tier.number() + 1);
        let pieces = blocks::pieces(&self.db, tier, 0, i64::MAX)?;
        let over = |block: &i64| {
            let (begin, end) = (tier.begin(*block), tier.begin(block + 1));
            self.now_ms >= end + grace || self.now_ms < begin - grace
        };
        Ok(pieces.into_iter().map(|p| tier.block(p.start)).filter(over).collect())
    }

    /// Turns the pieces of a block to chunks, all or none.
    fn close(&mut self, tier: Tier, block: i64) -> Result<(), ReadError> {
        let (begin, end) = (tier.begin(block), tier.begin(block + 1));
        let all = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let pieces = held(&all, tier, begin, end)?;
        let tracks: BTreeSet<i64> =
            pieces.iter().flat_map(|p| p.directory.entries.iter().map(|e| e.track())).collect();
        // Chunks are there only where the block was closed before and late samples opened it again.
        let reopened = exists(&all, tier, block)?;
        let mut times = Axes::new(&all, tier, block)?;
        let mut hours: BTreeMap<i64, Tracks> = BTreeMap::new();
        for track in tracks {
            let metrics = self.registry.known(&all, track)?.metrics.clone();
            let mut rows = joined(tier, &pieces, track, &metrics)?;
            if tier == Tier::Minute {
                for (hour, row) in by_hour(&rows, &metrics) {
                    hours.entry(begin + hour).or_default().insert(track, row);
                }
            }
            if reopened && let Some(mut before) = blocks::chunk(&all, tier, block, track, rows.width)? {
                join(tier, &mut before, &rows, 0, &metrics);
                rows = before;
            }
            let axis = times.number(&all, rows.offsets.clone())?;
            all.prepare_cached(&format!(
                "INSERT OR REPLACE INTO {} (id, axis, data) VALUES (?, ?, ?)",
                tier.table()
            ))?
            .execute(params![row_id(block, track), axis, rows.encode()])?;
        }
        for (hour, tracks) in &hours {
            insert(&all, Tier::Hour, *hour, tracks)?;
        }
        all.execute(
            "DELETE FROM piece WHERE tier = ? AND start_ms >= ? AND start_ms < ?",
            params![tier.number(), begin, end],
        )?;
        all.commit()?;
        Ok(())
    }
}

fn held(db: &Connection, tier: Tier, begin: i64, end: i64) -> Result<Vec<Held>, ReadError> {
    let mut out = Vec::new();
    for piece in blocks::pieces(db, tier, begin, end)? {
        let blob = blocks::blob(db, piece)?;
        let directory = Directory::read(&blob).ok_or(Broken)?;
        out.push(Held { shift: (piece.start - begin) as u32, blob, directory });
    }
    Ok(out)
}

/// The rows of a track in all pieces of a block, from the block's begin.
fn joined(tier: Tier, pieces: &[Held], track: i64, metrics: &[Option<MetricId>]) -> Result<Rows, ReadError> {
    let mut rows = Rows::new(tier.width(metrics.len()));
    for piece in pieces {
        let Some(entry) = piece.directory.find(track).filter(|e| e.width() == rows.width) else { continue };
        let chunk = entry.chunk(&piece.blob).ok_or(Broken)?;
        let more = piece.directory.rows(entry, chunk).ok_or(Broken)?;
        join(tier, &mut rows, &more, piece.shift, metrics);
    }
    Ok(rows)
}

/// Minutes rolled up to hours: when each begins, from the block's begin, and its one row.
fn by_hour(rows: &Rows, metrics: &[Option<MetricId>]) -> Vec<(i64, Rows)> {
    let hour_of = |row: usize| i64::from(rows.offsets[row]) / HOUR_MS;
    let all: Vec<usize> = (0..rows.len()).collect();
    let rolled = all.chunk_by(|a, b| hour_of(*a) == hour_of(*b)).map(|same| {
        let hour = rollup::of_rollups(same.iter().map(|row| rows.row(*row)), metrics);
        let mut row = Rows::new(hour.len());
        row.push(0, &hour);
        (hour_of(same[0]) * HOUR_MS, row)
    });
    rolled.collect()
}

fn join(tier: Tier, into: &mut Rows, from: &Rows, shift: u32, metrics: &[Option<MetricId>]) {
    match tier {
        Tier::Raw => merge::samples(into, from, shift),
        Tier::Minute | Tier::Hour => merge::rollups(into, from, shift, metrics),
    }
}

/// Whether a block was closed before.
fn exists(db: &Connection, tier: Tier, block: i64) -> rusqlite::Result<bool> {
    db.query_row(
        &format!("SELECT EXISTS (SELECT 1 FROM {} WHERE id >= ? AND id < ?)", tier.table()),
        [row_id(block, 0), row_id(block + 1, 0)],
        |row| row.get(0),
    )
}

/// The times of a block's chunks: tracks of one poll share theirs.
struct Axes {
    tier: Tier,
    block: i64,
    known: HashMap<Vec<u32>, i64>,
    next: i64,
}

impl Axes {
    fn new(db: &Connection, tier: Tier, block: i64) -> rusqlite::Result<Self> {
        let last: Option<i64> = db.query_row(
            &format!("SELECT max(id) FROM {}_axis WHERE id >= ? AND id < ?", tier.table()),
            [row_id(block, 0), row_id(block + 1, 0)],
            |row| row.get(0),
        )?;
        let next = last.map_or(0, |id| (id & (MOST_TRACKS - 1)) + 1);
        Ok(Self { tier, block, known: HashMap::new(), next })
    }

    /// The number of these times in the block.
    fn number(&mut self, db: &Connection, offsets: Vec<u32>) -> rusqlite::Result<i64> {
        if self.tier != Tier::Raw && blocks::every_row(self.tier).eq(offsets.iter().copied()) {
            return Ok(blocks::EVERY_ROW);
        }
        if let Some(number) = self.known.get(&offsets) {
            return Ok(*number);
        }
        db.prepare_cached(&format!("INSERT INTO {}_axis (id, data) VALUES (?, ?)", self.tier.table()))?
            .execute(params![row_id(self.block, self.next), encode_axis(&offsets)])?;
        self.known.insert(offsets, self.next);
        self.next += 1;
        Ok(self.next - 1)
    }
}
