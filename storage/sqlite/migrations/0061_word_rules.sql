-- New rules for words in Persian, Urdu, Turkish, Indonesian and Russian: these articles, and the words that chats
-- follow, are indexed again by the running bot.
UPDATE articles SET indexed = 0 WHERE language IN ('fa', 'ur', 'tr', 'id', 'ru') AND retracted_at IS NULL;
ALTER TABLE subjects ADD COLUMN filed INTEGER NOT NULL DEFAULT 1;
UPDATE subjects SET filed = 0 WHERE kind = 'words';
CREATE INDEX subjects_to_file ON subjects (id) WHERE NOT filed;
