-- The number that the publisher gave to the newest text that was read.
ALTER TABLE articles ADD COLUMN version INTEGER;
-- A withdrawn article whose source withdrew it. The source may publish it again.
ALTER TABLE articles ADD COLUMN withdrawn_by_source INTEGER NOT NULL DEFAULT 0;
