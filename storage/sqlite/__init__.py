"""The SQLite database: its connections, migrations and backups."""
