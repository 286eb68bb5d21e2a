-- What an operator watches: how fast articles reach their chats, what is wrong at the moment, and work that takes long.

-- How fast the alerts of an article reach its chats. Counted while they are sent, so that nobody has to count a million
-- deliveries.
CREATE TABLE reach (
    article_id INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE,
    lane INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,             -- from when on the promise counts
    promise_ms INTEGER NOT NULL DEFAULT 0,  -- the promised time at the last count; 0: not counted yet
    due INTEGER NOT NULL DEFAULT 0,         -- alerts that nothing but the bot holds back
    sent INTEGER NOT NULL DEFAULT 0,        -- of these
    in_time INTEGER NOT NULL DEFAULT 0,     -- of the sent ones
    missed INTEGER NOT NULL DEFAULT 0,      -- of the due ones: given up, or listed in a catch-up message
    held INTEGER NOT NULL DEFAULT 0,        -- sent later as the chat wished: quiet hours, a snooze, a daily limit
    first_ms INTEGER,                       -- the shortest delay of the sent ones
    last_ms INTEGER,                        -- the longest
    judged_at INTEGER,
    kept INTEGER                            -- whether the promise was kept
);
CREATE INDEX reach_open ON reach (opened_at) WHERE judged_at IS NULL;
CREATE INDEX reach_judged ON reach (judged_at, article_id) WHERE judged_at IS NOT NULL;
CREATE INDEX reach_newest ON reach (opened_at, article_id) WHERE sent > 0;

-- The delays of the sent ones. Each step is a tenth longer than the one before: see storage/records/reach.py.
CREATE TABLE reach_delays (
    article_id INTEGER NOT NULL REFERENCES reach ON DELETE CASCADE,
    step INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    PRIMARY KEY (article_id, step)
) WITHOUT ROWID;

-- 1: not counted for the promise, since the chat wished to wait, or since the article became due later.
ALTER TABLE deliveries ADD COLUMN excused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fanouts ADD COLUMN later INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER reach_of_excused AFTER UPDATE OF excused ON deliveries
WHEN NEW.excused AND NOT OLD.excused AND OLD.kind = 'alert' AND OLD.message_id IS NULL
BEGIN
    UPDATE reach SET due = due - 1 WHERE article_id = OLD.article_id;
END;

CREATE TRIGGER reach_of_deleted AFTER DELETE ON deliveries
WHEN OLD.kind = 'alert' AND OLD.message_id IS NULL AND OLD.state IN ('queued', 'sending') AND NOT OLD.excused
BEGIN
    UPDATE reach SET due = due - 1 WHERE article_id = OLD.article_id;
END;

-- The numbers of chats and follows, kept by triggers.
CREATE TABLE chat_counts (
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    everything INTEGER NOT NULL,            -- whether they follow everything
    chats INTEGER NOT NULL,
    PRIMARY KEY (kind, state, everything)
) WITHOUT ROWID;
INSERT INTO chat_counts (kind, state, everything, chats)
SELECT kind, state, everything_since IS NOT NULL AND stopped_at IS NULL, count(*) FROM chats GROUP BY 1, 2, 3;

CREATE TRIGGER chat_counts_of_new AFTER INSERT ON chats
BEGIN
    INSERT INTO chat_counts (kind, state, everything, chats)
    VALUES (NEW.kind, NEW.state, NEW.everything_since IS NOT NULL AND NEW.stopped_at IS NULL, 1)
    ON CONFLICT (kind, state, everything) DO UPDATE SET chats = chats + 1;
END;

CREATE TRIGGER chat_counts_of_changed AFTER UPDATE OF kind, state, everything_since, stopped_at ON chats
WHEN OLD.kind <> NEW.kind OR OLD.state <> NEW.state
  OR (OLD.everything_since IS NOT NULL AND OLD.stopped_at IS NULL)
     <> (NEW.everything_since IS NOT NULL AND NEW.stopped_at IS NULL)
