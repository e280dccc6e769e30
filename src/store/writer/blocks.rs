//! Blocks that are over: from pieces to one chunk a track, group after group, some with each commit.
//!
//! A group closes in one transaction, and until then all of it is in its pieces: whoever reads or is killed in between
//! finds each sample once.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, TransactionBehavior, params};

use super::HistoryWriter;
use super::axes::Axes;
use super::pieces::{add, join};
use crate::model::metric::MetricId;
use crate::store::blocks::{self, Broken, ReadError};
use crate::store::codec::chunk::Rows;
use crate::store::codec::piece::{Directory, Tracks};
use crate::store::error::StoreError;
use crate::store::rollup;
use crate::store::tier::{HOUR_MS, Tier, first_track, piece_id, row_id};

/// How long after its end a block is still open; that of the next tier as much longer.
const GRACE_MS: i64 = 90_000;
/// Commits that the groups which are due are spread over, about.
const SPREAD: usize = 32;

/// A group's part of a block that is over: in order of its tier, its block, itself.
pub(super) type Due = (Tier, i64, i64);

/// A piece in memory.
struct Held {
    /// Milliseconds from the block's begin.
    shift: u32,
    blob: Vec<u8>,
    directory: Directory,
}

impl HistoryWriter {
    /// Looks what is over and not closed.
    pub(super) fn find_due(&mut self) -> Result<(), StoreError> {
        let before = self.due.len();
        for tier in Tier::ALL {
            self.due_blocks(tier).map_err(|why| StoreError::sql("read", &self.path, why))?;
        }
        if self.due.len() > before {
            self.at_once = self.due.len().div_ceil(SPREAD);
        }
        Ok(())
    }

    fn due_blocks(&mut self, tier: Tier) -> rusqlite::Result<()> {
        let grace = GRACE_MS * (tier.number() + 1);
        let (mut group, mut from) = (0, 0);
        while let Some((found, start)) = blocks::next_piece(&self.db, tier, group, from)? {
            let block = tier.block(start);
            let (begin, end) = (tier.begin(block), tier.begin(block + 1));
            if self.now_ms >= end + grace || self.now_ms < begin - grace {
                self.due.insert((tier, block, found));
            }
            (group, from) = (found, end);
        }
        Ok(())
    }

    /// Closes some of the groups that are due: an hour's work is not done in one commit, which would take a second.
    pub(super) fn close_some(&mut self) -> Result<(), StoreError> {
        for _ in 0..self.at_once {
            let Some(due) = self.due.first().copied() else { return Ok(()) };
            let (tier, block, group) = due;
            self.close(tier, block, group).map_err(|why| self.told("write", why))?;
            self.due.remove(&due);
            if tier == Tier::Raw && self.due.first().is_none_or(|next| next.0 != Tier::Raw) {
                self.find_old()?;
            }
        }
        Ok(())
    }

    /// Turns the pieces of a group to chunks, all or none.
    fn close(&mut self, tier: Tier, block: i64, group: i64) -> Result<(), ReadError> {
        let (begin, end) = (tier.begin(block), tier.begin(block + 1));
        let all = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let pieces = held(&all, tier, group, begin, end)?;
        let tracks: BTreeSet<i64> =
            pieces.iter().flat_map(|p| p.directory.entries.iter().map(|e| e.track())).collect();
        // Chunks are there only where the block was closed before and late samples opened it again.
        let reopened = exists(&all, tier, block, group)?;
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
            let axis = times.number(&all, &rows.offsets)?;
            all.prepare_cached(&format!(
                "INSERT OR REPLACE INTO {} (id, axis, data) VALUES (?, ?, ?)",
                tier.table()
            ))?
            .execute(params![row_id(block, track), axis, rows.encode()])?;
        }
        for (hour, tracks) in &hours {
            add(&all, &mut self.registry, Tier::Hour, *hour, tracks)?;
        }
        all.execute(
            "DELETE FROM piece WHERE id >= ? AND id < ?",
            [piece_id(tier, group, begin), piece_id(tier, group, end)],
        )?;
        all.commit()?;
        Ok(())
    }
}

fn held(db: &Connection, tier: Tier, group: i64, begin: i64, end: i64) -> Result<Vec<Held>, ReadError> {
    let mut out = Vec::new();
    blocks::each_piece(db, tier, group, (begin, end), |start, blob| {
        let directory = Directory::read(blob).ok_or(Broken)?;
        out.push(Held { shift: (start - begin) as u32, blob: blob.to_vec(), directory });
        Ok(())
    })?;
    Ok(out)
}

/// The rows of a track in all pieces of a block, from the block's begin.
fn joined(tier: Tier, pieces: &[Held], track: i64, metrics: &[Option<MetricId>]) -> Result<Rows, ReadError> {
    let mut rows = Rows::new(tier.width(metrics.len()));
    for piece in pieces {
        let Some(entry) = piece.directory.find(track).filter(|e| e.width() == rows.width) else { continue };
        let more = piece.directory.rows(&piece.blob, entry).ok_or(Broken)?;
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

/// Whether a group's part of a block was closed before.
fn exists(db: &Connection, tier: Tier, block: i64, group: i64) -> rusqlite::Result<bool> {
    db.query_row(
        &format!("SELECT EXISTS (SELECT 1 FROM {} WHERE id >= ? AND id < ?)", tier.table()),
        [row_id(block, first_track(group)), row_id(block, 0) + first_track(group + 1)],
        |row| row.get(0),
    )
}
