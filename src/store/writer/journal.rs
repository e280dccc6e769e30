//! The journal: what came since the last full minute. What is in it no kill can lose.

use std::collections::BTreeMap;

use rusqlite::{Connection, TransactionBehavior, params};

use super::HistoryWriter;
use crate::model::time::Timestamp;
use crate::store::blocks::{self, ReadError};
use crate::store::codec::chunk::Rows;
use crate::store::codec::piece::{self, Tracks};
use crate::store::error::StoreError;
use crate::store::merge;
use crate::store::tier::journal_id;

/// Writings after which the journal is written anew, each minute in one: a reader looks into each.
const MOST_WRITINGS: usize = 6;

impl HistoryWriter {
    /// Writes what came to the journal: one writing a minute, usually one in all.
    pub(super) fn journal(&mut self) -> Result<(), StoreError> {
        if self.pending.is_empty() && self.pending_events.is_empty() && self.pending_names.is_empty() {
            return Ok(());
        }
        if self.write_journal().is_err() {
            // The log may be what fills the disk: written back, it is used again from its begin.
            let _ = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            self.write_journal().map_err(|why| StoreError::sql("write", &self.path, why))?;
        }
        self.registry.written();
        self.pending_events.clear();
        self.pending_names.clear();
        self.pending_samples = 0;
        let open = self.open.get_or_insert_default();
        self.writings += self.pending.len();
        for (minute, tracks) in std::mem::take(&mut self.pending) {
            fold(open, minute, tracks);
        }
        Ok(())
    }

    fn write_journal(&mut self) -> rusqlite::Result<()> {
        let events = self.pending_events.iter().filter_map(|e| e.subject.as_ref());
        let named = self.pending_names.iter().map(|(_, subject, _)| subject);
        for subject in events.chain(named) {
            self.registry.entity(&self.db, subject)?;
        }
        let all = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.registry.write(&all)?;
        for (minute, tracks) in &self.pending {
            write(&all, &mut self.next_writing, *minute, tracks)?;
        }
        for event in &self.pending_events {
            let entity = event.subject.as_ref().map(|s| self.registry.entity(&all, s)).transpose()?;
            all.prepare_cached("INSERT INTO event (at_ms, entity, kind, detail) VALUES (?, ?, ?, ?)")?
                .execute(params![event.at.0, entity, event.kind.name(), event.detail])?;
        }
        for (at, subject, name) in &self.pending_names {
            let entity = self.registry.entity(&all, subject)?;
            write_name(&all, entity, *at, name)?;
        }
        all.commit()
    }

    /// Reads the journal that an earlier process left. Not at opening: nobody waits for it there.
    pub(super) fn replay(&mut self) -> Result<(), StoreError> {
        if self.open.is_some() {
            return Ok(());
        }
        let mut open = BTreeMap::new();
        let read = blocks::whole_journal(&self.db, |minute, bytes| {
            fold(&mut open, minute, piece::decode(bytes).ok_or(ReadError::Broken)?);
            Ok(())
        });
        read.map_err(|why| self.told("read", why))?;
        self.open = Some(open);
        // How many writings there are is not known: it is soon written anew.
        self.writings = MOST_WRITINGS;
        Ok(())
    }

    /// Writes the journal anew where it has got long: a reader looks into each writing.
    pub(super) fn shorten(&mut self) -> Result<(), StoreError> {
        let Some(open) = self.open.as_ref().filter(|_| self.writings >= MOST_WRITINGS) else { return Ok(()) };
        let anew = |db: &mut Connection, next: &mut i64| {
            let all = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            rewrite(&all, next, open.iter())?;
            all.commit()
        };
        anew(&mut self.db, &mut self.next_writing)
            .map_err(|why| StoreError::sql("write", &self.path, why))?;
        self.writings = open.len();
        Ok(())
    }
}

/// Joins rows of a minute to those of the journal, each at its place.
fn fold(open: &mut BTreeMap<i64, Tracks>, minute: i64, tracks: Tracks) {
    let held = open.entry(minute).or_default();
    for (track, rows) in tracks {
        merge::samples(held.entry(track).or_insert_with(|| Rows::new(rows.width)), &rows, 0);
    }
}

fn write(db: &Connection, number: &mut i64, minute: i64, tracks: &Tracks) -> rusqlite::Result<()> {
    let mut insert = db.prepare_cached("INSERT INTO recent (id, start_ms, data) VALUES (?, ?, ?)")?;
    for (group, blob) in piece::encode(tracks) {
        insert.execute(params![journal_id(*number, group), minute, blob])?;
    }
    *number += 1;
    Ok(())
}

/// The journal with these minutes only, one writing each.
pub(super) fn rewrite<'a>(
    db: &Connection,
    next: &mut i64,
    open: impl Iterator<Item = (&'a i64, &'a Tracks)>,
) -> rusqlite::Result<()> {
    db.execute("DELETE FROM recent", [])?;
    for (minute, tracks) in open {
        write(db, next, *minute, tracks)?;
    }
    Ok(())
}

fn write_name(db: &Connection, entity: i64, at: Timestamp, name: &str) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO entity_name (entity, since_ms, name) SELECT ?1, ?2, ?3 WHERE ?3 IS NOT
         (SELECT name FROM entity_name WHERE entity = ?1 AND since_ms <= ?2 ORDER BY since_ms DESC LIMIT 1)",
    )?
    .execute(params![entity, at.0, name])?;
    Ok(())
}
