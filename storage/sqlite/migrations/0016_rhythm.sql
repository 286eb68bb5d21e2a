-- How often a source publishes is learned at its visits, and the next visit follows from it.
ALTER TABLE sources ADD COLUMN visited_at INTEGER;            -- the last visit, well or not; due_at was reckoned from it
ALTER TABLE sources ADD COLUMN watched_since INTEGER;         -- the first visit: its backlog is not counted
ALTER TABLE sources ADD COLUMN recent_articles REAL NOT NULL DEFAULT 0; -- new since then, each weighing less with its age
UPDATE sources SET visited_at = refreshed_at, watched_since = refreshed_at;
