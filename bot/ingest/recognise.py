"""Recognises items: finds the stored article that an item is, if there is one.

Keys only say which articles to compare (`identity`). Publishers misuse all keys: one guid or one link for all their
items, a new guid at each visit, a session in each link. So a match of a key is accepted only if the rest of the item
agrees:

- A guid is accepted, unless link, title and text all say that this is another and later item.
- A link of the same source is accepted, unless title and text say that this is another item. For a link of another
  source, title or text must be alike, since link blogs point to the pages of others.
- A title of the same source is accepted for a few days, unless the texts differ: columns ("Today's weather") have one
  title for all that appear in them.

Assumes that an edited text keeps a good part of its words, and that two texts of one column do not.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import Final

from bot.ingest.draft import Draft, sorting_time
from bot.ingest.identity import Keys, canonical_link, title_hash
from bot.text.arabic import normalize
from storage.records import KnownArticle, SeenArticle

# Days within which an item with the title of another of its source is that one again.
TITLE_COUNTS: Final = timedelta(days=3)
# Texts that are all but the same are one article for longer: a source may list an item for weeks, undated.
SAME_TEXT_COUNTS: Final = timedelta(days=30)
_EDITED: Final = 0.4  # of the words of both texts stand in both, when one is the other after an edit
_ALL_BUT_SAME: Final = 0.85
_OTHER: Final = 0.2  # of the words at most, when two texts tell different things
_LATER: Final = timedelta(minutes=10)
_SAME_MINUTE: Final = timedelta(minutes=1)
_COLUMN: Final = timedelta(hours=20)  # between two appearances of a column whose items have no text
_TELLING: Final = 3  # words of a title that is not used again by chance
_MOST_TWINS: Final = 20  # items with one title that an item of the same reading is compared with
_COMPARED: Final = 4_000  # characters of a text
_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]|\w+")


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a reading, and the stored article that it is."""

    identity: str  # unique among articles; two items of a reading with one identity are one item
    draft: Draft
    keys: tuple[str, ...] = ()  # by which the item is found again
    claimed: tuple[str, ...] = ()  # the keys among these that no stored article has yet
    strongest: tuple[str, ...] = ()  # the keys among these that name one article for sure
    known: KnownArticle | None = None
    is_owned: bool = True  # whether a changed text is a change; of two sources of an article, the first is right
    is_moved: bool = True  # whether a changed link is one; the link of an article known by its title may count visits
    seen: SeenArticle | None = None  # to be noted: the known article is of another source, or of none any more
    is_remembered: bool = False  # whether it was stored, and is kept no longer


def recognise(
    drafts: Sequence[Draft],
    keys: Sequence[Keys],
    known: Mapping[str, Sequence[KnownArticle]],
    remembered: Set[str] = frozenset(),
    *,
    source_id: int | None,
    owner: int | None = None,
    zone: tzinfo,
    fresh_for: timedelta,
    now: datetime,
) -> list[Item]:
    """Returns the items of one reading, each with the stored article that it is, if there is one.

    `source_id` is the source whose keys these are, or None. `owner` is the source that is read, if its keys are those
    of no source, as for pages and folders. `known` has the stored articles of each key. `remembered` has the keys of
    articles that were pruned.
    """
    readings = [_Reading(draft, own, zone, now) for draft, own in zip(drafts, keys, strict=True)]
    found = _found(readings, known, source_id)
    items: list[Item] = []
    new: dict[str, list[tuple[_Reading, Item]]] = defaultdict(list)  # by normalized title
    held = {key for key in known if known[key]}
    for reading in readings:
        match = found.get(id(reading))
        if match is not None:
            items.append(_known_item(reading, match, source_id, owner))
            continue
        twin = _twin(reading, new[reading.title]) if reading.title else None
        is_remembered = not twin and bool(remembered) and _is_remembered(reading, remembered, now - fresh_for)
        item = Item(twin.identity, reading.draft) if twin else _new_item(reading, held, is_remembered=is_remembered)
        if not twin:
            new[reading.title] = [*new[reading.title][-_MOST_TWINS:], (reading, item)]
            held.add(item.identity)
        items.append(item)
    return items


