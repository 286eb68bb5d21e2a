-- The texts that articles had before they were corrected, for editors. A few of each article are kept.
CREATE TABLE earlier_texts (
    article_id INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    revision INTEGER NOT NULL,              -- of the article, when it had this text
    title TEXT NOT NULL,
    lead TEXT NOT NULL,
    body TEXT NOT NULL,
    replaced_at INTEGER NOT NULL,
    PRIMARY KEY (article_id, revision)
) WITHOUT ROWID;
