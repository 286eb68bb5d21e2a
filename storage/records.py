"""The frozen values that cross the storage boundary. Times are aware UTC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

UNDETERMINED: Final = "und"  # ISO 639-2: the language of a text that is in none that is known


class Lane(IntEnum):
    """What goes first. Replies are never stored: a reader waits for them."""

    REPLY = 0
    RETRACTION = 1  # what is wrong goes before what is new
    BREAKING = 2
    ALERT = 3
    DIGEST = 4
    EDIT = 5


class ChatKind(StrEnum):
    PRIVATE = "private"
    GROUP = "group"  # supergroups too
    CHANNEL = "channel"


class ChatState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"  # blocked us, kicked us, took our right to write: settings kept, resumed when they come back
    GONE = "gone"  # deactivated or deleted


class Rhythm(StrEnum):
    ALERTS = "alerts"  # each article as it comes
    HOURLY = "hourly"  # the others: one digest at a time
    DAILY = "daily"
    WEEKLY = "weekly"


class SourceKind(StrEnum):
    FEED = "feed"
    PAGE = "page"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Category:
    id: int
    name: str  # as the publisher writes it
    articles: int = 0  # how many are stored, where the query counted them


@dataclass(frozen=True, slots=True)
class CategoryName:
    name: str  # as shown
    folded: str  # as matched


# Articles


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
class SearchText:
    """Folded and stemmed words, separated by spaces; made and queried by the same function."""

    title: str
    body: str
    words: frozenset[str] = frozenset()  # folded and not stemmed: what a typing error may have meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What a text is compared by. Storage keeps it, finds others by it, and leaves the comparing to who made it."""

    words: Mapping[int, float]  # numbers of words, below 2**32, and how much each is said
    runs: tuple[int, ...]  # numbers of a few runs of words, the same ones in each text that holds them
    sketch: bytes  # of the wording


@dataclass(frozen=True, slots=True, kw_only=True)
class NearStory:
    story_id: int
    texts: int  # different ones
    words: Mapping[int, float]  # added up over these


@dataclass(frozen=True, slots=True, kw_only=True)
class NearText:
    article_id: int  # of the first article that carries it
    story_id: int
    words: Mapping[int, float]
    sketch: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What an article is compared with: of the same days, and sharing rare words or runs of words with it."""

    stories: tuple[NearStory, ...]
    texts: tuple[NearText, ...]  # none of them a copy
    counts: Mapping[int, int]  # open stories that hold each word named here; 0 where it is missing
    total: int  # open stories in the article's language


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where an article belongs."""

    story_id: int | None = None  # None: a story of its own
    copy_of: int | None = None  # the article whose text it carries, of the same story


