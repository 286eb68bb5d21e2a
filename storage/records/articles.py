"""Articles: records of new, changed and stored articles, and of headlines in lists."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from storage.records.categories import Category, CategoryName
from storage.records.lanes import Lane
from storage.records.search import SearchText
from storage.records.stories import Fingerprint
from storage.records.subjects import AuthorName

TEASER_SENTENCES: Final = 2
TEASER_LEAD: Final = 300  # characters: some feeds repeat the whole text as its summary
UNDETERMINED: Final = "und"  # ISO 639-2 code for a text whose language is not known


class RetractReason(StrEnum):
    """Why an editor withdraws an article. Readers see it in their language."""

    ERRORS = "errors"
    UNCONFIRMED = "unconfirmed"
    MISTAKE = "mistake"  # it was published by mistake
    LEGAL = "legal"


TYPED_REASON: Final = "text:"  # begins a reason that an editor typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The parts of an article that a reader sees. If one of them changes, the article gets a new revision."""

    title: str
    body: str  # paragraphs, separated by one empty line
    lead: str  # the publisher's own summary, or ""
    summary: tuple[str, ...]  # sentences of the body, in their order
    language: str  # ISO 639-1, or UNDETERMINED
    author: str | None = None
    url: str | None = None  # absolute, without tracking parameters
    image_url: str | None = None
    document: str = ""  # the body as blocks (`storage.records.documents`), as stored; "" if `body` says all

    def as_teaser(self) -> "Text":
        """Returns what readers may see of a text that an operator promised not to show in full."""
        lead = self.lead
        if len(lead) > TEASER_LEAD:
            lead = f"{lead[:TEASER_LEAD].rpartition(' ')[0] or lead[:TEASER_LEAD]}…"
        return replace(self, body="", document="", lead=lead, summary=self.summary[:TEASER_SENTENCES])


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArticle:
    """An article that is not stored yet."""

    identity: str
    text: Text
    search: SearchText
    categories: tuple[CategoryName, ...] = ()  # all of them; the first one is shown with the article
    authors: tuple[AuthorName, ...] = ()
    published_at: datetime
    published_on: date | None  # the day, if the publisher gave no time
    source_id: int | None = None
    publisher: str | None = None
    lane: Lane | None = None  # None: the article is stored but not pushed
    fingerprint: Fingerprint | None = None  # None: the article is not compared with others
    excerpt: str | None = None  # the body from the feed, if `text` has the body of the article page
    page_due_at: datetime | None = None  # when the article page is due to be read
    keys: tuple[str, ...] = ()  # further keys of the article, beside its identity
    private: bool = False  # whether the keys are those of a private source
    claimed: tuple[str, ...] = ()  # the keys that only one article may have: if another one has them, it is the same
    version: int | None = None  # the publisher's number of this text, if there is one
    evolved_from: tuple[str, ...] = ()  # keys of earlier articles of the same source, whose story the article joins
    replaces: int | None = None  # the withdrawn article whose keys this one gets
    held_until: datetime | None = None  # the publisher's embargo: it is on the desk until then
    editor_note: str = ""  # from the publisher to editors: readers never see it


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedArticle:
    """A new text for an article that is stored, or for one that waits on the desk."""

    article_id: int  # below 0: minus the number on the desk
    text: Text
    search: SearchText
    from_revision: int  # the revision that the new text was compared with
    authors: tuple[AuthorName, ...] = ()
    fingerprint: Fingerprint | None = None
    excerpt: str | None = None  # as in NewArticle
    page_due_at: datetime | None = None
    keys: tuple[str, ...] = ()  # keys that the article gets in addition
    version: int | None = None  # as in NewArticle
    held_until: datetime | None = None  # this and the next one as in NewArticle, of an article on the desk
    editor_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """A stored article, with the fields that show whether a fetched one is new, changed or the same."""

    id: int  # below 0: it is on the desk, under this number without the sign
    identity: str
    revision: int
    text: Text
    published_at: datetime
    published_on: date | None  # the day, if the publisher gave no time
    source_id: int | None = None  # None: the article belongs to no source that is read
    excerpt: str | None = None  # the latest body from the feed, if `text` has the body of the article page
    keys: frozenset[str] = frozenset()  # the keys by which it was found
    version: int | None = None  # the publisher's number of the newest text that was read
    retracted: bool = False
    may_return: bool = False  # whether its source withdrew it, and may publish it again
    lane: Lane | None = None  # in which it is pushed; None: it was stored only
    held_until: datetime | None = None  # this and the next one as in NewArticle, of an article on the desk
    editor_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnArticle:
    """A stored article that its source withdraws."""

    article_id: int
    version: int | None = None  # the publisher's number of the withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyWithdrawal:
    """A withdrawal that came before the article that it withdraws."""

    keys: tuple[str, ...]  # by which the article will be recognised
    version: int  # the publisher's number of the withdrawal
    source_id: int | None  # the source that withdraws the article; None: an import


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenArticle:
    """A stored article that another source lists as well, or that belonged to this source before."""

    article_id: int
    source_id: int  # the source that lists the article
    keys: tuple[str, ...]  # the keys that the article has in this source
    is_own: bool  # whether the article belonged to this source before


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPage:
    """An article that is stored with an excerpt, and whose page is due to be read."""

    article_id: int
    revision: int
    text: Text
    excerpt: str | None  # as in KnownArticle
    tries: int  # failed attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A stored article."""

    id: int
    text: Text
    category: Category | None  # the first of its categories
    source: str | None  # the publisher's name as shown: from the article itself, or else from its source
    source_id: int | None
    published_at: datetime
    published_on: date | None
    revision: int
    stored_at: datetime
    changed_at: datetime | None = None  # when its newest revision was stored
    lane: Lane | None = None  # the lane in which it was pushed; None: it was not pushed
    retracted: bool = False
    withdrawn_by_source: bool = False  # False with `retracted`: an editor withdrew it
    retract_reason: str = ""  # as readers may know it: a RetractReason, or "text:" and a text
    shown: int = 1  # the revision of what an alert shows: it grows if something that a message shows changes
    categories: tuple[Category, ...] = ()  # all of them
    also_in: tuple[str, ...] = ()  # names of other sources that carry the same text


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
    story_size: int = 1  # number of articles in its story
    sources: int = 1  # number of sources in its story
    revision: int = 1  # the last revision that changed what a list shows of the article
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Revisions:
    """The last revisions of an article that changed what a message shows of it."""

    shown: int  # the last change in an alert
    headline: int  # the last change in a list or digest


@dataclass(frozen=True, slots=True)
class Place:
    """The place where a page of a list begins or ends. It is a key, so new articles don't shift the pages."""

    published_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Stored:
    """The result of storing a batch of articles."""

    added: tuple[int, ...]  # ids of new articles
    pushed: tuple[int, ...]  # ids of the new articles that have a fan-out, and of those that became breaking news
    changed: tuple[int, ...]  # ids of articles that have a new revision
    copies: tuple[int, ...] = ()  # ids of the new articles that have the text of another article
    passed_over: tuple[str, ...] = ()  # identities of new articles that another process stored meanwhile
    withdrawn: tuple[int, ...] = ()  # ids of articles that their source withdrew
    held: tuple[str, ...] = ()  # identities of new articles that wait on the desk

    def __add__(self, other: "Stored") -> "Stored":
        """Returns the result of this batch and another one together."""
        return Stored(
            added=self.added + other.added,
            pushed=self.pushed + other.pushed,
            changed=self.changed + other.changed,
            copies=self.copies + other.copies,
            passed_over=self.passed_over + other.passed_over,
            withdrawn=self.withdrawn + other.withdrawn,
            held=self.held + other.held,
        )
