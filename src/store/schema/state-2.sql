-- Jobs: plans that are or were carried out. `plan`, `actor` and `offer` are JSON of the types of `model`; what must be
-- found whatever wrote it has a column. A job is over when `ended_ms` is set. Ids are never given twice.
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    batch INTEGER NOT NULL,
    owner TEXT NOT NULL,
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    plan TEXT NOT NULL,
    actor TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT '',
    offer TEXT,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    ended_ms INTEGER
) STRICT;
-- Those that are not over are few.
CREATE INDEX job_open ON job (host, kind, target) WHERE ended_ms IS NULL;
-- Steps of a job, from 0; what they are stands in its plan.
CREATE TABLE job_step (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    begun_ms INTEGER,
    ended_ms INTEGER,
    PRIMARY KEY (job, at)
) WITHOUT ROWID, STRICT;
-- What was done, by whom: JSON of `model::audit::AuditRecord`. `hash` is the SHA-256 of number, `previous` and `record`,
-- with a line end between them; `previous` is the hash of the record before.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    previous TEXT NOT NULL,
    record TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
-- Against mistakes: whoever may write the file can drop these.
CREATE TRIGGER audit_goes_on BEFORE INSERT ON audit
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit)
BEGIN SELECT raise(ABORT, 'audit records are numbered without a hole'); END;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'audit records are not changed'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'audit records are not deleted'); END;
