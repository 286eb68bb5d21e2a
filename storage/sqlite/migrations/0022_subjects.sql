-- What chats can follow or mute: categories, sources, authors, words and stories.
CREATE TABLE subjects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used twice: buttons of old messages hold it
    kind TEXT NOT NULL CHECK (kind IN ('category', 'source', 'author', 'words', 'story')),
    ref INTEGER,                            -- id of the category or source, or story_id of the story
    key TEXT,                               -- of an author or of words: what it is compared by
    name TEXT,                              -- of an author or of words: what readers see
    query TEXT,                             -- of words: JSON of what an article must have
    UNIQUE (kind, ref),
    UNIQUE (kind, key)
);
INSERT INTO subjects (kind, ref) SELECT DISTINCT 'category', category_id FROM subscriptions;

-- A subject goes together with what it points at. Stories have no rows of their own: see story_placing.
CREATE TRIGGER subjects_of_category AFTER DELETE ON categories
BEGIN
    DELETE FROM subjects WHERE kind = 'category' AND ref = OLD.id;
END;
CREATE TRIGGER subjects_of_source AFTER DELETE ON sources
BEGIN
    DELETE FROM subjects WHERE kind = 'source' AND ref = OLD.id;
END;

CREATE TABLE follows (
    chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
    subject_id INTEGER NOT NULL REFERENCES subjects ON DELETE CASCADE,
    muted INTEGER NOT NULL,                 -- 0: the chat follows the subject; 1: it mutes the subject
    since INTEGER NOT NULL,                 -- an article that was stored earlier is not owed
    until INTEGER,                          -- when the follow or mute ends; NULL: never
    least_sources INTEGER NOT NULL DEFAULT 1,   -- sources that the story of an article must have
    PRIMARY KEY (chat, subject_id)
) WITHOUT ROWID;
CREATE INDEX follows_of_subject ON follows (subject_id, chat, muted, since, until, least_sources);
CREATE INDEX follows_ending ON follows (until) WHERE until IS NOT NULL;
INSERT INTO follows (chat, subject_id, muted, since)
SELECT subscriptions.chat, subjects.id, NOT subscriptions.wanted, subscriptions.since
FROM subscriptions JOIN subjects ON subjects.kind = 'category' AND subjects.ref = subscriptions.category_id;
DROP TABLE subscriptions;

-- The authors and words of an article. Its categories, source and story are columns of its row.
CREATE TABLE article_subjects (
    article_id INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    subject_id INTEGER NOT NULL REFERENCES subjects ON DELETE CASCADE,
    PRIMARY KEY (article_id, subject_id)
) WITHOUT ROWID;
CREATE INDEX article_subjects_of ON article_subjects (subject_id, article_id);

-- By which words are found: the stems of the rarest word of a query, in each of its forms.
CREATE TABLE subject_stems (
    stem TEXT NOT NULL,
    subject_id INTEGER NOT NULL REFERENCES subjects ON DELETE CASCADE,
    PRIMARY KEY (stem, subject_id)
) WITHOUT ROWID;
CREATE INDEX subject_stems_of ON subject_stems (subject_id);

ALTER TABLE chats ADD COLUMN least_sources INTEGER NOT NULL DEFAULT 1;  -- sources that a story must have
ALTER TABLE chats ADD COLUMN most_a_day INTEGER;                        -- alerts in a day; NULL: any number
ALTER TABLE chats ADD COLUMN snoozed_until INTEGER;                     -- no alerts until then; NULL: not snoozed
ALTER TABLE chats ADD COLUMN stopped_at INTEGER;                        -- a person stopped all alerts; NULL: not stopped
DROP INDEX chats_of_everything;
CREATE INDEX chats_of_everything ON chats (id) WHERE everything_since IS NOT NULL AND stopped_at IS NULL;

ALTER TABLE fanouts ADD COLUMN stretch INTEGER NOT NULL DEFAULT 2000;   -- chats that the next chunk looks at

-- What an article belongs to, without reading past its text.
DROP INDEX articles_filed;
CREATE INDEX articles_filed ON articles (id, category_id, source_id, publisher, language, story_id);
