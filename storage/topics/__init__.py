"""The topics of storage: what the bot asks of its database, in SQL that SQLite and PostgreSQL both understand."""
