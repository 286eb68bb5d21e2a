"""One item of a news agency's wire, whatever the format: what ninjs, NewsML-G2 and NITF have in common.

A value of a wrong type costs only itself. Two values are the exception, because a guess could publish what must not
be published: an embargo and a status that can't be read cost their item.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Final

from bot.ingest.draft import Draft, latest_versions
from bot.ingest.errors import Unreadable
from bot.ingest.formats.entry import Medium
from bot.ingest.formats.feed_media import with_media
from bot.ingest.formats.html_document import read_html
from bot.ingest.formats.lengths import within_lengths
from bot.ingest.formats.page_dates import parse as parse_date
from bot.text.document import from_plain, pictures_of, stored_form, to_plain
from bot.text.html import clean, one_line, to_line
from storage.records.documents import Document

LONGEST: Final = 1_000_000  # characters of one text; what comes after is no article's
MOST_URGENT: Final = 2  # from this urgency on, 1 being the highest, an item is breaking news
WITHOUT_END: Final = datetime(9999, 12, 31, tzinfo=UTC)  # an embargo that its publisher ends by another version
LONGEST_NOTE: Final = 2_000  # characters of a note to editors
_PUBLISHED: Final = frozenset({"", "usable"})
_WITHDRAWN: Final = frozenset({"canceled", "cancelled", "withheld"})
_VERSION: Final = re.compile(r"[0-9]{1,18}(?:\.0+)?")
_BY: Final = re.compile(r"(?:by|par|von|av|por|da)\s+(?=\w)|(?:بقلم|كتبت?|إعداد|تقرير)\s*:?\s+", re.IGNORECASE)
_MARKUP: Final = re.compile(
    r"</(?:p|div|a|b|i|em|strong|h[1-6]|ul|ol|li|section|table|figure)\s*>|<(?:p|br)\b", re.IGNORECASE
)
_MEDIATOPIC: Final = re.compile(r"^medtop:|/newscodes/mediatopic|^(?:urn:newsml:)?.*iptc.*mediatopic", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Subject:
    """What an item is about, as its publisher classifies it."""

    name: str
    scheme: str = ""  # the identifier of the subject, or of the list that the subject is from


@dataclass(frozen=True, slots=True, kw_only=True)
class WireItem:
    """An item as its format gives it. Texts may have several lines, and no markup."""

    guid: str
    version: int | None = None
    headline: str = ""
    document: Document = ()
    lead: str = ""
    sections: Sequence[str] = ()
    subjects: Sequence[Subject] = ()
    published: datetime | date | None = None
    url: str | None = None
    author: str = ""
    language: str = ""
    publisher: str = ""
    media: Sequence[Medium] = ()
    urgency: int | None = None  # 1 to 9, the lowest is the most urgent
    status: str = ""
    evolved_from: Sequence[str] = ()
    other_ids: Sequence[str] = ()
    held_until: datetime | None = None
    editor_note: str = ""


def draft_of(item: WireItem, name: str) -> Draft:
    """Returns the draft of an item. Raises Unreadable, with `name` for the item."""
    status = item.status.strip().lower().rpartition(":")[2].rpartition("/")[2]
    if status not in _PUBLISHED | _WITHDRAWN:
        raise Unreadable(name, f"its status is {item.status[:40]!r}; expected usable, withheld or canceled")
    withdrawn = status in _WITHDRAWN
    title = to_line(item.headline)
    if withdrawn and not item.guid:
        raise Unreadable(name, "it withdraws an article without naming its identifier")
    shown_in_text = any(pictures_of(item.document))
    media = () if shown_in_text else item.media
    document = with_media(item.document, media, (title, item.lead))
    body, lead = to_plain(item.document), one_line(item.lead)
    if not withdrawn and not title:
        raise Unreadable(name, "no headline; expected a headline or a title")
    draft = Draft(
        title=title,
        body=body or to_plain(document),
        document=stored_form(document),
        lead=lead if lead != one_line(body) else "",
        categories=categories_of(item),
        published=item.published,
        url=item.url,
        guid=clean(item.guid) or None,
        author=author_of(item.author) or None,
        image_url=next((picture.address for picture in pictures_of(document)), None),
        language=one_line(item.language) or None,
        publisher=one_line(item.publisher) or None,
        breaking=item.urgency is not None and 1 <= item.urgency <= MOST_URGENT,
        version=item.version,
        withdrawn=withdrawn,
        evolved_from=tuple(one for one in unique(item.evolved_from) if one != item.guid),
        other_ids=tuple(one for one in unique(item.other_ids) if one != item.guid),
        held_until=item.held_until,
        editor_note=clean(item.editor_note)[:LONGEST_NOTE],
    )
    return within_lengths(draft, name)


def with_last_versions(read: Sequence[Draft | Unreadable]) -> list[Draft | Unreadable]:
    """Returns the items of a document, of each article only its last version."""
    kept = {id(draft) for draft in latest_versions([one for one in read if isinstance(one, Draft)])}
    return [one for one in read if isinstance(one, Unreadable) or id(one) in kept]


def categories_of(item: WireItem) -> tuple[str, ...]:
    """Returns the sections of an item, then its subjects.

    If some subjects are of IPTC's media topics, the others are left out: agencies add people, places, teams and codes
    of their own, which readers do not look for among sections.
    """
    topics = [subject for subject in item.subjects if _MEDIATOPIC.search(subject.scheme)]
    names = [*item.sections, *(subject.name for subject in topics or item.subjects)]
    return unique(to_line(name) for name in names)


def author_of(byline: str) -> str:
    """Returns a byline without the word that begins it."""
    return _BY.sub("", to_line(byline), count=1) if _BY.match(to_line(byline)) else to_line(byline)


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for one in texts if (text := one.strip())))


# Texts


def document_of_html(html: str) -> Document:
    return read_html(html[:LONGEST])


def document_of_text(text: str) -> Document:
    """Returns the document of a text that should be plain. Publishers put HTML there as well."""
    if _MARKUP.search(text):
        return document_of_html(text)
    lines = clean(text[:LONGEST]).split("\n")
    between = "\n\n" if "" in lines else "\n"
    parts = (" ".join(part.split()) for part in "\n".join(lines).split(between))
    return from_plain("\n\n".join(part for part in parts if part))


def richest(documents: Sequence[Document]) -> Document:
    """Returns the first of several forms of one text, the best form first, unless another has twice as much text.

    A form that is that much longer is the whole text, and the better form is its beginning.
    """
    lengths = [len(to_plain(one)) for one in documents]
    longest = max(lengths, default=0)
    return next((one for one, length in zip(documents, lengths, strict=True) if length * 2 >= longest > 0), ())


# Values


def version_of(value: object) -> int | None:
    """Returns a version, or None if the value is no whole number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    written = str(value).strip()
    return int(written.partition(".")[0]) if _VERSION.fullmatch(written) else None


