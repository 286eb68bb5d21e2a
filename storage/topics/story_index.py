"""The index of open stories. It finds the stories and texts that a new article is compared with.

An article has about a hundred words that set it apart. Each word is a number with a weight. A story is found by its
rarest words, so that the lists that are read stay short. The index counts how many stories contain a word, because a
rarer word says more. It counts stories, not articles: a name that two hundred articles of one story repeat is still a
rare name. A text is found by a few of its runs of words. The same runs are chosen in each text that contains them.

Everything is stored in the database. So the memory use of the bot does not grow, and `newsbot import` in another
process sees the same index. It was measured in bench/text/stories.py with 100,000 articles in the window.
"""

import json
import math
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from storage.database import Row, Transaction
from storage.records import CandidateStory, CandidateText, Decide, Fingerprint, StoryCandidates, StoryPlacement
from storage.times import to_ms

WINDOW = timedelta(days=3)  # the longest time from the first article of a story to its last
FOUND_BY = 32  # words by which a story is found
ASKED = 16  # words of an article that are looked up
MOST_ROWS = 500  # rows that are read for these words: common words say little and occur everywhere
FOUND = 30  # stories that share the most of these words
COMPARED = 6  # of these stories, those of the same days that are compared in full
SAME_RUN = 50  # newest texts that are read for a run of words: a site may repeat a phrase in all of its articles
TEXTS_COMPARED = 4  # texts that are compared in full
MOST_WORDS = 64  # words of a story; those with the highest weights stay
MOST_TEXTS = 200  # texts from which the profile of a story is rebuilt
_ALL = -1  # a key that is not the number of any word


async def add(
    transaction: Transaction,
    article_id: int,
    fingerprint: Fingerprint,
    placement: StoryPlacement,
    candidates: StoryCandidates,
    *,
    language: str,
    published_at: datetime,
    now: datetime,
) -> None:
    """Index an article after it was placed in a story, so that later articles are compared with it."""
    await keep_fingerprint(transaction, article_id, fingerprint)
    counts = candidates.counts
    if placement.story_id is None:
        await _open(transaction, article_id, fingerprint.words, counts, language, to_ms(published_at), now)
    else:
        await transaction.execute(
            "UPDATE open_stories SET joined_at = max(joined_at, :now) WHERE story_id = :story",
            {"story": placement.story_id, "now": to_ms(now)},
        )
    if placement.duplicate_of is not None:  # a duplicate adds nothing new to its story
        return
    if placement.story_id is not None:
        joined = next(story for story in candidates.stories if story.story_id == placement.story_id)
        await _grow(transaction, joined, fingerprint.words, counts)
    await add_text(transaction, article_id, fingerprint.runs)


async def find_candidates(
    transaction: Transaction, article_id: int, fingerprint: Fingerprint, language: str, published_at: datetime
) -> StoryCandidates:
    """Returns the stories and texts of the same days that share rare words or runs of words with an article."""
    counts = await _counts(transaction, fingerprint.words, language)
    total = counts.pop(_ALL, 0)
    asked = _asked_words(fingerprint.words, counts, total)
    rows = await _candidates(transaction, article_id, asked, fingerprint.runs, published_at)
    stories = [
        CandidateStory(
            story_id=row["story_id"], texts=row["texts"], words=unpacked(row["words"]), sketch=row["sketch"]
        )
        for row in rows
        if row["article_id"] is None
    ]
    texts = [
        CandidateText(
            article_id=row["article_id"],
            story_id=row["story_id"],
            words=unpacked(row["words"]),
            sketch=row["sketch"],
        )
        for row in rows
        if row["article_id"] is not None
    ]
    held = {word for story in stories for word in story.words} | {word for text in texts for word in text.words}
    counts |= await _counts(transaction, held - fingerprint.words.keys())
    return StoryCandidates(stories=tuple(stories), texts=tuple(texts), counts=counts, total=total)


