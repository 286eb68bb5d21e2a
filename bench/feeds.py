"""Ten thousand feeds on loopback, read by the bot as `newsbot run` builds it.

Each feed is asked every 300 seconds and answers after half a second. Of ten feeds, nine answer with 304 and one has
20 items, of which one is new. Of a hundred feeds one hangs. Two feeds share a host. Times are real: an interval of
five minutes takes five.

On a PostgreSQL server, a process with the role `ingest` reads feeds beside the bot. The figures of the process are
those of the bot alone.

The feeds that will have something new are read for the first time before, which is a row of its own. The other ones
are known from the start: their articles would only take time to store.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bench.feed_server import FIRST_TAG, ITEMS, is_busy
from bench.newsroom import Size, address, newsroom, now
from bench.postgres import SERVER
from bench.rows import Row
from bench.telegram import TOKEN, Telegram, python, stop_process, telegram
from bot import app
from bot.config import INGEST, ROLES, Config, Secret
from storage import Storage

ANSWER_SECONDS = 0.5
FEEDS_PER_HOST = 2
HANGING = 100  # one of so many
LATEST = 0.2  # of the interval: what comes later is not on time
REST = 10.0  # seconds before the first visit is due
DAY = 86_400_000  # milliseconds
STALL_SECONDS = 0.02  # how often the event loop is asked whether it still turns


async def feeds(size: Size) -> AsyncIterator[Row]:
    async with newsroom(0) as storage, telegram() as server, web() as site:
        await _add(storage, size, site)
        yield await _first_reads(storage, server, size)
        yield await _interval(storage, server, size, site)


@dataclass(frozen=True, slots=True)
class Site:
    port: int
    process_id: int

    def url(self, number: int) -> str:
        host = number // FEEDS_PER_HOST + 2  # 127.0.0.1 is Telegram's
        return f"http://127.{host >> 16}.{host >> 8 & 255}.{host & 255}:{self.port}/feed/{number}"

    async def ask(self, question: str, values: Any = None) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"http://127.0.0.1:{self.port}/bench/{question}", data=json.dumps(values)) as answer,
        ):
            return await answer.json()


@asynccontextmanager
async def web() -> AsyncIterator[Site]:
    process = await python("bench.feed_server", str(ANSWER_SECONDS))
    assert process.stdout is not None
    try:
        yield Site(int(await process.stdout.readline()), process.pid)
    finally:
        await stop_process(process)


async def _add(storage: Storage, size: Size, site: Site) -> None:
    moment = round(1000 * time.time())
    rows = [
        {"url": site.url(number), "every": size.interval, "now": moment}
        | (
            {"due": moment, "read": None, "tag": None}
            if is_busy(number)
            else {"due": moment + DAY, "read": moment, "tag": FIRST_TAG}  # until all are spread over an interval
        )
        for number in range(size.feeds)
    ]
    async with storage.database.transaction() as transaction:
        await transaction.execute_many(
            """
            INSERT INTO sources (url, kind, every_seconds, added_at, due_at, refreshed_at, visited_at, whole_at, etag)
            VALUES (:url, 'feed', :every, :now, :due, :read, :read, :read, :tag)
            """,
            rows,
        )


async def _first_reads(storage: Storage, server: Telegram, size: Size) -> Row:
    """The feeds that will have something new, for the first time."""
    async with _bot(storage, server), _Watch() as watch:
        await _all_read(storage)
        watch.stop()
    count = sum(map(is_busy, range(size.feeds)))
    return watch.row(f"{count:,} first reads of {ITEMS} articles", count, {})


async def _interval(storage: Storage, server: Telegram, size: Size, site: Site) -> Row:
    """One interval, in which every feed is due once."""
    await _spread(storage, size)
    await site.ask("begin", {"hanging": list(range(0, size.feeds, HANGING))})
    begun = time.monotonic()
    async with _bot(storage, server), _Watch() as watch:
        await asyncio.sleep(REST + size.interval * (1 + LATEST) - (time.monotonic() - begun))
        watch.stop()
        seen = await site.ask("seen")
    late = [
        seen[str(number)][0] - begun - REST - size.interval * number / size.feeds
        for number in range(size.feeds)
        if str(number) in seen
    ]
    on_time = sum(one <= LATEST * size.interval for one in late)
    return watch.row(
        f"{size.feeds:,} feeds every {size.interval} s" + (", two processes" if SERVER.get() else ""),
        sum(len(times) for times in seen.values()),
        {
            "on_time_percent": 100 * on_time / size.feeds,
            "late_p50_seconds": _quantile(late, 0.5),
            "late_p99_seconds": _quantile(late, 0.99),
            "late_most_seconds": max(late),
        },
    )


@asynccontextmanager
async def _bot(storage: Storage, server: Telegram) -> AsyncIterator[None]:
    """The bot. On a PostgreSQL server, a second process reads feeds beside it."""
    stop = asyncio.Event()
    async with AsyncExitStack() as others, asyncio.TaskGroup() as tasks:
        if SERVER.get():
            another = await python("bench.feeds", address(storage), server.url)
            others.push_async_callback(stop_process, another)
        tasks.create_task(app.run(_config(address(storage), server.url), stop=stop))
        try:
            yield
        finally:
            stop.set()


def _config(database: str, url: str, roles: tuple[str, ...] = ROLES) -> Config:
    return Config(
        token=Secret(TOKEN), api_url=url, database=database, allow_private_hosts=True, max_burst=0, roles=roles
    )


async def _all_read(storage: Storage) -> None:
    while True:
        [row] = await storage.database.fetch(
            """
            -- scans sources: once a second, until each was read
            SELECT count(*) AS count FROM sources WHERE refreshed_at IS NULL
            """
        )
        if not row["count"]:
            return
        await asyncio.sleep(1)


async def _spread(storage: Storage, size: Size) -> None:
    """As they are after some hours: evenly over the interval, and none has failed yet."""
    due = round(1000 * (now().timestamp() + REST))
    async with storage.database.transaction() as transaction:
        await transaction.execute(
            """
            -- scans sources: all of them become due, once
            UPDATE sources SET failures = 0, due_at = :due + (id - 1) * :interval * 1000 / :feeds
            """,
            {"due": due, "interval": size.interval, "feeds": size.feeds},
        )


class _Watch:
    """CPU and memory of this process and its workers, and how long its event loop stands still."""

    async def __aenter__(self) -> "_Watch":
        self._servers = _children()  # whatever runs before the bot is no part of it
        self._begun, self._cpu = time.monotonic(), self._cpu_seconds()
        self.most_mb = 0.0
        self._stalls: list[float] = []
        self._tasks = [asyncio.create_task(self._weigh()), asyncio.create_task(self._time())]
        return self

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()

    def stop(self) -> None:
        self.seconds, self.cpu_seconds = time.monotonic() - self._begun, self._cpu_seconds() - self._cpu

    def row(self, situation: str, messages: int, more: dict[str, float]) -> Row:
        more = {name: round(value, 2) for name, value in more.items()}
        stalls = {
            "stall_p99_ms": round(1000 * _quantile(self._stalls, 0.99)),
            "stall_most_ms": round(1000 * max(self._stalls)),
        }
        return Row(
            scenario="feeds",
            situation=situation,
            messages=messages,
            seconds=self.seconds,
            cpu_seconds=self.cpu_seconds,
            resident_mb=self.most_mb,
            more=more | stalls,
        )

    def _workers(self) -> set[int]:
        return _children() - self._servers

    def _cpu_seconds(self) -> float:
        dead = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + dead.ru_utime + dead.ru_stime + sum(map(_cpu_of, self._workers()))

    async def _weigh(self) -> None:
        while True:
            self.most_mb = max(self.most_mb, sum(map(_mb_of, {os.getpid(), *self._workers()})))
            await asyncio.sleep(1)

    async def _time(self) -> None:
        while True:
            asked = time.monotonic()
            await asyncio.sleep(STALL_SECONDS)
            self._stalls.append(time.monotonic() - asked - STALL_SECONDS)


def _children() -> set[int]:
    found = ""
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found += (task / "children").read_text() + " "
    return {int(child) for child in found.split()}


def _cpu_of(process_id: int) -> float:
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _mb_of(process_id: int) -> float:
    try:
        return int(Path(f"/proc/{process_id}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return 0.0


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


async def main(database: str, url: str) -> None:
    """Read feeds until standard input ends."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(app.run(_config(database, url, (INGEST,)), stop=stop))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        stop.set()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
