-- Things that are measured. `key` is the text form of `store::Subject`.
CREATE TABLE entity (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE
);
-- Names over time, since a VM is its UUID.
CREATE TABLE entity_name (
    entity INTEGER NOT NULL REFERENCES entity,
    since_ms INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (entity, since_ms)
) WITHOUT ROWID;
-- Metrics that are measured together: their keys, commas between them.
CREATE TABLE track (
    id INTEGER PRIMARY KEY,
    entity INTEGER NOT NULL REFERENCES entity,
    metrics TEXT NOT NULL,
    UNIQUE (entity, metrics)
);
-- Tracks are taken together in groups of 32, by their numbers.
-- The journal: what came since the last full minute. id = number of the writing * 2^19 + group; a writing is of the
-- minute that begins at `start_ms`.
CREATE TABLE recent (id INTEGER PRIMARY KEY, start_ms INTEGER NOT NULL, data BLOB NOT NULL);
-- A minute (or the hour that begins there) of a group, until the block is complete. id = (tier * 2^19 + group) * 2^32 +
-- minute since 1970; tier 0: samples, 1: minutes, 2: hours.
CREATE TABLE piece (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
-- Blocks: id = number of the block * 2^24 + number of the track, so that new rows come last and old ones go in
-- whole pages. `axis` is the low part of the id in the table of times: tracks of one poll share it. -1 are the times
-- of roll-ups without a gap.
CREATE TABLE raw (id INTEGER PRIMARY KEY, axis INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE raw_axis (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE minute (id INTEGER PRIMARY KEY, axis INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE minute_axis (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE hour (id INTEGER PRIMARY KEY, axis INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE hour_axis (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
-- What happened.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    entity INTEGER REFERENCES entity,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX event_by_time ON event (at_ms);
-- `now_ms`: the time by which age is judged. `sealed_until`: the end of the last minute that is no more in the journal.
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) WITHOUT ROWID, STRICT;
