"""Versions of content management systems that count none: the time at which a post was changed stands for them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.ingest.draft import Draft
from bot.text.html import clean

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def version_at(changed_at: datetime | None) -> int | None:
    """Returns the version of a post that was changed at that time, so that a call that comes late changes nothing."""
    return None if changed_at is None else (changed_at - _EPOCH) // _MILLISECOND


def withdrawal(*, guid: str, changed_at: datetime | None = None, url: str | None = None) -> Draft:
    """Returns the withdrawal of a post. It is later than a text of the same second."""
    version = version_at(changed_at)
    return Draft(
        title="", guid=clean(guid) or None, url=url, withdrawn=True, version=None if version is None else version + 1
    )
