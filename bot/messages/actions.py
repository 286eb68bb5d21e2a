"""Actions of buttons: encodes them as callback data of at most 64 bytes, and decodes them.

Callback data is one or two letters for the action, followed by the fields in base 36, separated by colons. The field
`back`, an action to return to, comes last in the same form. Old messages keep their buttons for ever, so old forms
are still decoded. Data that can't be decoded gives None.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any, Final

DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
LATER: Final = "muted"  # a field that is the last one of an action, and may be missing
LONGEST: Final = 64  # bytes; telegram.constants.InlineKeyboardButtonLimit.MAX_CALLBACK_DATA


FOLLOWED, MUTED, ENDED = range(3)  # values of `FollowOf.way`
STOPPED, EVERYTHING, CHOSEN, RESUMED = range(4)  # values of `SetScope.scope`
PAUSE, RESUME, MUTE, UNMUTE, REMOVE, MAKE_PUBLIC, MAKE_PRIVATE = range(7)  # values of `ChangeSource.change`


@dataclass(frozen=True, slots=True)
class NewestList:
    """A page of the newest headlines."""

    # The page begins after the article at this place, or ends before it if `newer` is 1. 0 and 0: the first page.
    place_ms: int = 0
    place_id: int = 0
    newer: int = 0
    first: int = 1  # number of the first headline
    size: int = 10
    muted: int = 0  # 1: with the articles that the chat mutes


@dataclass(frozen=True, slots=True)
class CategoryList:
    """A page of the newest headlines of a category."""

    category: int
    place_ms: int = 0  # as in NewestList
    place_id: int = 0
    newer: int = 0
    first: int = 1
    size: int = 10
    muted: int = 0  # as in NewestList


@dataclass(frozen=True, slots=True)
class ChosenList:
    """A page of the newest headlines that the chat gets by what it follows."""

    place_ms: int = 0  # as in NewestList
    place_id: int = 0
    newer: int = 0
    first: int = 1
    size: int = 10
    muted: int = 0


@dataclass(frozen=True, slots=True)
class SearchList:
    """A page of search results."""

    search: int  # id of the stored query
    newest: int = 0  # id of the newest article that is searched, so that pages stay stable; 0: no limit
    skip: int = 0  # hits on the pages before
    elsewhere: int = 0  # 1: in the languages that the chat does not read
    first: int = 1
    size: int = 10
    muted: int = 0  # as in NewestList


@dataclass(frozen=True, slots=True)
class SavedList:
    """A page of the saved articles."""

    skip: int = 0  # articles on the pages before
    removing: int = 0  # 1: its numbers remove articles


HeadlineList = NewestList | CategoryList | ChosenList | SearchList


@dataclass(frozen=True, slots=True)
class ShowArticle:
    """The summary of an article. `back` is the list that it was opened from."""

    article: int
    back: HeadlineList | SavedList | None = None


@dataclass(frozen=True, slots=True)
class ShowStory:
    """All articles of the article's present story. `back` is the list that it was opened from."""

    article: int
    back: HeadlineList | None = None


@dataclass(frozen=True, slots=True)
class StoryItem:
    """The summary of an article that was opened from its story."""

    article: int
    back: ShowStory


@dataclass(frozen=True, slots=True)
class ShowText:
    """A further part of an article's full text. Part 0 is below the summary."""

    article: int
    part: int


@dataclass(frozen=True, slots=True)
class ShowAlert:
    """The alert, after its summary was opened."""

    article: int


@dataclass(frozen=True, slots=True)
class ShowDigest:
    """A digest, after one of its articles was opened."""

    delivery: int


@dataclass(frozen=True, slots=True)
class DigestItem:
    """The summary of an article that was opened from a digest."""

    article: int
    delivery: int


ArticleShown = ShowArticle | StoryItem | ShowText | ShowAlert | DigestItem


@dataclass(frozen=True, slots=True)
class More:
    """What else can be done with an article. `back` shows the article as it was."""

    back: ArticleShown


@dataclass(frozen=True, slots=True)
class MoreOf:
    """What can be done with one subject of an article."""

    kind: str  # the first letter of a `SubjectKind`
    number: int  # what the subject points at; of an author: its place among the authors of the article
    back: ArticleShown


@dataclass(frozen=True, slots=True)
class FollowOf:
    """Follow or mute a subject of an article, or end that."""

    kind: str  # as in MoreOf
    number: int
    way: int  # FOLLOWED, MUTED or ENDED
    days: int  # 0: it does not end
    back: ArticleShown


@dataclass(frozen=True, slots=True)
class UndoOf:
    """Undo a step that was made in the menu of an article."""

    step: int
    back: ArticleShown


@dataclass(frozen=True, slots=True)
class Why:
    """Why an article came as an alert, or did not."""

    back: ArticleShown


