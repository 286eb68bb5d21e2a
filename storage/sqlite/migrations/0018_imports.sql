-- How far an import came, so that the same command goes on there after it was stopped. Rows are deleted at its end.
CREATE TABLE import_progress (
    options TEXT NOT NULL,                  -- what the import was told to do with the files
    file BLOB NOT NULL,                     -- its path: bytes, since a path need not be UTF-8
    stamp TEXT NOT NULL,                    -- size and time of change: a file that changed is imported anew
    position INTEGER NOT NULL,              -- where reading goes on: a byte of JSON Lines, else an article's place
    finished INTEGER NOT NULL,
    added INTEGER NOT NULL,
    pushed INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (options, file)
) WITHOUT ROWID;
