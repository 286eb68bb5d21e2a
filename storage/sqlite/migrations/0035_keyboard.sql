-- Whether a reader has hidden the keyboard below the text field.
ALTER TABLE chats ADD COLUMN keyboard_hidden INTEGER NOT NULL DEFAULT 0;
