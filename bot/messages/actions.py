"""What a button can ask for: frozen values to callback data and back, at most 64 bytes.

Callback data is a letter for the action and its fields in base 36, separated by colons. An action that a button leads
back to comes last, in the same form. Old messages keep old buttons for ever, so the letters of old forms are still
read; for what can't be read any more there is None, and the reader is told so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any, Final

DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
LONGEST: Final = 64  # bytes; telegram.constants.InlineKeyboardButtonLimit.MAX_CALLBACK_DATA


@dataclass(frozen=True, slots=True)
class NewestList:
    """A page of the newest headlines."""

    # Where the page begins: after the place of an article, or before it with `newer`. 0 and 0: at the newest article.
    place_ms: int = 0
    place_id: int = 0
    newer: int = 0
    first: int = 1  # position of its first headline
    size: int = 10


@dataclass(frozen=True, slots=True)
class CategoryList:
    """A page of the newest headlines of a category."""

    category: int
    place_ms: int = 0  # as in NewestList
    place_id: int = 0
    newer: int = 0
    first: int = 1
    size: int = 10


@dataclass(frozen=True, slots=True)
class SearchList:
    """A page of what a search finds."""

    search: int  # number of what was searched for
    newest: int = 0  # the newest article that there was, so that pages stay what they were; 0: of all that there are
    skip: int = 0  # hits on the pages before
    elsewhere: int = 0  # whether it is in the languages that are not read
    first: int = 1
    size: int = 10


HeadlineList = NewestList | CategoryList | SearchList


@dataclass(frozen=True, slots=True)
class ShowArticle:
    """The summary of an article, and back to the list that it stands in."""

    article: int
    back: HeadlineList | None = None


@dataclass(frozen=True, slots=True)
class ShowStory:
    """All articles of the story that this one is of now, and back to the list that it stands in."""

    article: int
    back: HeadlineList | None = None


@dataclass(frozen=True, slots=True)
class StoryItem:
    """The summary of an article, and back to its story."""

    article: int
    back: ShowStory


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
class ToggleCategory:
    """Want a category or not."""

    category: int
    target: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class SetOnlyCategory:
    """This category instead of everything."""

    category: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class AddCategory:
    """A category as well: from a suggestion after a misspelt name."""

    category: int


@dataclass(frozen=True, slots=True)
class SetEverything:
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
class ChooseQuietEnd:
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
    NewestList
    | CategoryList
    | SearchList
    | ShowArticle
    | ShowStory
    | StoryItem
    | ShowText
    | ShowAlert
    | ShowDigest
    | DigestItem
    | DigestStory
    | Screen
    | ToggleCategory
    | SetOnlyCategory
    | AddCategory
    | SetEverything
    | SetLanguage
    | SetTimezone
    | SetSilent
    | SetRhythm
    | SetDigestHour
    | SetDigestWeekday
    | ChooseQuietEnd
    | SetQuiet
    | SetBreaking
    | SetReads
    | SetGrouped
    | Withdraw
)

_CODES: Final[dict[str, type[Any]]] = {
    "N": NewestList,
    "C": CategoryList,
    "S": SearchList,
    "A": ShowArticle,
    "T": ShowStory,
    "M": StoryItem,
    "x": ShowText,
    "b": ShowAlert,
    "d": ShowDigest,
    "i": DigestItem,
    "j": DigestStory,
    "s": Screen,
    "t": ToggleCategory,
    "o": SetOnlyCategory,
    "w": AddCategory,
    "e": SetEverything,
    "g": SetLanguage,
    "z": SetTimezone,
    "q": SetSilent,
    "r": SetRhythm,
    "h": SetDigestHour,
    "y": SetDigestWeekday,
    "f": ChooseQuietEnd,
    "n": SetQuiet,
    "k": SetBreaking,
    "p": SetReads,
    "u": SetGrouped,
    "v": Withdraw,
}
_CODE_BY_ACTION: Final = {action: code for code, action in _CODES.items()}


def encode(action: Action) -> str:
    """Returns callback data for a button. Raises ValueError if that would be too long."""
    data = ":".join(_parts(action))
    if len(data.encode()) > LONGEST:
        raise ValueError(f"{action} does not fit into a button")
    return data


def decode(data: str) -> Action | None:
    """Returns the action of a button, or None for what no button of ours says."""
    code, *values = data.split(":")
    try:
        return (
            _OLD_FORMS[code](*(int(value, 36) for value in values))
            if code in _OLD_FORMS
            else _action_from([code, *values])
        )
    except (ValueError, TypeError, IndexError):
        return None


def _parts(action: Action) -> Iterator[str]:
    """The code of an action, then its fields. An action to go back to is the last field, and has its own parts."""
    yield _CODE_BY_ACTION[type(action)]
    for field in fields(action):
        value = getattr(action, field.name)
        if isinstance(value, int):
            yield _base36(value)
        elif isinstance(value, str):
            if ":" in value:
                raise ValueError(f"{action} does not fit into a button")
            yield value
        elif value is not None:
            yield from _parts(value)


def _action_from(parts: list[str]) -> Action:
    """The action that these parts are of. Raises ValueError or IndexError if they are of none."""
    kind = _CODES.get(parts.pop(0))
    if kind is None:
        raise ValueError("no such action")
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.name == "back":
            back = _action_from(parts) if parts else None
            if not isinstance(back, field.type):  # type: ignore[arg-type]  # a class or a union of classes
                raise ValueError(f"{back} is nothing to go back to")
            values["back"] = back
        else:
            values[field.name] = int(parts.pop(0), 36) if field.type is int else parts.pop(0)
    if parts:
        raise ValueError("there is more than its fields")
    return kind(**values)  # type: ignore[no-any-return]  # one of the table


# Buttons as they were until lists of news, of a category and of a search became actions of their own. All three were
# one action, with fields for each of them, and other actions repeated these fields.


def _old_list(
    category: int, search: int, place_ms: int, place_id: int, newer: int, first: int, size: int
) -> HeadlineList:
    if search:
        return SearchList(search, place_ms, place_id, newer, first, size)
    if category:
        return CategoryList(category, place_ms, place_id, newer, first, size)
    return NewestList(place_ms, place_id, newer, first, size)


def _old_back(*page: int) -> HeadlineList | None:
    return _old_list(*page) if page[-1] else None  # a page without a size was no page


def _old_article(article: int, *page: int) -> ShowArticle:
    return ShowArticle(article, _old_back(*page))


def _old_story(article: int, *page: int) -> ShowStory:
    return ShowStory(article, _old_back(*page))


def _old_story_item(article: int, other: int, *page: int) -> StoryItem:
    return StoryItem(article, _old_story(other, *page))


_OLD_FORMS: Final[dict[str, Callable[..., Action]]] = {
    "l": _old_list,
    "a": _old_article,
    "c": _old_story,
    "m": _old_story_item,
}


def _base36(number: int) -> str:
    if number < 0:
        return "-" + _base36(-number)
    tail = DIGITS[number % 36]
    return _base36(number // 36) + tail if number >= 36 else tail
