"""Places articles in stories: when an article is stored, changed or withdrawn, and when a person corrects a story.

The `story_id` of an article is the id of the first article of its story. Its `duplicate_of` is the first article with
the same text. The story index finds the stories and texts that an article is compared with. The caller's `decide`
says where the article belongs. If a person has placed an article, similarity does not move it.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from storage.database import Transaction
from storage.records import Decide, Fingerprint, Merged, StoryPlacement, SubjectKind
from storage.times import from_ms, to_ms
from storage.topics import corrections, outbox, story_index
from storage.topics.duplicates import ALSO_IN, counted_source, same_text, source_name
from storage.topics.subjects import merge_subjects, prolong_story


async def assign_story(
    transaction: Transaction,
    article_id: int,
    fingerprint: Fingerprint,
    *,
    language: str,
    published_at: datetime,
    now: datetime,
    decide: Decide,
) -> StoryPlacement:
    """Find the story of an article that was just stored, and index the article for later comparisons.

    Stories that the article shows to report one event become one, unless a person has placed an article of them.
    """
    candidates = await story_index.find_candidates(transaction, article_id, fingerprint, language, published_at)
    placement = decide(fingerprint, candidates)
    if placement.story_id is not None:
        await transaction.execute(
            "UPDATE articles SET story_id = :story, duplicate_of = :duplicate_of WHERE id = :id",
            {"id": article_id, "story": placement.story_id, "duplicate_of": placement.duplicate_of},
        )
        await prolong_story(transaction, placement.story_id, to_ms(now))
    await story_index.add(
        transaction,
        article_id,
        fingerprint,
        placement,
        candidates,
        language=language,
        published_at=published_at,
        now=now,
    )
    if placement.story_id is not None and placement.same_event:
        stories = await _placed_by_no_person(transaction, [placement.story_id, *placement.same_event])
        if placement.story_id in stories and len(stories) > 1:
            await _make_one(transaction, stories, now=now)
            await story_index.rebuild_story(transaction, stories[0])
            placement = replace(placement, story_id=stories[0])
    return placement


async def split_off(transaction: Transaction, article_id: int, *, now: datetime) -> list[int] | None:
    """Take an article out of its story, because a person asks for it.

    Returns the ids of the articles whose messages change, or None if the article is alone in its story or withdrawn.
    Chats are sent the articles that they did not get because they counted as duplicates.
    """
    if not await _has_others(transaction, article_id):
        return None
    duplicates = [row["duplicate_of"] for row in await transaction.fetch(same_text(":id"), {"id": article_id})]
    changed = await _name_each_other(transaction, article_id, now=now)
    await _leave_story(transaction, article_id)
    if duplicates:
        await outbox.reopen_fanouts(transaction, [article_id, *duplicates], now=now)
    await transaction.execute(
        "UPDATE articles SET placed_by = 'person', parted_from = :first WHERE id = :id",
        {"id": article_id, "first": min(duplicates, default=None)},
    )
    await story_index.add_text_again(transaction, article_id)
    await story_index.rebuild_story(transaction, article_id)
    return changed


async def merge_stories(
    transaction: Transaction, one: int, other: int, *, now: datetime, decide: Decide
) -> tuple[Merged, set[int]] | None:
    """Merge the stories of two articles, because a person asks for it.

    Returns the merged story and the ids of the articles whose messages change. Returns None if one of the articles is
    missing or withdrawn.
    """
    rows = await transaction.fetch(
        "SELECT story_id FROM articles WHERE id IN (:one, :other) AND retracted_at IS NULL",
        {"one": one, "other": other},
    )
    if len(rows) < len({one, other}):
        return None
    stories = sorted({row["story_id"] for row in rows})
    first = stories[0]
    await _make_one(transaction, stories, now=now)
    await transaction.execute("UPDATE articles SET placed_by = 'person' WHERE story_id = :story", {"story": first})
    changed = await _unite_texts(transaction, first, now=now, decide=decide)
    await story_index.rebuild_story(transaction, first)
    return Merged(story_id=first, one_text=bool(changed)), changed


async def continue_story(
    transaction: Transaction, article_id: int, earlier_keys: Sequence[str], *, source_id: int | None, now: datetime
) -> None:
    """Let a new article join the story of earlier articles, because their publisher says that it continues them.

    Other articles move only if no person has placed an article of their stories.
    """
    rows = await transaction.fetch(
        """
        SELECT DISTINCT articles.story_id FROM json_each(:keys) AS wanted
        CROSS JOIN article_keys ON article_keys.key = wanted.value
        JOIN articles ON articles.id = article_keys.article_id
        WHERE articles.source_id IS :source AND articles.retracted_at IS NULL AND NOT articles.private
          AND articles.id <> :id
        """,
        {"keys": json.dumps(list(earlier_keys)), "source": source_id, "id": article_id},
    )
    earlier = {int(row["story_id"]) for row in rows}
    own = await transaction.fetch("SELECT story_id FROM articles WHERE id = :id", {"id": article_id})
    stories = sorted({int(own[0]["story_id"]), *earlier})
    if len(stories) > 2 or await _has_others(transaction, article_id):
        stories = await _placed_by_no_person(transaction, stories)
    if not earlier or len(stories) < 2:
        return
    await _make_one(transaction, stories, now=now)
    await prolong_story(transaction, stories[0], to_ms(now))
    await story_index.rebuild_story(transaction, stories[0])


async def _make_one(transaction: Transaction, stories: list[int], *, now: datetime) -> None:
    """Move the articles and follows of these stories, in rising order of id, to the first of them.

    The chats that waited for more sources than each story had are sent the articles that bring these.
    """
    first, *later = stories
    had = max([len(await _sources(transaction, story)) for story in stories])
    for story in later:
        await story_index.remove_stories(transaction, [story])
        await transaction.execute(
            "UPDATE articles SET story_id = :first WHERE story_id = :later", {"first": first, "later": story}
        )
        await merge_subjects(transaction, SubjectKind.STORY, story, first)
    await _owe_new_sources(transaction, first, had=had, now=now)


async def _placed_by_no_person(transaction: Transaction, stories: list[int]) -> list[int]:
    """Returns these stories in rising order, without those of which a person has placed an article."""
    rows = await transaction.fetch(
        # Served by articles_of_story.
        """
        SELECT story_id FROM articles WHERE story_id IN (SELECT CAST(value AS bigint) FROM json_each(:stories))
        GROUP BY story_id HAVING max(placed_by) IS NULL ORDER BY story_id
        """,
        {"stories": json.dumps(stories)},
    )
    return [int(row["story_id"]) for row in rows]


async def _sources(transaction: Transaction, story_id: int, *, besides: int = 0) -> list[int]:
    """Returns for each source of a story its first article, in the order of these articles.

    The article `besides` is left out.
    """
    rows = await transaction.fetch(
        # Served by articles_of_story.
        f"""
        SELECT min(id) AS first FROM articles
        WHERE story_id = :story AND retracted_at IS NULL AND id <> :besides
        GROUP BY {counted_source("articles")} ORDER BY first
        """,
        {"story": story_id, "besides": besides},
    )
    return [int(row["first"]) for row in rows]


async def _owe_new_sources(transaction: Transaction, story_id: int, *, had: int, now: datetime) -> None:
    """Deliver the articles that bring a story more sources than it had, to the chats that waited for so many.

    Chats that ask for fewer sources were sent an article of the story when it had these.
    """
    bringing = (await _sources(transaction, story_id))[had:]
    await outbox.reopen_fanouts(transaction, bringing, now=now, more_than=had)


async def close_stories(transaction: Transaction, *, before: datetime, limit: int) -> int:
    """Close up to `limit` stories that no article has joined since `before`. Returns their number."""
    rows = await transaction.fetch(
        # Served by open_stories_joined.
        "SELECT story_id FROM open_stories WHERE joined_at < :before ORDER BY joined_at LIMIT :limit",
        {"before": to_ms(before), "limit": max(0, limit)},
    )
    closed = [row["story_id"] for row in rows]
    await story_index.remove_stories(transaction, closed)
    await story_index.forget_stories(transaction, closed)
    return len(closed)


async def forget_articles(transaction: Transaction, article_ids: list[int]) -> None:
    """Remove articles that are being pruned from the index."""
    await story_index.remove_stories(transaction, article_ids)
    await story_index.forget_articles(transaction, article_ids)


async def name_in_duplicates(transaction: Transaction, article_id: int, *, now: datetime) -> list[int]:
    """Correct the messages about the duplicates of an article, so that they name its source as well.

    If the function is called before the article leaves its duplicates, their messages stop naming its source. Another
    duplicate may have a source of the same name. So only messages whose line of sources changes are corrected.
    Returns the ids of these duplicates.
    """
    this = f"(SELECT {source_name('this')} FROM articles AS this WHERE this.id = :id)"
    rows = await transaction.fetch(
        f"""
        UPDATE articles SET shown_revision = shown_revision + 1, changed_at = :now
        WHERE id IN ({same_text(":id")}) AND retracted_at IS NULL AND {this} IS NOT NULL
          AND {this} IS NOT {source_name("articles")}
          AND NOT EXISTS (
              SELECT 1 FROM articles AS same
              WHERE same.id IN ({same_text(":id")}) AND same.id <> articles.id AND same.retracted_at IS NULL
                AND {source_name("same")} = {this})
        RETURNING id
        """,
        {"id": article_id, "now": to_ms(now)},
    )
    others = [int(row["id"]) for row in rows]
    for other in others:
        await corrections.correct_later(transaction, other, now)
    return others


async def _name_each_other(transaction: Transaction, article_id: int, *, now: datetime) -> list[int]:
    """Correct the messages about an article and about its duplicates, so that they name each other's sources.

    The duplicates are corrected by `name_in_duplicates`. Returns the ids of the articles whose messages change.
    """
    others = await name_in_duplicates(transaction, article_id, now=now)
    changed = await transaction.change(
        f"""
        UPDATE articles SET shown_revision = shown_revision + 1, changed_at = :now
        WHERE id = :id AND {ALSO_IN} <> '[]'
        """,
        {"id": article_id, "now": to_ms(now)},
    )
    if changed:
        await corrections.correct_later(transaction, article_id, now)
    return [article_id, *others] if changed else others


async def _unite_texts(transaction: Transaction, story_id: int, *, now: datetime, decide: Decide) -> set[int]:
    """Make split-off articles duplicates again, if they are back in the story of the text that they were split from.

    Returns the ids of the articles whose messages change.
    """
    rows = await transaction.fetch(
        # Served by articles_of_story.
        """
        SELECT id, duplicate_of, parted_from FROM articles
        WHERE story_id = :story AND retracted_at IS NULL ORDER BY id
        """,
        {"story": story_id},
    )
    first_of = {row["id"]: row["duplicate_of"] or row["id"] for row in rows}
    changed: set[int] = set()
    for row in rows:
        if row["parted_from"] not in first_of:  # not split off, or split from another story
            continue
        first, second = sorted((first_of[row["id"]], first_of[row["parted_from"]]))
        if first == second or not await story_index.have_one_text(transaction, row["id"], row["parted_from"], decide):
            continue
        await story_index.remove_text(transaction, second)
        for article_id in [one for one, text in first_of.items() if text == second]:
            first_of[article_id] = first
            await transaction.execute(
                "UPDATE articles SET duplicate_of = :first WHERE id = :id", {"id": article_id, "first": first}
            )
            changed.update(await _name_each_other(transaction, article_id, now=now))
        await transaction.execute("UPDATE articles SET parted_from = NULL WHERE id = :id", {"id": row["id"]})
    return changed


async def withdraw_article(transaction: Transaction, article_id: int) -> None:
    """Remove a withdrawn article from its story and from the index. The story continues without it."""
    await story_index.remove_text(transaction, article_id)
    await _leave_story(transaction, article_id)
    await story_index.remove_stories(transaction, [article_id])
    await story_index.forget_articles(transaction, [article_id])


async def reassign_story(
    transaction: Transaction, article_id: int, fingerprint: Fingerprint, *, now: datetime, decide: Decide
) -> None:
    """Compare the new text of an article with other texts. An article that has left the window stays in its story.

    An article that was alone may join a story now. An article that shares a story with others stays in it, because
    readers saw it there.
    """
    rows = await transaction.fetch(
        """
        SELECT articles.story_id, articles.duplicate_of, articles.placed_by, articles.language, articles.published_at
        FROM articles JOIN fingerprints ON fingerprints.article_id = articles.id WHERE articles.id = :id
        """,
        {"id": article_id},
    )
    if not rows:
        return
    article = rows[0]
    await story_index.remove_text(transaction, article_id)
    await story_index.remove_stories(transaction, [article["story_id"]])  # before its counted words change
    if article["placed_by"] is not None or await _has_others(transaction, article_id):
        await story_index.keep_fingerprint(transaction, article_id, fingerprint)
        await _compare_with_duplicates(transaction, article_id, fingerprint, article["duplicate_of"], now, decide)
        await story_index.rebuild_story(transaction, article["story_id"])
        return
    placement = await assign_story(
        transaction,
        article_id,
        fingerprint,
        language=article["language"],
        published_at=from_ms(article["published_at"]),
        now=now,
        decide=decide,
    )
    if placement.duplicate_of is not None:
        await _name_each_other(transaction, article_id, now=now)
    if placement.story_id is not None:
        others = await _sources(transaction, placement.story_id, besides=article_id)
        await _owe_new_sources(transaction, placement.story_id, had=len(others), now=now)


async def _compare_with_duplicates(
    transaction: Transaction,
    article_id: int,
    fingerprint: Fingerprint,
    duplicate_of: int | None,
    now: datetime,
    decide: Decide,
) -> None:
    """Separate an article from its duplicates, if its new text differs from theirs."""
    if duplicate_of is None:
        if not await _has_the_text_of_a_duplicate(transaction, article_id, decide):
            await _name_each_other(transaction, article_id, now=now)
            await _hand_on_text(transaction, article_id)
        await story_index.add_text(transaction, article_id, fingerprint.runs)
    elif not await story_index.is_duplicate(transaction, fingerprint, duplicate_of, decide):
        await _name_each_other(transaction, article_id, now=now)
        await transaction.execute("UPDATE articles SET duplicate_of = NULL WHERE id = :id", {"id": article_id})
        await story_index.add_text(transaction, article_id, fingerprint.runs)


async def _has_the_text_of_a_duplicate(transaction: Transaction, article_id: int, decide: Decide) -> bool:
    """Returns whether the first article of a text still has the same text as one of its duplicates.

    Returns True if it has no duplicates.
    """
    copies = await transaction.fetch(
        # Served by articles_copies.
        "SELECT id FROM articles WHERE duplicate_of = :id AND retracted_at IS NULL ORDER BY id",
        {"id": article_id},
    )
    for copy in copies:
        if await story_index.have_one_text(transaction, copy["id"], article_id, decide):
            return True
    return not copies


async def _has_others(transaction: Transaction, article_id: int) -> bool:
    """Returns whether the story of an article has other articles. Served by articles_of_story."""
    rows = await transaction.fetch(
        """
        SELECT 1 FROM articles AS this JOIN articles AS other ON other.story_id = this.story_id
        WHERE this.id = :id AND this.retracted_at IS NULL AND other.id <> :id AND other.retracted_at IS NULL LIMIT 1
        """,
        {"id": article_id},
    )
    return bool(rows)


async def _leave_story(transaction: Transaction, article_id: int) -> None:
    """Move an article into a story of its own, without duplicates.

    If other articles have its text, the next of them becomes the first article of that text. If the article was the
    first of its story, the story gets the id of the next article.
    """
    await _hand_on_text(transaction, article_id)
    rows = await transaction.fetch(
        """
        SELECT this.story_id, (
            SELECT id FROM articles WHERE story_id = this.story_id AND id <> :id
            ORDER BY retracted_at IS NOT NULL, id LIMIT 1) AS next
        FROM articles AS this WHERE this.id = :id
        """,
        {"id": article_id},
    )
    story, following = rows[0]["story_id"], rows[0]["next"]
    if following is None:
        return
    await story_index.remove_stories(transaction, [story])
    await transaction.execute(
        "UPDATE articles SET story_id = :id, duplicate_of = NULL WHERE id = :id", {"id": article_id}
    )
    if story == article_id:
        await transaction.execute(
            "UPDATE articles SET story_id = :next WHERE story_id = :story AND id <> :story",
            {"next": following, "story": story},
        )
        await merge_subjects(transaction, SubjectKind.STORY, story, following)
        story = following
    await story_index.rebuild_story(transaction, story)


async def _hand_on_text(transaction: Transaction, article_id: int) -> None:
    """Make the next duplicate of an article the first of their text."""
    rows = await transaction.fetch(
        # Served by articles_copies.
        "SELECT min(id) AS first FROM articles WHERE duplicate_of = :id AND retracted_at IS NULL",
        {"id": article_id},
    )
    first = rows[0]["first"]
    if first is None:
        return
    values = {"id": article_id, "first": first}
    await transaction.execute(
        "UPDATE articles SET duplicate_of = :first WHERE duplicate_of = :id AND id <> :first", values
    )
    await transaction.execute("UPDATE articles SET duplicate_of = NULL WHERE id = :first", values)
    # Served by articles_parted.
    await transaction.execute("UPDATE articles SET parted_from = :first WHERE parted_from = :id", values)
    await story_index.add_text_again(transaction, first)
