-- What narrows a search is also the language: still without reading the article, whose row has its text in it.
DROP INDEX articles_filed;
CREATE INDEX articles_filed ON articles (id, category_id, source_id, publisher, language);
