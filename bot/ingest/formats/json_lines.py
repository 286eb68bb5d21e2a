"""JSON Lines: one article a line, as archives and other programs export them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from datetime import time as time_of_day
from typing import Any, Final

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats import ninjs
from bot.ingest.formats.encoding import decode
from bot.ingest.formats.html_document import read_html
from bot.ingest.formats.json_values import kind_of
from bot.ingest.formats.lengths import within_lengths
from bot.ingest.formats.page_dates import parse as parse_date
from bot.ingest.formats.wire_item import until_end
from bot.text.document import from_plain, stored_form, to_plain
from bot.text.html import clean, one_line, web_address
from storage.records.documents import Document

LONGEST: Final = 1_000_000  # characters of a text in HTML; what comes after is no article's
# Tags that a text in HTML has, and that a text about angle brackets hardly has.
_HTML: Final = re.compile(
    r"</(?:p|div|a|b|i|em|strong|h[1-6]|ul|ol|li|blockquote|figure|table|span)\s*>|<(?:p|br|img|hr)\b[^<>]{0,300}+>",
    re.IGNORECASE,
)
# Our name for a value, and the names under which it may come.
_KEYS: Final = {
    "title": ("title", "headline"),
    "html": ("html",),
    "body": ("body", "text", "content"),
    "lead": ("lead", "summary", "description"),
    "category": ("category", "section", "categories", "sections"),  # each may hold a text or a list of texts
    "published": ("published", "published_at", "date"),
    "url": ("url", "link"),
    "guid": ("guid", "id"),
    "author": ("author",),
    "image_url": ("image_url", "image"),
    "language": ("language", "lang"),
    "publisher": ("publisher", "source"),
    "embargo": ("embargo", "held_until"),
}


def read(data: bytes, *, name: str, timezone: tzinfo = UTC) -> list[Draft | Unreadable]:
    """Returns a draft or an Unreadable for each line, in order. Empty lines are skipped."""
    return [
        _read_line(line, f"{name}, line {number}", timezone)
        for number, line in enumerate(decode(data).split("\n"), 1)
        if line.strip()
    ]


def read_lines(
    lines: Sequence[bytes], *, first: int, name: str, timezone: tzinfo = UTC
) -> list[Draft | Unreadable | None]:
    """Returns a draft or an Unreadable for each of these lines of a larger file; None for an empty line.

    `first` is the number of the first line in the file.
    """
    texts = [decode(line) for line in lines]
    return [
        _read_line(text, f"{name}, line {number}", timezone) if text.strip() else None
        for number, text in enumerate(texts, first)
    ]


def from_object(value: Any, *, name: str, timezone: tzinfo = UTC) -> Draft:
    """Returns the draft of one decoded JSON object. Raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable(name, f"this is {kind_of(value)}; expected an object with at least a title")
    given = {ours: _text(value, names, name) for ours, names in _KEYS.items() if ours != "category"}
    title, guid = one_line(given["title"]), clean(given["guid"]) or None
    url = _address(given["url"], "url", name)
    marks = read_marks(value, name=name, timezone=timezone)
    if _is_true(value, "withdrawn", name):
        if not (guid or url):
            raise Unreadable(name, 'a withdrawal without "id" and "url"; expected one of them')
        withdrawal = Draft(title=title, guid=guid, url=url, withdrawn=True, version=marks.version)
        return within_lengths(withdrawal, name)
    if not title:
        raise Unreadable(name, 'no title; expected a text under "title"')
    if "chat_id" in value and not any(given[one] for one in ("body", "html", "lead", "url")):
        raise Unreadable(name, "this is a chat; expected an article, or `newsbot chats import` with this file")
    html = given["html"]
    document = read_html(html[:LONGEST], url) if html.strip() else _document(given["body"], url)
    draft = Draft(
        title=title,
        body=to_plain(document),
        document=stored_form(document),
        lead=one_line(given["lead"]),
        categories=_categories(value, name),
        published=_published(given["published"], name, timezone),
        url=url,
        guid=guid,
        author=one_line(given["author"]) or None,
        image_url=_address(given["image_url"], "image_url", name),
        language=one_line(given["language"]) or None,
        publisher=one_line(given["publisher"]) or None,
        breaking=marks.breaking,
        version=marks.version,
        held_until=marks.held_until,
    )
    return within_lengths(draft, name)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a newsroom says of an article beside its text."""

    breaking: bool
    version: int | None
    held_until: datetime | None


def read_marks(value: dict[str, Any], *, name: str, timezone: tzinfo) -> Marks:
    """Returns the marks of a decoded JSON object. Raises Unreadable."""
    return Marks(
        breaking=_is_true(value, "breaking", name),
        version=_version(value.get("version"), name),
        held_until=_embargo(_text(value, _KEYS["embargo"], name), name, timezone),
    )


def _document(text: str, url: str | None) -> Document:
    """Returns the document of a text, which may be HTML. In plain text, each line is a paragraph."""
    if _HTML.search(text):
        return read_html(text[:LONGEST], url)
    return from_plain("\n\n".join(line for line in clean(text).split("\n") if line))


def _read_line(line: str, name: str, zone: tzinfo) -> Draft | Unreadable:
    try:
        value = json.loads(line)
        if ninjs.items_in([value]) is not None:
            return ninjs.from_item(value, name=name, timezone=zone)
        return from_object(value, name=name, timezone=zone)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        return Unreadable(name, f"this is no JSON ({reason}); expected one object a line")
    except Unreadable as error:
        return error


def _text(value: dict[str, Any], names: tuple[str, ...], name: str) -> str:
    for key in names:
        given = value.get(key)
        if given is None:
            continue
        if isinstance(given, str):
            return given
        if key in ("id", "guid") and isinstance(given, int) and not isinstance(given, bool):
            return str(given)
        raise Unreadable(name, f'"{key}" is {kind_of(given)}; expected a text')
    return ""


def _categories(value: dict[str, Any], name: str) -> tuple[str, ...]:
    """Returns all categories, in their order."""
    names: list[str] = []
    for key in _KEYS["category"]:
        given = value.get(key)
        for one in given if isinstance(given, list) else [] if given is None else [given]:
            if not isinstance(one, str):
                raise Unreadable(name, f'"{key}" holds {kind_of(one)}; expected a text or a list of texts')
            names.append(one_line(one))
    return tuple(dict.fromkeys(one for one in names if one))


def _published(text: str, name: str, zone: tzinfo) -> datetime | date | None:
    if not text.strip():
        return None
    found = parse_date(text, timezone=zone)
    if found is None:
        raise Unreadable(name, f"{text[:40]!r} is no date; expected one like 2022-01-19 or 2022-01-19T14:30:00Z")
    return found


def _embargo(text: str, name: str, zone: tzinfo) -> datetime | None:
    """Returns the end of an embargo. That of a day without a time ends when the day begins."""
    found = _published(text, name, zone)
    if found is None:
        return None
    if not isinstance(found, datetime):
        found = datetime.combine(found, time_of_day(), zone)
    return until_end(found)


def _is_true(value: dict[str, Any], key: str, name: str) -> bool:
    given = value.get(key)
    if given is None or isinstance(given, bool):
        return bool(given)
    raise Unreadable(name, f'"{key}" is {kind_of(given)}; expected true or false')


def _version(given: Any, name: str) -> int | None:
    if isinstance(given, str):  # archives have texts like "1.1" there, which may be the version of a format
        given = int(given) if re.fullmatch("[0-9]{1,18}", given) else None
    if given is None:
        return None
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**63:
        return given
    said = str(given)[:40] if type(given) in (int, float) else kind_of(given)
    raise Unreadable(name, f'"version" is {said}; expected a whole number that grows with each text')


def _address(text: str, key: str, name: str) -> str | None:
    if not text.strip():
        return None
    address = web_address(text)
    if address is None:
        raise Unreadable(name, f'"{key}" is {text[:60]!r}; expected an address that begins with http:// or https://')
    return address
