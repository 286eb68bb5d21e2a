"""Actions that change what a chat gets: follows and mutes, categories, and sources."""

from dataclasses import dataclass
from typing import ClassVar

STOPPED, EVERYTHING, CHOSEN, RESUMED = range(4)  # values of `SetScope.scope`

PAUSE, RESUME, MUTE, UNMUTE, REMOVE, MAKE_PUBLIC, MAKE_PRIVATE = range(7)  # values of `ChangeSource.change`


@dataclass(frozen=True, slots=True)
class ShowFollow:
    """What a chat follows or mutes: one subject. `page` is that of the list to return to, from 1; 0: no list."""

    code: ClassVar[str] = "E"
    subject: int
    page: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetFollow:
    """Follow or mute a subject."""

    code: ClassVar[str] = "H"
    subject: int
    mutes: int  # 1: mute; 0: follow
    days: int = 0  # 0: it does not end
    least: int = 1  # sources that a story must have
    page: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class EndFollow:
    """End the follow or the mute of a subject."""

    code: ClassVar[str] = "I"
    subject: int
    page: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class SwapTitles:
    """Follow the same words only in titles, or everywhere again."""

    code: ClassVar[str] = "J"
    subject: int
    page: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class FollowMeant:
    """Follow or mute a subject whose name was misspelt, instead of the words that were typed."""

    code: ClassVar[str] = "fm"
    subject: int
    words: int  # the subject of the words
    mutes: int  # 1: mute; 0: follow
    days: int = 0  # 0: it does not end
    page: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class AskToFollow:
    """Ask what a chat should follow. The person types it as a reply."""

    code: ClassVar[str] = "af"
    target: int  # `Chat.id`, also of the chat of the conversation


@dataclass(frozen=True, slots=True)
class AddSource:
    """Add the source at an address, and follow it. `words` is the id of the stored address."""

    code: ClassVar[str] = "sa"
    words: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class ShowSource:
    """A source of a chat. `page` is that of the list to return to, from 1."""

    code: ClassVar[str] = "ss"
    source: int
    page: int = 1
    target: int = 0


@dataclass(frozen=True, slots=True)
class ChangeSource:
    """Change a source of a chat."""

    code: ClassVar[str] = "sc"
    source: int
    change: int  # PAUSE, RESUME, MUTE, UNMUTE, REMOVE, MAKE_PUBLIC or MAKE_PRIVATE
    page: int = 1
    target: int = 0


@dataclass(frozen=True, slots=True)
class AskForSource:
    """Ask for the new name of a source, or for the address of a new one. The person types it as a reply."""

    code: ClassVar[str] = "sq"
    target: int  # as in AskToFollow
    source: int  # 0: a new one


@dataclass(frozen=True, slots=True)
class UndoSource:
    """Undo a step that followed a source or ended that."""

    code: ClassVar[str] = "su"
    step: int
    source: int
    created: int  # 1: the step also added the source for everyone, and undoing deletes it
    target: int = 0


@dataclass(frozen=True, slots=True)
class ToggleCategory:
    """Subscribe to a category, or unsubscribe from it."""

    code: ClassVar[str] = "t"
    category: int
    target: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class SetOnlyCategory:
    """Subscribe to this category alone."""

    code: ClassVar[str] = "o"
    category: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class AddCategory:
    """Subscribe to a category that was suggested for a misspelt name."""

    code: ClassVar[str] = "w"
    category: int


@dataclass(frozen=True, slots=True)
class SetScope:
    """What the chat gets: nothing, all news, only what it chose, or again what it got before it stopped."""

    code: ClassVar[str] = "e"
    scope: int  # STOPPED, EVERYTHING, CHOSEN or RESUMED
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetTopics:
    """Whether a group has a topic for each category that it follows."""

    code: ClassVar[str] = "ft"
    on: int
    target: int = 0


ChoosingAction = (
    ShowFollow
    | SetFollow
    | EndFollow
    | SwapTitles
    | FollowMeant
    | AskToFollow
    | AddSource
    | ShowSource
    | ChangeSource
    | AskForSource
    | UndoSource
    | ToggleCategory
    | SetOnlyCategory
    | AddCategory
    | SetScope
    | SetTopics
)
