-- Times are milliseconds since 1970, UTC. A "chat" column holds chats.id; "chat_id" is Telegram's own number.

CREATE TABLE categories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,                     -- as the publisher writes it
    folded TEXT NOT NULL UNIQUE             -- what it is matched by
);

CREATE TABLE category_aliases (
    folded TEXT PRIMARY KEY,
    alias TEXT NOT NULL,
    category_id INTEGER NOT NULL REFERENCES categories ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX category_aliases_of ON category_aliases (category_id);

CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('feed', 'page', 'folder')),
    title TEXT,
    category TEXT,                          -- the operator's, for every article that brings none of its own
    every_seconds INTEGER,                  -- NULL: the setting
    added_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    refreshed_at INTEGER,                   -- last success; NULL: its backlog is still to be stored unpushed
    etag TEXT,
    last_modified TEXT,
    failures INTEGER NOT NULL DEFAULT 0,    -- in a row
    last_error TEXT
);
CREATE INDEX sources_due ON sources (due_at);

CREATE TABLE articles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never used twice: chats remember them
    identity TEXT NOT NULL UNIQUE,          -- what makes it the same article when it is read again
    source_id INTEGER REFERENCES sources ON DELETE SET NULL,
    publisher TEXT,
    category_id INTEGER REFERENCES categories,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    markup TEXT NOT NULL,                   -- the body as Telegram HTML; empty where it has no marks
    lead TEXT NOT NULL,
    summary TEXT NOT NULL,                  -- one sentence a line
    language TEXT NOT NULL,
    author TEXT,
    url TEXT,
    image_url TEXT,
    published_at INTEGER NOT NULL,          -- how it sorts; never later than stored_at
    published_on TEXT,                      -- the day, where the publisher gave no time
    revision INTEGER NOT NULL DEFAULT 1,
    stored_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
);
CREATE INDEX articles_newest ON articles (published_at, id);
CREATE INDEX articles_of_category ON articles (category_id, published_at, id);
CREATE INDEX articles_of_source ON articles (source_id);

-- Folded and stemmed text, so that one form of a word finds the others. rowid is articles.id.
CREATE VIRTUAL TABLE articles_text USING fts5 (title, body, tokenize = 'unicode61 remove_diacritics 0');

CREATE TABLE chats (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id INTEGER NOT NULL,
    topic_id INTEGER NOT NULL DEFAULT 0,    -- 0: the chat itself
    kind TEXT NOT NULL CHECK (kind IN ('private', 'group', 'channel')),
    title TEXT,
    language TEXT NOT NULL,
    timezone TEXT NOT NULL,
    silent INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'gone')) DEFAULT 'active',
    reason TEXT,                            -- why it is not active
    active_since INTEGER NOT NULL,          -- what was stored before is not owed
    everything_since INTEGER,               -- subscribed to everything since; NULL: not to everything
    settings_at INTEGER NOT NULL,           -- when the person last chose something
    added_by INTEGER,                       -- the user who brought us into a group or channel
    UNIQUE (chat_id, topic_id)
);
CREATE INDEX chats_of_everything ON chats (id) WHERE everything_since IS NOT NULL;
CREATE INDEX chats_added_by ON chats (added_by) WHERE added_by IS NOT NULL;

CREATE TABLE subscriptions (
    chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
    category_id INTEGER NOT NULL REFERENCES categories ON DELETE CASCADE,
    wanted INTEGER NOT NULL,                -- 1: wants it; 0: everything but this
    since INTEGER NOT NULL,
    PRIMARY KEY (chat, category_id)
) WITHOUT ROWID;
CREATE INDEX subscriptions_of_category ON subscriptions (category_id, chat);

-- The last list shown in a chat: what "/summary 3" means.
CREATE TABLE shown (
    chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
    position INTEGER NOT NULL,
    article_id INTEGER NOT NULL,            -- may have been pruned since
    PRIMARY KEY (chat, position)
) WITHOUT ROWID;

-- What was searched for, since a button has room for a number only.
CREATE TABLE searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    words TEXT NOT NULL UNIQUE,
    used_at INTEGER NOT NULL
);
CREATE INDEX searches_used ON searches (used_at);

-- An article on its way to everybody who wants it. The row goes when the last chat has its delivery.
CREATE TABLE fanouts (
    article_id INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE,
    lane INTEGER NOT NULL,
    cursor INTEGER NOT NULL DEFAULT 0,      -- the last chats.id that was served
    opened_at INTEGER NOT NULL
);

-- One message owed or sent to one chat. No foreign key on "chat": chats leave only by a merge, which moves
-- these rows, and a check at each delete would scan them all.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    chat INTEGER NOT NULL,
    chat_id INTEGER NOT NULL,               -- what is paced
    kind TEXT NOT NULL CHECK (kind IN ('alert', 'digest', 'notice')),
    article_id INTEGER REFERENCES articles ON DELETE CASCADE,
    notice TEXT,                            -- a notice's catalogue key and values, as JSON
    lane INTEGER NOT NULL,
    place INTEGER NOT NULL,                 -- order within the lane: when the article was published
    state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'dead')) DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0,
    message_id INTEGER,
    revision INTEGER,                       -- of the article, as the message shows it
    reason TEXT,                            -- why it is dead, or was last put off
    queued_at INTEGER NOT NULL,
    settled_at INTEGER                      -- sent or dead since
);
CREATE UNIQUE INDEX deliveries_once ON deliveries (article_id, chat) WHERE article_id IS NOT NULL;
CREATE INDEX deliveries_queued ON deliveries (chat_id, lane, place, id) WHERE state = 'queued';
CREATE INDEX deliveries_sending ON deliveries (chat_id) WHERE state = 'sending';
CREATE INDEX deliveries_notices ON deliveries (settled_at) WHERE article_id IS NULL;
CREATE INDEX deliveries_dead ON deliveries (settled_at) WHERE state = 'dead';
CREATE INDEX deliveries_message ON deliveries (chat_id, message_id) WHERE message_id IS NOT NULL;

-- When each chat that is owed something may next be written to. The chat is what is scheduled, not the row:
-- a group that is owed 5,000 messages holds one place here.
CREATE TABLE turns (
    chat_id INTEGER PRIMARY KEY,
    lane INTEGER NOT NULL,                  -- the best lane of what it is owed
    ready_at INTEGER NOT NULL               -- 9223372036854775807 while one of its deliveries is being sent
);
CREATE INDEX turns_next ON turns (lane, ready_at);
