"""What a list, a count, a search and a digest cost a reader, beside many private sources and with mutes."""

import random
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from bench.killed import SEED
from bench.newsroom import Size, filled_database, now
from bench.rows import Meter, Row
from bot.chat.searching import run_search
from bot.text.followed_words import words_subject
from bot.text.search import understood
from storage import Storage, open_storage
from storage.records import ChatKind, Query, Reading, SubjectKind, SubjectName, Term, Viewer
from storage.times import to_ms

ARTICLES_OF_A_SOURCE: Final = 20  # private articles
PRIVATE_SHARE: Final = 5  # one article in so many is private
CATEGORIES: Final = 40
WORDS: Final = 20_000
WORDS_OF_AN_ARTICLE: Final = 40
PUBLIC_SOURCES: Final = 500
OWN: Final = 50  # private sources that a chat follows
MUTES: Final = 20
FOLLOWED: Final = 10  # categories, and as many public sources and words, that a chat follows
BATCH: Final = 10_000

Ask = Callable[[Storage, random.Random, Viewer | None], Awaitable[object]]


async def lists(size: Size) -> AsyncIterator[Row]:
    """The same lists without private articles, beside them, with some of them, and with mutes."""
    for private in (False, True):
        filling = partial(fill_articles, articles=size.kept, private=private)
        async with filled_database(filling) as database, open_storage(database) as storage:
            everybody = await _viewer(storage, 1)
            viewers: dict[str, Viewer] = {"beside private ones" if private else "of public articles": everybody}
            if private:
                sources = size.kept // PRIVATE_SHARE // ARTICLES_OF_A_SOURCE
                owner, muting = await _viewer(storage, 2), await _viewer(storage, 3)
                for viewer in (owner, muting):
                    for n in range(min(OWN, sources)):
                        await _choose(storage, viewer, SubjectKind.SOURCE, PUBLIC_SOURCES + 1 + n, muted=False)
                for n in range(MUTES):
                    kind, ref = (SubjectKind.CATEGORY, n + 1) if n % 4 == 0 else (SubjectKind.SOURCE, n + 1)
                    await _choose(storage, muting, kind, ref, muted=True)
                viewers |= {f"and of {OWN} own sources": owner, f"and with {MUTES} mutes": muting}
            for situation, viewer in viewers.items():
                for name, ask in _ASKED.items():
                    yield await _measured(storage, f"{name}, {situation}", ask, viewer, size.asked)
                if viewer is not everybody:
                    continue
                following = await _follower(storage)
                name = f"what {3 * FOLLOWED} follows bring, {situation}"
                yield await _measured(storage, name, _followed, following, size.asked)


