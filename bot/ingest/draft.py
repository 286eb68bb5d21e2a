"""Drafts: articles as they were read from a feed, a page or a file, before they are compared with storage."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from datetime import time as time_of_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One article as its publisher gave it. All texts but `document` are plain, with single spaces."""

    title: str  # one line, never empty unless the article is withdrawn
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
    breaking: bool = False  # whether the publisher marks the article as breaking news
    version: int | None = None  # grows with each text of the article; a version that is not higher changes nothing
    page_version: int | None = None  # grows when the page of the article changes, whose text may be stored
    withdrawn: bool = False  # whether the publisher retracts the article, which `guid` or `url` names
    evolved_from: tuple[str, ...] = ()  # guids of earlier articles of the same source, whose story this one continues
    other_ids: tuple[str, ...] = ()  # further ids, by which `evolved_from` of later articles may name this one
    held_until: datetime | None = None  # aware UTC; the embargo, before which no reader may see the article
    editor_note: str = ""  # what the publisher tells editors; never shown to readers

    @property
    def stored_version(self) -> int | None:
        """The version that is kept with the article."""
        return self.page_version if self.version is None else self.version

    @property
    def category(self) -> str | None:
        """The category that is shown with the article."""
        return self.categories[0] if self.categories else None


def latest_versions(drafts: Sequence[Draft]) -> list[Draft]:
    """Returns the drafts in their order, of each article only its last version.

    Wires list several versions of an article, each with the same guid. A withdrawal is later than a text of the same
    version. A guid that many items share by mistake has neither versions nor withdrawals, so all these items stay.
    """
    of_guid: defaultdict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.guid:
            of_guid[draft.guid].append(draft)
    outdated = {id(draft) for several in of_guid.values() if len(several) > 1 for draft in _outdated(several)}
    return [draft for draft in drafts if id(draft) not in outdated]


def _outdated(several: Sequence[Draft]) -> list[Draft]:
    """Returns the drafts of one guid that another draft of the same article replaces."""
    if not any(draft.withdrawn for draft in several) and any(draft.version is None for draft in several):
        return []
    last = max(several, key=lambda draft: (-1 if draft.version is None else draft.version, draft.withdrawn))
    return [draft for draft in several if draft is not last]


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
