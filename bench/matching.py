"""What an article costs when many chats follow words: found, stored, and owed to those who follow what it has."""

import random
import resource
from collections.abc import AsyncIterator

from bench.archive_texts import ArchiveTexts
from bench.newsroom import LONG_AGO, Size, newsroom, now
from bench.rows import Meter, Row
from bot.ingest.draft import Draft
from bot.ingest.prepare import category_names, prepare_texts
from bot.text.followed_words import words_subject
from bot.text.search import understood
from storage import Storage
from storage.records import ChatSettings, ChosenSubject, Lane, NewArticle, SubjectKind

FOLLOWS = 3  # of words, in each chat
ARTICLES = 50
STOCK = 1_000  # articles at most that are stored before, so that the rarer of two words is known
CHUNK = 1_000  # deliveries made in one transaction, as the sender does it
BATCH = 5_000  # chats whose follows are stored in one transaction


async def matching(size: Size) -> AsyncIterator[Row]:
    """Chats of which each follows three words, and articles that have some of these."""
    for chats in sorted({max(1, size.chats // 10), size.chats}):
        yield await _matching(chats)


async def _matching(chats: int) -> Row:
    texts = ArchiveTexts()
    async with newsroom(0) as storage:
        for number, given in enumerate(texts.articles(min(STOCK, chats))):
            await storage.articles.store([_prepared(-1 - number, given)], now=LONG_AGO)
        subjects = await _follow(storage, chats, random.Random(1))
        articles = [_prepared(number, given) for number, given in enumerate(texts.articles(ARTICLES))]
        filled = await _matched(storage)
        meter = Meter("matching", f"{chats:,} chats, {FOLLOWS} follows of words each")
        stored: list[float] = []
        expanded: list[float] = []
        for article in articles:
            begun = _cpu_ms()
            await storage.articles.store([article], now=now())
            stored.append(_cpu_ms() - begun)
            begun = _cpu_ms()
            while await storage.deliveries.expand(limit=CHUNK, now=now()):
                pass
            expanded.append(_cpu_ms() - begun)
        meter.stop()
        matched = await _matched(storage) - filled
        owed = (await storage.deliveries.stats(now=now())).deliveries["queued"]
    figures = {
        "stored_ms_of_cpu": sum(stored) / ARTICLES,
        "stored_ms_of_cpu_most": max(stored),
        "fanout_us_of_cpu_each": 1000 * sum(expanded) / max(1, owed),
        "subjects": subjects,
        "subjects_of_an_article": matched / ARTICLES,
        "deliveries_of_an_article": owed / ARTICLES,
    }
    return meter.alone(owed, figures)


async def _matched(storage: Storage) -> int:
    rows = await storage.database.fetch(
        """
        -- scans article_subjects: a scenario's few hundred
        SELECT count(*) AS found FROM article_subjects
        """
    )
    return int(rows[0]["found"])


async def _follow(storage: Storage, chats: int, chance: random.Random) -> int:
    """Let each chat follow words, drawn by Zipf's law. Returns the number of different ones."""
    vocabulary = ArchiveTexts()
    keys: set[str] = set()
    for first in range(1, chats + 1, BATCH):
        batch = [
            ChatSettings(
                chat_id=number,
                language="en",
                timezone="UTC",
                follows=tuple(_chosen(vocabulary.drawn(2), chance) for _ in range(FOLLOWS)),
            )
            for number in range(first, min(first + BATCH, chats + 1))
        ]
        keys |= {one.key for chat in batch for one in chat.follows}
        await storage.settings.put(batch, now=LONG_AGO)
    return len(keys)


def _chosen(drawn: list[str], chance: random.Random) -> ChosenSubject:
    """A word; for a third of them a phrase, or a word without another one."""
    word, other = drawn
    typed = chance.choice([word, word, word, word, f'"{word} {other}"', f"{word} -{other}"])
    subject = words_subject(understood(typed))
    assert subject is not None
    assert subject.key is not None
    return ChosenSubject(kind=SubjectKind.WORDS, value=typed, key=subject.key, query=subject.query)


def _cpu_ms() -> float:
    """Milliseconds of all threads of this process: SQLite works in one of its own."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return 1000 * (used.ru_utime + used.ru_stime)


def _prepared(number: int, given: dict[str, object]) -> NewArticle:
    draft = Draft(title=str(given["title"]), body=str(given["body"]), categories=("Sea",))
    ((text, search, _),) = prepare_texts([draft])
    return NewArticle(
        identity=f"matching {number}",
        text=text,
        search=search,
        categories=category_names(["Sea"]),
        published_at=now(),
        published_on=None,
        lane=Lane.ALERT if number >= 0 else None,
    )
