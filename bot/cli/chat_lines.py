"""A chat as one line of JSON, both ways: what `newsbot chats export` writes and `newsbot chats import` reads."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from bot.config import Config
from bot.ingest.identity import canonical_link
from bot.ingest.prepare import category_name
from bot.locale import LANGUAGES
from bot.text.followed_words import words_subject
from bot.text.search import understood
from bot.timetable import next_digest
from storage.records import (
    SAVED_MOST,
    ArticleAddress,
    CategoryName,
    ChatKind,
    ChatSettings,
    ChatState,
    ChosenSubject,
    OpensAs,
    Reading,
    Rhythm,
    SubjectKind,
    Timetable,
    WordsQuery,
)

Value = TypeVar("Value")
Default = TypeVar("Default")

MOST_A_DAY: Final = 1_000
LARGEST_ID: Final = 2**52  # Telegram's numbers have at most 52 significant bits
KEYS: Final = (
    "chat_id", "topic_id", "kind", "title", "language", "timezone", "silent", "state", "subscribed", "everything",
    "categories", "muted", "follows", "mutes", "least_sources", "added_by", "rhythm", "digest_hour",
    "digest_weekday", "quiet_hours", "breaking", "most_a_day", "snoozed_until", "saved", "saved_in_digest", "reads",
    "grouped", "opens_as", "banned",
)  # fmt: skip
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CODE: Final = re.compile("^[a-z]{2,3}$")  # of a language: ISO 639
_ZONES: Final = available_timezones()


class BadLine(Exception):
    """A line that is no chat. The text says what is wrong and what was expected."""


def to_line(settings: ChatSettings) -> str:
    """Every setting, so that importing the line gives the same chat.

    A value that does not exist, such as a time zone that was renamed, becomes null. So the chat is not lost: the
    import takes the usual value.
    """
    timetable = settings.timetable
    special = {
        "language": _or_null(settings.language, _language),
        "timezone": _or_null(settings.timezone, _timezone),
        "categories": [category.name for category in settings.categories],
        "muted": [category.name for category in settings.muted],
        "follows": [_chosen_object(one) for one in settings.follows if not one.muted],
        "mutes": [_chosen_object(one) for one in settings.follows if one.muted],
        "rhythm": timetable.rhythm,
        "digest_hour": _or_null(timetable.hour, _hour),
        "digest_weekday": WEEKDAYS[timetable.weekday] if timetable.weekday in range(len(WEEKDAYS)) else None,
        "quiet_hours": _or_null(timetable.quiet and list(timetable.quiet), _quiet_hours),
        "breaking": timetable.breaking,
        "most_a_day": _or_null(timetable.most_a_day, _daily_limit),
        "snoozed_until": settings.snoozed_until and settings.snoozed_until.isoformat(),
        "saved": [address.url for address in settings.saved],
        "saved_in_digest": timetable.with_saved,
        "reads": _or_null(list(settings.reading.languages), _codes),
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
    """The chat of a line; what it does not say is as for a new chat that wants everything. Raises BadLine."""
    given = _Given(_object(line))
    chat_id = given.take("chat_id", _chat_id, 0)
    if not chat_id:
        raise BadLine('no "chat_id"; expected a whole number that is not 0')
    timezone = given.take("timezone", _timezone, config.timezone.key)
    timetable = _timetable(given)
    settings = ChatSettings(
        chat_id=chat_id,
        topic_id=given.take("topic_id", _topic_id, None),
        kind=given.take("kind", _kind, ChatKind.PRIVATE if chat_id > 0 else ChatKind.GROUP),
        title=given.take("title", _text, None),
        language=given.take("language", _language, config.language),
        timezone=timezone,
        silent=given.take("silent", _true_or_false, False),
        state=given.take("state", _state, ChatState.ACTIVE),
        subscribed=given.take("subscribed", _true_or_false, True),
        categories=given.take("categories", _categories, ()),
        everything=given.take("everything", _true_or_false, None),
        muted=given.take("muted", _categories, ()),
        follows=(
            *given.take("follows", _chosen_list, ()),
            *(replace(one, muted=True) for one in given.take("mutes", _chosen_list, ())),
        ),
        least_sources=given.take("least_sources", _above_zero, 1),
        added_by=given.take("added_by", _chat_id, None),
        timetable=timetable,
        reading=Reading(
            languages=given.take("reads", _codes, ()), grouped=given.take("grouped", _true_or_false, True)
        ),
        digest_at=next_digest(timetable, ZoneInfo(timezone), now),
        snoozed_until=given.take("snoozed_until", _moment, None),
        saved=given.take("saved", _saved, ()),
        opens_as=given.take("opens_as", _opens_as, OpensAs.TEXT),
        banned=given.take("banned", _true_or_false, False),
    )
    _check_whole(settings)
    return settings


class _Given:
    """The values of a line, each read once. A null is as good as missing."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        # A misspelt "categories" would subscribe a chat to everything.
        unknown = [name for name in values if name not in KEYS]
        if unknown:
            raise BadLine(f"unknown key {json.dumps(unknown[0], ensure_ascii=False)}; expected {', '.join(KEYS)}")

    def take(self, name: str, read: Callable[[Any], Value], default: Default) -> Value | Default:
        value = self._values.get(name)
        if value is None:
            return default
        try:
            return read(value)
        except ValueError as error:
            shown = json.dumps(value, ensure_ascii=False)[:60]
            raise BadLine(f'"{name}" is {shown}; expected {error}') from None


