-- What is done often must not look through all that is kept.

-- A fan-out carries what it is ordered by: an import may open thousands, and none of their articles is read for it.
ALTER TABLE fanouts ADD COLUMN published_at INTEGER NOT NULL DEFAULT 0;     -- of its article
ALTER TABLE fanouts ADD COLUMN stored_at INTEGER NOT NULL DEFAULT 0;        -- of its article
UPDATE fanouts SET (published_at, stored_at) = (SELECT published_at, stored_at FROM articles WHERE id = article_id);
CREATE INDEX fanouts_next ON fanouts (lane, published_at, article_id);
CREATE INDEX fanouts_oldest ON fanouts (stored_at);

DROP INDEX corrections_due;
CREATE INDEX corrections_due ON corrections (lane, due_at) WHERE due_at IS NOT NULL;

-- How many articles that were not withdrawn each category has. Every list shows these numbers to readers.
CREATE TABLE category_counts (
    category_id INTEGER NOT NULL REFERENCES categories ON DELETE CASCADE,
    language TEXT NOT NULL,
    articles INTEGER NOT NULL,
    PRIMARY KEY (category_id, language)
) WITHOUT ROWID;
INSERT INTO category_counts (category_id, language, articles)
SELECT category_id, language, count(*) FROM articles
WHERE category_id IS NOT NULL AND retracted_at IS NULL GROUP BY category_id, language;

CREATE TRIGGER category_counts_of_new AFTER INSERT ON articles
WHEN NEW.category_id IS NOT NULL AND NEW.retracted_at IS NULL
BEGIN
    INSERT INTO category_counts (category_id, language, articles) VALUES (NEW.category_id, NEW.language, 1)
    ON CONFLICT (category_id, language) DO UPDATE SET articles = articles + 1;
END;
CREATE TRIGGER category_counts_of_changed AFTER UPDATE OF category_id, language, retracted_at ON articles
WHEN OLD.category_id IS NOT NEW.category_id OR OLD.language <> NEW.language
  OR (OLD.retracted_at IS NULL) <> (NEW.retracted_at IS NULL)
BEGIN
    UPDATE category_counts SET articles = articles - 1
    WHERE category_id = OLD.category_id AND language = OLD.language AND OLD.retracted_at IS NULL;
    INSERT INTO category_counts (category_id, language, articles)
    SELECT NEW.category_id, NEW.language, 1 WHERE NEW.category_id IS NOT NULL AND NEW.retracted_at IS NULL
    ON CONFLICT (category_id, language) DO UPDATE SET articles = articles + 1;
END;
CREATE TRIGGER category_counts_of_deleted AFTER DELETE ON articles
WHEN OLD.category_id IS NOT NULL AND OLD.retracted_at IS NULL
BEGIN
    UPDATE category_counts SET articles = articles - 1
    WHERE category_id = OLD.category_id AND language = OLD.language;
END;

-- The day on which a word was read last, give or take a month: words that no kept article can have are forgotten.
ALTER TABLE words ADD COLUMN seen_on INTEGER NOT NULL DEFAULT 0;            -- days since 1970
UPDATE words SET seen_on = unixepoch() / 86400;
