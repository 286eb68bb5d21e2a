"""The desk: articles that wait for an editor or for their time. None of them is published yet."""

from dataclasses import dataclass
from datetime import MAXYEAR, datetime
from enum import StrEnum

from storage.records.articles import NewArticle
from storage.records.categories import Category
from storage.records.lanes import Lane


class DeskState(StrEnum):
    """What became of an article on the desk."""

    WAITING = "waiting"
    PUBLISHED = "published"
    KILLED = "killed"  # by an editor
    WITHDRAWN = "withdrawn"  # by its publisher
    DUPLICATE = "duplicate"  # another source published it meanwhile


class Decided(StrEnum):
    """The answer to an editor's decision."""

    DONE = "done"
    SCHEDULED = "scheduled"  # it goes out when its time comes
    CHANGED = "changed"  # another editor decided, or the text changed, since the editor saw it: nothing is done
    NOT_YET = "not yet"  # the publisher's embargo is later than the asked time: nothing is done
    GONE = "gone"  # there is no such article on the desk


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingArticle:
    """An article on the desk, or one that was there."""

    id: int
    revision: int  # grows with each change of its text or its state
    article: NewArticle
    category: Category | None  # the first of its categories
    source: str | None  # the name that readers see: of the article's publisher, or of its source
    state: DeskState
    needs_approval: bool  # whether it goes out only after an editor approved it
    arrived_at: datetime
    embargo_until: datetime | None = None  # as its publisher asked: nothing sends it before
    due_at: datetime | None = None  # when it goes out, if it needs no approval
    decided_at: datetime | None = None
    decided_by: str = ""  # the name of the editor
    article_id: int | None = None  # the article that it became
    teaser: bool = False  # whether readers see only a summary and the link

    @property
    def is_scheduled(self) -> bool:
        """Whether it goes out by itself when its time comes."""
        return self.state is DeskState.WAITING and not self.needs_approval

    @property
    def has_endless_embargo(self) -> bool:
        """Whether its publisher names no end of the embargo, and lifts it by another version."""
        return self.embargo_until is not None and self.embargo_until.year == MAXYEAR

    @property
    def lane(self) -> Lane | None:
        """The lane in which it will be pushed. None: it will be listed, and not pushed."""
        return self.article.lane


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of an editor's decision, and the article as it is after that."""

    decided: Decided
    waiting: WaitingArticle | None = None  # None: there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietChats:
    """Chats with the same quiet hours, counted."""

    timezone: str
    quiet: tuple[int, int]  # hours
    breaking: bool  # whether breaking news reaches them in quiet hours as well
    chats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many chats an article would be sent to now."""

    chats: int  # that do not have it
    have_it: int = 0  # chats that have it already
    quiet: tuple[QuietChats, ...] = ()  # those of `chats` that have quiet hours at some time of the day
    is_estimate: bool = False  # whether only a part of many chats was counted
