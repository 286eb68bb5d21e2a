"""The PostgreSQL database: its connections, errors, migrations, and what it calls otherwise than SQLite."""
