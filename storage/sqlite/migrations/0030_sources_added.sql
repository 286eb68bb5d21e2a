-- The sources that a chat has added, counted before it adds one more.
CREATE INDEX sources_added ON sources (added_by_chat) WHERE added_by_chat IS NOT NULL;
