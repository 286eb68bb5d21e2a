-- What several processes on a PostgreSQL database agree on. With SQLite, one process does everything, and these tables
-- stay empty.
CREATE TABLE term (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    process TEXT NOT NULL,
    name TEXT NOT NULL,
    beaten_at INTEGER NOT NULL
);

ALTER TABLE sources ADD COLUMN leased_by TEXT;
ALTER TABLE sources ADD COLUMN leased_until INTEGER;

CREATE TABLE host_leases (
    host TEXT PRIMARY KEY,
    process TEXT NOT NULL,
    until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX host_leases_until ON host_leases (until);
