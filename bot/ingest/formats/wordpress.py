"""Reads posts of WordPress as its REST interface shows them, and as common plugins send them to a webhook.

The REST interface has `title.rendered`, plugins have `post_title` or `title`, and some put the post below "post" or
"data", with its picture and categories beside it. So each value is looked for under all its names. A post that is in
the trash, a draft, private or behind a password is withdrawn. A scheduled one is held until its time.
"""

import re
from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from datetime import time as time_of_day
from typing import Any, Final
from urllib.parse import parse_qsl

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats.entry import Entry
from bot.ingest.formats.feed import draft_of_entry
from bot.ingest.formats.feed_dates import parse as parse_date
from bot.ingest.formats.json_values import Object, id_at, kind_of, list_at, object_at, objects_at, text_at
from bot.ingest.formats.post_versions import version_at, withdrawal

MOST_FIELDS: Final = 5_000  # of a form
DEEPEST_FIELD: Final = 8  # names in brackets: post[taxonomies][category]…
_EXPECTED: Final = "expected a post as the REST interface of WordPress shows it, or as a webhook plugin sends it"
_INSIDE: Final = ("post", "data", "payload", "item")  # under which plugins put the post
_PUBLISHED: Final = frozenset({"", "publish", "published"})
_NO_ARTICLES: Final = frozenset("page attachment revision nav_menu_item customize_changeset wp_block".split())
_EVENTS: Final = ("hook", "action", "event", "trigger", "webhook_name", "event_type")
_GONE: Final = re.compile(r"(?<!un)(?<!un_)trash|delete|unpublish|remove", re.IGNORECASE)
_BLOCK: Final = re.compile(
    r"\s*<(?:p|h[1-6]|ul|ol|dl|table|figure|blockquote|pre|div|section|hr|!--)\b", re.IGNORECASE
)
_PARAGRAPHS: Final = re.compile(r"<p\b|<!--\s*wp:", re.IGNORECASE)
_SHORTCODE: Final = re.compile(r"\[/?[a-z][\w-]{2,40}(?:\s+[\w-]+=[^\[\]]{0,300})?\s*/?\]")
_FIELD: Final = re.compile(r"\A([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")


def read(value: Any, *, timezone: tzinfo) -> list[Draft]:
    """Returns the drafts of a decoded body: of one post or of a list of posts. Raises Unreadable.

    What is no article in WordPress, such as a page or a revision, is left out.
    """
    posts = value if isinstance(value, list) else [value]
    return [draft for number, post in enumerate(posts, 1) for draft in _post(post, number, timezone)]


def read_form(body: bytes, *, timezone: tzinfo) -> list[Draft]:
    """Returns the drafts of a form, whose names may have brackets: post[post_title]. Raises Unreadable."""
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Unreadable("the body", f"this is no form ({error}); {_EXPECTED}") from error
    return read(_nested(fields), timezone=timezone)


def _post(value: Any, number: int, zone: tzinfo) -> Iterator[Draft]:
    if not isinstance(value, Mapping):
        raise Unreadable(f"post {number}", f"this is {kind_of(value)}; {_EXPECTED}")
    post = _flat(value)
    if text_at(post, "type", "post_type") in _NO_ARTICLES:
        return
    guid = id_at(post, "id", "ID", "post_id") or _rendered(post, "guid")
    if not guid:
        raise Unreadable(f'post {number}, "id"', f"there is none; {_EXPECTED}")
    changed = _moment(post, ("modified_gmt", "post_modified_gmt"), ("modified", "post_modified"), zone)
    status = text_at(post, "status", "post_status").lower()
    published = _moment(post, ("date_gmt", "post_date_gmt"), ("date", "post_date"), zone)
    if any(_GONE.search(text_at(post, key)) for key in _EVENTS):
        yield withdrawal(guid=guid)  # a post that is deleted keeps the time of its last change
    elif status == "future" and published is not None:
        yield replace(_draft(post, guid, number, published), version=version_at(changed), held_until=published)
    elif status not in _PUBLISHED or _has_password(post):
        yield withdrawal(guid=guid, changed_at=changed)
    else:
        yield replace(_draft(post, guid, number, published), version=version_at(changed))


def _flat(value: Object) -> Object:
    """Returns the values of a post, and after them those that stand around it."""
    layers: list[Object] = [value]
    for _ in range(2):
        inside = next((found for key in _INSIDE if (found := object_at(layers[0], key))), None)
        if inside is None:
            break
        layers.insert(0, inside)
    return ChainMap(*(dict(layer) for layer in layers))


