"""A chat as one line of JSON, both ways: what `newsbot chats export` and /export write, and what reads it again."""

import codecs
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from bot.chat_values import (
    WEEKDAYS,
    read_above_zero,
    read_categories,
    read_category,
    read_chat_id,
    read_chosen_list,
    read_codes,
    read_daily_limit,
    read_hour,
    read_kind,
    read_language,
    read_moment,
    read_opens_as,
    read_preview,
    read_quiet_hours,
    read_rhythm,
    read_saved,
    read_state,
    read_text,
    read_timezone,
    read_topic_id,
    read_true_or_false,
    read_weekday,
)
from bot.config import Config
from bot.text.rfc3339 import rfc3339, rfc3339_or_none
from bot.timetable import next_digest
from storage.records import ChatKind, ChatSettings, ChatState, ChosenSubject, OpensAs, Preview, Reading, Timetable

Value = TypeVar("Value")
Default = TypeVar("Default")

KEYS: Final = (
    "chat_id", "topic_id", "kind", "title", "language", "timezone", "silent", "state", "subscribed", "everything",
    "categories", "muted", "follows", "mutes", "least_sources", "added_by", "rhythm", "digest_hour",
    "digest_weekday", "quiet_hours", "breaking", "most_a_day", "snoozed_until", "saved", "saved_in_digest", "reads",
    "grouped", "opens_as", "preview", "private_answers", "keyboard_hidden",
    "category_topics", "topic_of", "banned",
)  # fmt: skip


class LineProblem(StrEnum):
    """Why a line is no chat."""

    NOT_JSON = "not_json"
    NOT_A_CHAT = "not_a_chat"  # JSON that is no object, or that names no chat
    UNKNOWN_KEY = "unknown_key"
    BAD_VALUE = "bad_value"
    SEVERAL = "several"  # a file with more than one chat, where one was expected


class BadLine(Exception):
    """A line that is no chat. The text says what is wrong and what was expected."""

    def __init__(self, text: str, problem: LineProblem, *, key: str = "") -> None:
        super().__init__(text)
        self.problem = problem
        self.key = key  # the key that is unknown, or whose value is wrong


def to_line(settings: ChatSettings) -> str:
    """Every setting, so that importing the line gives the same chat.

    A value that does not exist, such as a time zone that was renamed, becomes null. So the chat is not lost: the
    import takes the usual value.
    """
    timetable = settings.timetable
    special = {
        "language": _or_null(settings.language, read_language),
        "timezone": _or_null(settings.timezone, read_timezone),
        "categories": [category.name for category in settings.categories],
        "muted": [category.name for category in settings.muted],
        "follows": [_chosen_object(one) for one in settings.follows if not one.muted],
        "mutes": [_chosen_object(one) for one in settings.follows if one.muted],
        "topic_of": settings.topic_of and settings.topic_of.name,
        "rhythm": timetable.rhythm,
        "digest_hour": _or_null(timetable.hour, read_hour),
        "digest_weekday": WEEKDAYS[timetable.weekday] if timetable.weekday in range(len(WEEKDAYS)) else None,
        "quiet_hours": _or_null(timetable.quiet and list(timetable.quiet), read_quiet_hours),
        "breaking": timetable.breaking,
        "most_a_day": _or_null(timetable.most_a_day, read_daily_limit),
        "snoozed_until": rfc3339_or_none(settings.snoozed_until),
        "saved": [address.url for address in settings.saved],
        "saved_in_digest": timetable.with_saved,
        "reads": _or_null(list(settings.reading.languages), read_codes),
        "grouped": settings.reading.grouped,
    }
    value = {name: special[name] if name in special else getattr(settings, name) for name in KEYS}
    return json.dumps(value, ensure_ascii=False)


def _or_null(value: Value, read: Callable[[Any], Any]) -> Value | None:
    """Returns the value, or None if an import could not read it."""
    try:
        read(value)
    except ValueError:
        return None
    return value


