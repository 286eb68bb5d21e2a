"""Actions of the menu of an article: follow or mute what it is about, and why it came."""

from dataclasses import dataclass
from typing import ClassVar

from bot.messages.actions.showing import ArticleShown

FOLLOWED, MUTED, ENDED = range(3)  # values of `FollowOf.way`


@dataclass(frozen=True, slots=True)
class More:
    """What else can be done with an article. `back` shows the article as it was."""

    code: ClassVar[str] = "W"
    back: ArticleShown


@dataclass(frozen=True, slots=True)
class MoreOf:
    """What can be done with one subject of an article."""

    code: ClassVar[str] = "Q"
    kind: str  # the first letter of a `SubjectKind`
    number: int  # what the subject points at; of an author: its place among the authors of the article
    back: ArticleShown


@dataclass(frozen=True, slots=True)
class FollowOf:
    """Follow or mute a subject of an article, or end that."""

    code: ClassVar[str] = "V"
    kind: str  # as in MoreOf
    number: int
    way: int  # FOLLOWED, MUTED or ENDED
    days: int  # 0: it does not end
    back: ArticleShown


@dataclass(frozen=True, slots=True)
class UndoOf:
    """Undo a step that was made in the menu of an article."""

    code: ClassVar[str] = "X"
    step: int
    back: ArticleShown


@dataclass(frozen=True, slots=True)
class Why:
    """Why an article came as an alert, or did not."""

    code: ClassVar[str] = "wy"
    back: ArticleShown


@dataclass(frozen=True, slots=True)
class ShowReactions:
    """How often people reacted to the posts about an article."""

    code: ClassVar[str] = "rc"
    back: ArticleShown


MenuAction = ShowReactions | More | MoreOf | FollowOf | UndoOf | Why
