"""Whether a chat that may be written to seldom holds up the others."""

import asyncio
from collections.abc import AsyncIterator

from bench.newsroom import Size, newsroom, publish, sending, subscribe
from bench.rows import Meter, Row
from bench.telegram import telegram

RATE = 30
GROUP = -1
FLOOD_SECONDS = 300.0


async def fairness(size: Size) -> AsyncIterator[Row]:
    """One message each to private chats: alone, and beside those that wait."""
    count = size.broadcast // 5
    yield await _last_of(count, "private chats alone", owed_to_group=0)
    yield await _last_of(count, "beside a group and a flood wait", owed_to_group=size.broadcast // 3)


async def _last_of(count: int, situation: str, *, owed_to_group: int) -> Row:
    flooded = count + 1
    flood = {str(flooded): FLOOD_SECONDS} if owed_to_group else {}
    async with newsroom(0) as storage, telegram(per_second=RATE, per_chat=4, per_group=20, flood=flood) as server:
        await subscribe(storage, 1, count + bool(owed_to_group), category="Sea")
        await subscribe(storage, GROUP, 1, category="Land")
        async with sending(storage, server, float(RATE)) as (sender, _):
            # It runs before anything is owed, as where the bot was up all the time: what is owed is not late news.
            sender.wake()
            await asyncio.sleep(0.1)
            if owed_to_group:
                await publish(storage, category="Land", count=owed_to_group)
                sender.wake()
                await server.until(accepted=1)
            before = (await server.counts()).accepted
            await publish(storage, category="Sea")
            meter = Meter("fairness", situation)
            sender.wake()
            counts = await server.until(reached=count)
            meter.stop()
    return meter.row(counts, {"to_group": counts.accepted - counts.reached}, before=before)