Decide = Callable[[Fingerprint, Near], Placing]  # pure and quick: it is called while others wait to write


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedArticle:
    article_id: int
    text: Text
    search: SearchText
    from_revision: int  # the change was decided against this one
    fingerprint: Fingerprint | None = None
    excerpt: str | None = None  # as in NewArticle
    page_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A word or an exact phrase that is searched for."""

    word: str  # folded, as it was typed
    forms: tuple[str, ...]  # as it may stand in search text: one of these, each a word or several side by side
    written: str = ""  # of a phrase: how it must stand in the text, folded, between spaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What articles are searched for. All words are better than some; the rest holds in any case."""

    terms: tuple[Term, ...]
    without: tuple[Term, ...] = ()  # found in none of the articles
    categories: tuple[int, ...] = ()  # in one of these; empty: in any
    sources: tuple[str, ...] = ()  # of one of these, by the names that headlines show; empty: of any
    languages: tuple[str, ...] = ()  # in one of these, or in none that is known; empty: in any
    elsewhere: bool = False  # in other languages than these instead
    newest: int | None = None  # no article stored after this one: pages of a list stay what they were

    @property
    def narrowed(self) -> bool:
        """Whether it asks for something without any words. In which languages says how, not what."""
        return bool(self.categories or self.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article that may be what is searched for, to be ranked."""

    id: int
    search: SearchText
    published_at: datetime
    whole: bool  # all terms are found in it


@dataclass(frozen=True, slots=True)
class Written:
    """What an article says, as it was written."""

    title: str
    body: str  # the lead as well


@dataclass(frozen=True, slots=True)
class Unindexed:
    """An article whose words are to be indexed anew."""

    id: int
    revision: int
    language: str
    text: Written


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What has all words in other languages than were asked for."""

    articles: tuple[int, ...] = ()
    more: bool = False  # there may be some beside these


NOTHING_ELSEWHERE = Elsewhere()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search has to be ranked: bounded, whatever was asked for."""

    candidates: tuple[Candidate, ...]
    weights: tuple[
        float, ...
    ]  # of each term: the rarer among all articles, the more it says; 0.0 where it is unknown
    newest: int  # the newest article when it was made
    elsewhere: Elsewhere = NOTHING_ELSEWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """What deciding needs of an article that is stored already."""

    id: int
    identity: str
    revision: int
    text: Text
    excerpt: str | None = None  # the body as its feed gave it last, where the text has that of the article page


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
    told_by: int = 1  # articles of its story
    sources: int = 1  # that tell it
    revision: int = 1  # the last one that changed what the list shows of it
    retracted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryArticle:
    """An article of a story, as an editor looks at it."""

    id: int
    title: str
    source: str | None
    published_at: datetime
    copy_of: int | None
    by_person: bool  # it is where a person said
    retracted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Two stories that a person made one."""

    story_id: int
    one_text: bool  # what was split off a text is back with it: messages come to name who else carries it, as before


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of a list begins or ends: a key, so that new articles don't shift the pages."""

    published_at: datetime
    id: int


# Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    id: int
    url: str
    kind: SourceKind
    title: str | None
    category: str | None  # for articles that bring none
    every_seconds: int | None  # None: the setting
    due_at: datetime
    refreshed_at: datetime | None  # last success
    etag: str | None
    last_modified: str | None
    failures: int  # in a row
    last_error: str | None
    breaking: bool = False  # what it publishes is pushed as breaking news
    full_text: bool = False  # its feed carries excerpts: the article pages are read as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a refresh found out about its source; stored together with the articles that it brought."""

    source_id: int
    due_at: datetime
    succeeded_at: datetime | None = None  # None: it failed
    etag: str | None = None
    last_modified: str | None = None
    title: str | None = None  # None: as it was
    moved_to: str | None = None  # a permanent redirect
    error: str | None = None  # None: it went well


# Chats


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a chat is written to. Hours are of its own time zone."""

    rhythm: Rhythm = Rhythm.ALERTS
    hour: int = 8  # 0 to 23, of a daily or weekly digest
    weekday: int = 0  # of a weekly one; Monday is 0
    quiet: tuple[int, int] | None = None  # alerts are held back from the first hour until the second
    breaking: bool = True  # breaking news wait for neither


@dataclass(frozen=True, slots=True)
class Reading:
    """Which articles a chat is shown, and how."""

    languages: tuple[str, ...] = ()  # ISO 639-1, that its readers read; empty: all
    grouped: bool = True  # lists and digests show a story once


EVERYTHING_READ = Reading()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    id: int  # ours, for (chat_id, topic_id)
    chat_id: int
    topic_id: int | None
    kind: ChatKind
    title: str | None
    language: str
    timezone: str  # IANA name
    silent: bool
    state: ChatState
    everything: bool  # subscribed to all categories but the muted ones
    added_by: int | None = None
    timetable: Timetable = Timetable()
    reading: Reading = Reading()


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a chat wants. With `everything`, `categories` is empty and `muted` are the exceptions."""

    everything: bool = False
    categories: tuple[Category, ...] = ()
    muted: tuple[Category, ...] = ()

    @property
    def nothing(self) -> bool:
        return not self.everything and not self.categories


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """A chat as it is exported and imported, whole."""

    chat_id: int
    topic_id: int | None = None
    kind: ChatKind = ChatKind.PRIVATE
    title: str | None = None
    language: str
    timezone: str
    silent: bool = False
    state: ChatState = ChatState.ACTIVE
    subscribed: bool = True  # False: settings without a subscription
    categories: tuple[CategoryName, ...] = ()  # empty: everything
    muted: tuple[CategoryName, ...] = ()
    added_by: int | None = None
    timetable: Timetable = Timetable()
    reading: Reading = Reading()
    digest_at: datetime | None = None  # when its next digest is due; None: it gets alerts


# Deliveries


class DeliveryKind(StrEnum):
    ALERT = "alert"
    DIGEST = "digest"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One delivery in the sender's hands, with what rendering and sending need of its chat."""

    delivery_id: int
    kind: DeliveryKind
    chat: int  # ours
    chat_id: int
    topic_id: int | None
    chat_kind: ChatKind
    language: str
    timezone: str
    silent: bool
    article_id: int | None
    notice: str | None  # JSON
    lane: Lane
    attempts: int  # failed ones before this
    queued_at: datetime
    message_id: int | None = None  # of the message that is to be brought up to date; None: it is to be sent
    timetable: Timetable = Timetable()
    reading: Reading = Reading()
    since: datetime | None = None  # a digest tells what was stored from this moment on
    until: datetime | None = None  # and before this
    edition: int | None = None  # that a digest shows which was sent
    waiting: int = 1  # deliveries that this chat is owed, counted up to MOST_COUNTED


@dataclass(frozen=True, slots=True)
class Edition:
    """What a digest shows."""

    articles: tuple[int, ...]  # those it lists, in the order of their numbers
    found: int  # articles in all, of which the listed ones are the newest
    rhythm: Rhythm  # as its heading says


@dataclass(frozen=True, slots=True)
class Sent:
    claim: Claim
    at: datetime
    message_id: int
    revision: int  # that it shows: of its article, or of all headlines of a digest together
    next_at: datetime  # when the chat may be written to again
    edition: Edition | None = None  # of a digest


@dataclass(frozen=True, slots=True)
class Edited:
    """A message shows the newest revision now."""

    claim: Claim
    at: datetime
    revision: int
    next_at: datetime
    gone: bool = False  # it was deleted in the chat, or can't be changed any more: never again


@dataclass(frozen=True, slots=True)
class PutOff:
    """Not sent now: the chat waits until `until`, and the delivery is claimed again."""

    claim: Claim
    until: datetime
    reason: str
    failed: bool = True  # False: a flood wait or a stop, which say nothing about the delivery
    quiet: bool = False  # it waits for the end of the chat's quiet hours, and breaking news does not


@dataclass(frozen=True, slots=True)
class Dropped:
    """There is nothing to say any more: its article is gone or withdrawn, or the digest would be empty."""

    claim: Claim
    at: datetime


@dataclass(frozen=True, slots=True)
class Died:
    """Will never be sent; the operator is shown why."""

    claim: Claim
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The chat can't be written to: nothing more is owed to it until it comes back."""

    claim: Claim
    at: datetime
    state: ChatState
    reason: str
    topic_only: bool = False  # the topic was closed or deleted; the rest of the chat is well


Outcome = Sent | Edited | PutOff | Dropped | Died | Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDigest:
    """A chat whose next digest is due."""

    chat: int  # ours
    chat_id: int
    timezone: str
    timetable: Timetable
    due_at: datetime
    since: datetime  # what it was told until then


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    articles: int
    sources: int
    chats: dict[str, int]  # by state
    deliveries: dict[str, int]  # by state
    fanouts_open: int
    chats_left: int  # that open fan-outs have not reached yet
    oldest_owed_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadDelivery:
    """A delivery that was given up."""

    id: int
    chat_id: int
    topic_id: int | None
    kind: DeliveryKind
    article_id: int | None
    title: str | None  # of the article
    reason: str
    died_at: datetime


@dataclass(frozen=True, slots=True)
class Tempo:
    """How many messages went out in a stretch of time."""

    sent: int
    edited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleTimes:
    """How long after it was stored an article reached its chats; None while it has reached none."""

    article_id: int
    title: str
    sent: int  # messages
    first: timedelta | None
    p50: timedelta | None  # half of them were sent by then
    p99: timedelta | None
    last: timedelta | None
