"""JSON Feed 1.1."""

import json
from typing import Any, Final

from bot.text.rfc3339 import rfc3339
from bot.web.feeds.items import Feed, FeedItem

VERSION: Final = "https://jsonfeed.org/version/1.1"


def write(feed: Feed) -> bytes:
    whole = _without_empty(
        version=VERSION,
        title=feed.title,
        home_page_url=feed.home,
        feed_url=feed.address,
        language=feed.language,
    ) | {"items": [_item(item) for item in feed.items]}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def _item(item: FeedItem) -> dict[str, Any]:
    content = {"content_html": item.html} if item.html else {"content_text": item.summary}
    return content | _without_empty(
        id=item.id,
        url=item.url,
        title=item.title,
        summary=item.summary,
        image=item.image,
        date_published=rfc3339(item.published_at),
        date_modified=rfc3339(item.changed_at),
        authors=[{"name": item.author}] if item.author else [],
        tags=list(item.categories),
        language=item.language,
        _newsbot=_without_empty(source=item.source),  # JSON Feed has no place for it, and lets us make one
    )


def _without_empty(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
