"""Feeds of what is stored, for websites and other readers: Atom and JSON Feed of public articles.

routes → pages (built once in some seconds, with its ETag) → items (from articles) → atom, json_feed, index
"""

from bot.web.feeds.addresses import FeedAddress, FeedFormat, list_feeds
from bot.web.feeds.routes import Feeds

__all__ = ["FeedAddress", "FeedFormat", "Feeds", "list_feeds"]
