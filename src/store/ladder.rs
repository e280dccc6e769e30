//! Schemas as ladders: step N takes a database of version N−1 to version N. A step that shipped never changes.

use rusqlite::{Connection, TransactionBehavior};

/// A database's schema through its versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ladder {
    /// The SQL of each step; the first makes version 1 of an empty file.
    pub(crate) steps: &'static [&'static str],
}

/// `history.db`.
pub(crate) const HISTORY: Ladder = Ladder { steps: &[include_str!("schema/history-1.sql")] };
/// `state.db`.
pub(crate) const STATE: Ladder = Ladder {
    steps: &[
        include_str!("schema/state-1.sql"),
        include_str!("schema/state-2.sql"),
        include_str!("schema/state-3.sql"),
        include_str!("schema/state-4.sql"),
    ],
};

/// The version of a database; 0 when it is empty.
pub(crate) fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

impl Ladder {
    /// The newest version.
    pub(crate) fn newest(&self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(i64::MAX)
    }

    /// Takes the database to the newest version: all steps that it lacks or, where one fails, none.
    pub(crate) fn climb(&self, db: &mut Connection) -> rusqlite::Result<()> {
        if version(db)? >= self.newest() {
            return Ok(());
        }
        let all = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Asked again: another process may have been quicker.
        let done = usize::try_from(version(&all)?).unwrap_or(0);
        for (version, step) in (1_i64..).zip(self.steps).skip(done) {
            all.execute_batch(step)?;
            all.pragma_update(None, "user_version", version)?;
        }
        all.commit()
    }
}
