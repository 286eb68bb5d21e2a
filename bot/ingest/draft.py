"""A draft is what ingest read from a feed, a page or a file, before it is compared with what is stored."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from datetime import time as time_of_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One article as its publisher gave it. Texts are plain, but for `markup`; white space is single."""

    title: str  # one line, never empty
    body: str = ""  # paragraphs, separated by one empty line
    excerpt: str | None = None  # the body as its feed gave it, where the body is the article page's
    markup: str = ""  # the body as Telegram HTML, where its publisher set marks or links in it
    lead: str = ""  # the publisher's own summary where it is not the body, one paragraph
    category: str | None = None  # the section, as shown
    published: datetime | date | None = None  # aware UTC; a plain date where the publisher gave only the day
    url: str | None = None  # absolute, as given (identity strips tracking later)
    guid: str | None = None  # a feed item's own id
    author: str | None = None
    image_url: str | None = None  # absolute
    language: str | None = None  # declared by the feed or page: a hint, "ar" not "ar-EG"
    publisher: str | None = None  # the site's name, where the item says it


def sorting_time(published: datetime | date | None, zone: tzinfo, now: datetime) -> datetime:
    """When an article counts as published: a day counts until its end, nothing is later than now, no date is now."""
    if published is None:
        return now
    if not isinstance(published, datetime):
        published = datetime.combine(published, time_of_day(23, 59, 59), zone)
    try:
        return min(published.astimezone(now.tzinfo), now)
    except OverflowError:  # the last day of the calendar, which means "never"
        return now
