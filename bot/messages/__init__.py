"""Messages to people: pure functions that turn records into HTML and buttons."""
