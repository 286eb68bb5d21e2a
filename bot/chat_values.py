"""The single values of a chat's line of JSON. Each reader raises ValueError, whose text says what was expected."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from bot.ingest.identity import canonical_link
from bot.ingest.prepare import category_name
from bot.locale import LANGUAGES
from bot.locale.zones import is_zone
from bot.text.followed_words import words_subject
from bot.text.search import understood
from storage.records import (
    SAVED_MOST,
    ArticleAddress,
    CategoryName,
    ChatKind,
    ChatState,
    ChosenSubject,
    OpensAs,
    Preview,
    Rhythm,
    SubjectKind,
    WordsQuery,
)

MOST_A_DAY: Final = 1_000
MOST_LANGUAGES: Final = 50
LARGEST_ID: Final = 2**52  # Telegram's numbers have at most 52 significant bits
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CODE: Final = re.compile("^[a-z]{2,3}$")  # of a language: ISO 639
_A_SUBJECT: Final = 'a list of subjects like {"kind": "words", "value": "harbour council"}'
_CHOSEN_KEYS: Final = {"kind", "value", "only_titles", "least_sources", "until"}


def read_chat_id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < abs(value) < LARGEST_ID:
        raise ValueError("a whole number that is not 0")
    return value


def read_topic_id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < LARGEST_ID:
        raise ValueError("a whole number above 0, or null")
    return value


def read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def read_true_or_false(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def read_language(value: Any) -> str:
    if value not in LANGUAGES:
        raise ValueError(f"one of {', '.join(LANGUAGES)}")
    return str(value)


def read_timezone(value: Any) -> str:
    if not isinstance(value, str) or not is_zone(value):
        raise ValueError("an IANA time zone like Asia/Beirut")
    return value


def read_codes(value: Any) -> tuple[str, ...]:
    codes = value if isinstance(value, list) and len(value) <= MOST_LANGUAGES else [None]
    if not all(isinstance(one, str) and _CODE.match(one) for one in codes):
        raise ValueError(f'a list of up to {MOST_LANGUAGES} language codes like ["ar", "en"], or null')
    return tuple(dict.fromkeys(value))


def read_saved(value: Any) -> tuple[ArticleAddress, ...]:
    if not isinstance(value, list) or len(value) > SAVED_MOST or not all(isinstance(one, str) for one in value):
        raise ValueError(f"a list of up to {SAVED_MOST} addresses of articles")
    return tuple(ArticleAddress(url, canonical_link(url)) for url in dict.fromkeys(value))


def read_opens_as(value: Any) -> OpensAs:
    if value not in list(OpensAs):
        raise ValueError(f"one of {', '.join(OpensAs)}")
    return OpensAs(value)


def read_preview(value: Any) -> Preview:
    if value not in list(Preview):
        raise ValueError(f"one of {', '.join(Preview)}")
    return Preview(value)


def read_kind(value: Any) -> ChatKind:
    if value not in list(ChatKind):
        raise ValueError(f"one of {', '.join(ChatKind)}")
    return ChatKind(value)


def read_state(value: Any) -> ChatState:
    if value not in list(ChatState):
        raise ValueError(f"one of {', '.join(ChatState)}")
    return ChatState(value)


def read_rhythm(value: Any) -> Rhythm:
    if value not in list(Rhythm):
        raise ValueError(f"one of {', '.join(Rhythm)}")
    return Rhythm(value)


def _is_hour(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 23


def read_daily_limit(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_A_DAY:
        raise ValueError(f"a whole number from 1 to {MOST_A_DAY}, or null")
    return value


def read_moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):  # the last one is for the first and the last day of all years
        pass
    raise ValueError("a time like 2026-12-01T08:00:00Z, or null")


def read_hour(value: Any) -> int:
    if not _is_hour(value):
        raise ValueError("a whole number from 0 to 23")
    return int(value)


def read_weekday(value: Any) -> int:
    if value not in WEEKDAYS:
        raise ValueError(f"one of {', '.join(WEEKDAYS)}")
    return WEEKDAYS.index(value)


def read_quiet_hours(value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_hour, value)) or value[0] == value[1]:
        raise ValueError("two different hours from 0 to 23 like [22, 7], or null")
    return value[0], value[1]


def read_chosen_list(value: Any) -> tuple[ChosenSubject, ...]:
    if not isinstance(value, list):
        raise ValueError(_A_SUBJECT)
    return tuple(map(_chosen, value))


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
        until=read_moment(value["until"]) if value.get("until") is not None else None,
        least_sources=read_above_zero(value["least_sources"]) if value.get("least_sources") is not None else 1,
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


def read_above_zero(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < LARGEST_ID:
        raise ValueError("a whole number above 0")
    return value


def read_category(value: Any) -> CategoryName:
    name = category_name(value) if isinstance(value, str) else None
    if name is None:
        raise ValueError("a name with at least one letter or digit")
    return name


def read_categories(value: Any) -> tuple[CategoryName, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError("a list of names")
    names = [category_name(name) for name in value]
    if not all(names):
        raise ValueError("names with at least one letter or digit")
    return tuple(dict.fromkeys(name for name in names if name))
