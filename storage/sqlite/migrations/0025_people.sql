-- People and chats that the bot does not answer.
CREATE TABLE bans (
    number INTEGER PRIMARY KEY,             -- Telegram's number of the person or the chat
    banned_at INTEGER NOT NULL,
    banned_by INTEGER NOT NULL              -- the administrator's number
);
