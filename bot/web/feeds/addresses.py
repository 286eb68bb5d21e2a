"""The feeds that there are, and their addresses."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from storage import Storage
from storage.records import Source

PATH: Final = "/feeds"


class FeedKind(StrEnum):
    """What a feed lists."""

    LATEST = "latest"
    CATEGORY = "category"
    SOURCE = "source"
    SEARCH = "search"


class FeedFormat(StrEnum):
    """The format of a feed, and the end of its address."""

    ATOM = "atom"
    JSON = "json"

    @property
    def media_type(self) -> str:
        return "application/atom+xml" if self is FeedFormat.ATOM else "application/feed+json"


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """One feed: all news, or those of a category or a source."""

    kind: FeedKind
    name: str  # "" for all news
    number: int | None = None  # of the category or the source

    def path(self, form: FeedFormat) -> str:
        """Returns the path on the server."""
        return f"{PATH}/{self.kind}{'' if self.number is None else f'/{self.number}'}.{form}"


def name_of_source(source: Source) -> str:
    """Returns a name without what only the operator may know: the rest of an address may hold a key."""
    return source.title or urlsplit(source.url).hostname or f"{source.kind} {source.id}"


async def list_feeds(storage: Storage) -> list[FeedAddress]:
    """Returns all news first, then the categories by name, then the public sources as they were added."""
    named = {one.id: one.name for _, one in await storage.categories.names()}
    sources = await storage.sources.all()
    categories = sorted(named.items(), key=lambda one: (one[1].casefold(), one[0]))
    return [
        FeedAddress(FeedKind.LATEST, ""),
        *(FeedAddress(FeedKind.CATEGORY, name, number) for number, name in categories),
        *(FeedAddress(FeedKind.SOURCE, name_of_source(one), one.id) for one in sources if not one.private),
    ]
