"""What a button can ask for: frozen values to callback data and back, at most 64 bytes.

Callback data is a letter for the action and its fields in base 36, separated by colons. Old messages keep old
buttons for ever: what can't be read any more is None, and the reader is told so.
"""

from dataclasses import astuple, dataclass, fields
from typing import Any, Final

DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
LONGEST: Final = 64  # bytes; telegram.constants.InlineKeyboardButtonLimit.MAX_CALLBACK_DATA


@dataclass(frozen=True, slots=True)
class ShowList:
    """A page of headlines: the newest, of a category, or of a search."""

    category: int = 0  # 0: all
    # Number of what was searched for. Then `place_id` is how many hits to skip, `place_ms` the newest article that
    # there was, so that pages stay what they were (0: all that there are), and `newer` asks for what is in languages
    # that are not read.
    search: int = 0
    place_ms: int = 0  # where the page begins: after this place, or before it with `newer`
    place_id: int = 0
    newer: int = 0
    first: int = 1  # position of its first headline
    size: int = 10


@dataclass(frozen=True, slots=True)
class ShowArticle:
    """The summary of an article; `size` 0 is without a list to go back to."""

    article: int
    category: int = 0
    search: int = 0
    place_ms: int = 0
    place_id: int = 0
    newer: int = 0
    first: int = 1
    size: int = 0

    @property
    def back(self) -> ShowList | None:
        return ShowList(*astuple(self)[1:]) if self.size else None

    @classmethod
    def of(cls, article: int, back: ShowList) -> "ShowArticle":
        return cls(article, *astuple(back))


@dataclass(frozen=True, slots=True)
class ShowStory:
    """All articles of the story that this one is of now; `size` 0 is without a list to go back to."""

    article: int
    category: int = 0
    search: int = 0
    place_ms: int = 0
    place_id: int = 0
    newer: int = 0
    first: int = 1
    size: int = 0

    @property
    def back(self) -> ShowList | None:
        return ShowList(*astuple(self)[1:]) if self.size else None

    @classmethod
    def of(cls, article: int, back: ShowList) -> "ShowStory":
        return cls(article, *astuple(back))


@dataclass(frozen=True, slots=True)
class StoryItem:
    """The summary of an article, and back to its story."""

    article: int
    told_with: int  # another article of the story
    category: int = 0
    search: int = 0
    place_ms: int = 0
    place_id: int = 0
    newer: int = 0
    first: int = 1
    size: int = 0

    @property
    def back(self) -> ShowStory:
        return ShowStory(*astuple(self)[1:])

    @classmethod
    def of(cls, article: int, back: ShowStory) -> "StoryItem":
        return cls(article, *astuple(back))


@dataclass(frozen=True, slots=True)
class ShowText:
    """A further part of an article's full text; part 0 stands below the summary."""

    article: int
    part: int


@dataclass(frozen=True, slots=True)
class ShowAlert:
    """The alert again, as it was before its summary was opened."""

    article: int


@dataclass(frozen=True, slots=True)
class ShowDigest:
    """A digest again, as it was before an article of it was opened."""

    delivery: int


@dataclass(frozen=True, slots=True)
class DigestItem:
    """The summary of an article that a digest lists."""

    article: int
    delivery: int


@dataclass(frozen=True, slots=True)
class DigestStory:
    """All articles of the story of one that a digest lists."""

    article: int
    delivery: int


@dataclass(frozen=True, slots=True)
class Screen:
    """One of the settings' screens."""

    name: str
    target: int = 0  # a chat of ours that is settled from another one; 0: this chat
    page: int = 0


@dataclass(frozen=True, slots=True)
class Toggle:
    """Want a category or not."""

    category: int
    target: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class Only:
    """This category instead of everything."""

    category: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class Want:
    """A category as well: from a suggestion after a misspelt name."""

    category: int


@dataclass(frozen=True, slots=True)
class Everything:
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetLanguage:
    language: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetTimezone:
    timezone: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetSilent:
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetRhythm:
    """Alerts, or a digest: a `Rhythm`."""

    rhythm: str
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetDigestHour:
    hour: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetDigestWeekday:
    weekday: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class QuietFrom:
    """The first of the quiet hours was chosen, their end is to be."""

    hour: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetQuiet:
    """Quiet from the first hour until the second; none where both are the same."""

    begin: int
    end: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetBreaking:
    """Whether breaking news wait for neither quiet hours nor a digest."""

    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetReads:
    """Whether articles in a language are for this chat; "" and 1 is all languages."""

    language: str
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetGrouped:
    """Whether lists and digests show a story once."""

    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Retract an article for good: an administrator of the bot was asked, and is sure."""

    article: int


Action = (
    ShowList
    | ShowArticle
    | ShowStory
    | StoryItem
    | ShowText
    | ShowAlert
    | ShowDigest
    | DigestItem
    | DigestStory
    | Screen
    | Toggle
    | Only
    | Want
    | Everything
    | SetLanguage
    | SetTimezone
    | SetSilent
    | SetRhythm
    | SetDigestHour
    | SetDigestWeekday
    | QuietFrom
    | SetQuiet
    | SetBreaking
    | SetReads
    | SetGrouped
    | Withdraw
)

_CODES: Final[dict[str, type[Any]]] = {
    "l": ShowList,
    "a": ShowArticle,
    "c": ShowStory,
    "m": StoryItem,
    "x": ShowText,
    "b": ShowAlert,
    "d": ShowDigest,
    "i": DigestItem,
    "j": DigestStory,
    "s": Screen,
    "t": Toggle,
    "o": Only,
    "w": Want,
    "e": Everything,
    "g": SetLanguage,
    "z": SetTimezone,
    "q": SetSilent,
    "r": SetRhythm,
    "h": SetDigestHour,
    "y": SetDigestWeekday,
    "f": QuietFrom,
    "n": SetQuiet,
    "k": SetBreaking,
    "p": SetReads,
    "u": SetGrouped,
    "v": Withdraw,
}
_CODE_OF: Final = {action: code for code, action in _CODES.items()}


def encode(action: Action) -> str:
    """Callback data for a button. Raises ValueError where it would be too long."""
    values = [_base36(value) if isinstance(value, int) else value for value in astuple(action)]
    data = ":".join([_CODE_OF[type(action)], *values])
    if len(data.encode()) > LONGEST or any(":" in value for value in values):
        raise ValueError(f"{action} does not fit into a button")
    return data


def decode(data: str) -> Action | None:
    """The action of a button, or None for what no button of ours says."""
    code, *values = data.split(":")
    kind = _CODES.get(code)
    if kind is None or len(values) != len(fields(kind)):
        return None
    try:
        read = [
            int(value, 36) if field.type is int else value for field, value in zip(fields(kind), values, strict=True)
        ]
    except ValueError:
        return None
    return kind(*read)  # type: ignore[no-any-return]  # one of the table


def _base36(number: int) -> str:
    if number < 0:
        return "-" + _base36(-number)
    tail = DIGITS[number % 36]
    return _base36(number // 36) + tail if number >= 36 else tail
