-- How often each reaction was given to the post about an article in a chat.
CREATE TABLE reactions (
    article_id INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
    reaction TEXT NOT NULL,                 -- an emoji, 'custom' or 'paid'
    count INTEGER NOT NULL,
    PRIMARY KEY (article_id, chat, reaction)
) WITHOUT ROWID;
CREATE INDEX reactions_of_chat ON reactions (chat);
