"""Reads ninjs, the news of agencies in JSON, in its generations 1, 2 and 3.

Generation 1 has a key for each text ("headline", "body_xhtml"), generations 2 and 3 have lists with roles, and 3
writes its keys with capitals inside. Keys are compared in lower case, so one reader serves all three. Superdesk's
dialect ("guid", "service", "evolvedfrom") is read as well.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from bot.ingest.draft import Draft
from bot.ingest.errors import NotAnArticle, Unreadable
from bot.ingest.formats.entry import Medium
from bot.ingest.formats.json_values import Object, id_at, list_at, objects_at, text_at
from bot.ingest.formats.nitf import document_of_nitf
from bot.ingest.formats.wire_item import (
    Subject,
    WireItem,
    document_of_html,
    document_of_text,
    draft_of,
    embargo_of,
    moment_of,
    richest,
    urgency_of,
    version_of,
    with_last_versions,
)
from bot.text.document import to_plain
from bot.text.html import to_text, web_address
from storage.records.documents import Document

MOST: Final = 2_000  # items of one document
_MOST_MEDIA: Final = 40  # associated items that are looked at
_LISTS: Final = ("items", "_items", "item", "data")  # that hold the items of a feed, one in the other
_ARTICLES: Final = frozenset({"", "text", "composite", "preformatted"})
_WITH_TEXT: Final = frozenset({"video", "audio"})  # articles only if they have a text of their own
_OWN_KEYS: Final = frozenset(
    "versioncreated firstcreated pubstatus headlines bodies body_text body_html body_xhtml body_nitf body_richtext"
    " body_plain description_text description_html evolvedfrom altids".split()
)
_IDS: Final = frozenset({"uri", "guid"})
_PLACES: Final = ("mainpic", "featuremedia", "main", "featureimage")  # names of the picture that goes first


def items_in(value: object) -> list[Any] | None:
    """Returns the items of a decoded document, or None if it is no ninjs.

    A document is an item, a list of items, or an object that holds a list, as agencies' feeds do.
    """
    for _ in range(4):
        if isinstance(value, list):
            sample = [_lowered(_unwrapped(one)) for one in value[:20]]
            return [_unwrapped(one) for one in value] if any(map(_is_item, sample)) else None
        if not isinstance(value, Mapping):
            return None
        lowered = _lowered(value)
        if _is_item(lowered):
            return [value]
        value = next((lowered[key] for key in _LISTS if isinstance(lowered.get(key), list | Mapping)), None)
    return None


def read(items: Sequence[Any], *, name: str, timezone: tzinfo) -> list[Draft | Unreadable]:
    """Returns a draft or an Unreadable for each item, of each article only its last version."""
    read: list[Draft | Unreadable] = []
    for number, item in enumerate(items[:MOST], 1):
        place = f"{name}, item {number}" if len(items) > 1 else name
        try:
            read.append(from_item(item, name=place, timezone=timezone))
        except Unreadable as error:
            read.append(error)
    if len(items) > MOST:
        read.append(Unreadable(name, f"only its first {MOST} items are read"))
    return with_last_versions(read)


def from_item(value: Any, *, name: str, timezone: tzinfo) -> Draft:
    """Returns the draft of one item. Raises Unreadable."""
    if not isinstance(value, Mapping):
        raise Unreadable(name, "this is no object; expected a ninjs item")
    item = _lowered(value)
    status = _status(item, name)
    document = _body(item)
    kind = text_at(item, "type").strip().lower()
    if kind not in _ARTICLES and not (kind in _WITH_TEXT and document):
        raise NotAnArticle(name, f"this is of the type {kind[:40]!r}, and no article; expected text or composite")
    media = list(_media(item))
    return draft_of(
        WireItem(
            guid=id_at(item, "uri", "guid"),
            version=version_of(item.get("version")),
            headline=_headline(item),
            document=document,
            lead=_lead(item),
            sections=[text_at(one, "name") for one in map(_lowered, objects_at(item, "service"))],
            subjects=list(_subjects(item)),
            published=moment_of(
                [item.get(key) for key in ("firstpublished", "versioncreated", "firstcreated", "contentcreated")],
                timezone,
            ),
            url=_page(item),
            author=text_at(item, "byline", "by"),
            language=text_at(item, "language"),
            publisher=_publisher(item),
            media=media,
            urgency=urgency_of(item.get("urgency")),
            status=status,
            evolved_from=_earlier(item),
            other_ids=_other_ids(item),
            held_until=_embargo(item, name, timezone),
            editor_note=text_at(item, "ednote"),
        ),
        name,
    )


def _status(item: Object, name: str) -> str:
    status = item.get("pubstatus")
    if status is not None and not isinstance(status, str):
        raise Unreadable(name, f'"pubstatus" is {str(status)[:40]}; expected usable, withheld or canceled')
    return status or ""


def _embargo(item: Object, name: str, timezone: tzinfo) -> datetime | None:
    """Returns the end of the last of the embargoes of an item. Raises Unreadable if one can't be read."""
    ends = (embargo_of(item.get(key), name, timezone) for key in ("embargoed", "embargoeduntil"))
    return max((one for one in ends if one is not None), default=None)


# Texts


def _headline(item: Object) -> str:
    texts = [(role, value) for role, _, value in _texts(item, "headline")]
    main = next((value for role, value in texts if role in ("", "main")), "")
    return main or next((value for _, value in texts), "") or text_at(item, "title", "slugline")


def _lead(item: Object) -> str:
    texts = [(role, value) for role, _, value in _texts(item, "description")]
    return to_text(next((value for role, value in texts if role != "caption"), ""))


