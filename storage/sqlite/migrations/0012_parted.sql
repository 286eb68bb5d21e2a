-- What a person took out of a story, though it was found to carry one text with others: said to be of one story with them
-- again, it is one text with them again.
ALTER TABLE articles ADD COLUMN parted_from INTEGER;    -- the first of the others with its text, when it was split off
CREATE INDEX articles_parted ON articles (parted_from) WHERE parted_from IS NOT NULL;
