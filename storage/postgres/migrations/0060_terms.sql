-- Which process talks now. It has one row as soon as a process has talked. The epoch counts the terms: what a process
-- of an earlier term writes is refused.
CREATE TABLE term (
    id bigint PRIMARY KEY CHECK (id = 1),
    epoch bigint NOT NULL,
    process text COLLATE "C" NOT NULL,      -- the application_name of its connections; empty after its term
    name text COLLATE "C" NOT NULL,         -- its machine and its number there, for people
    beaten_at bigint NOT NULL               -- by the server's clock
);

-- Which process reads a source now, and until when nobody else may.
ALTER TABLE sources ADD COLUMN leased_by text COLLATE "C";
ALTER TABLE sources ADD COLUMN leased_until bigint;  -- by the server's clock

-- Which process asks a host now, so that the pauses between two requests hold for all processes together.
CREATE TABLE host_leases (
    host text COLLATE "C" PRIMARY KEY,
    process text COLLATE "C" NOT NULL,
    until bigint NOT NULL                   -- by the server's clock
);
CREATE INDEX host_leases_until ON host_leases (until);
