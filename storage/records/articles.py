"""Articles: new, changed, stored, and as headlines of a list."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from storage.records.categories import Category, CategoryName
from storage.records.lanes import Lane
from storage.records.search import SearchText
from storage.records.stories import Fingerprint

UNDETERMINED: Final = "und"  # ISO 639-2: the language of a text that is in none that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a reader sees of an article. When one of these changes, the article has a new revision."""

    title: str
    body: str  # paragraphs, one empty line between them
    lead: str  # the publisher's own summary, or ""
    summary: tuple[str, ...]  # sentences of the body, in order
    language: str  # ISO 639-1, or UNDETERMINED
    author: str | None = None
    url: str | None = None  # absolute, tracking removed
    image_url: str | None = None
    markup: str = ""  # the body as Telegram HTML, where its publisher set marks or links in it


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArticle:
    identity: str
    text: Text
    search: SearchText
    category: CategoryName | None  # where it has one
    published_at: datetime
    published_on: date | None  # the day, where the publisher gave no time
    source_id: int | None = None
    publisher: str | None = None
    lane: Lane | None = None  # None: stored, not pushed
    fingerprint: Fingerprint | None = None  # None: it is compared with nothing
    excerpt: str | None = None  # the body as its feed gave it, where the text has that of the article page
    page_due_at: datetime | None = None  # when the article page is to be read
    keys: tuple[str, ...] = ()  # by which it is found again, beside its identity
    claimed: tuple[str, ...] = ()  # of these, the ones that no article may have by now: else it is that article


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedArticle:
    article_id: int
    text: Text
    search: SearchText
    from_revision: int  # the change was decided against this one
    fingerprint: Fingerprint | None = None
    excerpt: str | None = None  # as in NewArticle
    page_due_at: datetime | None = None
    keys: tuple[str, ...] = ()  # by which it is found from now on, too


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """What deciding needs of an article that is stored already."""

    id: int
    identity: str
    revision: int
    text: Text
    published_at: datetime
    published_on: date | None  # the day, where the publisher gave no time
    source_id: int | None = None  # None: no source that is read gives it
    excerpt: str | None = None  # the body as its feed gave it last, where the text has that of the article page
    keys: frozenset[str] = frozenset()  # by which it was found


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenArticle:
    """A known article that another source lists as well, or that was of this source before."""

    article_id: int
    source_id: int  # that lists it
    keys: tuple[str, ...]  # that this source has for it
    is_own: bool  # whether it was of this source before


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPage:
    """An article that is stored with an excerpt, and whose page is to be read."""

    article_id: int
    revision: int
    text: Text
    excerpt: str | None  # as in KnownArticle
    tries: int  # that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    id: int
    text: Text
    category: Category | None
    source: str | None  # the publisher's name as shown: of the item, else of its source
    source_id: int | None
    published_at: datetime
    published_on: date | None
    revision: int
    stored_at: datetime
    lane: Lane | None = None  # as it was pushed; None: stored only
    retracted: bool = False
    shown: int = 1  # moves when something that a message shows has changed
    also_in: tuple[str, ...] = ()  # other sources that carry the same text, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """An article in a list."""

    id: int
    title: str
    category: Category | None
    source: str | None
    published_at: datetime
    published_on: date | None
    language: str
    story_size: int = 1  # articles of its story
    sources: int = 1  # that tell it
    revision: int = 1  # the last one that changed what the list shows of it
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Revisions:
    """Of an article: the last revisions that changed what a message shows of it."""

    shown: int  # as an alert
    headline: int  # in a list or digest


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list begins or ends: a key, so that new articles don't shift the pages."""

    published_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing a batch came to."""

    added: tuple[int, ...]  # ids of new articles
    pushed: tuple[int, ...]  # of these, the ones with a fan-out
    changed: tuple[int, ...]  # ids of articles that have a new revision
    copies: tuple[int, ...] = ()  # of the new ones, those that carry the text of another
    passed_over: tuple[str, ...] = ()  # identities of new articles that another process stored meanwhile

    def __add__(self, other: "Stored") -> "Stored":
        """Returns what this batch and the next came to."""
        return Stored(
            self.added + other.added,
            self.pushed + other.pushed,
            self.changed + other.changed,
            self.copies + other.copies,
            self.passed_over + other.passed_over,
        )