def _timetable(given: _Given) -> Timetable:
    new = Timetable()
    return Timetable(
        rhythm=given.take("rhythm", _rhythm, new.rhythm),
        hour=given.take("digest_hour", _hour, new.hour),
        weekday=given.take("digest_weekday", _weekday, new.weekday),
        quiet=given.take("quiet_hours", _quiet_hours, new.quiet),
        breaking=given.take("breaking", _true_or_false, new.breaking),
        most_a_day=given.take("most_a_day", _daily_limit, new.most_a_day),
        with_saved=given.take("saved_in_digest", _true_or_false, new.with_saved),
    )


def _object(line: bytes) -> dict[str, Any]:
    try:
        text = line.decode("utf-8")
        value = json.loads(text)
    except UnicodeDecodeError as error:
        raise BadLine("this is no UTF-8 text; expected one JSON object a line") from error
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise BadLine(f"this is no JSON ({reason}); expected one object a line") from error
    if "\\u" in text and not _is_text(value):
        raise BadLine("there is half a character in it (a \\ud… without its other half); expected whole ones")
    if not isinstance(value, dict):
        raise BadLine('this is no JSON object; expected one like {"chat_id": 1}')
    return value


def _is_text(value: Any) -> bool:
    """Whether this can be written as UTF-8: an escape may name half a character, and no database keeps that."""
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
            " groups and channels below"
        )


def _chat_id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < abs(value) < LARGEST_ID:
        raise ValueError("a whole number that is not 0")
    return value


def _topic_id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < LARGEST_ID:
        raise ValueError("a whole number above 0, or null")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def _true_or_false(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _language(value: Any) -> str:
    if value not in LANGUAGES:
        raise ValueError(f"one of {', '.join(LANGUAGES)}")
    return str(value)


def _timezone(value: Any) -> str:
    if not isinstance(value, str) or value not in _ZONES:
        raise ValueError("an IANA time zone like Asia/Beirut")
    return value


def _codes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and _CODE.match(one) for one in value):
        raise ValueError('a list of language codes like ["ar", "en"], or null')
    return tuple(dict.fromkeys(value))


def _saved(value: Any) -> tuple[ArticleAddress, ...]:
    if not isinstance(value, list) or len(value) > SAVED_MOST or not all(isinstance(one, str) for one in value):
        raise ValueError(f"a list of up to {SAVED_MOST} addresses of articles")
    return tuple(ArticleAddress(url, canonical_link(url)) for url in dict.fromkeys(value))


def _opens_as(value: Any) -> OpensAs:
    if value not in list(OpensAs):
        raise ValueError(f"one of {', '.join(OpensAs)}")
    return OpensAs(value)


