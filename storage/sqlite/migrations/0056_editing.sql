-- Why an editor withdrew an article, if readers may know: a word that the program knows, or "text:" and what was typed.
ALTER TABLE articles ADD COLUMN retract_reason TEXT;

-- Breaking news that goes again, as new messages, to the chats that have it. `cursor` is the last chat that is queued.
CREATE TABLE resends (
    article_id INTEGER PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    opened_at INTEGER NOT NULL,
    cursor INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX resends_open ON resends (article_id) WHERE NOT done;

-- Articles of an import that wait on the desk.
ALTER TABLE import_progress ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
