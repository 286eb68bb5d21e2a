ALTER TABLE chats ADD COLUMN opens_as TEXT NOT NULL DEFAULT 'text';     -- how an opened article is shown: text, page
-- Only chats that ask for more sources than this are sent the article: the others were, when it was stored.
ALTER TABLE fanouts ADD COLUMN more_than INTEGER NOT NULL DEFAULT 0;
-- Buttons of old messages follow a subject by its id, so it stays for a time after nobody follows it.
ALTER TABLE subjects ADD COLUMN unused_since INTEGER;                   -- set and emptied when subjects are pruned