async def _counts(transaction: Transaction, words: Collection[int], language: str = "") -> dict[int, int]:
    """Returns the number of stories that contain each of these words, and under _ALL the number in the language."""
    if not words and not language:
        return {}
    rows = await transaction.fetch(
        # Served by the keys of both tables.
        """
        SELECT word, stories FROM word_counts WHERE word IN (SELECT CAST(value AS bigint) FROM json_each(:words))
        UNION ALL SELECT :all, stories FROM language_counts WHERE language = :language
        """,
        {"words": json.dumps(list(words)), "language": language, "all": _ALL},
    )
    return {row["word"]: row["stories"] for row in rows}


def _asked_words(words: Mapping[int, float], counts: Mapping[int, int], total: int) -> dict[int, float]:
    """Returns the rarest of these words that any story has, by which stories are looked up, with their weights."""
    asked: dict[int, float] = {}
    rows = 0
    for word in sorted((word for word in words if counts.get(word)), key=lambda word: counts[word])[:ASKED]:
        rows += counts[word]
        if asked and rows > MOST_ROWS:
            break
        asked[word] = words[word] * math.log((total + counts[word] + 1) / counts[word]) ** 2
    return asked


async def _candidates(
    transaction: Transaction,
    article_id: int,
    words: Mapping[int, float],
    runs: Sequence[int],
    published_at: datetime,
) -> Sequence[Row]:
    """Returns the stories with these words, and then the texts with these runs, the most alike first."""
    if not words and not runs:
        return []
    return await transaction.fetch(
        # The keys of story_words and text_runs serve the query, with one list for each word and run. The lists of
        # words are read in full: their newest rows alone would not be enough. They are short, because the words were
        # chosen for that.
        """
        SELECT * FROM (
            SELECT CAST(NULL AS bigint) AS article_id, open_stories.story_id, open_stories.texts,
                   coalesce(open_stories.words, fingerprints.words) AS words, fingerprints.sketch, near.shared
            FROM (
                SELECT story_words.story_id, sum(CAST(weights.value AS double precision)) AS shared
                FROM json_each(:words) AS asked CROSS JOIN json_each(:weights) AS weights ON weights.key = asked.key
                CROSS JOIN story_words ON story_words.word = CAST(asked.value AS bigint)
                WHERE story_words.story_id <> :id
                GROUP BY story_words.story_id ORDER BY shared DESC, story_words.story_id LIMIT :stories_found
            ) AS near
            JOIN open_stories ON open_stories.story_id = near.story_id
            LEFT JOIN fingerprints ON fingerprints.article_id = open_stories.story_id
            WHERE open_stories.published_at BETWEEN :earliest AND :latest
              AND coalesce(open_stories.words, fingerprints.words) IS NOT NULL
            ORDER BY near.shared DESC, near.story_id LIMIT :stories
        ) AS near_stories
        UNION ALL
        SELECT near.article_id, articles.story_id, NULL, fingerprints.words, fingerprints.sketch, near.shared
        FROM (
            SELECT text_runs.article_id, count(*) AS shared
            FROM json_each(:runs) AS asked CROSS JOIN text_runs ON text_runs.run = CAST(asked.value AS bigint)
             AND text_runs.article_id >= coalesce(
                (SELECT article_id FROM text_runs WHERE run = CAST(asked.value AS bigint) ORDER BY article_id DESC
                 LIMIT 1 OFFSET :same_run), 0)
            WHERE text_runs.article_id <> :id
            GROUP BY text_runs.article_id ORDER BY shared DESC, text_runs.article_id LIMIT :texts
        ) AS near
        JOIN articles ON articles.id = near.article_id
        JOIN fingerprints ON fingerprints.article_id = near.article_id
        WHERE articles.retracted_at IS NULL AND articles.published_at BETWEEN :earliest AND :latest
        ORDER BY shared DESC, article_id, story_id
        """,
        {
            "words": json.dumps(list(words)),
            "weights": json.dumps(list(words.values())),
            "runs": json.dumps(list(runs)),
            "id": article_id,
            "stories_found": FOUND,
            "stories": COMPARED,
            "same_run": SAME_RUN - 1,
            "texts": TEXTS_COMPARED,
            **_days(published_at),
        },
    )


