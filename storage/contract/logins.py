"""The contract of the dashboard: logins, and the short histories that it shows."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Protocol

from storage.records import ChatDay, EarlierText, Login, PastVisit


class Logins(Protocol):
    """Links that log a person in once, and the sessions that these links begin.

    Storage sees only hashes of links and sessions, so nobody who reads the database can use them.
    """

    async def add_link(self, link: str, login: Login, *, expires_at: datetime) -> None:
        """Store a link by its hash. It replaces the link that the person has not used yet."""

    async def is_open(self, link: str, *, now: datetime) -> bool:
        """Returns whether a link can still be used."""

    async def use_link(self, link: str, session: str, *, now: datetime) -> Login | None:
        """Begin a session, and delete the link. Returns None if the link was used or has expired.

        A person has a few sessions at most: the one that was not used for longest ends.
        """

    async def session(
        self, session: str, *, idle: timedelta, longest: timedelta, now: datetime, is_use: bool = True
    ) -> Login | None:
        """Returns whose session it is, and notes that it is used. `is_use` is False if only an open page asks.

        Returns None if it is unknown, was not used for `idle`, or began longer ago than `longest`.
        """

    async def set_language(self, session: str, language: str) -> None:
        """Show the dashboard in that language from now on, in this session."""

    async def end(self, session: str) -> None:
        """End a session."""

    async def end_all(self, user_id: int | None) -> int:
        """End all sessions of a person, and delete the link that is not used yet. Returns the number of sessions."""

    async def prune(self, *, idle: timedelta, longest: timedelta, now: datetime) -> int:
        """Delete links and sessions that can't be used any more. Returns their number."""


class Histories(Protocol):
    """What sources and chats did lately, and earlier texts of articles. They come with what is stored elsewhere."""

    async def visits(self, source_id: int, *, limit: int) -> list[PastVisit]:
        """Returns the last visits to a source, the latest first."""

    async def earlier_texts(self, article_id: int) -> list[EarlierText]:
        """Returns the texts that an article had before it was corrected, the latest first. The last ten are kept."""

    async def articles_by_day(self, source_ids: Collection[int], *, since: date) -> dict[int, dict[date, int]]:
        """Returns how many articles each of these sources brought on each day since then, by source id.

        Days without articles are left out. A day is one in UTC.
        """

    async def chats_by_day(self, *, since: date) -> list[ChatDay]:
        """Returns the days since then on which chats came or went, the earliest first."""

    async def prune(self, *, before: date) -> int:
        """Delete the numbers of days before that one. Returns the number of deleted rows."""
