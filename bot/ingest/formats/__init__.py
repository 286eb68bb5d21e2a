"""Bytes in, drafts out: feeds, article pages, saved page texts, JSON Lines."""
