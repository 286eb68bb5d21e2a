-- Captions are searched as well: the articles that have some are indexed again by the running bot.
UPDATE articles SET indexed = 0 WHERE document LIKE '%"caption"%' AND retracted_at IS NULL;
