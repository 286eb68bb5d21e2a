-- Whether the message of a delivery shows its article as a page. A correction then edits the page.
ALTER TABLE deliveries ADD COLUMN as_page INTEGER NOT NULL DEFAULT 0;
-- Pictures of pages by their addresses: the file that Telegram has, for the bot that uploaded it.
CREATE TABLE pictures (
    bot_id INTEGER NOT NULL,
    address TEXT NOT NULL,
    file_id TEXT,                                   -- NULL: the picture could not be had
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (bot_id, address)
) WITHOUT ROWID;
CREATE INDEX pictures_noted ON pictures (noted_at);
ALTER TABLE sources ADD COLUMN pictures_failed INTEGER NOT NULL DEFAULT 0;      -- pictures in a row
ALTER TABLE sources ADD COLUMN pictures_reported INTEGER NOT NULL DEFAULT 0;    -- whether the operator was told
-- Whether an operator promised the publisher to show no full text.
ALTER TABLE sources ADD COLUMN teaser INTEGER NOT NULL DEFAULT 0;
