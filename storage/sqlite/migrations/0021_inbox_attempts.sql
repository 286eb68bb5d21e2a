-- An update that ends the process while it is being answered would end it again after every start.
ALTER TABLE inbox ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1;   -- processes that may have begun to answer it; the first is the one that received it

-- The bot that uses this database. The numbers of messages and updates are those that Telegram gave to this bot.
CREATE TABLE bot_account (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    bot_id INTEGER NOT NULL,                -- Telegram's number of the bot
    username TEXT NOT NULL
);
