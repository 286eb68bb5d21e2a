-- Which articles a chat is shown, and how.
ALTER TABLE chats ADD COLUMN reads TEXT;                        -- ISO 639-1 codes between spaces (" ar en "); NULL: all
ALTER TABLE chats ADD COLUMN grouped INTEGER NOT NULL DEFAULT 1;  -- lists and digests show a story once

-- A page of a list passes over what is in other languages without reading it.
DROP INDEX articles_newest;
DROP INDEX articles_of_category;
CREATE INDEX articles_newest ON articles (published_at, id, language);
CREATE INDEX articles_of_category ON articles (category_id, published_at, id, language);

-- What a digest could tell is told apart by these alone: its articles' rows have their texts in them.
DROP INDEX articles_pushed;
CREATE INDEX articles_pushed
    ON articles (stored_at, id, published_at, category_id, language, story_id, copy_of, retracted_at) WHERE lane IS NOT NULL;
