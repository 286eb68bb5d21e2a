"""Encodes actions as callback data, and decodes them. Each class of an action names its own code."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any, Final, get_args

from bot.messages.actions.article_menu import MenuAction
from bot.messages.actions.choosing import ChoosingAction
from bot.messages.actions.desk import EditorAction
from bot.messages.actions.settings import Screen, SetSnooze, SettingAction
from bot.messages.actions.showing import (
    ArticleShown,
    CategoryList,
    HeadlineList,
    NewestList,
    SearchList,
    ShowArticle,
    ShowAsText,
    ShowingAction,
    ShowPage,
    ShowStory,
    StoryItem,
)

DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

LATER: Final = ("muted", "turned")  # fields that may be missing, if they are the last ones of an action

LONGEST: Final = 64  # bytes; telegram.constants.InlineKeyboardButtonLimit.MAX_CALLBACK_DATA

Action = ShowingAction | MenuAction | ChoosingAction | SettingAction | EditorAction


_BY_CODE: Final[dict[str, type[Any]]] = {kind.code: kind for kind in get_args(Action)}

MENU_ROOM: Final = len("V:c:zzzzzz:1:uz:")  # bytes that the menu of an article needs besides the way back


def way_back(shown: ArticleShown) -> ArticleShown:
    """Returns the way back from the menu of an article, without the list behind it if that would be too long."""
    if len(encode(shown)) <= LONGEST - MENU_ROOM:
        return shown
    return ShowPage(shown.article) if isinstance(shown, ShowPage) else ShowArticle(shown.article)


def fitting(shown: ShowPage | ShowAsText) -> ShowPage | ShowAsText:
    """Returns the action for a button, without the way back if that would be too long."""
    return shown if _fits(shown) else type(shown)(shown.article)


def fitting_item(item: StoryItem) -> StoryItem:
    """Returns the action for a button, without the list behind the story if that would be too long."""
    return item if _fits(item) else StoryItem(item.article, replace(item.back, back=None))


def _fits(action: "Action") -> bool:
    try:
        encode(action)
    except ValueError:
        return False
    return True


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
    yield action.code
    last = fields(action)[-1] if fields(action) else None
    for field in fields(action):
        value = getattr(action, field.name)
        if field is last and field.name in LATER and not value:
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
    kind = _BY_CODE.get(parts.pop(0))
    if kind is None:
        raise ValueError("no such action")
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.name == "back":
            back = _action_from(parts) if parts else None
            allowed: Any = field.type  # a class or a union of classes
            if not isinstance(back, allowed):
                raise ValueError(f"{back} is nothing to go back to")
            values["back"] = back
        elif parts or not (field.name in LATER and field is fields(kind)[-1]):
            values[field.name] = int(parts.pop(0), 36) if field.type is int else parts.pop(0)
    if parts:
        raise ValueError("there is more than its fields")
    action: Action = kind(**values)
    return action


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
