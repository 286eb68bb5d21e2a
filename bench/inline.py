"""What people type after the name of the bot in any chat: the newest, two words, and a word that is half typed."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.commands import config_of
from bench.killed import SEED
from bench.lists import WORDS, fill_articles, random_word, word
from bench.newsroom import Size, filled_database, now
from bench.readers import CHATS, EVERY, wait_until_answered
from bench.rows import Meter, Row
from bench.server import READERS
from bench.telegram import telegram
from bot import app

DIFFERENT = 100  # queries, which are asked in turn
HALF = 4  # characters of a word of six: a hundred words begin so


async def inline(size: Size) -> AsyncIterator[Row]:
    """From an inline query being handed out to the arrival of its results."""
    asked = int(size.seconds / EVERY)
    chance = random.Random(SEED)
    async with filled_database(partial(_fill, articles=size.archive)) as database:
        yield await _asking("the newest", database, [""], asked)
        pairs = [f"{random_word(chance)} {random_word(chance)}" for _ in range(DIFFERENT)]
        yield await _asking("two words", database, pairs, asked)
        halves = [f"{random_word(chance)} {random_word(chance)[:HALF]}" for _ in range(DIFFERENT)]
        yield await _asking("a word and half of another", database, halves, asked)


async def _asking(situation: str, database: str, queries: Sequence[str], asked: int) -> Row:
    async with telegram() as server:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(app.run(config_of(database, server.url), stop=stop))
            try:
                meter = Meter("inline", situation)
                await server.readers(first=READERS, chats=CHATS, every=EVERY, count=asked, queries=list(queries))
                await wait_until_answered(server, asked)
                meter.stop()
                counts = await server.counts()
            finally:
                stop.set()
    row = meter.row(counts, {"asked": counts.asked, "answered": len(counts.waits)})
    return replace(row, messages=len(counts.waits))


def _fill(path: Path, articles: int) -> None:
    """Fill a SQLite file, and let it know the words that half-typed ones begin."""
    fill_articles(path, articles, private=False)
    day = int(now().timestamp()) // 86_400
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT OR IGNORE INTO words (word, seen_on) VALUES (?, ?)",
            ((word(rank), day) for rank in range(1, WORDS)),
        )
