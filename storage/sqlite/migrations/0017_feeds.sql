-- By what an article is found when it is read again: guid and title within its source, link anywhere. An article may
-- have several of each, and several articles one: who reads decides which of them an item is.
CREATE TABLE article_keys (
    key TEXT NOT NULL,
    article_id INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    PRIMARY KEY (key, article_id)
) WITHOUT ROWID;
CREATE INDEX article_keys_of ON article_keys (article_id);
INSERT INTO article_keys (key, article_id) SELECT identity, id FROM articles;
INSERT OR IGNORE INTO article_keys (key, article_id)
SELECT 'link:' || rtrim(substr(url, instr(url, '://') + iif(instr(url, '://www.') > 0, 7, 3)), '/'), id
FROM articles WHERE instr(url, '://') > 0;

ALTER TABLE sources ADD COLUMN whole_at INTEGER;                        -- when it last gave all it has, and not "unchanged"
ALTER TABLE sources ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;      -- items of that reading that could not be read
ALTER TABLE sources ADD COLUMN drop_reasons TEXT NOT NULL DEFAULT '[]'; -- the first of their reasons
UPDATE sources SET whole_at = refreshed_at;

-- The numbers of sources that were removed: one that is added again finds its articles by the keys of that number.
CREATE TABLE former_sources (
    url TEXT PRIMARY KEY,
    id INTEGER NOT NULL
) WITHOUT ROWID;
