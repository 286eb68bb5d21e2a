-- How long the server of a source took to answer at the last visit that went well. Unknown until the next one.
ALTER TABLE sources ADD COLUMN answer_seconds REAL;