async def _measured(storage: Storage, situation: str, ask: Ask, viewer: Viewer, asked: int) -> Row:
    chance = random.Random(SEED)
    for _ in range(asked // 10):
        await ask(storage, chance, viewer)
    meter = Meter("lists", situation)
    waits = []
    for _ in range(asked):
        begun = time.perf_counter()
        await ask(storage, chance, viewer)
        waits.append(1000 * (time.perf_counter() - begun))
    return replace(meter.stop().alone(asked, {}), waits=tuple(waits))


async def _latest(storage: Storage, chance: random.Random, viewer: Viewer | None) -> object:
    return await storage.articles.page(limit=11, reading=Reading(languages=("en",)), viewer=viewer)


async def _category(storage: Storage, chance: random.Random, viewer: Viewer | None) -> object:
    return await storage.articles.page(limit=11, category=chance.randint(1, CATEGORIES), viewer=viewer)


async def _lines(storage: Storage, chance: random.Random, viewer: Viewer | None) -> object:
    return await storage.articles.count(category=chance.randint(1, CATEGORIES), viewer=viewer, most=100)


async def _counts(storage: Storage, chance: random.Random, viewer: Viewer | None) -> object:
    return await storage.categories.list_with_counts(Reading(languages=("en",)), viewer=viewer)


async def _search(storage: Storage, chance: random.Random, viewer: Viewer | None) -> object:
    words = [random_word(chance) for _ in range(2)]
    return await storage.search.candidates(
        Query(terms=tuple(Term(word, (word,)) for word in words), languages=("en",), viewer=viewer)
    )


async def _phrase(storage: Storage, chance: random.Random, viewer: Viewer | None) -> object:
    """A search for two words that stand side by side in an article, and the page of hits: texts are read for it."""
    [newest] = await storage.database.fetch(
        """
        -- scans articles: one step, from the end
        SELECT id FROM articles ORDER BY id DESC LIMIT 1
        """
    )
    chosen = chance.randint(1, newest["id"] // PRIVATE_SHARE) * PRIVATE_SHARE  # public: the first of five is private
    rows = await storage.database.fetch("SELECT body FROM articles WHERE id = :id", {"id": chosen})
    words = rows[0]["body"].split()
    first = chance.randrange(len(words) - 1)
    (term,) = understood(f'"{words[first]} {words[first + 1]}"').terms
    return await run_search(storage, Query(terms=(term,), languages=("en",), viewer=viewer), limit=10)


async def _digest(storage: Storage, chance: random.Random, viewer: Viewer | None) -> object:
    assert viewer is not None
    until = viewer.at - timedelta(hours=chance.randint(0, 48))
    return await storage.articles.missed_headlines(
        viewer.chat_row, since=until - timedelta(hours=1), until=until, limit=20
    )


async def _followed(storage: Storage, chance: random.Random, viewer: Viewer | None) -> object:
    assert viewer is not None
    return await storage.follows.page(viewer.chat_row, limit=11, reading=Reading(languages=("en",)), now=viewer.at)


_ASKED: Final[dict[str, Ask]] = {
    "newest": _latest,
    "category": _category,
    "headlines of a category": _lines,
    "counts": _counts,
    "search": _search,
    "search of a phrase": _phrase,
    "digest of an hour": _digest,
}


async def _viewer(storage: Storage, number: int) -> Viewer:
    long_ago = now() - timedelta(days=100)
    chat = await storage.chats.ensure(
        number, None, kind=ChatKind.PRIVATE, title=None, language="en", timezone="UTC", now=long_ago
    )
    await storage.chats.subscribe_to_everything(chat.id, now=long_ago)
    return Viewer(chat_row=chat.id, at=now())


async def _follower(storage: Storage) -> Viewer:
    """A chat that follows categories, sources and words, and mutes a source."""
    viewer = await _viewer(storage, 4)
    for n in range(FOLLOWED):
        await _choose(storage, viewer, SubjectKind.CATEGORY, n + 1, muted=False)
        await _choose(storage, viewer, SubjectKind.SOURCE, n + 1, muted=False)
        words = words_subject(understood(word(n + 20)))
        assert words is not None
        subject = await storage.follows.ensure_subject(words)
        await storage.follows.follow(viewer.chat_row, subject.id, now=now() - timedelta(days=90))
    await _choose(storage, viewer, SubjectKind.SOURCE, FOLLOWED + 1, muted=True)
    return viewer


async def _choose(storage: Storage, viewer: Viewer, kind: SubjectKind, ref: int, *, muted: bool) -> None:
    subject = await storage.follows.ensure_subject(SubjectName(kind=kind, ref=ref))
    choose = storage.follows.mute if muted else storage.follows.follow
    await choose(viewer.chat_row, subject.id, now=now() - timedelta(days=90))


def fill_articles(path: Path, articles: int, *, private: bool) -> None:
    """Fill a SQLite file, without the work of preparing its articles: a million a minute or two."""
    chance, end = random.Random(SEED), now()
    sources = PUBLIC_SOURCES + articles // PRIVATE_SHARE // ARTICLES_OF_A_SOURCE
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO sources (url, kind, title, added_at, due_at, private) VALUES (?, 'feed', ?, 0, 0, ?)",
            (
                (f"https://s{n}.example/", f"Source {n}", private and n > PUBLIC_SOURCES)
                for n in range(1, sources + 1)
            ),
        )
        connection.executemany(
            "INSERT INTO categories (name, folded) VALUES (?, ?)",
            ((f"Category {n}", f"category {n}") for n in range(CATEGORIES)),
        )
        for first in range(0, articles, BATCH):
            rows = list(_rows(chance, range(first, min(first + BATCH, articles)), articles, sources, end, private))
            connection.executemany(
                """
                INSERT INTO articles (
                    id, identity, source_id, category_id, title, body, document, lead, summary, language,
                    published_at,
                    stored_at, changed_at, story_id, indexed, private, lane)
                VALUES (
                    :id, :id, :source, :category, :title, :body, '', '', '', 'en', :at, :at, :at, :id, 1, :private, 3)
                """,
                rows,
            )
            connection.executemany(
                """
                INSERT INTO article_categories (
                    category_id, article_id, place, published_at, language, audience, retracted)
                VALUES (?, ?, ?, ?, 'en', ?, 0)
                """,
                (
                    (category, row["id"], place, row["at"], row["source"] if row["private"] else 0)
                    for row in rows
                    for place, category in enumerate((row["category"], row["second"]))
                ),
            )
            for table, is_private in (("articles_text", 0), ("private_articles_text", 1)):
                source = (", source", ", 's' || :source") if is_private else ("", "")
                connection.executemany(
                    f"INSERT INTO {table} (rowid, title, body{source[0]}) VALUES (:id, :title, :body{source[1]})",
                    [row for row in rows if row["private"] == is_private],
                )
        connection.execute("COMMIT")
        connection.execute("ANALYZE")


def _rows(
    chance: random.Random, numbers: range, articles: int, sources: int, end: datetime, private: bool
) -> Iterator[dict[str, int | str]]:
    for number in numbers:
        own = number % PRIVATE_SHARE == 0
        category = chance.randint(1, CATEGORIES)
        yield {
            "id": number + 1,
            "source": chance.randint(PUBLIC_SOURCES + 1, sources) if own else chance.randint(1, PUBLIC_SOURCES),
            "private": int(own and private),
            "category": category,
            "second": category % CATEGORIES + 1,
            "title": " ".join(random_word(chance) for _ in range(6)),
            "body": " ".join(random_word(chance) for _ in range(WORDS_OF_AN_ARTICLE)),
            "at": to_ms(end) - (articles - number) * 8_000,
        }


def random_word(chance: random.Random) -> str:
    """A word by Zipf's law."""
    return word(int(WORDS ** chance.random()))


def word(rank: int) -> str:
    return f"w{rank:05}"
