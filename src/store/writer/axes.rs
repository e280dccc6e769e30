//! The times of a block's chunks: tracks of one poll share theirs.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use crate::store::blocks;
use crate::store::codec::chunk::encode_axis;
use crate::store::tier::{Tier, row_id, track_of};

/// The times that a block's chunks have so far.
pub(super) struct Axes {
    tier: Tier,
    block: i64,
    known: HashMap<Vec<u8>, i64>,
    next: i64,
}

impl Axes {
    /// Those that are written already: of the groups that closed before, too.
    pub(super) fn new(db: &Connection, tier: Tier, block: i64) -> rusqlite::Result<Self> {
        let sql = format!("SELECT id, data FROM {}_axis WHERE id >= ? AND id < ? ORDER BY id", tier.table());
        let mut query = db.prepare_cached(&sql)?;
        let mut rows = query.query([row_id(block, 0), row_id(block + 1, 0)])?;
        let (mut known, mut next) = (HashMap::new(), 0);
        while let Some(row) = rows.next()? {
            let number = track_of(row.get(0)?);
            known.insert(row.get(1)?, number);
            next = number + 1;
        }
        Ok(Self { tier, block, known, next })
    }

    /// The number of these times in the block.
    pub(super) fn number(&mut self, db: &Connection, offsets: &[u32]) -> rusqlite::Result<i64> {
        if self.tier != Tier::Raw && blocks::every_row(self.tier).eq(offsets.iter().copied()) {
            return Ok(blocks::EVERY_ROW);
        }
        let bytes = encode_axis(offsets);
        if let Some(number) = self.known.get(&bytes) {
            return Ok(*number);
        }
        db.prepare_cached(&format!("INSERT INTO {}_axis (id, data) VALUES (?, ?)", self.tier.table()))?
            .execute(params![row_id(self.block, self.next), bytes])?;
        self.known.insert(bytes, self.next);
        self.next += 1;
        Ok(self.next - 1)
    }
}
