//! Numbers of things and tracks, as the database has them, looked up once.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::metric::MetricId;
use crate::store::subject::{Subject, columns_of, columns_text};

/// A track as the writer knows it.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) metrics: Vec<Option<MetricId>>,
    /// The last sample that was put into a piece; `None` where that is not known.
    pub(super) sealed: Option<i64>,
}

/// Numbers known so far, and those given out but not yet written.
#[derive(Debug, Default)]
pub(super) struct Registry {
    entities: HashMap<Subject, i64>,
    /// By thing, so that looking one up clones no name.
    tracks: HashMap<Subject, Vec<(&'static [MetricId], i64)>>,
    known: HashMap<i64, Known>,
    last: Option<(i64, i64)>,
    new_entities: Vec<(i64, Subject)>,
    new_tracks: Vec<(i64, i64, String)>,
}

impl Registry {
    /// The greatest numbers given out.
    fn last(&mut self, db: &Connection) -> rusqlite::Result<&mut (i64, i64)> {
        let last = match self.last {
            Some(last) => last,
            None => db.query_row(
                "SELECT coalesce((SELECT max(id) FROM entity), 0), coalesce((SELECT max(id) FROM track), 0)",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?,
        };
        Ok(self.last.insert(last))
    }

    /// The number of a thing; a new one where it has none yet.
    pub(super) fn entity(&mut self, db: &Connection, subject: &Subject) -> rusqlite::Result<i64> {
        if let Some(id) = self.entities.get(subject) {
            return Ok(*id);
        }
        let found = db
            .prepare_cached("SELECT id FROM entity WHERE key = ?")?
            .query_row([subject.to_string()], |row| row.get(0))
            .optional()?;
        let id = if let Some(id) = found {
            id
        } else {
            let last = self.last(db)?;
            last.0 += 1;
            let id = last.0;
            self.new_entities.push((id, subject.clone()));
            id
        };
        self.entities.insert(subject.clone(), id);
        Ok(id)
    }

    /// The number of the track of these metrics of a thing; a new one where it has none yet.
    pub(super) fn track(
        &mut self,
        db: &Connection,
        subject: &Subject,
        metrics: &'static [MetricId],
    ) -> rusqlite::Result<i64> {
        let known = self.tracks.get(subject).and_then(|all| all.iter().find(|(m, _)| *m == metrics));
        if let Some((_, id)) = known {
            return Ok(*id);
        }
        let entity = self.entity(db, subject)?;
        let text = columns_text(metrics);
        let found = db
            .prepare_cached("SELECT id FROM track WHERE entity = ? AND metrics = ?")?
            .query_row(params![entity, text], |row| row.get(0))
            .optional()?;
        let id = if let Some(id) = found {
            id
        } else {
            let last = self.last(db)?;
            last.1 += 1;
            let id = last.1;
            self.new_tracks.push((id, entity, text));
            id
        };
        self.tracks.entry(subject.clone()).or_default().push((metrics, id));
        let metrics = metrics.iter().copied().map(Some).collect();
        self.known.entry(id).or_insert(Known { metrics, sealed: None });
        Ok(id)
    }

    /// What is known of a track, by its number; looked up where it came from the journal of an earlier process.
    pub(super) fn known(&mut self, db: &Connection, track: i64) -> rusqlite::Result<&mut Known> {
        match self.known.entry(track) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(place) => {
                let (key, text): (String, String) = db.query_row(
                    "SELECT key, metrics FROM track JOIN entity ON entity.id = track.entity WHERE track.id = ?",
                    [track],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?;
                let entity = Subject::parse(&key).unwrap_or(Subject::Host).entity();
                Ok(place.insert(Known { metrics: columns_of(entity, &text), sealed: None }))
            }
        }
    }

    /// The tracks this process has written, by their numbers.
    pub(super) fn by_number(&self) -> HashMap<i64, (&Subject, &'static [MetricId])> {
        let all = self.tracks.iter().flat_map(|(s, tracks)| tracks.iter().map(move |(m, id)| (*id, (s, *m))));
        all.collect()
    }

    /// Writes what was given out. [`Registry::written`] when it is committed.
    pub(super) fn write(&self, db: &Connection) -> rusqlite::Result<()> {
        for (id, subject) in &self.new_entities {
            db.prepare_cached("INSERT INTO entity (id, key) VALUES (?, ?)")?
                .execute(params![id, subject.to_string()])?;
        }
        for (id, entity, metrics) in &self.new_tracks {
            db.prepare_cached("INSERT INTO track (id, entity, metrics) VALUES (?, ?, ?)")?
                .execute(params![id, entity, metrics])?;
        }
        Ok(())
    }

    /// What was given out is in the database.
    pub(super) fn written(&mut self) {
        self.new_entities.clear();
        self.new_tracks.clear();
    }
}
