-- What a digest shows: its headlines in the order of their numbers. Chats that were told the same share one edition.
CREATE TABLE editions (
    id INTEGER PRIMARY KEY,
    articles TEXT NOT NULL,                 -- the ids of the listed ones, a JSON array
    found INTEGER NOT NULL,                 -- articles in all, of which the listed ones are the newest
    rhythm TEXT NOT NULL,                   -- as its heading says
    UNIQUE (articles, found, rhythm)
);

-- The editions that list an article. No foreign keys: an edition goes with its lines, and its articles stay as long.
CREATE TABLE edition_articles (
    article_id INTEGER NOT NULL,
    edition INTEGER NOT NULL,
    PRIMARY KEY (article_id, edition)
) WITHOUT ROWID;

ALTER TABLE deliveries ADD COLUMN edition INTEGER;                          -- that a sent digest shows
CREATE INDEX deliveries_of_edition ON deliveries (edition) WHERE edition IS NOT NULL;

ALTER TABLE articles ADD COLUMN headline_revision INTEGER NOT NULL DEFAULT 1;  -- the last one that changed its headline
UPDATE articles SET headline_revision = revision;

-- How far a correction came: 0 while it walks the alerts, whose cursor is a chat; then the edition whose digests it
-- walks, and its cursor is a delivery.
ALTER TABLE corrections ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;

-- Digests of chats that are away are not due: one that comes back is told what it missed.
DROP INDEX chats_digest_due;
CREATE INDEX chats_digest_due ON chats (digest_at) WHERE digest_at IS NOT NULL AND state = 'active';

-- Until when quiet hours of its topic hold it back, while the others of its chat are written to. A turn that quiet hours
-- put off has nothing but such.
ALTER TABLE deliveries ADD COLUMN held_until INTEGER;
