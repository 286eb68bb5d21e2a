-- Updates that are not answered yet.
CREATE TABLE inbox (
    update_id INTEGER PRIMARY KEY,          -- Telegram's number
    chat_id INTEGER NOT NULL,               -- Telegram's number of its chat; 0: it belongs to none
    asked_at INTEGER NOT NULL,              -- when the person wrote; where Telegram does not say that, when we received it
    asks INTEGER NOT NULL,                  -- whether the person waits for an answer
    payload TEXT NOT NULL                   -- JSON, as Telegram gave it
);

-- The numbers of updates that Telegram was not told yet that we have, answered ones too: it may give them again.
CREATE TABLE inbox_receipts (
    update_id INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL
);
CREATE INDEX inbox_receipts_received ON inbox_receipts (received_at);

-- The last updates that could not be read or answered, for the operator.
CREATE TABLE inbox_set_aside (
    id INTEGER PRIMARY KEY,
    update_id INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,
    set_aside_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload TEXT NOT NULL
);
