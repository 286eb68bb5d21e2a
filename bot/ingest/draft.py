"""Drafts: articles as they were read from a feed, a page or a file, before they are compared with storage."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from datetime import time as time_of_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One article as its publisher gave it. All texts but `document` are plain, with single spaces."""

    title: str  # one line, never empty
    body: str = ""  # paragraphs, separated by one empty line
    excerpt: str | None = None  # the body as the feed gave it, if `body` is from the article page
    document: str = ""  # the body as blocks, in the form in which it is stored; "" if `body` says all
    lead: str = ""  # the publisher's own summary, one paragraph, if it is not the body
    categories: tuple[str, ...] = ()  # as the publisher writes them; the first one is shown with the article
    published: datetime | date | None = None  # aware UTC; a plain date where the publisher gave only the day
    url: str | None = None  # absolute, as given (identity strips tracking later)
    guid: str | None = None  # a feed item's own id
    author: str | None = None
    image_url: str | None = None  # absolute
    language: str | None = None  # declared by the feed or page: a hint, "ar" not "ar-EG"
    publisher: str | None = None  # the site's name, if the item names it

    @property
    def category(self) -> str | None:
        """The category that is shown with the article."""
        return self.categories[0] if self.categories else None


def sorting_time(published: datetime | date | None, zone: tzinfo, now: datetime) -> datetime:
    """Returns the time by which an article is sorted.

    A day without a time counts as its end in `zone`. A missing date and a date in the future count as `now`.
    """
    if published is None:
        return now
    if not isinstance(published, datetime):
        published = datetime.combine(published, time_of_day(23, 59, 59), zone)
    try:
        return min(published.astimezone(now.tzinfo), now)
    except OverflowError:  # the last day of the calendar, which means "never"
        return now
