//! How long history is kept, by time and by size.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::HistoryWriter;
use crate::store::error::StoreError;
use crate::store::tier::{Tier, block_of, row_id};

const DAY: Duration = Duration::from_secs(86_400);
/// Blocks dropped at once at most: a setting that was lowered must not hold up recording.
const MOST_BLOCKS: usize = 50;

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

    /// Drops what is too old or too much.
    pub(super) fn drop_old(&mut self) -> Result<(), StoreError> {
        self.drop_old_now().map_err(|why| StoreError::sql("write", &self.path, why))
    }

    fn drop_old_now(&mut self) -> rusqlite::Result<()> {
        let all = self.db.transaction()?;
        let now = trusted_now(&all, self.now_ms)?;
        for tier in Tier::ALL {
            let keep = i64::try_from(self.retention.of(tier).as_millis()).unwrap_or(i64::MAX);
            let first_kept = tier.block(now.saturating_sub(keep));
            for _ in 0..MOST_BLOCKS {
                match oldest(&all, tier)?.filter(|block| *block < first_kept) {
                    Some(block) => drop_block(&all, tier, block)?,
                    None => break,
                }
            }
        }
        let keep = i64::try_from(self.retention.hours.as_millis()).unwrap_or(i64::MAX);
        all.execute("DELETE FROM event WHERE at_ms < ?", [now.saturating_sub(keep)])?;
        for _ in 0..MOST_BLOCKS {
            if used_bytes(&all)? <= self.retention.bytes {
                break;
            }
            let Some((tier, block)) = first_to_go(&all)? else { break };
            drop_block(&all, tier, block)?;
        }
        all.commit()
    }
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

fn drop_block(db: &Connection, tier: Tier, block: i64) -> rusqlite::Result<()> {
    let span = [row_id(block, 0), row_id(block + 1, 0)];
    for table in [tier.table().to_owned(), format!("{}_axis", tier.table())] {
        db.execute(&format!("DELETE FROM {table} WHERE id >= ? AND id < ?"), span)?;
    }
    Ok(())
}

/// Bytes of the file that hold something: free pages are used again.
pub(crate) fn used_bytes(db: &Connection) -> rusqlite::Result<u64> {
    let number = |pragma: &str| db.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
    let pages = number("page_count")? - number("freelist_count")?;
    Ok(u64::try_from(pages * number("page_size")?).unwrap_or(0))
}
