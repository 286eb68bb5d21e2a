-- A number that the issues of a bulletin share. Lists show the newest issue of each source.
ALTER TABLE articles ADD COLUMN serial INTEGER;
CREATE INDEX articles_of_serial ON articles (serial, published_at, id) WHERE serial IS NOT NULL;
