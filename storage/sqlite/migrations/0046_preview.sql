-- Where an alert shows the picture of its article, and how large.
ALTER TABLE chats ADD COLUMN preview TEXT NOT NULL DEFAULT 'below_large';
