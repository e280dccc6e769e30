//! Chunks in their blocks, and pieces, as rows of the database: what writer and readers both read.

use rusqlite::blob::Blob;
use rusqlite::{Connection, OptionalExtension, params};

use super::codec::chunk::{Rows, decode_axis};
use super::codec::piece::{Directory, HEAD, front};
use super::tier::{Tier, row_id};

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

/// A piece or a row of the journal: its table, its row and when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Piece {
    table: &'static str,
    pub(crate) id: i64,
    pub(crate) start: i64,
}

/// The pieces of a tier that begin in this span, oldest first.
pub(crate) fn pieces(db: &Connection, tier: Tier, from: i64, to: i64) -> rusqlite::Result<Vec<Piece>> {
    let mut query = db.prepare_cached(
        "SELECT id, start_ms FROM piece WHERE tier = ? AND start_ms >= ? AND start_ms < ? ORDER BY start_ms, id",
    )?;
    let rows = query.query_map(params![tier.number(), from, to], |row| {
        Ok(Piece { table: "piece", id: row.get(0)?, start: row.get(1)? })
    })?;
    rows.collect()
}

/// The rows of the journal whose minutes begin in this span, in the order they were written.
pub(crate) fn recent(db: &Connection, from: i64, to: i64) -> rusqlite::Result<Vec<Piece>> {
    let mut query = db
        .prepare_cached("SELECT id, start_ms FROM recent WHERE start_ms >= ? AND start_ms < ? ORDER BY id")?;
    let rows = query
        .query_map([from, to], |row| Ok(Piece { table: "recent", id: row.get(0)?, start: row.get(1)? }))?;
    rows.collect()
}

/// The whole of a piece.
pub(crate) fn blob(db: &Connection, piece: Piece) -> rusqlite::Result<Vec<u8>> {
    let sql = if piece.table == "piece" {
        "SELECT data FROM piece WHERE id = ?"
    } else {
        "SELECT data FROM recent WHERE id = ?"
    };
    db.prepare_cached(sql)?.query_row([piece.id], |row| row.get(0))
}

/// Reads parts of pieces, one after the other, without reading the rest of them.
pub(crate) struct Parts<'a> {
    db: &'a Connection,
    open: Option<(Piece, Blob<'a>)>,
}

impl<'a> Parts<'a> {
    /// Nothing read yet.
    pub(crate) const fn new(db: &'a Connection) -> Self {
        Self { db, open: None }
    }

    /// Turns to a piece; within one table that is much cheaper than opening anew.
    fn turn_to(&mut self, piece: Piece) -> Result<&mut Blob<'a>, ReadError> {
        let db = self.db;
        let blob = match self.open.take() {
            Some((before, blob)) if before == piece => blob,
            Some((before, mut blob)) if before.table == piece.table => {
                blob.reopen(piece.id)?;
                blob
            }
            _ => db.blob_open("main", piece.table, "data", piece.id, true)?,
        };
        Ok(&mut self.open.insert((piece, blob)).1)
    }

    /// What stands in front of a piece.
    pub(crate) fn directory(&mut self, piece: Piece) -> Result<Directory, ReadError> {
        let blob = self.turn_to(piece)?;
        let mut bytes = vec![0; HEAD];
        blob.read_at_exact(&mut bytes, 0)?;
        let front = front(&bytes).filter(|n| *n <= blob.len()).ok_or(Broken)?;
        bytes.resize(front, 0);
        blob.read_at_exact(&mut bytes, 0)?;
        Ok(Directory::read(&bytes).ok_or(Broken)?)
    }

    /// The rows of a track in a piece; `None` where it has none.
    pub(crate) fn rows(
        &mut self,
        piece: Piece,
        directory: &Directory,
        track: i64,
    ) -> Result<Option<Rows>, ReadError> {
        let Some(entry) = directory.find(track) else { return Ok(None) };
        let (begin, length) = entry.place();
        let blob = self.turn_to(piece)?;
        if begin + length > blob.len() {
            return Err(Broken.into());
        }
        let mut chunk = vec![0; length];
        blob.read_at_exact(&mut chunk, begin)?;
        Ok(Some(directory.rows(entry, &chunk).ok_or(Broken)?))
    }
}
