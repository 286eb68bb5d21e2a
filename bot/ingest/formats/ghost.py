"""Reads what Ghost sends to a webhook when a post is published, edited, unpublished or deleted.

The body is `{"post": {"current": {…}, "previous": {…}}}`. `current` is the post as it is now, and empty if the post
was deleted. `previous` has the former values of what changed. Ghost sends the whole text of a post that only members
may read, too: readers here get what everybody sees on the site.
"""

from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any, Final

from bot.ingest.draft import Draft
from bot.ingest.errors import Unreadable
from bot.ingest.formats.entry import Entry
from bot.ingest.formats.feed import draft_of_entry
from bot.ingest.formats.feed_dates import parse as parse_date
from bot.ingest.formats.json_values import Object, id_at, kind_of, object_at, objects_at, text_at
from bot.ingest.formats.post_versions import version_at, withdrawal

_PUBLIC_END: Final = "<!--members-only-->"  # what stands above this line is shown to everybody
_EXPECTED: Final = "expected what Ghost sends for Post published, updated, unpublished or deleted"


def read(value: Any, *, timezone: tzinfo) -> list[Draft]:
    """Returns the post of a decoded body as one draft. Raises Unreadable."""
    if not isinstance(value, dict):
        raise Unreadable("the body", f"this is {kind_of(value)}; {_EXPECTED}")
    post = value.get("post")
    if not isinstance(post, dict):
        others = ", ".join(f'"{key}"' for key in list(value)[:3]) or "nothing"
        raise Unreadable('"post"', f"there is none (but {others}); {_EXPECTED}")
    current, previous = object_at(post, "current"), object_at(post, "previous")
    if not current:
        guid = id_at(previous, "id")
        if not guid:
            raise Unreadable('"post.previous.id"', "there is none; expected the id of the deleted post")
        return [withdrawal(guid=guid)]
    return [_post(current, timezone)]


def _post(post: Object, zone: tzinfo) -> Draft:
    guid = id_at(post, "id")
    if not guid:
        raise Unreadable('"post.current.id"', "there is none; expected the id of the post")
    changed = _moment(post, "updated_at", zone)
    if text_at(post, "status") != "published":
        return withdrawal(guid=guid, changed_at=changed)
    entry = Entry(
        title=text_at(post, "title"),
        title_layers=0,
        summary=text_at(post, "custom_excerpt"),
        contents=tuple(html for html in (_public_html(post),) if html),
        categories=tuple(
            name for tag in objects_at(post, "tags") if (name := text_at(tag, "name")) and not _is_internal(tag)
        ),
        published=_moment(post, "published_at", zone),
        url=text_at(post, "url") or None,
        guid=guid,
        author=", ".join(filter(None, (text_at(author, "name") for author in objects_at(post, "authors")))),
        pictures=(text_at(post, "feature_image", "og_image"),),
        base=text_at(post, "url"),
    )
    draft = draft_of_entry(entry, text_at(post, "locale") or None)
    if draft is None:
        raise Unreadable('"post.current"', "neither title nor text; expected at least one of them")
    return replace(draft, version=version_at(changed))


def _public_html(post: Object) -> str:
    html = text_at(post, "html")
    if text_at(post, "visibility") in ("", "public"):
        return html
    before, mark, _ = html.partition(_PUBLIC_END)
    return before if mark else ""


def _is_internal(tag: Object) -> bool:
    return text_at(tag, "visibility") == "internal" or text_at(tag, "name").startswith("#")


def _moment(post: Object, key: str, zone: tzinfo) -> datetime | None:
    found = parse_date(text_at(post, key), timezone=zone) if text_at(post, key) else None
    return found if isinstance(found, datetime) else None