class _Reading:
    """A draft with the values that are compared, each computed at its first use."""

    def __init__(self, draft: Draft, keys: Keys, zone: tzinfo, now: datetime) -> None:
        self.draft = draft
        self.keys = keys
        self.now = now
        self.published_at = sorting_time(draft.published, zone, now) if draft.published else None

    @cached_property
    def title(self) -> str:
        return normalize(self.draft.title)

    @cached_property
    def link(self) -> str | None:
        return canonical_link(self.draft.url) if self.draft.url else None

    @cached_property
    def words(self) -> frozenset[str]:
        return _words(self.draft.body or self.draft.lead)

    @cached_property
    def all_words(self) -> frozenset[str]:
        return _words(self.draft.title) | self.words


def _found(
    readings: Sequence[_Reading], known: Mapping[str, Sequence[KnownArticle]], source_id: int | None
) -> "dict[int, _Match]":
    """Returns the match of each reading that has one, by `id(reading)`.

    More reliable keys go first. An article that such a key matched is taken, and a title matches it only if all else
    agrees.
    """
    found: dict[int, _Match] = {}
    taken: set[int] = set()
    for by, finds in (("guid", _by_guid), ("link", _by_link), ("title", _by_title)):
        for reading in readings:
            if id(reading) not in found and (article := finds(reading, known, source_id, taken)):
                found[id(reading)] = _Match(article, by)
        taken |= {match.article.id for match in found.values()}
    return found


@dataclass(frozen=True, slots=True)
class _Match:
    article: KnownArticle
    by: str


def _by_guid(
    reading: _Reading, known: Mapping[str, Sequence[KnownArticle]], source_id: int | None, taken: set[int]
) -> KnownArticle | None:
    for key in reading.keys.guid:
        for article in known.get(key, ()):
            moved = reading.link and article.text.url and canonical_link(article.text.url) != reading.link
            if not (moved and _is_another(reading, article)):
                return article
    return None


def _by_link(
    reading: _Reading, known: Mapping[str, Sequence[KnownArticle]], source_id: int | None, taken: set[int]
) -> KnownArticle | None:
    there = [article for article in known.get(reading.keys.link or "", ()) if article.id not in taken]
    if source_id is None:
        return there[0] if there else None
    fitting = [article for article in there if _link_fits(reading, article, source_id)]
    return max(fitting, key=lambda article: _likeness(reading.all_words, _all_words(article)), default=None)


def _link_fits(reading: _Reading, article: KnownArticle, source_id: int) -> bool:
    if article.source_id in (source_id, None):
        return not _is_another(reading, article)
    return (
        _likeness(_words(reading.draft.title), _words(article.text.title)) >= _EDITED
        or _likeness(reading.words, _words(_text(article))) >= _EDITED
    )


def _by_title(
    reading: _Reading, known: Mapping[str, Sequence[KnownArticle]], source_id: int | None, taken: set[int]
) -> KnownArticle | None:
    for article in known.get(reading.keys.day or "", ()):
        if article.id not in taken:
            return article
    for article in known.get(reading.keys.title or "", ()):
        if _title_fits(reading, article, is_taken=article.id in taken):
            return article
    return None


def _title_fits(reading: _Reading, article: KnownArticle, *, is_taken: bool) -> bool:
    """Returns whether an item is the known article of its source that has the same title."""
    at = reading.published_at
    apart = None if at is None else abs(at - article.published_at)
    same_time = apart is not None and (
        apart < _SAME_MINUTE or (article.published_on is not None and article.published_on == reading.draft.published)
    )
    text = _words(_text(article))
    likeness = _likeness(reading.words, text) if reading.words and text else None
    all_but_same = likeness is not None and likeness >= _ALL_BUT_SAME
    if same_time and (likeness is None or likeness >= _EDITED):
        return True
    if is_taken:  # another item of this reading is that article by its guid or its link: this is listed beside it
        return all_but_same and (apart is None or apart < _COLUMN)
    if not reading.keys.guid and reading.keys.link is None and (apart is None or likeness is None):
        return apart is None or apart < _COLUMN
    if all_but_same:
        return apart is None or apart <= SAME_TEXT_COUNTS
    longest = SAME_TEXT_COUNTS if apart is None and likeness is None else TITLE_COUNTS
    if (apart or reading.now - article.published_at) > longest:
        return False
    if likeness is not None:
        return likeness >= _EDITED or (likeness > _OTHER and (apart is None or apart < _COLUMN))
    return len(reading.title.split()) >= _TELLING