def from_line(line: bytes, config: Config, now: datetime) -> ChatSettings:
    """Returns the chat of a line; what it does not say is as for a new chat that wants everything. Raises BadLine."""
    given = _Given(_object(line))
    chat_id = given.take("chat_id", read_chat_id, 0)
    if not chat_id:
        raise BadLine('no "chat_id"; expected a whole number that is not 0', LineProblem.NOT_A_CHAT)
    timezone = given.take("timezone", read_timezone, config.timezone.key)
    timetable = _timetable(given)
    settings = ChatSettings(
        chat_id=chat_id,
        topic_id=given.take("topic_id", read_topic_id, None),
        kind=given.take("kind", read_kind, ChatKind.PRIVATE if chat_id > 0 else ChatKind.GROUP),
        title=given.take("title", read_text, None),
        language=given.take("language", read_language, config.language),
        timezone=timezone,
        silent=given.take("silent", read_true_or_false, False),
        state=given.take("state", read_state, ChatState.ACTIVE),
        subscribed=given.take("subscribed", read_true_or_false, True),
        categories=given.take("categories", read_categories, ()),
        everything=given.take("everything", read_true_or_false, None),
        muted=given.take("muted", read_categories, ()),
        follows=(
            *given.take("follows", read_chosen_list, ()),
            *(replace(one, muted=True) for one in given.take("mutes", read_chosen_list, ())),
        ),
        least_sources=given.take("least_sources", read_above_zero, 1),
        added_by=given.take("added_by", read_chat_id, None),
        timetable=timetable,
        reading=Reading(
            languages=given.take("reads", read_codes, ()), grouped=given.take("grouped", read_true_or_false, True)
        ),
        digest_at=next_digest(timetable, ZoneInfo(timezone), now),
        snoozed_until=given.take("snoozed_until", read_moment, None),
        saved=given.take("saved", read_saved, ()),
        opens_as=given.take("opens_as", read_opens_as, OpensAs.TEXT),
        preview=given.take("preview", read_preview, Preview.BELOW_LARGE),
        private_answers=given.take("private_answers", read_true_or_false, False),
        keyboard_hidden=given.take("keyboard_hidden", read_true_or_false, False),
        category_topics=given.take("category_topics", read_true_or_false, False),
        topic_of=given.take("topic_of", read_category, None),
        banned=given.take("banned", read_true_or_false, False),
    )
    _check_whole(settings)
    return settings


def from_file(content: bytes, config: Config, now: datetime) -> ChatSettings:
    """Returns the only chat of a file, as `from_line` reads it. Raises BadLine."""
    whole = content.removeprefix(codecs.BOM_UTF8).strip()
    try:
        return from_line(whole, config, now)
    except BadLine as error:
        first, _, rest = whole.partition(b"\n")
        if error.problem is not LineProblem.NOT_JSON or not rest:
            raise
        from_line(first.strip(), config, now)  # raises BadLine if this is no chat either
        text = "there are several chats in it; expected one"
        raise BadLine(text, LineProblem.SEVERAL) from None


class _Given:
    """The values of a line, each read once. A null is as good as missing."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        # A misspelt "categories" would subscribe a chat to everything.
        unknown = [name for name in values if name not in KEYS]
        if unknown:
            raise BadLine(
                f"unknown key {json.dumps(unknown[0], ensure_ascii=False)}; expected {', '.join(KEYS)}",
                LineProblem.UNKNOWN_KEY,
                key=unknown[0],
            )

    def take(self, name: str, read: Callable[[Any], Value], default: Default) -> Value | Default:
        value = self._values.get(name)
        if value is None:
            return default
        try:
            return read(value)
        except ValueError as error:
            shown = json.dumps(value, ensure_ascii=False)[:60]
            text = f'"{name}" is {shown}; expected {error}'
            raise BadLine(text, LineProblem.BAD_VALUE, key=name) from None


def _timetable(given: _Given) -> Timetable:
    new = Timetable()
    return Timetable(
        rhythm=given.take("rhythm", read_rhythm, new.rhythm),
        hour=given.take("digest_hour", read_hour, new.hour),
        weekday=given.take("digest_weekday", read_weekday, new.weekday),
        quiet=given.take("quiet_hours", read_quiet_hours, new.quiet),
        breaking=given.take("breaking", read_true_or_false, new.breaking),
        most_a_day=given.take("most_a_day", read_daily_limit, new.most_a_day),
        with_saved=given.take("saved_in_digest", read_true_or_false, new.with_saved),
    )


def _object(line: bytes) -> dict[str, Any]:
    try:
        text = line.decode("utf-8")
        value = json.loads(text)
    except UnicodeDecodeError as error:
        raise BadLine("this is no UTF-8 text; expected one JSON object a line", LineProblem.NOT_JSON) from error
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise BadLine(f"this is no JSON ({reason}); expected one object a line", LineProblem.NOT_JSON) from error
    if "\\u" in text and not _is_text(value):
        text = "there is half a character in it (a \\ud… without its other half); expected whole ones"
        raise BadLine(text, LineProblem.NOT_JSON)
    if not isinstance(value, dict):
        raise BadLine('this is no JSON object; expected one like {"chat_id": 1}', LineProblem.NOT_A_CHAT)
    return value


def _is_text(value: Any) -> bool:
    """Returns whether this can be written as UTF-8: an escape may name half a character, and no
    database keeps that.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_whole(settings: ChatSettings) -> None:
    """What only several values together can get wrong."""
    if (settings.kind is ChatKind.PRIVATE) != (settings.chat_id > 0):
        raise BadLine(
            f'"kind" is "{settings.kind}" and "chat_id" is {settings.chat_id}; expected a private chat above 0,'
            " groups and channels below",
            LineProblem.BAD_VALUE,
            key="kind",
        )


def _chosen_object(chosen: ChosenSubject) -> dict[str, Any]:
    given: dict[str, Any] = {"kind": chosen.kind, "value": chosen.value}
    if chosen.query is not None and chosen.query.only_titles:
        given["only_titles"] = True
    if chosen.least_sources != 1:
        given["least_sources"] = chosen.least_sources
    if chosen.until is not None:
        given["until"] = rfc3339(chosen.until)
    return given
