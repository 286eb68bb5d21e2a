-- Whether a group wants the answers to commands that only show something to be seen by the person who asked alone.
ALTER TABLE chats ADD COLUMN private_answers INTEGER NOT NULL DEFAULT 0;
