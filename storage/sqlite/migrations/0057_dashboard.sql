-- The dashboard: who is logged in, and histories that it shows. All of them are short.

-- A link that logs a person in once. Only its hash is stored.
CREATE TABLE dashboard_links (
    hash TEXT PRIMARY KEY,                  -- SHA-256 of the secret, in hex
    user_id INTEGER,                        -- Telegram's number of the person; NULL: whoever types on the server
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    timezone TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE dashboard_sessions (
    hash TEXT PRIMARY KEY,                  -- SHA-256 of the cookie, in hex
    user_id INTEGER,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    timezone TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL                -- to a minute
) WITHOUT ROWID;

-- The last visits to each source.
CREATE TABLE source_visits (
    source_id INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
    visited_at INTEGER NOT NULL,
    added INTEGER NOT NULL,                 -- new articles
    unchanged INTEGER NOT NULL,             -- 1: the source said that nothing is new
    dropped INTEGER NOT NULL,               -- items that could not be read
    error TEXT,
    PRIMARY KEY (source_id, visited_at)
) WITHOUT ROWID;

-- How many articles each source brought on each day (UTC). What was old when it came does not count.
CREATE TABLE source_days (
    source_id INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
    day INTEGER NOT NULL,                   -- days since 1970
    articles INTEGER NOT NULL,
    PRIMARY KEY (source_id, day)
) WITHOUT ROWID;
CREATE INDEX source_days_by_day ON source_days (day);

CREATE TRIGGER source_days_of_new AFTER INSERT ON articles
WHEN NEW.source_id IS NOT NULL AND NEW.published_at > NEW.stored_at - 172800000
BEGIN
    INSERT INTO source_days (source_id, day, articles) VALUES (NEW.source_id, NEW.stored_at / 86400000, 1)
    ON CONFLICT (source_id, day) DO UPDATE SET articles = articles + 1;
END;

-- How many chats came and went on each day (UTC). Topics of a group do not count.
CREATE TABLE chat_days (
    day INTEGER PRIMARY KEY,                -- days since 1970
    joined INTEGER NOT NULL DEFAULT 0,
    returned INTEGER NOT NULL DEFAULT 0,
    departed INTEGER NOT NULL DEFAULT 0
);

CREATE TRIGGER chat_days_of_new AFTER INSERT ON chats WHEN NEW.topic_id = 0 AND NEW.state = 'active'
BEGIN
    INSERT INTO chat_days (day, joined) VALUES (NEW.active_since / 86400000, 1)
    ON CONFLICT (day) DO UPDATE SET joined = joined + 1;
END;

CREATE TRIGGER chat_days_of_departed AFTER UPDATE OF state ON chats
WHEN NEW.topic_id = 0 AND OLD.state = 'active' AND NEW.state <> 'active'
BEGIN
    INSERT INTO chat_days (day, departed) VALUES (coalesce(NEW.left_at, NEW.active_since) / 86400000, 1)
    ON CONFLICT (day) DO UPDATE SET departed = departed + 1;
END;

CREATE TRIGGER chat_days_of_returned AFTER UPDATE OF state ON chats
WHEN NEW.topic_id = 0 AND OLD.state <> 'active' AND NEW.state = 'active'
BEGIN
    INSERT INTO chat_days (day, returned) VALUES (NEW.active_since / 86400000, 1)
    ON CONFLICT (day) DO UPDATE SET returned = returned + 1;
END;

-- A chat that is forgotten was written to a moment before.
CREATE TRIGGER chat_days_of_deleted AFTER DELETE ON chats WHEN OLD.topic_id = 0 AND OLD.state = 'active'
BEGIN
    INSERT INTO chat_days (day, departed) VALUES (max(OLD.seen_at, OLD.settings_at) / 86400000, 1)
    ON CONFLICT (day) DO UPDATE SET departed = departed + 1;
END;
