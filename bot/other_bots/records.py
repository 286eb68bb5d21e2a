"""What is read from the database of another bot, in the terms that these bots share."""

from collections import Counter
from dataclasses import dataclass, field

from storage.records import ChatKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFeed:
    """A feed that the other bot reads."""

    url: str
    title: str | None
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSubscription:
    """A feed that a chat follows."""

    paused: bool = False
    silent: bool = False
    minutes: int | None = None  # between two visits; None: the usual interval of the other bot
    title: str | None = None  # the chat's own name for the feed


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignChat:
    """A chat of the other bot."""

    chat_id: int  # Telegram's number
    kind: ChatKind | None = None  # None: not known
    language: str | None = None  # as the other bot names it; None: not known
    added_by: int | None = None  # Telegram's number of an administrator of the group or channel
    banned: bool = False


@dataclass(slots=True)
class ForeignBot:
    """All that was read."""

    feeds: dict[int, ForeignFeed] = field(default_factory=dict)  # by the id of their row
    chats: dict[int, ForeignChat] = field(default_factory=dict)  # by Telegram's number
    subscriptions: dict[int, dict[int, ForeignSubscription]] = field(default_factory=dict)  # by chat and feed
    # Settings that have no counterpart here: by name, and by what they are a setting of.
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    bad_rows: list[str] = field(default_factory=list)  # for each row that can't be used, its place and the reason
