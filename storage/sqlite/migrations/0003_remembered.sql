-- Identities that outlive their articles: what a source still lists when its article was pruned is not new again.
CREATE TABLE remembered (
    identity TEXT PRIMARY KEY,
    source_id INTEGER REFERENCES sources ON DELETE SET NULL,  -- that may list it still; NULL: nobody who would say
    missed_at INTEGER                       -- nobody is known to list it since; NULL: it is listed
) WITHOUT ROWID;
CREATE INDEX remembered_of_source ON remembered (source_id);
CREATE INDEX remembered_missed ON remembered (missed_at) WHERE missed_at IS NOT NULL;
