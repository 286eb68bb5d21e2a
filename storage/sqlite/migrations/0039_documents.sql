-- The body as a document of blocks, in JSON with its version; '' if `body` says all. Older rows still hold the body as
-- Telegram HTML, which is read as well: a million rows are not rewritten for it.
ALTER TABLE articles RENAME COLUMN markup TO document;