@dataclass(frozen=True, slots=True)
class DigestStory:
    """All articles of a story that was opened from a digest."""

    article: int
    delivery: int


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of the settings."""

    name: str
    target: int = 0  # `Chat.id` of the chat whose settings change; 0: this chat
    page: int = 0


@dataclass(frozen=True, slots=True)
class ShowFollow:
    """What a chat follows or mutes: one subject. `page` is that of the list to return to, from 1; 0: no list."""

    subject: int
    page: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class Undo:
    """Restore what a step changed. `back` is shown then; None: a confirmation is."""

    step: int
    target: int = 0
    back: Screen | ShowFollow | None = None


@dataclass(frozen=True, slots=True)
class SetFollow:
    """Follow or mute a subject."""

    subject: int
    mutes: int  # 1: mute; 0: follow
    days: int = 0  # 0: it does not end
    least: int = 1  # sources that a story must have
    page: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class EndFollow:
    """End the follow or the mute of a subject."""

    subject: int
    page: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class SwapTitles:
    """Follow the same words only in titles, or everywhere again."""

    subject: int
    page: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class AskToFollow:
    """Ask what a chat should follow. The person types it as a reply."""

    target: int  # `Chat.id`, also of the chat of the conversation


@dataclass(frozen=True, slots=True)
class AddSource:
    """Add the source at an address, and follow it. `words` is the id of the stored address."""

    words: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class ShowSource:
    """A source of a chat. `page` is that of the list to return to, from 1."""

    source: int
    page: int = 1
    target: int = 0


@dataclass(frozen=True, slots=True)
class ChangeSource:
    """Change a source of a chat."""

    source: int
    change: int  # PAUSE, RESUME, MUTE, UNMUTE, REMOVE, MAKE_PUBLIC or MAKE_PRIVATE
    page: int = 1
    target: int = 0


@dataclass(frozen=True, slots=True)
class AskForSource:
    """Ask for the new name of a source, or for the address of a new one. The person types it as a reply."""

    target: int  # as in AskToFollow
    source: int  # 0: a new one


@dataclass(frozen=True, slots=True)
class UndoSource:
    """Undo a step that followed a source or ended that."""

    step: int
    source: int
    created: int  # 1: the step also added the source for everyone, and undoing deletes it
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetLeastSources:
    """Send only what so many sources report."""

    least: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class ToggleCategory:
    """Subscribe to a category, or unsubscribe from it."""

    category: int
    target: int = 0
    page: int = 0


@dataclass(frozen=True, slots=True)
class SetOnlyCategory:
    """Subscribe to this category alone."""

    category: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class AddCategory:
    """Subscribe to a category that was suggested for a misspelt name."""

    category: int


@dataclass(frozen=True, slots=True)
class SetScope:
    """What the chat gets: nothing, all news, only what it chose, or again what it got before it stopped."""

    scope: int  # STOPPED, EVERYTHING, CHOSEN or RESUMED
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
    """Alerts or a digest. `rhythm` is the value of a `Rhythm`."""

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
class SetQuiet:
    """Quiet hours from `begin` until `end`. No quiet hours if both are equal."""

    begin: int
    end: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetBreaking:
    """Whether breaking news ignores quiet hours and digests."""

    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetReads:
    """Whether the chat reads a language. "" stands for all languages."""

    language: str
    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetGrouped:
    """Whether lists and digests show each story once."""

    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetTopics:
    """Whether a group has a topic for each category that it follows."""

    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetSaved:
    """Save an article to read later, or remove it from the saved ones."""

    article: int
    on: int


@dataclass(frozen=True, slots=True)
class RemoveSaved:
    """Remove an article from the page of saved ones that begins after `skip` articles."""

    article: int
    skip: int


@dataclass(frozen=True, slots=True)
class SetWithSaved:
    """Whether the weekly digest names the articles that were saved."""

    on: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetSnooze:
    """No alerts for so many hours, or until the morning after so many nights. Neither: a snooze ends."""

    hours: int = 0
    mornings: int = 0
    target: int = 0


@dataclass(frozen=True, slots=True)
class SetMostADay:
    """The largest number of alerts in a day. 0: no limit."""

    most: int
    target: int = 0


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete all that is kept of this chat."""


@dataclass(frozen=True, slots=True)
class KeepData:
    """Delete nothing after all."""


@dataclass(frozen=True, slots=True)
class Export:
    """Send the sources and the settings of a chat as files."""

    target: int  # `Chat.id`


@dataclass(frozen=True, slots=True)
class ReplaceSettings:
    """Replace the settings of a chat by those of the file that the message quotes."""

    target: int = 0


@dataclass(frozen=True, slots=True)
class KeepSettings:
    """Replace no settings after all."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Retract an article for good, after an administrator of the bot confirmed it."""

    article: int


@dataclass(frozen=True, slots=True)
class RunTyped:
    """Run a command as if it was typed. `words` is the id of the stored text."""

    words: int


@dataclass(frozen=True, slots=True)
class SetKeyboard:
    """Show or hide the keyboard below the text field."""

    on: int