def _is_another(reading: _Reading, article: KnownArticle) -> bool:
    """Returns whether title and text say that an item is not the article that has its key.

    A withdrawal may have neither.
    """
    if reading.draft.withdrawn:
        return False
    if reading.title == normalize(article.text.title) or _likeness(reading.all_words, _all_words(article)) > _OTHER:
        return False
    if reading.published_at is not None:
        return reading.published_at > article.published_at + _LATER
    return bool(reading.words and _text(article))


def _twin(reading: _Reading, others: "Iterable[tuple[_Reading, Item]]") -> Item | None:
    """Returns the new item of the same reading that this one repeats, or None."""
    for other, item in others:
        same_key = reading.keys.link is not None and reading.keys.link == other.keys.link
        if same_key or (reading.keys.guid and reading.keys.guid == other.keys.guid) or _is_twin(reading, other):
            return item
    return None


def _is_twin(reading: _Reading, other: _Reading) -> bool:
    """Returns whether two items of one reading with one title are the same item, listed twice."""
    same_time = reading.published_at == other.published_at
    if reading.words and other.words:
        likeness = _likeness(reading.words, other.words)
        return likeness >= _ALL_BUT_SAME or (same_time and likeness >= _EDITED)
    return same_time and reading.words == other.words


def _is_remembered(reading: _Reading, remembered: Set[str], fresh_since: datetime) -> bool:
    """Returns whether an item was stored and pruned.

    For a fresh item, a link or a title alone does not prove that.
    """
    keys, is_fresh = reading.keys, reading.published_at is not None and reading.published_at >= fresh_since
    if any(key in remembered for key in keys.guid) or keys.day in remembered:
        return True
    if is_fresh:
        return False
    return keys.link in remembered or (not keys.guid and keys.link is None and keys.title in remembered)


def _known_item(reading: _Reading, match: _Match, source_id: int | None, owner: int | None) -> Item:
    article, own = match.article, tuple(reading.keys)
    # An article of no source that is found by keys of this one was of this source before it was removed.
    is_back = article.source_id is None and source_id is not None and match.by != "link"
    is_owned = is_back or article.source_id in (source_id, source_id or owner)
    is_seen = is_back or (not is_owned and not article.keys & {*reading.keys.guid, reading.keys.title})
    seen = None
    if is_seen and source_id is not None:
        seen = SeenArticle(article_id=article.id, source_id=source_id, keys=own, is_own=is_back)
    return Item(
        article.identity,
        reading.draft,
        keys=own,
        known=article,
        is_owned=is_owned,
        is_moved=match.by != "title",
        seen=seen,
    )


def _new_item(reading: _Reading, held: set[str], *, is_remembered: bool) -> Item:
    own = tuple(reading.keys)
    # The second article with a key is told from the first by its title and its time.
    other = f"{own[0] if own else ''} {title_hash(f'{reading.title} {reading.draft.published}')}"
    strong = (*reading.keys.guid, *((reading.keys.link,) if reading.keys.link else ()))
    return Item(
        next((key for key in own if key not in held), other),
        reading.draft,
        keys=own,
        claimed=tuple(key for key in strong if key not in held),
        strongest=reading.keys.strongest,
        is_remembered=is_remembered,
    )


def _text(article: KnownArticle) -> str:
    """Returns the text of an article as its feed gave it."""
    return article.excerpt or article.text.body or article.text.lead


def _all_words(article: KnownArticle) -> frozenset[str]:
    return _words(article.text.title) | _words(_text(article))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(normalize(text[:_COMPARED])))


def _likeness(some: frozenset[str], others: frozenset[str]) -> float:
    """Returns the Jaccard similarity of two sets of words, 0 to 1; 0 if both are empty."""
    return len(some & others) / len(some | others) if some or others else 0.0
