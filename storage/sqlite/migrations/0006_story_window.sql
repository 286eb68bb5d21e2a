-- What a new article is compared with: the fingerprints of the last days, and the words and wordings that find them.
-- None of it is shown, and all of it is gone when its story is closed.

ALTER TABLE articles ADD COLUMN placed_by TEXT CHECK (placed_by IN ('person'));  -- NULL: by likeness, and may move with its text

CREATE TABLE fingerprints (
    article_id INTEGER PRIMARY KEY,
    words BLOB NOT NULL,                    -- packed pairs of word and weight
    sketch BLOB NOT NULL,                   -- of its wording; only ingest reads it
    runs BLOB NOT NULL                      -- that stand in text_runs for it
);

-- A story that may still grow. A story of several texts has a profile; one of a single text is its fingerprint.
CREATE TABLE open_stories (
    story_id INTEGER PRIMARY KEY,
    language TEXT NOT NULL,
    texts INTEGER NOT NULL,                 -- different ones: copies tell nothing new of it
    words BLOB,                             -- their words, added up; NULL: those of its only text
    published_at INTEGER NOT NULL,          -- its first article
    joined_at INTEGER NOT NULL              -- its last article was stored
);
CREATE INDEX open_stories_joined ON open_stories (joined_at);

CREATE TABLE story_words (                  -- by which a story is found: the rarest of its words
    word INTEGER NOT NULL,
    story_id INTEGER NOT NULL,
    PRIMARY KEY (word, story_id)
) WITHOUT ROWID;
CREATE TABLE word_counts (                  -- how many open stories hold a word
    word INTEGER PRIMARY KEY,
    stories INTEGER NOT NULL
);
CREATE TABLE language_counts (              -- how many open stories there are
    language TEXT PRIMARY KEY,
    stories INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE text_runs (                    -- by which a text is found: a few of its runs of words
    run INTEGER NOT NULL,
    article_id INTEGER NOT NULL,
    PRIMARY KEY (run, article_id)
) WITHOUT ROWID;