def _days(published_at: datetime) -> dict[str, int]:
    return {"earliest": to_ms(published_at - WINDOW), "latest": to_ms(published_at + WINDOW)}


# Writing


async def _open(
    transaction: Transaction,
    story_id: int,
    words: Mapping[int, float],
    counts: Mapping[int, int],
    language: str,
    published_at: int,
    now: datetime,
) -> None:
    await transaction.execute(
        """
        INSERT INTO open_stories (story_id, language, texts, published_at, joined_at)
        VALUES (:story, :language, 1, :published_at, :now)
        ON CONFLICT (story_id) DO UPDATE SET language = excluded.language, texts = 1, words = NULL,
            published_at = excluded.published_at, joined_at = excluded.joined_at
        """,
        {"story": story_id, "language": language, "published_at": published_at, "now": to_ms(now)},
    )
    await transaction.execute(
        """
        INSERT INTO language_counts (language, stories) VALUES (:language, 1)
        ON CONFLICT (language) DO UPDATE SET stories = language_counts.stories + 1
        """,
        {"language": language},
    )
    await _count_in(transaction, words)
    await _find_by(transaction, story_id, rarest(words, counts))


async def _grow(
    transaction: Transaction, story: CandidateStory, words: Mapping[int, float], counts: Mapping[int, int]
) -> None:
    """Add a text to a story's profile."""
    grown = added_up(story.words, words)
    await transaction.execute(
        "UPDATE open_stories SET texts = texts + 1, words = :words WHERE story_id = :story",
        {"story": story.story_id, "words": packed(grown)},
    )
    dropped = story.words.keys() - grown.keys()
    await _count_in(transaction, grown.keys() - story.words.keys())
    await _count_out(transaction, dropped)
    await _not_find_by(transaction, story.story_id, dropped)
    await _find_by(
        transaction, story.story_id, rarest({word: words[word] for word in words.keys() & grown.keys()}, counts)
    )


async def rebuild_story(transaction: Transaction, story_id: int) -> None:
    """Rebuild the profile of a story from the texts that it has now.

    If it has no text in the window, the story is removed from the index.
    """
    before = await transaction.fetch("SELECT * FROM open_stories WHERE story_id = :story", {"story": story_id})
    await remove_stories(transaction, [story_id])
    texts = await transaction.fetch(
        # Served by articles_of_story.
        """
        SELECT articles.id, articles.language, articles.published_at, articles.stored_at, fingerprints.words
        FROM articles JOIN fingerprints ON fingerprints.article_id = articles.id
        WHERE articles.story_id = :story AND articles.duplicate_of IS NULL AND articles.retracted_at IS NULL
        ORDER BY articles.id LIMIT :most
        """,
        {"story": story_id, "most": MOST_TEXTS},
    )
    if not texts:
        return
    words: dict[int, float] = {}
    for text in texts:
        words = added_up(words, unpacked(text["words"]))
    await transaction.execute(
        """
        INSERT INTO open_stories (story_id, language, texts, words, published_at, joined_at)
        VALUES (:story, :language, :texts, :words, :published_at, :joined_at)
        """,
        {
            "story": story_id,
            "language": texts[0]["language"],
            "texts": len(texts),
            "words": packed(words),
            "published_at": texts[0]["published_at"],
            "joined_at": max([text["stored_at"] for text in texts] + [row["joined_at"] for row in before]),
        },
    )
    await transaction.execute(
        """
        INSERT INTO language_counts (language, stories) VALUES (:language, 1)
        ON CONFLICT (language) DO UPDATE SET stories = language_counts.stories + 1
        """,
        {"language": texts[0]["language"]},
    )
    await _count_in(transaction, words)
    await _find_by(transaction, story_id, rarest(words, await _counts(transaction, words)))


