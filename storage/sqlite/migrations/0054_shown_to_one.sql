-- The last list that one person in a group was shown by a message that only this person sees.
CREATE TABLE shown_to_one (
    chat INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
    person INTEGER NOT NULL,                        -- Telegram's number
    articles TEXT NOT NULL,                         -- JSON: positions and article ids, in rising order
    after INTEGER,                                  -- the first article of the last list of the whole group
    shown_at INTEGER NOT NULL,
    PRIMARY KEY (chat, person)
) WITHOUT ROWID;
CREATE INDEX shown_to_one_person ON shown_to_one (person);
CREATE INDEX shown_to_one_at ON shown_to_one (shown_at);
