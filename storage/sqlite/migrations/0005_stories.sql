-- Articles of several sources that tell one event are a story; those that carry one text are copies of one another.
ALTER TABLE articles ADD COLUMN story_id INTEGER;   -- articles.id of the story's first article, its own where it is alone
ALTER TABLE articles ADD COLUMN copy_of INTEGER;    -- the first article with this text; NULL: it is that itself, or no other carries it
UPDATE articles SET story_id = id;
CREATE INDEX articles_of_story ON articles (story_id, published_at, id);
CREATE INDEX articles_copies ON articles (copy_of, id) WHERE copy_of IS NOT NULL;
CREATE INDEX articles_copied ON articles (id, copy_of) WHERE copy_of IS NOT NULL;   -- without reading past the bodies

-- What messages show of an article changes with its text, and with who carries that text too: it counts by itself.
UPDATE articles SET shown_revision = revision;
