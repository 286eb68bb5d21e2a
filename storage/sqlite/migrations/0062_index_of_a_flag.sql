-- What waits for its words is asked for in words that PostgreSQL understands, too. SQLite takes an index only for its
-- own condition, word for word.
DROP INDEX articles_to_index;
CREATE INDEX articles_to_index ON articles (id) WHERE NOT indexed;
