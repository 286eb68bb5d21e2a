"""What a feed says, before it has a format."""

import mimetypes
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from bot.text.document import read_document
from bot.web.feeds.content import to_html
from storage.records import UNDETERMINED, Article

_NAMES: Final = uuid.UUID("6f1c4c0e-9a55-4d0b-8f5b-0d6c3c1d9f7e")  # the namespace of the ids of our items
# Neither XML nor most readers take these.
_NOT_IN_XML: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One article."""

    id: str  # an IRI that stays the same
    title: str
    url: str | None
    published_at: datetime
    changed_at: datetime
    language: str | None  # ISO 639-1, if it is known
    author: str | None
    source: str | None
    categories: tuple[str, ...]
    summary: str  # plain text, or ""
    html: str  # "" for an article that may only be told of
    image: str | None

    @property
    def image_type(self) -> str:
        guessed, _ = mimetypes.guess_type(urlsplit(self.image or "").path)
        return guessed if guessed is not None and guessed.startswith("image/") else "image/jpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed. Its addresses are absolute."""

    id: str
    title: str
    address: str  # of the feed itself
    home: str  # of the page that lists all feeds
    items: tuple[FeedItem, ...]

    @property
    def language(self) -> str | None:
        """The language of all items, if they have one in common."""
        languages = {item.language for item in self.items}
        return languages.pop() if len(languages) == 1 else None

    @property
    def changed_at(self) -> datetime | None:
        return max((item.changed_at for item in self.items), default=None)


def feed_id(bot_id: int, path: str) -> str:
    return uuid.uuid5(_NAMES, f"{bot_id} {path}").urn


def items_of(articles: Sequence[Article], bot_id: int) -> tuple[FeedItem, ...]:
    """Returns the articles in their order. It renders their documents, which takes a while: call it in a thread."""
    return tuple(_item(article, bot_id) for article in articles)


def _item(article: Article, bot_id: int) -> FeedItem:
    text = article.text
    html = to_html(read_document(text.document, text.body)) if text.body or text.document else ""
    summary = text.lead or ("" if html else " ".join(text.summary))
    return FeedItem(
        id=uuid.uuid5(_NAMES, f"{bot_id} article {article.id}").urn,
        title=writable(text.title),
        url=writable(text.url) if text.url else None,
        published_at=article.published_at,
        changed_at=max(article.published_at, article.changed_at or article.stored_at),
        language=None if text.language == UNDETERMINED else text.language,
        author=writable(text.author) if text.author else None,
        source=writable(article.source) if article.source else None,
        categories=tuple(writable(one.name) for one in article.categories),
        summary=writable(summary),
        html=writable(html),
        image=writable(text.image_url) if text.image_url else None,
    )


def writable(text: str) -> str:
    """Returns the text without characters that no XML may have."""
    return _NOT_IN_XML.sub("", text)
