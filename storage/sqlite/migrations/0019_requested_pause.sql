ALTER TABLE sources ADD COLUMN requested_seconds REAL NOT NULL DEFAULT 0;   -- the pause that the source or its server asked for at the last visit
