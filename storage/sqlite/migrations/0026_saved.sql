-- The articles that a chat saved. An article is not pruned while a chat keeps it.
CREATE TABLE saved (
    chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
    article_id INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (chat, article_id)
) WITHOUT ROWID;
CREATE INDEX saved_newest ON saved (chat, saved_at, article_id);
CREATE INDEX saved_of_article ON saved (article_id);

ALTER TABLE chats ADD COLUMN saved_in_digest INTEGER NOT NULL DEFAULT 0;    -- whether the weekly digest names them
