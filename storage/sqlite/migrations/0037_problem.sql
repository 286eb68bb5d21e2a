-- The kind of `last_error`, for people: `last_error` is text for the log. Empty after a visit that went well.
ALTER TABLE sources ADD COLUMN problem TEXT;
