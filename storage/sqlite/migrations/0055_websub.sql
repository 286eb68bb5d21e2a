-- Subscriptions at hubs, which send what a feed publishes at once (WebSub).
CREATE TABLE hub_subscriptions (
    id TEXT PRIMARY KEY,                    -- the end of the address that the hub calls, which nobody can guess
    source_id INTEGER REFERENCES sources ON DELETE SET NULL,    -- NULL: the source was removed
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,                    -- the address by which the hub knows the feed
    callback TEXT NOT NULL,                 -- the whole address that the hub calls
    secret TEXT NOT NULL,                   -- signs what the hub sends
    state TEXT NOT NULL,
    due_at INTEGER NOT NULL,                -- when the hub is to be asked next
    attempts INTEGER NOT NULL DEFAULT 0,    -- failed ones in a row
    asked_at INTEGER,
    verified_at INTEGER,                    -- since when the hub has known the bot
    lease_until INTEGER,
    told_at INTEGER,                        -- the last content that was believed
    pinged_at INTEGER,                      -- the last visit that a hub caused by a call without content
    missed_at INTEGER,                      -- a visit found what the hub had not sent
    deliveries INTEGER NOT NULL DEFAULT 0,
    last_error TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX hub_subscriptions_of_source ON hub_subscriptions (source_id) WHERE source_id IS NOT NULL;
CREATE INDEX hub_subscriptions_due ON hub_subscriptions (due_at);
CREATE INDEX hub_subscriptions_missed ON hub_subscriptions (missed_at) WHERE missed_at IS NOT NULL;
ALTER TABLE sources ADD COLUMN hub TEXT;    -- how its hub is doing; NULL: it has none
