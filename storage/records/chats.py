"""Chats: the chats of the bot, their settings and their subscriptions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.categories import Category, CategoryName
from storage.records.reading import Reading
from storage.records.saved import ArticleAddress
from storage.records.subjects import ChosenSubject


class ChatKind(StrEnum):
    """The kind of a Telegram chat."""

    PRIVATE = "private"
    GROUP = "group"  # includes supergroups
    CHANNEL = "channel"


class ChatState(StrEnum):
    """Whether the bot can write to a chat."""

    ACTIVE = "active"
    PAUSED = "paused"  # blocked, banned, or of another account; its settings stay, and it may come back
    GONE = "gone"  # the account was deactivated or the chat was deleted


class Rhythm(StrEnum):
    """How often a chat is sent news."""

    ALERTS = "alerts"  # one message for each article, at once
    HOURLY = "hourly"  # this rhythm and the next two: one digest for each period
    DAILY = "daily"
    WEEKLY = "weekly"


class OpensAs(StrEnum):
    """How an opened article is shown in a chat."""

    TEXT = "text"
    PAGE = "page"


class Preview(StrEnum):
    """Where an alert or an opened article shows the article's picture, and how large."""

    NONE = "none"
    ABOVE_LARGE = "above_large"
    ABOVE_SMALL = "above_small"
    BELOW_LARGE = "below_large"
    BELOW_SMALL = "below_small"

    @property
    def is_above(self) -> bool:
        return self in (Preview.ABOVE_LARGE, Preview.ABOVE_SMALL)

    @property
    def is_small(self) -> bool:
        return self in (Preview.ABOVE_SMALL, Preview.BELOW_SMALL)


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a chat is sent messages. Hours are in the time zone of the chat."""

    rhythm: Rhythm = Rhythm.ALERTS
    hour: int = 8  # hour of a daily or weekly digest, 0 to 23
    weekday: int = 0  # day of a weekly digest; 0 is Monday
    quiet: tuple[int, int] | None = None  # quiet hours: alerts wait from the first hour until the second
    breaking: bool = True  # breaking news is sent at once, without waiting for a digest or for quiet hours to end
    most_a_day: int | None = None  # alerts in a day; the rest arrives in one message at `hour`; None: no limit
    with_saved: bool = False  # the weekly digest names the articles that were saved since the last one


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat, or one topic of a chat."""

    id: int  # the id of our row for (chat_id, topic_id)
    chat_id: int  # Telegram's number
    topic_id: int | None  # Telegram's number; None: the chat itself
    kind: ChatKind
    title: str | None
    language: str
    timezone: str  # IANA name
    silent: bool
    state: ChatState
    everything: bool  # whether it is subscribed to all categories except the muted ones
    seen_at: datetime  # when a person last wrote there or pressed a button, to the day
    least_sources: int = 1  # sources that the story of an article must have
    added_by: int | None = None  # Telegram's number of the user who added the bot
    snoozed_until: datetime | None = None  # no alerts until then
    timetable: Timetable = Timetable()
    reading: Reading = Reading()
    opens_as: OpensAs = OpensAs.TEXT
    preview: Preview = Preview.BELOW_LARGE
    keyboard_hidden: bool = False  # whether a reader has hidden the keyboard below the text field
    private_answers: bool = False  # a group: what a command shows is answered to the person who asked alone


@dataclass(frozen=True, slots=True)
class Subscription:
    """The categories that a chat wants.

    If `everything` is True, the chat gets all categories but those in `muted`. Otherwise it gets `categories`, and
    `others` is the number of other subjects that it follows. `topics` are the categories for which the group has open
    topics. If `stopped` is True, the chat gets nothing: the other
    fields say what it chose, and what it gets again when its subscription is resumed.
    """

    everything: bool = False
    categories: tuple[Category, ...] = ()
    muted: tuple[Category, ...] = ()
    stopped: bool = False
    others: int = 0
    topics: tuple[Category, ...] = ()

    @property
    def nothing(self) -> bool:
        return self.stopped or self.nothing_chosen

    @property
    def nothing_chosen(self) -> bool:
        return not (self.everything or self.categories or self.topics or self.others)

    def includes(self, category_id: int) -> bool:
        """Returns whether the chat gets this category, or has a topic for it."""
        if self.stopped:
            return False
        if self.everything:
            return category_id not in {one.id for one in self.muted}
        return category_id in {one.id for one in (*self.categories, *self.topics)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """All settings of a chat, for export and import."""

    chat_id: int
    topic_id: int | None = None
    kind: ChatKind = ChatKind.PRIVATE
    title: str | None = None
    language: str
    timezone: str
    silent: bool = False
    state: ChatState = ChatState.ACTIVE
    subscribed: bool = True  # False: the chat has stopped, or has chosen nothing
    # Whether the chat has everything; None: it has everything if it is subscribed and follows nothing.
    everything: bool | None = None
    categories: tuple[CategoryName, ...] = ()
    muted: tuple[CategoryName, ...] = ()
    follows: tuple[ChosenSubject, ...] = ()  # what else the chat follows and mutes
    saved: tuple[ArticleAddress, ...] = ()  # the articles that it saved, those that were saved last first
    least_sources: int = 1
    added_by: int | None = None
    timetable: Timetable = Timetable()
    reading: Reading = Reading()
    digest_at: datetime | None = None  # when the next digest is due; None: the chat gets alerts
    snoozed_until: datetime | None = None  # no alerts until then
    opens_as: OpensAs = OpensAs.TEXT
    preview: Preview = Preview.BELOW_LARGE
    private_answers: bool = False
    keyboard_hidden: bool = False
    category_topics: bool = False  # a group: it has a topic for each category; False turns none off
    topic_of: CategoryName | None = None  # a topic that the bot made: its category
    banned: bool = False  # whether the bot does not answer; False ends no ban


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownNames:
    """What settings of chats name and the database does not have, counted."""

    saved: int = 0  # saved articles
    stories: int = 0  # this and the next one: follows and mutes
    sources: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacedSettings:
    """The result of replacing the settings of a chat."""

    step: int | None  # undoes it, see Choices.undo; None: nothing was changed
    unknown: UnknownNames


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedChats:
    """The result of adding chats beside those that are there."""

    new: frozenset[tuple[int, int]]  # the chats that were not known, by chat id and topic id (0: the chat itself)
    follows_of_known: int  # new follows and mutes of the chats that were known
