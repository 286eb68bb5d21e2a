"""Reads each format to drafts: feeds, article pages, saved page texts, JSON Lines. OPML is read to sources."""
