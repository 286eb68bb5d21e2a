-- Retractions go before everything that is not a reply: the other lanes move one place.
UPDATE deliveries SET lane = lane + 1 WHERE state IN ('queued', 'sending');
UPDATE turns SET lane = lane + 1;
UPDATE fanouts SET lane = lane + 1;

-- Corrections
ALTER TABLE articles ADD COLUMN shown_revision INTEGER NOT NULL DEFAULT 1;  -- the last one that changed what an alert shows
ALTER TABLE articles ADD COLUMN retracted_at INTEGER;
ALTER TABLE articles ADD COLUMN lane INTEGER;                               -- as it was pushed; NULL: stored only
UPDATE articles SET shown_revision = revision;
UPDATE articles SET lane = 3
WHERE EXISTS (SELECT 1 FROM fanouts WHERE article_id = articles.id)
   OR EXISTS (SELECT 1 FROM deliveries WHERE article_id = articles.id);
CREATE INDEX articles_pushed ON articles (stored_at, id) WHERE lane IS NOT NULL;
CREATE INDEX articles_retracted ON articles (category_id) WHERE retracted_at IS NOT NULL;

-- An article whose messages are to be brought up to date. The row stays a while after the last one: how often an
-- article was corrected says how long its next correction waits.
CREATE TABLE corrections (
    article_id INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE,
    lane INTEGER NOT NULL,
    due_at INTEGER,                         -- NULL: nothing to do until it changes again
    cursor INTEGER NOT NULL DEFAULT 0,      -- the last chats.id whose message was put into the queue
    rounds INTEGER NOT NULL DEFAULT 0,      -- so far
    last_at INTEGER                         -- when the last round began
);
CREATE INDEX corrections_due ON corrections (due_at) WHERE due_at IS NOT NULL;

-- When a chat is written to
ALTER TABLE chats ADD COLUMN rhythm TEXT NOT NULL DEFAULT 'alerts'
    CHECK (rhythm IN ('alerts', 'hourly', 'daily', 'weekly'));
ALTER TABLE chats ADD COLUMN digest_hour INTEGER NOT NULL DEFAULT 8;        -- local
ALTER TABLE chats ADD COLUMN digest_weekday INTEGER NOT NULL DEFAULT 0;     -- Monday is 0
ALTER TABLE chats ADD COLUMN quiet_from INTEGER;                            -- local hour; NULL: no quiet hours
ALTER TABLE chats ADD COLUMN quiet_to INTEGER;
ALTER TABLE chats ADD COLUMN breaking INTEGER NOT NULL DEFAULT 1;           -- passes quiet hours and digests
ALTER TABLE chats ADD COLUMN digest_at INTEGER;                             -- when its next digest is due
ALTER TABLE chats ADD COLUMN told_until INTEGER;                            -- what is stored from then on is for that digest
ALTER TABLE chats ADD COLUMN left_at INTEGER;                               -- paused or gone since
CREATE INDEX chats_left ON chats (state) WHERE state <> 'active';
CREATE INDEX chats_digest_due ON chats (digest_at) WHERE digest_at IS NOT NULL;

-- A digest or a catch-up is made of what was stored in this stretch of time.
ALTER TABLE deliveries ADD COLUMN since INTEGER;                            -- from this moment on
ALTER TABLE deliveries ADD COLUMN until INTEGER;                            -- and before this

-- A turn that quiet hours put off: breaking news does not wait for it.
ALTER TABLE turns ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;

-- What is breaking by where it comes from
ALTER TABLE sources ADD COLUMN breaking INTEGER NOT NULL DEFAULT 0;
ALTER TABLE categories ADD COLUMN breaking INTEGER NOT NULL DEFAULT 0;

-- How many messages went out, by stretches of ten seconds: the rate, also for another process to see.
CREATE TABLE tempo (
    ten_seconds INTEGER PRIMARY KEY,        -- since 1970
    sent INTEGER NOT NULL DEFAULT 0,
    edited INTEGER NOT NULL DEFAULT 0
);
