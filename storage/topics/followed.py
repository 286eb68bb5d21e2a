"""The list of the articles that a chat gets by its follows, newest first.

Of each followed subject, some of its newest articles are candidates. An index serves each kind of subject: categories
and stories in the order of time, sources, authors and words in the order in which articles were stored. The number of
candidates has a bound, so a list takes the same time however many articles are stored. It ends at the last candidate.
"""

from datetime import datetime
from typing import Any, Final

from storage.database import Database
from storage.records import Headline, Place, Reading
from storage.times import to_ms
from storage.topics.headlines import HEADLINE, JOINED, SHOWN, headline_from, story_size_columns
from storage.topics.reading import language_matches, newest_of_story, reading_row
from storage.topics.rows import readable
from storage.topics.subjects import ACTIVE, follows_it, may_see, mutes_it

CANDIDATES: Final = 1_000  # articles that are looked at for a page, shared out among the subjects
LEAST_CANDIDATES: Final = 30  # of each subject


async def page(
    database: Database,
    chat_row: int,
    *,
    limit: int,
    older_than: Place | None,
    newer_than: Place | None,
    reading: Reading,
    now: datetime,
) -> list[Headline]:
    """Returns a page of the list, newest first: the first one, or the one after or before a place."""
    values: dict[str, Any] = {"chat": chat_row, "now": to_ms(now), "limit": max(0, limit)} | reading_row(reading)
    rows = await database.fetch(_COUNT, values)
    values["most"] = max(LEAST_CANDIDATES, CANDIDATES // max(1, rows[0]["follows"]))
    place = older_than or newer_than
    if place is not None:
        values |= {"published_at": to_ms(place.published_at), "id": place.id}
    ascending = newer_than is not None and older_than is None
    rows = await database.fetch(
        _listed(place=place is not None, ascending=ascending, grouped=reading.grouped), values
    )
    return readable(rows, headline_from)


_FOLLOWED: Final = f"""
FROM chats CROSS JOIN follows ON follows.chat = chats.id AND NOT follows.muted AND {ACTIVE}
CROSS JOIN subjects ON subjects.id = follows.subject_id
WHERE chats.id = :chat
"""

_COUNT: Final = f"SELECT count(*) AS follows {_FOLLOWED}"


def _listed(*, place: bool, ascending: bool, grouped: bool) -> str:
    """Returns the query for a page of the articles that a chat follows, newest first."""
    order, sign = ("ASC", ">") if ascending else ("DESC", "<")

    def beyond(columns: str) -> str:
        return f"({columns}) {sign} (:published_at, :id)" if place else "TRUE"

    conditions = [
        "articles.retracted_at IS NULL",
        beyond("articles.published_at, articles.id"),
        language_matches(":reads", "articles.language"),
        # A subject that asks for stories of several sources is checked whole.
        f"(candidates.least <= 1 OR {follows_it('chats', 'articles')})",
        *_shown("articles"),
    ]
    if grouped:
        listed = [language_matches(":reads", "newer.language"), follows_it("chats", "newer"), *_shown("newer")]
        conditions.append(newest_of_story(*listed))
    return f"""
    WITH followed AS MATERIALIZED (
        SELECT subjects.id, subjects.kind, subjects.ref, max(chats.least_sources, follows.least_sources) AS least
        {_FOLLOWED}
    ), found AS (
        SELECT filed.article_id AS id, followed.least FROM followed
        CROSS JOIN article_categories AS filed ON followed.kind = 'category' AND filed.category_id = followed.ref
            AND filed.audience = 0 AND filed.article_id IN (
                SELECT newest.article_id FROM article_categories AS newest INDEXED BY article_categories_newest
                WHERE newest.category_id = followed.ref AND newest.audience = 0 AND NOT newest.retracted
                  AND {beyond("newest.published_at, newest.article_id")}
                  AND {language_matches(":reads", "newest.language")}
                ORDER BY newest.published_at {order}, newest.article_id {order} LIMIT :most)
        UNION ALL
        SELECT its.id, followed.least FROM followed
        CROSS JOIN articles AS its ON followed.kind = 'source' AND its.id IN (
            SELECT newest.id FROM articles AS newest WHERE newest.source_id = followed.ref
            ORDER BY newest.id DESC LIMIT :most)
        UNION ALL
        SELECT its.id, followed.least FROM followed
        CROSS JOIN articles AS its ON followed.kind = 'story' AND its.id IN (
            SELECT newest.id FROM articles AS newest WHERE newest.story_id = followed.ref
              AND {beyond("newest.published_at, newest.id")}
            ORDER BY newest.published_at {order}, newest.id {order} LIMIT :most)
        UNION ALL
        SELECT its.article_id, followed.least FROM followed
        CROSS JOIN article_subjects AS its ON followed.kind IN ('author', 'words') AND its.subject_id = followed.id
            AND its.article_id IN (
                SELECT newest.article_id FROM article_subjects AS newest WHERE newest.subject_id = followed.id
                ORDER BY newest.article_id DESC LIMIT :most)
    ), candidates AS MATERIALIZED (
        SELECT id, min(least) AS least FROM found GROUP BY id
    ), listed AS (
        SELECT articles.id FROM candidates CROSS JOIN articles ON articles.id = candidates.id
        CROSS JOIN chats ON chats.id = :chat
        WHERE {" AND ".join(conditions)}
        ORDER BY articles.published_at {order}, articles.id {order} LIMIT :limit
    )
    SELECT {HEADLINE}, {story_size_columns(":grouped")}, {SHOWN}
    FROM listed CROSS JOIN articles ON articles.id = listed.id {JOINED}
    ORDER BY articles.published_at DESC, articles.id DESC
    """


def _shown(article: str) -> tuple[str, str]:
    """Returns conditions: the chat mutes no subject of the article, and may see it."""
    return f"NOT {mutes_it('chats.id', article)}", may_see("chats.id", article)
