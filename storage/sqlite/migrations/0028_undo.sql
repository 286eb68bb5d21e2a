-- What a step changed in the choices of a chat, so that a button can undo it.
CREATE TABLE undo_steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used twice: buttons of old messages hold it
    chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
    before TEXT NOT NULL,                   -- JSON: what the step changed, as it was before
    done_at INTEGER NOT NULL
);
CREATE INDEX undo_steps_of_chat ON undo_steps (chat, id);
