-- Searches belong to a chat, so that no chat drives out those of another, and a chat can be forgotten.
DROP INDEX searches_used;
CREATE TABLE searches_of_chats (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat INTEGER REFERENCES chats ON DELETE CASCADE,    -- NULL: from before searches belonged to chats
    words TEXT NOT NULL,
    used_at INTEGER NOT NULL,
    UNIQUE (chat, words)
);
INSERT INTO searches_of_chats (id, words, used_at) SELECT id, words, used_at FROM searches;
DROP TABLE searches;
ALTER TABLE searches_of_chats RENAME TO searches;
CREATE INDEX searches_used ON searches (used_at);
CREATE INDEX searches_of_chat ON searches (chat, used_at);

-- The last day on which a person wrote in the chat or pressed a button.
ALTER TABLE chats ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
UPDATE chats SET seen_at = unixepoch() * 1000;
CREATE INDEX chats_unused ON chats (seen_at) WHERE settings_at = 0 AND everything_since IS NULL;

-- How many alerts a chat with a daily limit was sent since its day began.
ALTER TABLE chats ADD COLUMN alerts_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN alerts_sent INTEGER NOT NULL DEFAULT 0;
