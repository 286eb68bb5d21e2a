"""Listing: the newest articles, all of them or those of a category, public ones and those of private sources.

Each list reads ranges of an index in the order of time. The public articles are one range. Each private source that a
chat follows is another range. Every range is cut at the limit before the ranges are merged, so a list takes as long
as its length says, however many articles and private sources are stored.
"""

import json
from dataclasses import dataclass
from typing import Any

from storage.database import Database
from storage.records import Viewer
from storage.times import to_ms
from storage.topics.subjects import ACTIVE, OWN_SOURCES, mutes_it

LAST_MS = 2**63 - 1  # later than every time
_CATEGORY = "article_categories AS filed CROSS JOIN articles ON articles.id = filed.article_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a viewer sees besides public articles, and what it does not see."""

    own: tuple[int, ...] = ()  # ids of the private sources whose articles it sees
    mutes: int = 0  # number of subjects that it mutes and does not want to see now
    muted_categories: frozenset[int] = frozenset()  # ids of the categories among that
    values: dict[str, Any]  # the parameters of the conditions: :own, :audiences, :chat and :now

    def unmuted(self, article: str) -> str:
        """Returns a condition: the viewer is shown the article, a row with this name, although it has mutes."""
        return f"NOT {mutes_it(':chat', article)}" if self.mutes else "TRUE"


async def view_of(database: Database, viewer: Viewer | None) -> View:
    """Returns what a viewer sees. Without a viewer, only public articles are seen. Served by the key of follows."""
    if viewer is None:
        return View(values={"own": "[]", "audiences": "[0]"})
    values: dict[str, Any] = {"chat": viewer.chat_row, "now": to_ms(viewer.at)}
    rows = await database.fetch(
        f"""
        SELECT (SELECT coalesce(json_group_array(ref), '[]') FROM ({OWN_SOURCES}) AS own_sources) AS own,
               (SELECT count(*) FROM follows WHERE chat = :chat AND muted AND {ACTIVE}) AS mutes,
               (SELECT coalesce(json_group_array(subjects.ref), '[]') FROM follows
                CROSS JOIN subjects ON subjects.id = follows.subject_id AND subjects.kind = 'category'
                WHERE follows.chat = :chat AND follows.muted AND {ACTIVE}) AS muted_categories
        """,
        values,
    )
    own = tuple(json.loads(rows[0]["own"]))
    values |= {"own": rows[0]["own"], "audiences": json.dumps([0, *own])}
    if viewer.with_muted:
        return View(own=own, values=values)
    muted_categories = frozenset(json.loads(rows[0]["muted_categories"]))
    return View(own=own, mutes=rows[0]["mutes"], muted_categories=muted_categories, values=values)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of articles, newest first, or oldest first if `ascending` is True.

    A category is the parameter :category. The private sources are the parameter :own, a JSON array of source ids.
    """

    category: bool = False  # only the articles of a category
    private: bool = False  # also the articles of the private sources in :own
    ascending: bool = False

    @property
    def language(self) -> str:
        """The column with the language of the article, in the index of the list."""
        return "filed.language" if self.category else "articles.language"

    @property
    def place(self) -> str:
        """The columns that order the list."""
        return "filed.published_at, filed.article_id" if self.category else "articles.published_at, articles.id"

    def in_list(self, article: str) -> str:
        """Returns a condition: another article of the same story, called `article`, belongs to the list as well."""
        seen = f"NOT {article}.private"
        if self.private:
            seen = f"({seen} OR {article}.source_id IN (SELECT CAST(value AS bigint) FROM json_each(:own)))"
        if not self.category:
            return seen
        return f"""
        {seen} AND EXISTS (
            SELECT 1 FROM article_categories WHERE category_id = :category AND article_id = {article}.id)
        """

    def newest(self, *conditions: str) -> str:
        """Returns a query for the id and published_at of the first :limit articles that fulfil the conditions.

        Served by articles_newest and articles_private, or by article_categories_newest.
        """
        public = self._range("filed.audience = 0" if self.category else "NOT articles.private", conditions)
        if not self.private:
            return public
        one = (
            "filed.audience = CAST(own.value AS bigint)"
            if self.category
            else "articles.private AND articles.source_id = CAST(own.value AS bigint)"
        )
        # Of the private sources, only articles are read that go before the last one of the public range. The second
        # limit lets PostgreSQL look up what the first one has left: see `storage.postgres.dialect`.
        sign, last, end = ("<=", "max", LAST_MS) if self.ascending else (">=", "min", 0)
        published_at = self.place.split(",")[0]
        last_of_public = f"CASE WHEN count(*) < :limit THEN {end} ELSE {last}(published_at) END"
        within = f"{published_at} {sign} (SELECT {last_of_public} FROM public)"
        return f"""
        WITH public AS MATERIALIZED ({public})
        SELECT id, published_at FROM (
            SELECT * FROM public
            UNION ALL
            SELECT listed.id, listed.published_at FROM json_each(:own) AS own
            CROSS JOIN articles AS listed ON listed.id IN (
                SELECT id FROM ({self._range(one, (within, *conditions))}) AS newest LIMIT :limit)
        ) AS listed ORDER BY {self._order("published_at, id")} LIMIT :limit
        """

    def _range(self, audience: str, conditions: tuple[str, ...]) -> str:
        # "scans articles" is for the planner of the tests: a list without a category begins at the end of its index.
        return f"""
        -- scans articles: from the newest on, up to the limit; without reading those in other languages
        SELECT articles.id, articles.published_at FROM {_CATEGORY if self.category else "articles"}
        WHERE {audience} {"AND filed.category_id = :category AND NOT filed.retracted" if self.category else ""}
          AND {" AND ".join(conditions)}
        ORDER BY {self._order(self.place)} LIMIT :limit
        """

    def _order(self, columns: str) -> str:
        return ", ".join(f"{column} {'ASC' if self.ascending else 'DESC'}" for column in columns.split(", "))
