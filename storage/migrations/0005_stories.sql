-- Articles of several sources that tell one event are a story; those that carry one text are copies of the first.
ALTER TABLE articles ADD COLUMN story_id INTEGER;   -- articles.id of the story's first article, its own where it is alone
ALTER TABLE articles ADD COLUMN copy_of INTEGER;    -- the first article with this text; NULL: its text is its own
UPDATE articles SET story_id = id;
CREATE INDEX articles_of_story ON articles (story_id, published_at, id);
CREATE INDEX articles_copies ON articles (copy_of) WHERE copy_of IS NOT NULL;
