-- VMs that were deleted and can be brought back: one of a UUID at a time. `actor` and `kept` are JSON of the types of
-- `model`. A row is written after the files that belong to it, and taken away before them.
CREATE TABLE held (
    host TEXT NOT NULL,
    vm TEXT NOT NULL,
    name TEXT NOT NULL,
    deleted_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    kept TEXT NOT NULL,
    PRIMARY KEY (host, vm)
) STRICT;
-- Definitions as they were, without passwords. `actor` is JSON, and NULL where a change was noticed.
CREATE TABLE xml_revision (
    host TEXT NOT NULL,
    vm TEXT NOT NULL,
    number INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    actor TEXT,
    why TEXT NOT NULL,
    xml TEXT NOT NULL,
    PRIMARY KEY (host, vm, number)
) WITHOUT ROWID, STRICT;
