"""Why an article came to a chat, or did not: the conditions that decide, each asked by itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from storage.database import Database, Row
from storage.records import ChatState, Explanation, Follow, Lane, Rhythm, Stage, StageKind
from storage.times import to_ms
from storage.topics import duplicates, subjects
from storage.topics.reading import language_matches
from storage.topics.rows import readable
from storage.topics.story_index import WINDOW

_LISTED = duplicates.listed_in_digest(
    "articles.id", "chats.id", since=f"articles.stored_at - {WINDOW // timedelta(milliseconds=1)}"
)
_DIGEST_HAS_IT = """
EXISTS (
    SELECT 1 FROM deliveries AS listing
    CROSS JOIN digest_snapshot_articles AS line ON line.snapshot_id = listing.snapshot_id
    WHERE listing.chat = chats.id AND listing.snapshot_id IS NOT NULL AND line.article_id = articles.id)
"""

# Each condition that fan-out, claim and digests ask together.
_CONDITIONS = f"""
SELECT articles.id, articles.lane, articles.retracted_at, articles.stored_at, articles.language,
       chats.stopped_at, chats.everything_since, chats.state, chats.active_since, chats.rhythm, chats.breaking,
       chats.least_sources, chats.reads,
       EXISTS (SELECT 1 FROM follows WHERE chat = chats.id AND NOT muted AND {subjects.ACTIVE}) AS follows_any,
       {subjects.sources_until("articles")} AS sources,
       {language_matches("chats.reads", "articles.language")} AS is_read,
       {subjects.may_see("chats.id", "articles")} AS is_visible,
       {subjects.everything_includes("chats", "articles")} AS is_reported,
       {subjects.follows_it("chats", "articles", "follows.since <= articles.stored_at")} AS follows_it,
       {subjects.mutes_it("chats.id", "articles")} AS mutes_it,
       {duplicates.already_notified("articles.id", "chats.id")} AS was_notified,
       {_LISTED} AS was_listed, {_DIGEST_HAS_IT} AS in_digest,
       deliveries.state AS delivery, deliveries.message_id, deliveries.reason
FROM articles CROSS JOIN chats ON chats.id = :chat
LEFT JOIN deliveries ON deliveries.article_id = articles.id AND deliveries.chat = chats.id
WHERE articles.id = :article
"""

_CHOICES = f"""
SELECT {subjects.SUBJECT}, follows.muted, follows.since, follows.until, follows.least_sources,
       {subjects.is_of_article("subjects", "articles")} AS of_article
FROM articles CROSS JOIN follows ON follows.chat = :chat CROSS JOIN subjects ON subjects.id = follows.subject_id
WHERE articles.id = :article AND {subjects.ACTIVE}
  AND {subjects.is_of_story("subjects", "articles")}
ORDER BY follows.since, subjects.id
"""


async def explain(database: Database, article_id: int, chat_row: int, *, now: datetime) -> Explanation | None:
    values = {"article": article_id, "chat": chat_row, "now": to_ms(now)}
    rows = await database.fetch(_CONDITIONS, values)
    if not rows:
        return None
    row = rows[0]
    sent = row["delivery"] == "sent" or row["message_id"] is not None
    stages = _stages(row, await database.fetch(_CHOICES, values), sent)
    return Explanation(delivered=sent or bool(row["in_digest"]), stages=tuple(stages))


def _stages(row: Row, choices: Sequence[Row], sent: bool) -> list[Stage]:
    """Returns the stages in the order in which an article passes them."""
    following = [
        choice for choice in choices if not choice["muted"] and (choice["of_article"] or _asks_for_more(row, choice))
    ]
    muting = [choice for choice in choices if choice["muted"] and choice["of_article"]]
    in_time = [choice for choice in following if choice["since"] <= row["stored_at"]]
    has_everything = row["everything_since"] is not None
    everything = has_everything and row["everything_since"] <= row["stored_at"]
    reported = (everything and bool(row["is_reported"])) or bool(row["follows_it"])
    least = min(
        [row["least_sources"]] * everything + [max(row["least_sources"], one["least_sources"]) for one in in_time],
        default=row["least_sources"],
    )
    is_alert = row["rhythm"] == Rhythm.ALERTS or (bool(row["breaking"]) and row["lane"] == Lane.BREAKING)
    # An alert that was sent is no repetition of itself, nor of a digest that listed it later.
    repeated = not sent and bool(row["was_notified"] or (row["was_listed"] and row["lane"] != Lane.BREAKING))
    return [
        Stage(
            kind=StageKind.PUSHED,
            passed=row["lane"] is not None and row["retracted_at"] is None,
            values={"retracted": row["retracted_at"] is not None},
        ),
        Stage(
            kind=StageKind.SUBSCRIBED,
            passed=row["stopped_at"] is None and (has_everything or bool(row["follows_any"])),
            values={"stopped": row["stopped_at"] is not None},
        ),
        Stage(
            kind=StageKind.REACHABLE,
            passed=row["state"] == ChatState.ACTIVE and row["active_since"] <= row["stored_at"],
            values={"state": row["state"]},
        ),
        Stage(kind=StageKind.LANGUAGE, passed=bool(row["is_read"]), values={"language": row["language"]}),
        Stage(kind=StageKind.VISIBLE, passed=bool(row["is_visible"])),
        Stage(
            kind=StageKind.FOLLOWED,
            passed=everything or bool(in_time),
            choices=_follows(in_time or following),
            values={
                "everything": everything,
                "too_late": (bool(following) or has_everything) and not in_time and not everything,
            },
        ),
        Stage(
            kind=StageKind.SOURCES,
            passed=reported or not (everything or in_time),
            values={"sources": row["sources"], "least": least},
        ),
        Stage(kind=StageKind.NOT_MUTED, passed=not row["mutes_it"], choices=_follows(muting)),
        Stage(kind=StageKind.RHYTHM, passed=is_alert, values={"rhythm": row["rhythm"]}),
        Stage(kind=StageKind.NOT_REPEATED, passed=not repeated, values={"in_digest": bool(row["in_digest"])}),
        Stage(kind=StageKind.SENT, passed=sent, values={"state": row["delivery"], "reason": row["reason"]}),
    ]


def _asks_for_more(row: Row, choice: Row) -> bool:
    """Returns whether several sources are asked for, so that a subject of the story is enough."""
    return bool(max(row["least_sources"], choice["least_sources"]) > 1)


def _follows(choices: Sequence[Row]) -> tuple[Follow, ...]:
    return tuple(readable(choices, subjects.follow_from))