async def remove_stories(transaction: Transaction, story_ids: Sequence[int]) -> None:
    """Remove these stories from the index, so that they are not found or counted. Their fingerprints stay."""
    rows = await transaction.fetch(
        """
        SELECT open_stories.story_id, open_stories.language, coalesce(open_stories.words, fingerprints.words) AS words
        FROM json_each(:stories) AS asked
        CROSS JOIN open_stories ON open_stories.story_id = CAST(asked.value AS bigint)
        LEFT JOIN fingerprints ON fingerprints.article_id = open_stories.story_id
        """,
        {"stories": json.dumps(list(story_ids))},
    )
    for row in rows:
        words = unpacked(row["words"]) if row["words"] is not None else {}
        await _count_out(transaction, words)
        await _not_find_by(transaction, row["story_id"], words)
        await transaction.execute(
            "UPDATE language_counts SET stories = stories - 1 WHERE language = :language",
            {"language": row["language"]},
        )
        await transaction.execute("DELETE FROM open_stories WHERE story_id = :story", {"story": row["story_id"]})


async def _count_in(transaction: Transaction, words: Iterable[int]) -> None:
    await transaction.execute(
        """
        INSERT INTO word_counts (word, stories) SELECT CAST(value AS bigint), 1 FROM json_each(:words) WHERE true
        ON CONFLICT (word) DO UPDATE SET stories = word_counts.stories + 1
        """,
        {"words": json.dumps(list(words))},
    )


async def _count_out(transaction: Transaction, words: Iterable[int]) -> None:
    values = {"words": json.dumps(list(words))}
    if values["words"] == "[]":
        return
    await transaction.execute(
        """
        UPDATE word_counts SET stories = stories - 1
        WHERE word IN (SELECT CAST(value AS bigint) FROM json_each(:words))
        """,
        values,
    )
    await transaction.execute(
        """
        DELETE FROM word_counts
        WHERE word IN (SELECT CAST(value AS bigint) FROM json_each(:words)) AND stories <= 0
        """,
        values,
    )


async def _find_by(transaction: Transaction, story_id: int, words: Iterable[int]) -> None:
    await transaction.execute(
        """
        INSERT INTO story_words (word, story_id) SELECT CAST(value AS bigint), :story
        FROM json_each(:words) WHERE TRUE
        ON CONFLICT DO NOTHING
        """,
        {"story": story_id, "words": json.dumps(list(words))},
    )


async def _not_find_by(transaction: Transaction, story_id: int, words: Iterable[int]) -> None:
    values = {"story": story_id, "words": json.dumps(list(words))}
    if values["words"] == "[]":
        return
    await transaction.execute(
        """
        DELETE FROM story_words
        WHERE story_id = :story AND word IN (SELECT CAST(value AS bigint) FROM json_each(:words))
        """,
        values,
    )


async def keep_fingerprint(transaction: Transaction, article_id: int, fingerprint: Fingerprint) -> None:
    """Store the fingerprint of an article's text."""
    await transaction.execute(
        """
        INSERT INTO fingerprints (article_id, words, sketch, runs) VALUES (:id, :words, :sketch, :runs)
        ON CONFLICT (article_id) DO UPDATE SET words = excluded.words, sketch = excluded.sketch, runs = excluded.runs
        """,
        {
            "id": article_id,
            "words": packed(fingerprint.words),
            "sketch": fingerprint.sketch,
            "runs": struct.pack(f"<{len(fingerprint.runs)}I", *fingerprint.runs),
        },
    )


async def add_text(transaction: Transaction, article_id: int, runs: Iterable[int]) -> None:
    """Index the runs of a text, so that later duplicates find it."""
    await transaction.execute(
        """
        INSERT INTO text_runs (run, article_id) SELECT CAST(value AS bigint), :id FROM json_each(:runs) WHERE TRUE
        ON CONFLICT DO NOTHING
        """,
        {"id": article_id, "runs": json.dumps(list(runs))},
    )


async def add_text_again(transaction: Transaction, article_id: int) -> None:
    """Index the runs of a text that was a duplicate until now, so that later duplicates find it."""
    await add_text(transaction, article_id, await _runs(transaction, article_id))


