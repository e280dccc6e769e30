-- Things that a job works on besides its target, as `model::plan::Plan::touches` has them: no two jobs at once.
CREATE TABLE job_touch (
    job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    thing TEXT NOT NULL,
    PRIMARY KEY (job, thing)
) WITHOUT ROWID, STRICT;
-- The definition before anything was changed, where the job changes it: whoever looks after the job needs it.
ALTER TABLE job ADD COLUMN xml_before TEXT NOT NULL DEFAULT '';