def _draft(post: Object, guid: str, number: int, published: datetime | None) -> Draft:
    link = text_at(post, "link", "permalink", "post_permalink", "url") or _rendered(post, "guid")
    summary = _rendered(post, "excerpt") or text_at(post, "post_excerpt")
    content = _rendered(post, "content") or _with_paragraphs(text_at(post, "post_content"))
    entry = Entry(
        title=_rendered(post, "title") or text_at(post, "post_title"),
        summary=summary,
        contents=(content,) if content else (),
        categories=tuple(_categories(post)),
        published=published,
        url=link or None,
        guid=guid,
        author=_author(post),
        pictures=tuple(_pictures(post)),
        base=link,
    )
    draft = draft_of_entry(entry, text_at(post, "lang", "language", "locale")[:2].lower() or None)
    if draft is None:
        raise Unreadable(f"post {number}", f'neither "title" nor "content"; {_EXPECTED}')
    return draft


def _rendered(post: Object, key: str) -> str:
    """Returns `title.rendered`, `title.raw` or `title`."""
    inside = object_at(post, key)
    return text_at(inside, "rendered", "raw") if inside else text_at(post, key)


def _has_password(post: Object) -> bool:
    return object_at(post, "content").get("protected") is True or bool(text_at(post, "post_password", "password"))


def _with_paragraphs(raw: str) -> str:
    """Returns the text of a post as its author typed it, with the paragraphs that WordPress makes of empty lines."""
    text = _SHORTCODE.sub("", raw)
    if _PARAGRAPHS.search(text):
        return text
    parts = re.split(r"(?:\r?\n[ \t]*){2,}", text)
    return "\n".join(part if _BLOCK.match(part) else f"<p>{part}</p>" for part in parts if part.strip())


def _categories(post: Object) -> Iterator[str]:
    """Yields categories, and after them tags, as the feeds of WordPress do."""
    for kind in ("category", "post_tag"):
        for group in list_at(object_at(post, "_embedded"), "wp:term"):
            terms = [one for one in group if isinstance(one, Mapping)] if isinstance(group, list) else []
            yield from (text_at(term, "name") for term in terms if text_at(term, "taxonomy") == kind)
        of_kind = object_at(object_at(post, "taxonomies"), kind)
        yield from (text_at(term, "name") for term in of_kind.values() if isinstance(term, Mapping))
        for key in ("categories", "category") if kind == "category" else ("tags",):
            yield from (one for one in list_at(post, key) if isinstance(one, str))
            yield from (text_at(one, "name") for one in objects_at(post, key))


def _author(post: Object) -> str:
    embedded = objects_at(object_at(post, "_embedded"), "author")
    names = [text_at(one, "name") for one in embedded]
    names += [text_at(object_at(post, "author"), "name", "display_name")]
    names += [text_at(post, "author_name", "post_author_name", "author_display_name")]
    return next(filter(None, names), "")


def _pictures(post: Object) -> Iterator[str]:
    for one in objects_at(object_at(post, "_embedded"), "wp:featuredmedia"):
        yield text_at(one, "source_url")
    yield text_at(
        post, "jetpack_featured_media_url", "post_thumbnail", "featured_image_url", "featured_image_src", "thumbnail"
    )
    yield text_at(post, "featured_image", "image", "fimg_url")


def _moment(post: Object, universal: tuple[str, ...], local: tuple[str, ...], zone: tzinfo) -> datetime | None:
    """Returns a time. WordPress writes two: in UTC without saying so, and in the time of the site."""
    texts = [
        (text_at(post, *universal), UTC),
        (text_at(post, *local) or text_at(object_at(post, "date"), "raw"), zone),
    ]
    for text, of in texts:
        found = parse_date(text, timezone=of) if text and not text.startswith("0000") else None
        if isinstance(found, datetime):
            return found
        if isinstance(found, date):
            return datetime.combine(found, time_of_day(), of).astimezone(UTC)
    return None


def _nested(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """Returns the values of a form as an object: a[b][c]=1 is {"a": {"b": {"c": "1"}}}."""
    found: dict[str, Any] = {}
    for name, value in fields:
        if (matched := _FIELD.match(name)) is None:
            continue
        path = [matched[1], *re.findall(r"\[([^\[\]]*)\]", matched[2])][:DEEPEST_FIELD]
        place = found
        for key in path[:-1]:
            inside = place.setdefault(key, {})
            place = inside if isinstance(inside, dict) else {}
        place[path[-1] or str(len(place))] = value
    return found