BEGIN
    UPDATE chat_counts SET chats = chats - 1
    WHERE kind = OLD.kind AND state = OLD.state
      AND everything = (OLD.everything_since IS NOT NULL AND OLD.stopped_at IS NULL);
    INSERT INTO chat_counts (kind, state, everything, chats)
    VALUES (NEW.kind, NEW.state, NEW.everything_since IS NOT NULL AND NEW.stopped_at IS NULL, 1)
    ON CONFLICT (kind, state, everything) DO UPDATE SET chats = chats + 1;
END;

CREATE TRIGGER chat_counts_of_deleted AFTER DELETE ON chats
BEGIN
    UPDATE chat_counts SET chats = chats - 1
    WHERE kind = OLD.kind AND state = OLD.state
      AND everything = (OLD.everything_since IS NOT NULL AND OLD.stopped_at IS NULL);
END;

CREATE TABLE follow_counts (
    kind TEXT NOT NULL,                     -- of the subject
    muted INTEGER NOT NULL,
    follows INTEGER NOT NULL,
    PRIMARY KEY (kind, muted)
) WITHOUT ROWID;
INSERT INTO follow_counts (kind, muted, follows)
SELECT subjects.kind, follows.muted, count(*) FROM follows CROSS JOIN subjects ON subjects.id = follows.subject_id
GROUP BY 1, 2;

CREATE TRIGGER follow_counts_of_new AFTER INSERT ON follows
BEGIN
    INSERT INTO follow_counts (kind, muted, follows)
    SELECT kind, NEW.muted, 1 FROM subjects WHERE id = NEW.subject_id
    ON CONFLICT (kind, muted) DO UPDATE SET follows = follows + 1;
END;

CREATE TRIGGER follow_counts_of_changed AFTER UPDATE OF muted, subject_id ON follows
WHEN OLD.muted <> NEW.muted OR OLD.subject_id <> NEW.subject_id
BEGIN
    UPDATE follow_counts SET follows = follows - 1
    WHERE muted = OLD.muted AND kind = (SELECT kind FROM subjects WHERE id = OLD.subject_id);
    INSERT INTO follow_counts (kind, muted, follows)
    SELECT kind, NEW.muted, 1 FROM subjects WHERE id = NEW.subject_id
    ON CONFLICT (kind, muted) DO UPDATE SET follows = follows + 1;
END;

CREATE TRIGGER follow_counts_of_deleted AFTER DELETE ON follows
BEGIN
    UPDATE follow_counts SET follows = follows - 1
    WHERE muted = OLD.muted AND kind = (SELECT kind FROM subjects WHERE id = OLD.subject_id);
END;

-- The follows of a subject are deleted after the subject, when its kind is not known any more.
CREATE TRIGGER follow_counts_of_subject BEFORE DELETE ON subjects
BEGIN
    UPDATE follow_counts
    SET follows = follows - (SELECT count(*) FROM follows
                             WHERE subject_id = OLD.id AND follows.muted = follow_counts.muted)
    WHERE kind = OLD.kind;
END;

-- How long a source is usually silent. A source that is silent for much longer is worth a word.
ALTER TABLE sources ADD COLUMN newest_at INTEGER;               -- when the last new articles were read
ALTER TABLE sources ADD COLUMN usual_gap_seconds REAL NOT NULL DEFAULT 0;   -- the longest gap lately
ALTER TABLE sources ADD COLUMN gaps INTEGER NOT NULL DEFAULT 0;             -- that were measured

-- What is wrong at the moment. The administrators were told of each once.
CREATE TABLE alarms (
    kind TEXT NOT NULL,
    subject INTEGER NOT NULL,               -- the id of a source; 0: the bot as a whole
    since INTEGER NOT NULL,
    detail TEXT NOT NULL,                   -- JSON
    PRIMARY KEY (kind, subject)
) WITHOUT ROWID;

-- Work that takes long, for whoever waits for it.
CREATE TABLE work (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,                  -- what is worked on, for people: a file's name
    done INTEGER NOT NULL DEFAULT 0,
    total INTEGER,                          -- NULL: not known
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    error TEXT
);
