ALTER TABLE chats ADD COLUMN opens_as TEXT NOT NULL DEFAULT 'text';     -- how an opened article is shown: text, page
