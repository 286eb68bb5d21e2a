-- Articles that wait for an editor or for their time. None of them is an article yet: it becomes one when it is
-- released. So no list, search or count has to leave anything out. Numbers are never used twice, since buttons of old
-- messages name them.
CREATE TABLE desk (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article TEXT NOT NULL, -- all that is stored when it is released, as JSON
    title TEXT NOT NULL,
    source_id INTEGER REFERENCES sources (id) ON DELETE SET NULL,
    private INTEGER NOT NULL DEFAULT 0,
    lane INTEGER,
    revision INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'published', 'killed', 'withdrawn', 'duplicate')),
    needs_approval INTEGER NOT NULL,
    embargo_until INTEGER,
    due_at INTEGER,
    announced INTEGER NOT NULL DEFAULT 0,
    arrived_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by TEXT NOT NULL DEFAULT '',
    article_id INTEGER
);
CREATE INDEX desk_waiting ON desk (id) WHERE state = 'waiting';
CREATE INDEX desk_due ON desk (due_at) WHERE state = 'waiting' AND NOT needs_approval;
CREATE INDEX desk_unannounced ON desk (id) WHERE state = 'waiting' AND NOT announced;
CREATE INDEX desk_settled ON desk (changed_at) WHERE state <> 'waiting';
CREATE INDEX desk_of_source ON desk (source_id) WHERE source_id IS NOT NULL;

-- The keys by which a waiting article is found when its source lists it again.
CREATE TABLE desk_keys (
    key TEXT NOT NULL,
    desk_id INTEGER NOT NULL REFERENCES desk (id) ON DELETE CASCADE,
    PRIMARY KEY (key, desk_id)
) WITHOUT ROWID;
CREATE INDEX desk_keys_of ON desk_keys (desk_id);

-- The messages that show a waiting article to editors.
CREATE TABLE desk_cards (
    desk_id INTEGER NOT NULL REFERENCES desk (id) ON DELETE CASCADE,
    delivery_id INTEGER NOT NULL,
    PRIMARY KEY (desk_id, delivery_id)
) WITHOUT ROWID;
CREATE INDEX desk_cards_of_delivery ON desk_cards (delivery_id);

-- The chat that editors chose as their desk. Without one, each editor has a card in the private chat.
CREATE TABLE desk_room (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    chat INTEGER NOT NULL REFERENCES chats (id) ON DELETE CASCADE
);
CREATE INDEX desk_room_of_chat ON desk_room (chat);

ALTER TABLE sources ADD COLUMN desk INTEGER NOT NULL DEFAULT 0;
ALTER TABLE categories ADD COLUMN desk INTEGER NOT NULL DEFAULT 0;

-- Who did what, when, and from where.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    origin TEXT NOT NULL,
    actor TEXT NOT NULL DEFAULT '',
    user_id INTEGER,
    subject TEXT NOT NULL,
    subject_id INTEGER,
    name TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_at ON audit (at);
