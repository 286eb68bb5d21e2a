-- How the message of a delivery shows its article: 0 as it was sent, 1 as a page, 2 as opened text.
ALTER TABLE deliveries RENAME COLUMN as_page TO shown_as;
-- The messages that show more of an article than their alert. They are few.
CREATE INDEX deliveries_opened ON deliveries (article_id, id) WHERE shown_as > 0;
