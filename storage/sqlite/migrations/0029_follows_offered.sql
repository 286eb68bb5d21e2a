-- When a reader was asked whether to end a follow that found nothing for a month; NULL: not asked yet.
ALTER TABLE follows ADD COLUMN offered_at INTEGER;

-- 1: the chat followed what it mutes for a time, and follows it again when the mute ends.
ALTER TABLE follows ADD COLUMN resumes INTEGER NOT NULL DEFAULT 0;

-- The authors of the articles of the last 30 days, as far as SQL can compare names. An article has one author here.
INSERT INTO subjects (kind, key, name)
SELECT 'author', lower(trim(author)), min(trim(author)) FROM articles
WHERE published_at >= (SELECT max(published_at) FROM articles) - 30 * 86400000
  AND trim(author) <> '' AND instr(author, ',') = 0 AND instr(author, ' and ') = 0 AND instr(author, ' و ') = 0
GROUP BY lower(trim(author))
ON CONFLICT DO NOTHING;
INSERT INTO article_subjects (article_id, subject_id)
SELECT articles.id, subjects.id FROM articles
JOIN subjects ON subjects.kind = 'author' AND subjects.key = lower(trim(articles.author))
WHERE articles.published_at >= (SELECT max(published_at) FROM articles) - 30 * 86400000
ON CONFLICT DO NOTHING;

-- What else an article must have beside the stem, in short: see words.py. '?': the whole query is to be read.
ALTER TABLE subject_stems ADD COLUMN conditions TEXT NOT NULL DEFAULT '?';
