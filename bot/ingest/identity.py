"""What makes an article the same when it is read again: its guid, else its link, else its headline and day."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from bot.ingest.draft import Draft
from bot.text.arabic import normalize

# Parameters that say where a reader came from, not what he reads.
_TRACKING: Final = re.compile(
    r"^(?:utm_\w*|fbclid|gclid|dclid|yclid|msclkid|twclid|igshid|igsh|mc_cid|mc_eid|_ga|_gl|ocid|cmpid|cmp|ncid|sr_share"
    r"|at_(?:medium|campaign|link\w*|ptr\w*|bbc\w*)|ns_(?:mchannel|campaign|source|linkname)|wt_mc|traffic_source|ref_src)$",
    re.IGNORECASE,
)
_PORTS: Final = {"http": 80, "https": 443}


def without_tracking(url: str) -> str:
    """The address without tracking parameters and fragment, its host in lower case, its usual port left out."""
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url.strip()
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port in (None, _PORTS.get(parts.scheme)) else f"{host}:{port}"
    # What is kept stays as it was written: encoding it anew could change its meaning (%C7 in an older encoding).
    query = "&".join(one for one in parts.query.split("&") if not _TRACKING.match(unquote(one.partition("=")[0])))
    return urlunsplit((parts.scheme.lower(), netloc, parts.path or "/", query, ""))


def identities(drafts: Sequence[Draft], *, source_id: int | None, zone: tzinfo) -> list[str]:
    """An identity for each draft of one feed (with its source) or of one file or page (without).

    A guid that several items of a feed with different links share says nothing, and is passed over.
    """
    often = {guid for guid, times in Counter(draft.guid for draft in drafts).items() if times > 1}
    places = {(draft.guid, _place(draft.url)) for draft in drafts if draft.guid and draft.guid in often}
    shared = Counter(guid for guid, _ in places)
    return [_identity(draft, source_id, zone, usable=shared[draft.guid or ""] <= 1) for draft in drafts]


def _identity(draft: Draft, source_id: int | None, zone: tzinfo, *, usable: bool) -> str:
    guid = draft.guid if usable else None
    if source_id is not None and guid:
        return f"guid:{source_id}:{guid}"
    if draft.url:
        return f"link:{_place(draft.url)}"
    if guid:
        return f"guid::{guid}"
    return f"title:{normalize(draft.title)}:{_day(draft.published, zone)}"


def _place(url: str | None) -> str | None:
    """What a link leads to: with http or https, and with or without tracking, it is one place."""
    return without_tracking(url).partition("://")[2] if url else None


def _day(published: datetime | date | None, zone: tzinfo) -> str:
    if isinstance(published, datetime):
        try:
            return published.astimezone(zone).date().isoformat()
        except OverflowError:  # the last day of the calendar, which means "never"
            return published.date().isoformat()
    return published.isoformat() if published else ""
