-- Sources may be hooks and channels, too. The constraint of the old column goes with the column.
ALTER TABLE sources RENAME COLUMN kind TO former_kind;
ALTER TABLE sources ADD COLUMN kind TEXT NOT NULL DEFAULT 'feed';
UPDATE sources SET kind = former_kind;
ALTER TABLE sources DROP COLUMN former_kind;
