-- New rules for words in Persian, Urdu, Turkish, Indonesian and Russian: these articles, and the words that chats
-- follow, are indexed again by the running bot.
UPDATE articles SET indexed = FALSE WHERE language IN ('fa', 'ur', 'tr', 'id', 'ru') AND retracted_at IS NULL;
ALTER TABLE subjects ADD COLUMN filed boolean NOT NULL DEFAULT TRUE;
UPDATE subjects SET filed = FALSE WHERE kind = 'words';
CREATE INDEX subjects_to_file ON subjects (id) WHERE NOT filed;