async def remove_text(transaction: Transaction, article_id: int) -> None:
    """Remove the runs of a text from the index, so that later articles do not find it."""
    await transaction.execute(
        """
        DELETE FROM text_runs
        WHERE article_id = :id AND run IN (SELECT CAST(value AS bigint) FROM json_each(:runs))
        """,
        {"id": article_id, "runs": json.dumps(await _runs(transaction, article_id))},
    )


async def _runs(transaction: Transaction, article_id: int) -> list[int]:
    rows = await transaction.fetch("SELECT runs FROM fingerprints WHERE article_id = :id", {"id": article_id})
    return [run for row in rows for (run,) in struct.iter_unpack("<I", row["runs"])]


async def is_duplicate(transaction: Transaction, fingerprint: Fingerprint, first: int, decide: Decide) -> bool:
    """Returns whether a text is still the same as that of the article `first`.

    Returns True if the fingerprint of `first` is gone.
    """
    rows = await transaction.fetch(
        "SELECT article_id, words, sketch FROM fingerprints WHERE article_id = :id", {"id": first}
    )
    if not rows:
        return True
    text = CandidateText(article_id=first, story_id=first, words=unpacked(rows[0]["words"]), sketch=rows[0]["sketch"])
    counts = await _counts(transaction, text.words.keys() | fingerprint.words.keys())
    return (
        decide(fingerprint, StoryCandidates(stories=(), texts=(text,), counts=counts, total=0)).duplicate_of
        is not None
    )


async def have_one_text(transaction: Transaction, one: int, other: int, decide: Decide) -> bool:
    """Returns whether two articles that had the same text still have it. Returns True if a fingerprint is gone."""
    rows = await transaction.fetch("SELECT words, sketch FROM fingerprints WHERE article_id = :id", {"id": one})
    if not rows:
        return True
    this = Fingerprint(words=unpacked(rows[0]["words"]), runs=(), sketch=rows[0]["sketch"])
    return await is_duplicate(transaction, this, other, decide)


async def forget_stories(transaction: Transaction, story_ids: Sequence[int]) -> None:
    """Delete the fingerprints of all articles of these stories."""
    rows = await transaction.fetch(
        # Served by articles_of_story.
        """
        SELECT articles.id FROM json_each(:stories) AS asked
        CROSS JOIN articles ON articles.story_id = CAST(asked.value AS bigint)
        """,
        {"stories": json.dumps(list(story_ids))},
    )
    # The first article of a story may be pruned already, while its fingerprint is still stored.
    await forget_articles(transaction, sorted({row["id"] for row in rows} | set(story_ids)))


async def forget_articles(transaction: Transaction, article_ids: Sequence[int]) -> None:
    """Delete the fingerprints of these articles."""
    for article_id in article_ids:
        await remove_text(transaction, article_id)
        await transaction.execute("DELETE FROM fingerprints WHERE article_id = :id", {"id": article_id})


# Words as bytes


def packed(words: Mapping[int, float]) -> bytes:
    """Returns the words as bytes: four bytes for each word and two for its weight."""
    return struct.pack(f"<{len(words)}I{len(words)}e", *words.keys(), *words.values())


def unpacked(packed: bytes) -> dict[int, float]:
    count = len(packed) // 6
    values = struct.unpack(f"<{count}I{count}e", packed)
    return dict(zip(values[:count], values[count:], strict=True))


def rarest(words: Mapping[int, float], counts: Mapping[int, int]) -> list[int]:
    """Returns the rarest words of a story, by which it is found."""
    return sorted(words, key=lambda word: (counts.get(word, 0), -words[word]))[:FOUND_BY]


def added_up(story: Mapping[int, float], text: Mapping[int, float]) -> dict[int, float]:
    """Returns the words of a story with one more text added.

    The words with the highest weights stay. Among words of the same weight, the newer ones stay.
    """
    words = {word: weight + story.get(word, 0.0) for word, weight in text.items()}
    words |= {word: weight for word, weight in story.items() if word not in words}
    if len(words) <= MOST_WORDS:
        return words
    return dict(sorted(words.items(), key=lambda pair: -pair[1])[:MOST_WORDS])
