//! How long history is kept, by time and by size.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::HistoryWriter;
use crate::store::error::StoreError;
use crate::store::tier::{Tier, block_of, row_id};

const DAY: Duration = Duration::from_secs(86_400);
/// Chunks dropped with one commit at most, some two megabytes. What is old is not in memory, so each page of it is read
/// from the disk before it can be given free: an hour of 500 VMs at once would hold up recording.
const MOST_CHUNKS: usize = if cfg!(test) { 3 } else { 256 };

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Samples as they were measured.
    pub raw: Duration,
    /// One-minute roll-ups.
    pub minutes: Duration,
    /// One-hour roll-ups and events.
    pub hours: Duration,
    /// Bytes of `history.db` in all. Above it the oldest block goes: samples first, then minutes, then hours; of each
    /// tier the newest block stays.
    pub bytes: u64,
}

impl Default for Retention {
    /// 48 hours, 30 days, two years, 8 GiB.
    fn default() -> Self {
        Self { raw: DAY * 2, minutes: DAY * 30, hours: DAY * 730, bytes: 8 << 30 }
    }
}

impl Retention {
    const fn of(&self, tier: Tier) -> Duration {
        match tier {
            Tier::Raw => self.raw,
            Tier::Minute => self.minutes,
            Tier::Hour => self.hours,
        }
    }
}

impl HistoryWriter {
    /// Sets another retention; it takes effect as the next block closes.
    pub const fn keep(&mut self, retention: Retention) {
        self.retention = retention;
    }

    /// Begins to drop what is too old or too much: a block has closed.
    pub(super) fn find_old(&mut self) -> Result<(), StoreError> {
        let now =
            trusted_now(&self.db, self.now_ms).map_err(|why| StoreError::sql("write", &self.path, why))?;
        self.dropping = Some(now);
        Ok(())
    }

    /// Drops some of it, the oldest first.
    pub(super) fn drop_some(&mut self) -> Result<(), StoreError> {
        let Some(now) = self.dropping else { return Ok(()) };
        let done = drop_old(&mut self.db, self.retention, now);
        if done.map_err(|why| StoreError::sql("write", &self.path, why))? {
            self.dropping = None;
        }
        Ok(())
    }
}

/// Drops as much as goes at once. Whether that was all.
fn drop_old(db: &mut Connection, retention: Retention, now: i64) -> rusqlite::Result<bool> {
    let all = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut room = MOST_CHUNKS;
    for tier in Tier::ALL {
        let keep = i64::try_from(retention.of(tier).as_millis()).unwrap_or(i64::MAX);
        let first_kept = tier.block(now.saturating_sub(keep));
        while room > 0
            && let Some(block) = oldest(&all, tier)?.filter(|block| *block < first_kept)
        {
            room -= drop_of_block(&all, tier, block, room)?;
        }
    }
    let keep = i64::try_from(retention.hours.as_millis()).unwrap_or(i64::MAX);
    all.execute("DELETE FROM event WHERE at_ms < ?", [now.saturating_sub(keep)])?;
    while room > 0
        && used_bytes(&all)? > retention.bytes
        && let Some((tier, block)) = first_to_go(&all)?
    {
        room -= drop_of_block(&all, tier, block, room)?;
    }
    all.commit()?;
    Ok(room > 0)
}

/// How far the time by which age is judged goes forward at once, milliseconds: two blocks, so that it catches up.
const MOST_FORWARD_MS: i64 = 2 * Tier::Raw.block_ms();

/// The time by which age is judged. It goes forward in small steps, one as each block closes: a clock that was years
/// ahead for an hour costs no more than two hours of the oldest history.
fn trusted_now(db: &Connection, now_ms: i64) -> rusqlite::Result<i64> {
    let before: Option<i64> =
        db.query_row("SELECT value FROM meta WHERE key = 'now_ms'", [], |row| row.get(0)).optional()?;
    // The first time it goes by what is there: the clock may be wrong from the beginning.
    let before = before.or(oldest(db, Tier::Raw)?.map(|block| Tier::Raw.begin(block)));
    let now = before.map_or(now_ms, |before| now_ms.min(before.saturating_add(MOST_FORWARD_MS)));
    db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('now_ms', ?)", params![now])?;
    Ok(now)
}

/// The oldest block of a tier.
fn oldest(db: &Connection, tier: Tier) -> rusqlite::Result<Option<i64>> {
    let id: Option<i64> =
        db.query_row(&format!("SELECT min(id) FROM {}", tier.table()), [], |row| row.get(0))?;
    Ok(id.map(block_of))
}

/// The oldest block of the finest tier that has more than one.
fn first_to_go(db: &Connection) -> rusqlite::Result<Option<(Tier, i64)>> {
    for tier in Tier::ALL {
        // Apart: one after the other each is one step down the tree, together they would be a scan.
        let sql = format!("SELECT (SELECT min(id) FROM {0}), (SELECT max(id) FROM {0})", tier.table());
        let (first, last): (Option<i64>, Option<i64>) =
            db.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if let Some((first, last)) = first.map(block_of).zip(last.map(block_of))
            && first < last
        {
            return Ok(Some((tier, first)));
        }
    }
    Ok(None)
}

/// Drops at most so many chunks of a block, and its times with the last. How many it dropped.
fn drop_of_block(db: &Connection, tier: Tier, block: i64, most: usize) -> rusqlite::Result<usize> {
    let (begin, end) = (row_id(block, 0), row_id(block + 1, 0));
    let table = tier.table();
    let some = format!(
        "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE id >= ? AND id < ? ORDER BY id LIMIT ?)"
    );
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let dropped = db.prepare_cached(&some)?.execute([begin, end, limit])?;
    if dropped < most || oldest(db, tier)? != Some(block) {
        db.execute(&format!("DELETE FROM {table}_axis WHERE id >= ? AND id < ?"), [begin, end])?;
    }
    Ok(dropped)
}

/// Bytes of the file that hold something: free pages are used again.
pub(crate) fn used_bytes(db: &Connection) -> rusqlite::Result<u64> {
    let number = |pragma: &str| db.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    let pages = number("page_count")? - number("freelist_count")?;
    Ok(u64::try_from(pages * number("page_size")?).unwrap_or(0))
}
