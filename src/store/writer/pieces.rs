//! Pieces: where minutes and hours wait until their block is over.

use rusqlite::{Connection, params};

use super::registry::Registry;
use crate::model::metric::MetricId;
use crate::store::blocks::{self, ReadError};
use crate::store::codec::chunk::Rows;
use crate::store::codec::piece::{self, Tracks};
use crate::store::merge;
use crate::store::tier::{Tier, first_track, group_of, piece_id};

/// Writes the pieces of all groups that begin at an instant; what is there already is joined.
pub(super) fn add(
    db: &Connection,
    registry: &mut Registry,
    tier: Tier,
    start: i64,
    tracks: &Tracks,
) -> Result<(), ReadError> {
    for (group, blob) in piece::encode(tracks) {
        let id = piece_id(tier, group, start);
        // The rule is that nothing is there: only late samples come to a place that was filled before.
        let blob = match blocks::piece(db, id)? {
            None => blob,
            Some(mut held) => {
                for (track, rows) in tracks.range(first_track(group)..first_track(group + 1)) {
                    let metrics = &registry.known(db, *track)?.metrics;
                    let into = held.entry(*track).or_insert_with(|| Rows::new(rows.width));
                    join(tier, into, rows, 0, metrics);
                }
                piece::encode(&held).map(|(_, blob)| blob).next().unwrap_or(blob)
            }
        };
        db.prepare_cached("INSERT OR REPLACE INTO piece (id, data) VALUES (?, ?)")?
            .execute(params![id, blob])?;
    }
    Ok(())
}

/// Joins rows of a track to others of it.
pub(super) fn join(tier: Tier, into: &mut Rows, from: &Rows, shift: u32, metrics: &[Option<MetricId>]) {
    debug_assert_eq!(into.width, from.width);
    match tier {
        Tier::Raw => merge::samples(into, from, shift),
        Tier::Minute | Tier::Hour => merge::rollups(into, from, shift, metrics),
    }
}

/// What the piece of a minute holds of a track.
pub(super) fn held(db: &Connection, minute: i64, track: i64) -> Result<Option<Rows>, ReadError> {
    let piece = blocks::piece(db, piece_id(Tier::Raw, group_of(track), minute))?;
    Ok(piece.and_then(|mut tracks| tracks.remove(&track)))
}
