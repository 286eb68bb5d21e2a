"""The SQLite database: a module a topic, with its SQL."""