def _kind(value: Any) -> ChatKind:
    if value not in list(ChatKind):
        raise ValueError(f"one of {', '.join(ChatKind)}")
    return ChatKind(value)


def _state(value: Any) -> ChatState:
    if value not in list(ChatState):
        raise ValueError(f"one of {', '.join(ChatState)}")
    return ChatState(value)


def _rhythm(value: Any) -> Rhythm:
    if value not in list(Rhythm):
        raise ValueError(f"one of {', '.join(Rhythm)}")
    return Rhythm(value)


def _is_hour(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 23


def _daily_limit(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_A_DAY:
        raise ValueError(f"a whole number from 1 to {MOST_A_DAY}, or null")
    return value


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("a time like 2026-12-01T08:00:00Z, or null")
    return moment.astimezone(UTC)


def _hour(value: Any) -> int:
    if not _is_hour(value):
        raise ValueError("a whole number from 0 to 23")
    return int(value)


def _weekday(value: Any) -> int:
    if value not in WEEKDAYS:
        raise ValueError(f"one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(value)


def _quiet_hours(value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_hour, value)) or value[0] == value[1]:
        raise ValueError("two different hours from 0 to 23 like [22, 7], or null")
    return value[0], value[1]


def _chosen_object(chosen: ChosenSubject) -> dict[str, Any]:
    given: dict[str, Any] = {"kind": chosen.kind, "value": chosen.value}
    if chosen.query is not None and chosen.query.only_titles:
        given["only_titles"] = True
    if chosen.least_sources != 1:
        given["least_sources"] = chosen.least_sources
    if chosen.until is not None:
        given["until"] = chosen.until.isoformat(timespec="seconds").replace("+00:00", "Z")
    return given


def _chosen_list(value: Any) -> tuple[ChosenSubject, ...]:
    if not isinstance(value, list):
        raise ValueError(_A_SUBJECT)
    return tuple(map(_chosen, value))


_A_SUBJECT: Final = 'a list of subjects like {"kind": "words", "value": "harbour council"}'
_CHOSEN_KEYS: Final = {"kind", "value", "only_titles", "least_sources", "until"}


def _chosen(value: Any) -> ChosenSubject:
    if not isinstance(value, dict) or not value.keys() <= _CHOSEN_KEYS or not isinstance(value.get("value"), str):
        raise ValueError(_A_SUBJECT)
    if value.get("kind") not in list(SubjectKind):
        raise ValueError(f'{_A_SUBJECT}, where "kind" is one of {", ".join(SubjectKind)}')
    key, query = _key_and_query(SubjectKind(value["kind"]), value["value"], bool(value.get("only_titles")))
    return ChosenSubject(
        kind=SubjectKind(value["kind"]),
        value=value["value"],
        key=key,
        query=query,
        until=_moment(value["until"]) if value.get("until") is not None else None,
        least_sources=_above_zero(value["least_sources"]) if value.get("least_sources") is not None else 1,
    )


def _key_and_query(kind: SubjectKind, value: str, only_titles: bool) -> tuple[str, WordsQuery | None]:
    """Returns what a subject is compared by, and the query of words."""
    if kind is SubjectKind.SOURCE:
        return value, None
    if kind is SubjectKind.STORY:
        return canonical_link(value), None
    if kind is SubjectKind.WORDS:
        typed = understood(value)
        categories = [name for one in typed.categories if (name := category_name(one))]
        subject = words_subject(typed, categories=categories, sources=typed.sources, only_titles=only_titles)
        if subject is None or subject.key is None:
            raise ValueError("words that are more than function words")
        return subject.key, subject.query
    name = category_name(value)
    if name is None:
        raise ValueError("names with at least one letter or digit")
    return name.normalized, None


def _above_zero(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < LARGEST_ID:
        raise ValueError("a whole number above 0")
    return value


def _categories(value: Any) -> tuple[CategoryName, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("a list of names")
    names = [category_name(name) for name in value]
    if not all(names):
        raise ValueError("names with at least one letter or digit")
    return tuple(dict.fromkeys(name for name in names if name))
