-- Private sources: only the chats that follow such a source see its articles.
ALTER TABLE sources ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sources ADD COLUMN added_by_chat INTEGER;                   -- chats.id; NULL: the operator added it
ALTER TABLE sources ADD COLUMN moving INTEGER NOT NULL DEFAULT 0;       -- 1: some articles are not as private as it is
ALTER TABLE sources ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;       -- 1: it is not read
ALTER TABLE sources ADD COLUMN renamed INTEGER NOT NULL DEFAULT 0;      -- 1: a person chose its title
DROP INDEX sources_due;
CREATE INDEX sources_due ON sources (due_at) WHERE NOT paused;
CREATE INDEX sources_private ON sources (id) WHERE private;
CREATE INDEX sources_moving ON sources (id) WHERE moving;

-- The source is private. Kept with the article, so that a list of public articles reads no private ones.
ALTER TABLE articles ADD COLUMN private INTEGER NOT NULL DEFAULT 0;

DROP INDEX articles_newest;
CREATE INDEX articles_newest ON articles (published_at, id, language) WHERE NOT private;
CREATE INDEX articles_private ON articles (source_id, published_at, id, language) WHERE private;
CREATE INDEX articles_private_oldest ON articles (published_at) WHERE private;

-- The categories of articles of private sources are not offered to other chats.
ALTER TABLE categories ADD COLUMN public INTEGER NOT NULL DEFAULT 1;    -- 0: only private sources have named it

-- All categories of an article. articles.category_id is the first of them, and is shown with the article.
CREATE TABLE article_categories (
    category_id INTEGER NOT NULL REFERENCES categories ON DELETE CASCADE,
    article_id INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    place INTEGER NOT NULL,                 -- in the order of the publisher, from 0
    -- The following columns are copies, so that lists and counts of a category read no rows of articles. A trigger
    -- updates them.
    published_at INTEGER NOT NULL,
    language TEXT NOT NULL,
    audience INTEGER NOT NULL,              -- 0: everybody; else the private source whose followers see it; -1: nobody
    retracted INTEGER NOT NULL,
    PRIMARY KEY (category_id, article_id)
) WITHOUT ROWID;
INSERT INTO article_categories (category_id, article_id, place, published_at, language, audience, retracted)
SELECT category_id, id, 0, published_at, language, 0, retracted_at IS NOT NULL FROM articles
WHERE category_id IS NOT NULL;
CREATE INDEX article_categories_of ON article_categories (article_id, place);
CREATE INDEX article_categories_newest
    ON article_categories (category_id, audience, published_at, article_id, language) WHERE NOT retracted;
DROP INDEX articles_of_category;
CREATE INDEX articles_of_category ON articles (category_id);             -- for the deletion of a category

CREATE TRIGGER article_categories_of_changed
AFTER UPDATE OF published_at, language, retracted_at, private, source_id ON articles
WHEN OLD.published_at <> NEW.published_at OR OLD.language <> NEW.language OR OLD.private <> NEW.private
  OR (OLD.retracted_at IS NULL) <> (NEW.retracted_at IS NULL) OR (NEW.private AND OLD.source_id IS NOT NEW.source_id)
BEGIN
    UPDATE article_categories
    SET published_at = NEW.published_at, language = NEW.language, retracted = NEW.retracted_at IS NOT NULL,
        audience = iif(NEW.private, coalesce(NEW.source_id, -1), 0)
    WHERE article_id = NEW.id;
END;

-- How many articles that were not withdrawn each category has, by audience.
DROP TRIGGER category_counts_of_new;
DROP TRIGGER category_counts_of_changed;
DROP TRIGGER category_counts_of_deleted;
DROP TABLE category_counts;
CREATE TABLE category_counts (
    audience INTEGER NOT NULL,              -- as in article_categories
    category_id INTEGER NOT NULL REFERENCES categories ON DELETE CASCADE,
    language TEXT NOT NULL,
    articles INTEGER NOT NULL,
    PRIMARY KEY (audience, category_id, language)
) WITHOUT ROWID;
CREATE INDEX category_counts_of ON category_counts (category_id);
INSERT INTO category_counts (audience, category_id, language, articles)
SELECT audience, category_id, language, count(*) FROM article_categories
WHERE NOT retracted GROUP BY audience, category_id, language;

CREATE TRIGGER category_counts_of_new AFTER INSERT ON article_categories WHEN NOT NEW.retracted
BEGIN
    INSERT INTO category_counts (audience, category_id, language, articles)
    VALUES (NEW.audience, NEW.category_id, NEW.language, 1)
    ON CONFLICT (audience, category_id, language) DO UPDATE SET articles = articles + 1;
END;
CREATE TRIGGER category_counts_of_changed AFTER UPDATE OF language, audience, retracted ON article_categories
WHEN OLD.language <> NEW.language OR OLD.audience <> NEW.audience OR OLD.retracted <> NEW.retracted
BEGIN
    UPDATE category_counts SET articles = articles - 1
    WHERE audience = OLD.audience AND category_id = OLD.category_id AND language = OLD.language AND NOT OLD.retracted;
    DELETE FROM category_counts
    WHERE audience = OLD.audience AND category_id = OLD.category_id AND language = OLD.language AND articles = 0;
    INSERT INTO category_counts (audience, category_id, language, articles)
    SELECT NEW.audience, NEW.category_id, NEW.language, 1 WHERE NOT NEW.retracted
    ON CONFLICT (audience, category_id, language) DO UPDATE SET articles = articles + 1;
END;
CREATE TRIGGER category_counts_of_deleted AFTER DELETE ON article_categories WHEN NOT OLD.retracted
BEGIN
    UPDATE category_counts SET articles = articles - 1
    WHERE audience = OLD.audience AND category_id = OLD.category_id AND language = OLD.language;
    DELETE FROM category_counts
    WHERE audience = OLD.audience AND category_id = OLD.category_id AND language = OLD.language AND articles = 0;
END;

-- What an article belongs to besides its categories, without reading past its text.
DROP INDEX articles_filed;
CREATE INDEX articles_filed ON articles (id, source_id, publisher, language, story_id, private);
DROP INDEX articles_of_publisher;
CREATE INDEX articles_of_publisher ON articles (publisher) WHERE publisher IS NOT NULL AND NOT private;

-- The search words of private articles stand apart, so that a search of public articles reads none of them. `source`
-- holds "s" and the source's number. rowid is articles.id.
CREATE VIRTUAL TABLE private_articles_text USING fts5 (
    title, body, source, tokenize = 'unicode61 remove_diacritics 0'
);