def _body(item: Object) -> Document:
    """Returns the document of the best of the bodies: HTML, NITF, then plain text."""
    ranked: list[tuple[int, Document]] = []
    for role, kind, value in _texts(item, "body"):
        said = f"{kind} {role}".lower()
        if "nitf" in said or "<nitf" in value[:2_000] or "<body.content" in value[:5_000]:
            ranked.append((1, document_of_nitf(value)))
        elif "html" in said or (not kind and "richtext" in said):
            ranked.append((0, document_of_html(value)))
        else:
            ranked.append((2, document_of_text(value)))
    ranked.sort(key=lambda one: (one[0], -len(to_plain(one[1]))))
    return richest([document for _, document in ranked])


def _texts(item: Object, what: str) -> Iterator[tuple[str, str, str]]:
    """Yields role, media type and value of the texts of an item: headlines, descriptions or bodies."""
    plural = {"headline": "headlines", "description": "descriptions", "body": "bodies"}[what]
    for one in map(_lowered, objects_at(item, plural)):
        if value := text_at(one, "value"):
            yield text_at(one, "role").strip().lower(), text_at(one, "contenttype").strip().lower(), value
    for key in item:
        if (key == what or key.startswith(f"{what}_")) and (value := text_at(item, key)):
            yield key[len(what) + 1 :], "", value


# What an item says of itself


def _subjects(item: Object) -> Iterator[Subject]:
    for key in ("subject", "subjects"):
        for one in map(_lowered, objects_at(item, key)):
            code = id_at(one, "uri", "code", "qcode", "literal")
            yield Subject(text_at(one, "name"), f"{text_at(one, 'scheme')}{code}")


def _publisher(item: Object) -> str:
    for key in ("infosource", "infosources"):
        for one in map(_lowered, objects_at(item, key)):
            if name := text_at(one, "name"):
                return name
    return text_at(item, "source", "copyrightholder")


def _earlier(item: Object) -> list[str]:
    """Returns the identifiers of the items that this one develops."""
    said = item.get("evolvedfrom")
    named = [said] if isinstance(said, str) else [one for one in list_at(item, "evolvedfrom") if isinstance(one, str)]
    for one in _associated(item):
        relation = text_at(one, "rel").strip().lower()
        if relation.endswith(("evolvedfrom", "previousversion")):
            named.append(id_at(one, "uri", "guid"))
    return named


def _other_ids(item: Object) -> list[str]:
    said = item.get("altids")
    if isinstance(said, Mapping):
        return [id_at(said, key) for key in said]
    return [id_at(_lowered(one), "value") for one in objects_at(item, "altids")]


def _page(item: Object) -> str | None:
    """Returns the address of the article for readers. The identifier may look like one, and lead nowhere."""
    for one in _renditions(item):
        if "html" in text_at(one, "contenttype", "mimetype").lower() and (
            address := web_address(text_at(one, "href"))
        ):
            return address
    return web_address(text_at(item, "url", "link", "canonicalurl"))


# Pictures, films and sounds


def _media(item: Object) -> Iterator[Medium]:
    """Yields what is associated with an item: the main picture first."""
    associated = sorted(_associated(item), key=lambda one: one.get("name") not in _PLACES)
    for group, one in enumerate([item, *associated][:_MOST_MEDIA], 1):
        kind = {"picture": "image", "graphic": "image", "video": "video", "audio": "audio"}
        of = kind.get(text_at(one, "type").strip().lower(), "")
        if of or one is item:
            yield from _forms(one, of, group)


def _forms(item: Object, of: str, group: int) -> Iterator[Medium]:
    captions = [to_text(value) for _, _, value in _texts(item, "description")]
    caption = " ".join(next((one for one in captions if one), "").split()) if of else ""
    credit = text_at(item, "creditline", "byline", "by", "copyrightholder")
    found = [(one, address) for one in _renditions(item) if (address := web_address(text_at(one, "href")))]
    pictures = [address for one, address in found if _kind(one, "") == "image"]
    for one, address in found:
        kind = _kind(one, of)
        if kind == "image" and of in ("video", "audio"):
            continue  # a frame of the film, not a picture of the article
        if kind:
            poster = pictures[0] if pictures and kind == "video" else None
            width, height = _pixels(one.get("width")), _pixels(one.get("height"))
            yield Medium(address, kind, group, caption, credit, width, height, poster)


def _kind(rendition: Object, otherwise: str) -> str:
    said = text_at(rendition, "contenttype", "mimetype").partition("/")[0].strip().lower()
    return said if said in ("image", "video", "audio") else "" if said else otherwise


def _pixels(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 100_000 else None


def _associated(item: Object) -> list[Object]:
    return [_lowered(one) for one in _named(item, "associations")]


def _renditions(item: Object) -> list[Object]:
    return [_lowered(one) for one in _named(item, "renditions")]


def _named(item: Object, key: str) -> Iterable[Object]:
    """Yields the objects under a key: in a list that names each, or by their names in generation 1."""
    held = item.get(key)
    if isinstance(held, Mapping):
        return [{**one, "name": name} for name, one in held.items() if isinstance(one, Mapping)]
    return objects_at(item, key)


# The document


def _lowered(value: object) -> Object:
    """Returns an object with its keys in lower case, and an empty one for anything else."""
    return {str(key).lower(): one for key, one in value.items()} if isinstance(value, Mapping) else {}


def _unwrapped(value: object) -> object:
    """Returns the item in an object that only adds how it was delivered."""
    inner = value.get("item") if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else value


def _is_item(lowered: Object) -> bool:
    return bool(_IDS & lowered.keys()) and bool(_OWN_KEYS & lowered.keys())
