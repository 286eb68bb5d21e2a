"""What people are shown: pure functions from records to messages with their buttons."""
