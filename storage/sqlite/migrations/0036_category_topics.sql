-- Groups that have a topic for each category that they follow.
CREATE TABLE forums (
    chat INTEGER PRIMARY KEY REFERENCES chats ON DELETE CASCADE,    -- the row of the general topic
    active INTEGER NOT NULL,                -- 0: it was turned off, and its topics are closed
    refused_at INTEGER                      -- the bot may not manage topics since; NULL: it may
);

-- The topics that the bot makes in them.
CREATE TABLE category_topics (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL REFERENCES forums ON DELETE CASCADE,
    category_id INTEGER REFERENCES categories ON DELETE SET NULL,   -- NULL: merged into one that has a topic as well
    topic_id INTEGER,                       -- Telegram's number; NULL: not known yet
    name TEXT,                              -- of the category, when the topic was last named
    state TEXT NOT NULL CHECK (state IN ('making', 'open', 'closed', 'missing')),
    tries INTEGER NOT NULL DEFAULT 1,       -- to make it, without an answer
    tried_at INTEGER NOT NULL,
    UNIQUE (chat, category_id)
);
CREATE INDEX category_topics_of ON category_topics (category_id);
