-- Hooks: addresses to which programs send their articles. Each belongs to a source of kind 'hook'.
CREATE TABLE hooks (
    source_id INTEGER PRIMARY KEY REFERENCES sources ON DELETE CASCADE,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    secret TEXT NOT NULL,                   -- as it is: a signature can't be computed from a hash of it
    former_secret TEXT,                     -- the one before it, which is valid until
    former_until INTEGER,
    called_at INTEGER,                      -- the last call that was accepted
    failed_at INTEGER,                      -- the last call that was refused
    last_error TEXT,
    calls INTEGER NOT NULL DEFAULT 0,       -- accepted ones
    refused INTEGER NOT NULL DEFAULT 0,
    stored INTEGER NOT NULL DEFAULT 0,      -- articles
    changed INTEGER NOT NULL DEFAULT 0,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Signed calls of the last minutes: a call that comes again gets the same answer, and changes nothing.
CREATE TABLE hook_calls (
    source_id INTEGER NOT NULL REFERENCES hooks ON DELETE CASCADE,
    signature TEXT NOT NULL,
    taken_at INTEGER NOT NULL,
    answer TEXT NOT NULL,                   -- JSON
    PRIMARY KEY (source_id, signature)
) WITHOUT ROWID;
CREATE INDEX hook_calls_taken ON hook_calls (taken_at);
