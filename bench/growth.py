"""A week of news in a few minutes: how large the database becomes, and whether it stays as quick, while old news go.

Nothing is sent. Each day has as many articles for the same chats. They are fanned out, claimed and marked as sent,
and what is older than `KEPT_DAYS` is pruned at the end of the day, as the bot's jobs do it. PostgreSQL leaves the old
version of each changed row in place until its autovacuum has come by, so dead rows are counted as well.
"""

import random
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from bench.newsroom import Size, newsroom, now, publish
from bench.postgres import SERVER
from bench.rows import Meter, Row
from storage import Storage
from storage.records import Sent

DAYS = 7
KEPT_DAYS = 3
ARTICLES = 20  # a day
CHATS = 20  # one of so many of the size takes part
CHUNK = 1_000  # deliveries made in one transaction, as the sender does it
IN_HAND = 500  # deliveries claimed and settled at once
PRUNED_AT_ONCE = 50
MB = 2**20
SYLLABLES = "ba ter mor sel ken do har fin sham lin nor rach ad cal zi job kat sif tov dem".split()


async def growth(size: Size) -> AsyncIterator[Row]:
    chats = max(1, size.chats // CHATS)
    if server := SERVER.get():
        # A day takes seconds here, and autovacuum looks once a minute by default.
        server.run("ALTER SYSTEM SET autovacuum_naptime = '1s'")
        server.run("SELECT pg_reload_conf()")
    async with newsroom(chats) as storage:
        begun = now()
        empty = (await storage.database.sizes())[0]
        seconds: list[float] = []
        bytes_used: list[int] = []
        meter = Meter("growth", f"{DAYS} days, {ARTICLES * chats:,} alerts a day")
        for day in range(DAYS):
            started = time.perf_counter()
            await _day(storage, day, begun + timedelta(days=day))
            seconds.append(time.perf_counter() - started)
            bytes_used.append((await storage.database.sizes())[0] - empty)
        meter.stop()
        figures = {
            "seconds_of_day_1": seconds[0],
            f"seconds_of_day_{KEPT_DAYS}": seconds[KEPT_DAYS - 1],
            f"seconds_of_day_{DAYS}": seconds[-1],
            "mb_after_day_1": bytes_used[0] / MB,
            f"mb_after_day_{KEPT_DAYS + 1}": bytes_used[KEPT_DAYS] / MB,
            f"mb_after_day_{DAYS}": bytes_used[-1] / MB,
        }
        yield meter.alone(DAYS * ARTICLES * chats, figures | await _dead_rows(storage))


async def _day(storage: Storage, day: int, moment: datetime) -> None:
    words = [f"{first}{second}" for first in SYLLABLES for second in SYLLABLES]
    for number in range(ARTICLES):
        chance = random.Random(f"{day} {number}")  # no article is the copy of another
        body = " ".join(chance.choices(words, k=200))
        await publish(storage, title=f"{body[:40]} {day} {number}", body=body, at=moment)
        while await storage.deliveries.expand(limit=CHUNK, now=moment):
            await _send_all(storage, moment)
    await _send_all(storage, moment)
    before = moment - timedelta(days=KEPT_DAYS - 1, hours=12)
    while await storage.archive.prune(before=before, limit=PRUNED_AT_ONCE):
        pass


async def _send_all(storage: Storage, moment: datetime) -> None:
    number = 0
    while claims := await storage.deliveries.claim(limit=IN_HAND, now=moment):
        await storage.deliveries.settle(
            [Sent(claim, moment, number + at, 1, moment) for at, claim in enumerate(claims)]
        )
        number += len(claims)


async def _dead_rows(storage: Storage) -> dict[str, float]:
    """The share of the rows of deliveries and send slots that only vacuum will remove, and how often it came."""
    if SERVER.get() is None:
        return {}
    found: dict[str, float] = {}
    for row in await storage.database.fetch(
        """
        SELECT relname, n_live_tup, n_dead_tup, autovacuum_count FROM pg_stat_user_tables
        WHERE relname IN ('deliveries', 'send_slots')
        """
    ):
        found[f"dead_{row['relname']}_percent"] = 100 * row["n_dead_tup"] / max(1, row["n_live_tup"])
        found[f"vacuums_of_{row['relname']}"] = row["autovacuum_count"]
    return found
