-- Which articles a chat is shown, and how.
ALTER TABLE chats ADD COLUMN reads TEXT;                        -- ISO 639-1 codes between spaces (" ar en "); NULL: all
ALTER TABLE chats ADD COLUMN grouped INTEGER NOT NULL DEFAULT 1;  -- lists and digests show a story once

-- A page of a list passes over what is in other languages without reading it.
DROP INDEX articles_newest;
DROP INDEX articles_of_category;
CREATE INDEX articles_newest ON articles (published_at, id, language);
CREATE INDEX articles_of_category ON articles (category_id, published_at, id, language);
