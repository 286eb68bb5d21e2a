"""A draft is what ingest read from a feed, a page or a file, before it is compared with what is stored."""

from dataclasses import dataclass
from datetime import date, datetime


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
