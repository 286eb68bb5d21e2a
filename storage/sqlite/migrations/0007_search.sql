-- Words of articles as they are written, folded: what a typing error may have meant. A word is inserted once and stays;
-- how common it is, the index says. A counter for each would write to a hundred places of the file for one article.
CREATE TABLE words (
    word TEXT PRIMARY KEY
) WITHOUT ROWID;

-- Stems are made differently from now on, and the words above are new: articles stored before are found as they were
-- until the running bot has indexed them anew, some at a time.
ALTER TABLE articles ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;         -- 1: by the present way of stemming
CREATE INDEX articles_to_index ON articles (id) WHERE indexed = 0;

-- What narrows a search, without reading the article: its row has its text in it.
CREATE INDEX articles_filed ON articles (id, category_id, source_id, publisher);
CREATE INDEX articles_of_publisher ON articles (publisher) WHERE publisher IS NOT NULL;
