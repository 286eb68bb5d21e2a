-- What several processes on a PostgreSQL database agree on. With SQLite, one process does everything, and these tables
-- stay empty.
CREATE TABLE term (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    process TEXT NOT NULL,
    name TEXT NOT NULL,
    beaten_at INTEGER NOT NULL
);

CREATE TABLE ingest_processes (
    process TEXT PRIMARY KEY,
    beaten_at INTEGER NOT NULL
) WITHOUT ROWID;

ALTER TABLE sources ADD COLUMN leased_by TEXT;
CREATE INDEX sources_leased ON sources (leased_by) WHERE leased_by IS NOT NULL;

CREATE TABLE host_leases (
    host TEXT PRIMARY KEY,
    process TEXT NOT NULL,
    until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX host_leases_process ON host_leases (process);
