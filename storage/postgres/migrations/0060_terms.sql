-- Which process talks now. It has one row as soon as a process has talked. The epoch counts the terms: what a process
-- of an earlier term writes is refused.
CREATE TABLE term (
    id bigint PRIMARY KEY CHECK (id = 1),
    epoch bigint NOT NULL,
    process text COLLATE "C" NOT NULL,      -- the application_name of its connections; empty after its term
    name text COLLATE "C" NOT NULL,         -- its machine and its number there, for people
    beaten_at bigint NOT NULL               -- by the server's clock
);

-- The processes that ingest. What a process has leased is free again when it has not beaten for a while.
CREATE TABLE ingest_processes (
    process text COLLATE "C" PRIMARY KEY,   -- the application_name of its connections
    beaten_at bigint NOT NULL               -- by the server's clock
);

-- Which process visits a source now.
ALTER TABLE sources ADD COLUMN leased_by text COLLATE "C";
CREATE INDEX sources_leased ON sources (leased_by) WHERE leased_by IS NOT NULL;

-- Which process asks a host now, so that the pauses between two requests hold for all processes together.
CREATE TABLE host_leases (
    host text COLLATE "C" PRIMARY KEY,      -- with its port
    process text COLLATE "C" NOT NULL,      -- empty: none
    until bigint NOT NULL                   -- nobody asks the host before that, by the server's clock
);
CREATE INDEX host_leases_process ON host_leases (process);
