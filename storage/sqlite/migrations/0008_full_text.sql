-- Feeds that carry only excerpts: the operator may ask for the article pages behind them.
ALTER TABLE sources ADD COLUMN full_text INTEGER NOT NULL DEFAULT 0;
ALTER TABLE articles ADD COLUMN excerpt TEXT;   -- the body as its feed gave it; NULL: the body is what the feed gave

-- Articles whose pages are still to be read. The row goes when that is done, or was tried often enough.
CREATE TABLE pages_wanted (
    article_id INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE,
    source_id INTEGER NOT NULL REFERENCES sources ON DELETE CASCADE,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0            -- that failed
);
CREATE INDEX pages_wanted_due ON pages_wanted (source_id, due_at);
