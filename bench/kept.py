"""What the bot costs by how many deliveries it keeps: readers who blocked it, and what people and operators do."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from statistics import median

from bench.newsroom import Size, address, newsroom, now, publish, sending, subscribe
from bench.rows import Meter, Row
from bench.telegram import python, telegram
from storage import Storage, open_storage
from storage.records import Chat, ChatState, Rhythm, Timetable

CHATS = 2_700  # each keeps one alert, or as many as make up the large number
EVERY_BLOCKED = 10  # one reader of so many blocked the bot
TRIED = 9  # times that each action is done, in chats of their own; the median counts
OLD_GROUPS = -2  # the set of chats that become supergroups, whose ids are those of the set before
DAILY = Timetable(rhythm=Rhythm.DAILY)


async def blocks(size: Size) -> AsyncIterator[Row]:
    """One article to all chats, of which a tenth answers Forbidden."""
    chats = min(CHATS, size.chats)
    for kept in (chats, size.kept):
        yield await _blocked(chats, kept)


async def _blocked(chats: int, kept: int) -> Row:
    async with newsroom(chats) as storage, telegram() as server:
        await _keep(storage, kept)
        await server.limit(blocked_every=EVERY_BLOCKED)
        await publish(storage, category="New")
        async with sending(storage, server, None) as (sender, _):
            meter = Meter("blocks", f"a tenth blocked, {kept:,} kept")
            sender.wake()
            reached = chats - chats // EVERY_BLOCKED
            await server.until(reached=reached)
            await _all_settled(storage)
            meter.stop()
        blocked = (await storage.deliveries.stats(now=now())).chats["paused"]
        figures = {"blocked": blocked, "cpu_us_a_delivery": 1e6 * meter.cpu_seconds / chats}
        return meter.row(await server.counts(), figures)


async def _all_settled(storage: Storage) -> None:
    while True:
        if not await storage.deliveries.count_owed():
            return
        await asyncio.sleep(0.05)


async def kept(size: Size) -> AsyncIterator[Row]:
    """Milliseconds of what a person does, or an operator's machine asks, beside few and many kept deliveries."""
    chats = min(CHATS, size.chats)
    for count in (chats, size.kept):
        yield await _actions(chats, count)


async def _actions(chats: int, count: int) -> Row:
    async with newsroom(chats) as storage:
        await subscribe(storage, TRIED * OLD_GROUPS - TRIED + 1, 2 * TRIED)  # each with its supergroup
        await _keep(storage, count)
        await publish(storage, category="New")
        while await storage.deliveries.expand(limit=1_000, now=now()):
            pass
        meter = Meter("kept", f"{count:,} deliveries")
        figures = {
            "stop_ms": await _each(
                storage, 0, lambda chat: storage.chats.unsubscribe_from_everything(chat.id, now=now())
            ),
            "timetable_ms": await _each(storage, 1, lambda chat: _timetable(storage, chat)),
            "blocked_ms": await _each(storage, 2, lambda chat: _pause(storage, chat)),
            "back_ms": await _each(storage, 2, lambda chat: storage.chats.resume(chat.chat_id, now=now())),
            "migrate_ms": await _each(
                storage, OLD_GROUPS, lambda chat: storage.chats.migrate(chat.chat_id, chat.chat_id - TRIED, now=now())
            ),
            "health_ms": await _time(lambda: storage.deliveries.count_owed()),
            "stats_ms": await _time(lambda: storage.deliveries.stats(now=now())),
        }
        return meter.stop().alone(0, figures)


async def _timetable(storage: Storage, chat: Chat) -> None:
    await storage.chats.set_timetable(chat.id, DAILY, digest_at=now() + timedelta(hours=1), now=now())


async def _pause(storage: Storage, chat: Chat) -> None:
    await storage.chats.pause(chat.chat_id, state=ChatState.PAUSED, reason="blocked", now=now())


async def _each(storage: Storage, number: int, action: Callable[[Chat], Awaitable[object]]) -> float:
    """The median of an action in the chats of that set: TRIED of them, whose ids follow each other."""
    chats = [await storage.chats.get(TRIED * number + n) for n in range(1, TRIED + 1)]
    return median([await _milliseconds(action(chat)) for chat in chats if chat is not None])


async def _time(action: Callable[[], Awaitable[object]]) -> float:
    return median([await _milliseconds(action()) for _ in range(TRIED)])


async def _milliseconds(action: Awaitable[object]) -> float:
    begun = time.perf_counter()
    await action
    return 1000 * (time.perf_counter() - begun)


async def _keep(storage: Storage, count: int) -> None:
    """Let so many alerts be sent already, in a process of its own, so that its memory is not counted as ours."""
    await (await python("bench.kept", address(storage), str(count))).wait()


async def keep(storage: Storage, count: int) -> None:
    """Articles of yesterday that all chats were sent, until there are so many deliveries."""
    chats = (await storage.database.fetch("SELECT count(*) AS chats FROM chats"))[0]["chats"]
    await publish(storage, category="Kept", count=-(-count // chats))
    async with storage.database.transaction() as transaction:
        await transaction.execute("DELETE FROM fanouts")
        await transaction.execute("UPDATE articles SET stored_at = stored_at - 86400000")
        await transaction.execute(
            """
            INSERT INTO deliveries (
                chat, chat_id, kind, article_id, lane, place, state, message_id, revision, queued_at, settled_at)
            SELECT chats.id, chats.chat_id, 'alert', articles.id, 3, published_at, 'sent', articles.id, 1, stored_at,
                   stored_at
            FROM articles CROSS JOIN chats LIMIT :count
            """,
            {"count": count},
        )


async def main(database: str, count: int) -> None:
    async with open_storage(database) as storage:
        await keep(storage, count)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
