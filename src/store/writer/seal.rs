//! Minutes that are over: from the journal to a piece, with their roll-ups beside it.

use rusqlite::{Connection, TransactionBehavior};

use super::journal::rewrite;
use super::registry::Registry;
use super::{HistoryWriter, pieces};
use crate::store::blocks::{self, ReadError};
use crate::store::codec::chunk::Rows;
use crate::store::codec::piece::Tracks;
use crate::store::error::StoreError;
use crate::store::merge;
use crate::store::rollup;
use crate::store::tier::{MINUTE_MS, Tier};

/// How long after its end a minute is still open: polls of different paces overlap.
const GRACE_MS: i64 = 5_000;

impl HistoryWriter {
    /// Whether a minute is over: time has gone on past it or, when the clock was set back, left it.
    const fn is_over(&self, minute: i64) -> bool {
        self.now_ms >= minute + MINUTE_MS + GRACE_MS || self.now_ms < minute - GRACE_MS
    }

    /// Seals minutes, closes blocks and drops what is too old, as far as due.
    pub(super) fn put_in_order(&mut self) -> Result<(), StoreError> {
        let due: Vec<i64> =
            self.open.iter().flatten().map(|(m, _)| *m).filter(|m| self.is_over(*m)).collect();
        if due.is_empty() {
            self.shorten()?;
        } else {
            self.seal(&due).map_err(|why| self.told("write", why))?;
            self.find_due()?;
        }
        self.close_some()?;
        self.drop_some()
    }

    /// Turns minutes to pieces, all or none.
    fn seal(&mut self, due: &[i64]) -> Result<(), ReadError> {
        let Some(open) = self.open.as_mut() else { return Ok(()) };
        let all = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut sealed = Vec::new();
        let mut until = 0;
        for minute in due {
            let Some(tracks) = open.get(minute) else { continue };
            let fresh = only_new(&all, &mut self.registry, self.sealed_until, *minute, tracks)?;
            let samples = fresh.as_ref().unwrap_or(tracks);
            if samples.is_empty() {
                continue;
            }
            let rolled = rolled(&all, &mut self.registry, samples)?;
            pieces::add(&all, &mut self.registry, Tier::Raw, *minute, samples)?;
            pieces::add(&all, &mut self.registry, Tier::Minute, *minute, &rolled)?;
            until = until.max(minute + MINUTE_MS);
            sealed.extend(
                samples.iter().filter_map(|(t, r)| Some((*t, minute + i64::from(*r.offsets.last()?)))),
            );
        }
        if until > 0 {
            let known = "INSERT INTO meta (key, value) VALUES ('sealed_until', ?)
                 ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)";
            all.prepare_cached(known)?.execute([until])?;
        }
        let left = || open.iter().filter(|(minute, _)| !due.contains(minute));
        rewrite(&all, &mut self.next_writing, left())?;
        all.commit()?;
        open.retain(|minute, _| !due.contains(minute));
        self.writings = open.len();
        for (track, last) in sealed {
            let known = self.registry.known(&self.db, track)?;
            known.sealed = known.sealed.max(Some(last));
        }
        Ok(())
    }
}

/// One row of roll-ups a track.
fn rolled(db: &Connection, registry: &mut Registry, samples: &Tracks) -> Result<Tracks, ReadError> {
    let mut out = Tracks::new();
    for (track, rows) in samples {
        let row = rollup::of_samples(rows, &registry.known(db, *track)?.metrics);
        let mut rolled = Rows::new(row.len());
        rolled.push(0, &row);
        out.insert(*track, rolled);
    }
    Ok(out)
}

/// The rows without what stands in pieces and blocks already; `None` where nothing can, which is the rule.
fn only_new(
    db: &Connection,
    registry: &mut Registry,
    sealed_until: i64,
    minute: i64,
    tracks: &Tracks,
) -> Result<Option<Tracks>, ReadError> {
    let mut late = Vec::new();
    for (track, rows) in tracks {
        let sealed = registry.known(db, *track)?.sealed.unwrap_or(sealed_until);
        if rows.offsets.first().is_some_and(|o| minute + i64::from(*o) <= sealed) {
            late.push(*track);
        }
    }
    if late.is_empty() {
        return Ok(None);
    }
    let mut out = tracks.clone();
    for track in late {
        let Some(rows) = out.remove(&track) else { continue };
        let mut held = stored(db, minute, track, rows.width)?;
        let mut fresh = Rows::new(rows.width);
        for (i, offset) in rows.offsets.iter().enumerate() {
            if let Some((offset, values)) = merge::settle(&mut held, *offset, rows.row(i)) {
                merge::settle(&mut fresh, offset, &values);
            }
        }
        if fresh.len() > 0 {
            out.insert(track, fresh);
        }
    }
    Ok(Some(out))
}

/// What pieces and blocks hold of a track from this minute on, as far as a row of it could be moved.
fn stored(db: &Connection, minute: i64, track: i64, width: usize) -> Result<Rows, ReadError> {
    let mut held = pieces::held(db, minute, track)?.unwrap_or_else(|| Rows::new(width));
    let block = Tier::Raw.block(minute);
    if let Some(rows) = blocks::chunk(db, Tier::Raw, block, track, width)? {
        let shift = (minute - Tier::Raw.begin(block)) as u32;
        for (i, offset) in rows.offsets.iter().enumerate() {
            if let Some(offset) = offset.checked_sub(shift) {
                merge::settle(&mut held, offset, rows.row(i));
            }
        }
    }
    Ok(held)
}
