//! What the samples weigh on disk. Reads all of them: for measurements, not for every day.

use super::{HistoryReader, sound};
use crate::store::blocks::{self, ReadError};
use crate::store::codec::chunk::columns;
use crate::store::codec::column::is_constant;
use crate::store::error::StoreError;
use crate::store::tier::{Tier, block_of, track_of};

/// Samples in closed blocks and the bytes they take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Samples, gaps included.
    pub samples: u64,
    /// Of these, in chunks that hold a single value.
    pub constant_samples: u64,
    /// Bytes of the pages of samples, their times, and the tables and indexes that name them.
    pub bytes: u64,
    /// Bytes of packed values.
    pub packed: u64,
    /// Of these, in chunks that hold a single value.
    pub constant_packed: u64,
}

impl HistoryReader {
    /// Weighs the samples in closed blocks.
    pub fn weigh(&self) -> Result<Weight, StoreError> {
        self.read(|| {
            let bytes: i64 = self.db.query_row(
                "SELECT sum(pgsize) FROM dbstat('main', TRUE) WHERE (name LIKE 'raw%' OR name LIKE '%entity%'
                 OR name LIKE '%track%')",
                [],
                |row| row.get(0),
            )?;
            let mut weight = Weight { bytes: u64::try_from(bytes).unwrap_or(0), ..Weight::default() };
            let tracks = self.all_tracks()?;
            let mut query = self.db.prepare_cached("SELECT id, axis, data FROM raw")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                let Some(track) = tracks.get(&track_of(id)) else { continue };
                let count = self.rows_at(block_of(id), row.get(1)?)?;
                let data = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
                for column in sound(columns(track.metrics.len(), data))? {
                    weight.add(column, count);
                }
            }
            Ok(weight)
        })
    }

    fn rows_at(&self, block: i64, axis: i64) -> Result<u64, ReadError> {
        Ok(blocks::axis(&self.db, Tier::Raw, block, axis)?.len() as u64)
    }
}

impl Weight {
    fn add(&mut self, column: &[u8], rows: u64) {
        let bytes = column.len() as u64;
        self.samples += rows;
        self.packed += bytes;
        if is_constant(column) {
            self.constant_samples += rows;
            self.constant_packed += bytes;
        }
    }
}