def urgency_of(value: object) -> int | None:
    number = version_of(value)
    return number if number is not None and 1 <= number <= 9 else None


def embargo_of(value: object, name: str, zone: tzinfo) -> datetime | None:
    """Returns the end of an embargo in UTC. A day without a time ends the embargo when that day begins in `zone`.

    Raises Unreadable if there is an embargo whose end can't be read.
    """
    if value is None:
        return None
    found = parse_date(value[:100], timezone=zone) if isinstance(value, str) else None
    if found is None:
        raise Unreadable(
            name, f"its embargo is {str(value)[:40]!r}; expected a date and a time, like 2026-11-20T14:30Z"
        )
    if not isinstance(found, datetime):
        found = datetime.combine(found, time(), zone)
    return until_end(found)


def until_end(embargo: datetime) -> datetime:
    """Returns the end of an embargo in UTC, or WITHOUT_END for the last day of the calendar, which means "never"."""
    try:
        return min(embargo.astimezone(UTC), WITHOUT_END)
    except OverflowError:
        return WITHOUT_END


def moment_of(texts: Iterable[object], zone: tzinfo) -> datetime | date | None:
    """Returns the first of these dates that can be read."""
    for text in texts:
        if isinstance(text, str) and text.strip() and (found := parse_date(text[:100], timezone=zone)):
            return found
    return None
