//! Chunks in their blocks, and pieces, as rows of the database: what writer and readers both read.

use rusqlite::{Connection, OptionalExtension};

use super::codec::chunk::{Rows, decode_axis};
use super::codec::piece::{self, Tracks};
use super::tier::{
    MOST_TRACKS, Tier, group_of, group_of_piece, journal_id, piece_id, row_id, start_of_piece, writing_of,
};

/// Bytes in the database that make no sense.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Broken;

/// Why something could not be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// SQLite said no.
    Sql(rusqlite::Error),
    /// It gave what makes no sense.
    Broken,
}

impl From<rusqlite::Error> for ReadError {
    fn from(why: rusqlite::Error) -> Self {
        Self::Sql(why)
    }
}

impl From<Broken> for ReadError {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

/// The number of the times of a chunk of roll-ups that has every row: they need no record.
pub(crate) const EVERY_ROW: i64 = -1;

/// The offsets of a chunk that has every row.
pub(crate) fn every_row(tier: Tier) -> impl Iterator<Item = u32> {
    (0..tier.rows()).map(move |row| row * tier.step_ms() as u32)
}

/// Offsets of the rows of some chunks of a block, from the block's begin.
pub(crate) fn axis(db: &Connection, tier: Tier, block: i64, number: i64) -> Result<Vec<u32>, ReadError> {
    if number == EVERY_ROW {
        return Ok(every_row(tier).collect());
    }
    let sql = match tier {
        Tier::Raw => "SELECT data FROM raw_axis WHERE id = ?",
        Tier::Minute => "SELECT data FROM minute_axis WHERE id = ?",
        Tier::Hour => "SELECT data FROM hour_axis WHERE id = ?",
    };
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([row_id(block, number)])?;
    let row = rows.next()?.ok_or(Broken)?;
    let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(decode_axis(bytes).ok_or(Broken)?)
}

/// The rows of a track in a closed block; `None` where it has none.
pub(crate) fn chunk(
    db: &Connection,
    tier: Tier,
    block: i64,
    track: i64,
    width: usize,
) -> Result<Option<Rows>, ReadError> {
    let sql = match tier {
        Tier::Raw => "SELECT axis, data FROM raw WHERE id = ?",
        Tier::Minute => "SELECT axis, data FROM minute WHERE id = ?",
        Tier::Hour => "SELECT axis, data FROM hour WHERE id = ?",
    };
    let mut query = db.prepare_cached(sql)?;
    let found =
        query.query_row([row_id(block, track)], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, Vec<u8>>(1)?)));
    let Some((number, data)) = found.optional()? else { return Ok(None) };
    let offsets = axis(db, tier, block, number)?;
    Ok(Some(Rows::decode(width, offsets, &data).ok_or(Broken)?))
}

/// Shows the pieces of a group that begin in this span, oldest first: when each begins, and its bytes.
pub(crate) fn each_piece(
    db: &Connection,
    tier: Tier,
    group: i64,
    (from, to): (i64, i64),
    mut show: impl FnMut(i64, &[u8]) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut query = db.prepare_cached("SELECT id, data FROM piece WHERE id >= ? AND id < ? ORDER BY id")?;
    let mut rows = query.query([piece_id(tier, group, from), piece_id(tier, group, to)])?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        show(start_of_piece(row.get(0)?), bytes)?;
    }
    Ok(())
}

/// The tracks of one piece; `None` where there is none.
pub(crate) fn piece(db: &Connection, id: i64) -> Result<Option<Tracks>, ReadError> {
    let mut query = db.prepare_cached("SELECT data FROM piece WHERE id = ?")?;
    let mut rows = query.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(Some(piece::decode(bytes).ok_or(Broken)?))
}

/// The first piece of a tier at or after a group and time: its group, and when it begins.
pub(crate) fn next_piece(
    db: &Connection,
    tier: Tier,
    group: i64,
    from: i64,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let mut query = db.prepare_cached("SELECT min(id) FROM piece WHERE id >= ? AND id < ?")?;
    let end = piece_id(tier, group_of(MOST_TRACKS), 0);
    let id: Option<i64> = query.query_row([piece_id(tier, group, from), end], |row| row.get(0))?;
    Ok(id.map(|id| (group_of_piece(id), start_of_piece(id))))
}

/// The groups that have pieces, and when the first of each begins. One step down the tree each: no piece is read.
pub(crate) fn groups(db: &Connection, tier: Tier) -> rusqlite::Result<Vec<(i64, i64)>> {
    let mut out = Vec::new();
    let mut next = 0;
    while let Some((group, start)) = next_piece(db, tier, next, 0)? {
        out.push((group, start));
        next = group + 1;
    }
    Ok(out)
}

/// Shows the rows of the journal of a group, in the order they were written: when their minutes begin, and their
/// bytes.
pub(crate) fn each_recent(
    db: &Connection,
    group: i64,
    mut show: impl FnMut(i64, &[u8]) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut query =
        db.prepare_cached("SELECT id, start_ms, data FROM recent WHERE id >= ? ORDER BY id LIMIT 1")?;
    let mut number = 0;
    loop {
        let mut rows = query.query([journal_id(number, group)])?;
        let Some(row) = rows.next()? else { return Ok(()) };
        let found = writing_of(row.get(0)?);
        if found.1 == group {
            show(row.get(1)?, row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
        }
        // Of a later writing's first rows it is not known yet whether this group is among them.
        number = if found.0 > number && found.1 < group { found.0 } else { found.0 + 1 };
    }
}

/// Shows the whole journal, in the order it was written.
pub(crate) fn whole_journal(
    db: &Connection,
    mut show: impl FnMut(i64, &[u8]) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut query = db.prepare_cached("SELECT start_ms, data FROM recent ORDER BY id")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        show(row.get(0)?, row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
    }
    Ok(())
}