Action = (
    NewestList
    | CategoryList
    | ChosenList
    | SearchList
    | ShowArticle
    | ShowStory
    | StoryItem
    | ShowText
    | ShowAlert
    | ShowDigest
    | DigestItem
    | DigestStory
    | More
    | MoreOf
    | FollowOf
    | UndoOf
    | Why
    | Screen
    | ToggleCategory
    | SetOnlyCategory
    | AddCategory
    | SetScope
    | Undo
    | ShowFollow
    | SetFollow
    | EndFollow
    | SwapTitles
    | AskToFollow
    | AddSource
    | ShowSource
    | ChangeSource
    | AskForSource
    | UndoSource
    | SetLeastSources
    | SetLanguage
    | SetTimezone
    | SetSilent
    | SetRhythm
    | SetDigestHour
    | SetDigestWeekday
    | SetQuiet
    | SetBreaking
    | SetReads
    | SetGrouped
    | SetTopics
    | SavedList
    | SetSaved
    | RemoveSaved
    | SetWithSaved
    | SetSnooze
    | SetMostADay
    | Forget
    | KeepData
    | Export
    | ReplaceSettings
    | KeepSettings
    | Withdraw
    | RunTyped
    | SetKeyboard
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
    "W": More,
    "Q": MoreOf,
    "V": FollowOf,
    "X": UndoOf,
    "wy": Why,
    "s": Screen,
    "t": ToggleCategory,
    "o": SetOnlyCategory,
    "w": AddCategory,
    "e": SetScope,
    "U": Undo,
    "E": ShowFollow,
    "H": SetFollow,
    "I": EndFollow,
    "J": SwapTitles,
    "af": AskToFollow,
    "sa": AddSource,
    "ss": ShowSource,
    "sc": ChangeSource,
    "sq": AskForSource,
    "su": UndoSource,
    "ls": SetLeastSources,
    "g": SetLanguage,
    "z": SetTimezone,
    "q": SetSilent,
    "r": SetRhythm,
    "h": SetDigestHour,
    "y": SetDigestWeekday,
    "n": SetQuiet,
    "k": SetBreaking,
    "p": SetReads,
    "u": SetGrouped,
    "ft": SetTopics,
    "v": Withdraw,
    "O": ChosenList,
    "G": RunTyped,
    "B": SetKeyboard,
    "L": SavedList,
    "K": SetSaved,
    "R": RemoveSaved,
    "D": SetWithSaved,
    "zs": SetSnooze,
    "Y": SetMostADay,
    "F": Forget,
    "P": KeepData,
    "ex": Export,
    "rs": ReplaceSettings,
    "ks": KeepSettings,
}
_CODE_BY_ACTION: Final = {action: code for code, action in _CODES.items()}


MENU_ROOM: Final = len("V:c:zzzzzz:1:uz:")  # bytes that the menu of an article needs besides the way back


def way_back(shown: ArticleShown) -> ArticleShown:
    """Returns the way back from the menu of an article, without the list behind it if that would be too long."""
    return shown if len(encode(shown)) <= LONGEST - MENU_ROOM else ShowArticle(shown.article)


def encode(action: Action) -> str:
    """Returns the callback data of a button. Raises ValueError if it is too long."""
    data = ":".join(_parts(action))
    if len(data.encode()) > LONGEST:
        raise ValueError(f"{action} does not fit into a button")
    return data


def decode(data: str) -> Action | None:
    """Returns the action of a button, or None if the data can't be decoded."""
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
    """Yields the code of an action, and then its fields. The last field, `back`, yields parts of its own."""
    yield _CODE_BY_ACTION[type(action)]
    for field in fields(action):
        value = getattr(action, field.name)
        if field.name == LATER and not value:
            continue  # as in buttons that were made before the field existed
        if isinstance(value, int):
            yield _base36(value)
        elif isinstance(value, str):
            if ":" in value:
                raise ValueError(f"{action} does not fit into a button")
            yield value
        elif value is not None:
            yield from _parts(value)


def _action_from(parts: list[str]) -> Action:
    """Returns the action of these parts. Raises ValueError or IndexError if there is none."""
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
        elif field.name != LATER or parts:
            values[field.name] = int(parts.pop(0), 36) if field.type is int else parts.pop(0)
    if parts:
        raise ValueError("there is more than its fields")
    return kind(**values)  # type: ignore[no-any-return]  # one of the table


# Old forms of buttons. NewestList, CategoryList and SearchList were one action with the fields of all three. Other
# actions repeated these fields. The first of the quiet hours was an action with the hour; the last was asked next.


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


def _old_quiet_begin(hour: int, target: int) -> Screen:
    return Screen("quiet_from", target)


def _old_snooze(hours: int, mornings: int) -> SetSnooze:
    return SetSnooze(hours, mornings)


_OLD_FORMS: Final[dict[str, Callable[..., Action]]] = {
    "Z": _old_snooze,
    "f": _old_quiet_begin,
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
