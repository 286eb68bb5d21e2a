-- An article that changed while its messages were being edited: they are edited once more, and not before the gap.
ALTER TABLE corrections ADD COLUMN again INTEGER NOT NULL DEFAULT 0;

-- What a chat's digests and catch-ups listed lately: a text that stands there is no alert by another source.
CREATE INDEX deliveries_listed ON deliveries (chat, until) WHERE edition IS NOT NULL;
