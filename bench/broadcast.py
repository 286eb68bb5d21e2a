"""One article to many chats, the whole way: from the fan-out's row to the committed outcome."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bench.newsroom import Size, newsroom, publish, sending, wait_until_settled
from bench.rows import Meter, Row
from bench.telegram import Telegram, telegram

PAID = 1_000  # messages a second
RATE = 30.0


async def unlimited(size: Size) -> AsyncIterator[Row]:
    """Nothing limits us but ourselves."""
    yield await _broadcast("unlimited", f"rate=0, {size.chats:,} chats", size.chats, None)


async def paid(size: Size) -> AsyncIterator[Row]:
    """allow_paid_broadcast, and a Telegram that holds us to it."""
    count = min(size.chats, 10_000)
    yield await _broadcast("paid", "rate=1000, allowed 1000", count, float(PAID), allowed=PAID, paid=True)


async def limit(size: Size) -> AsyncIterator[Row]:
    """At the limit, above it, and with one that moves."""
    yield await _broadcast("limit", "rate=30, allowed 30", size.broadcast, RATE, allowed=30)
    yield await _broadcast("limit", "rate=30, allowed 20", size.broadcast, RATE, allowed=20)
    yield await _moving(size.broadcast)


async def _broadcast(
    scenario: str, situation: str, count: int, rate: float | None, *, allowed: int | None = None, paid: bool = False
) -> Row:
    async with newsroom(count) as storage, telegram(per_second=allowed) as server:
        published = await publish(storage)
        async with sending(storage, server, rate, paid=paid) as (sender, _):
            meter = Meter(scenario, situation)
            sender.wake()
            await server.until(reached=count)
            await wait_until_settled(storage, count)
            meter.stop()
        return meter.row(await server.counts(), {"published_ms": published})


@dataclass(frozen=True, slots=True)
class Phase:
    allowed: int
    share: float  # of the seconds that the broadcast would take at 30 a second


PHASES = (Phase(30, 0.3), Phase(15, 0.6), Phase(30, 0.8))


async def _moving(broadcast: int) -> Row:
    """30 a second, then 15, then 30 again; the rate of each is that of its last third."""
    seconds = broadcast / RATE
    count = 2 * broadcast  # more than all phases can take
    async with newsroom(count) as storage, telegram() as server:
        await publish(storage)
        async with sending(storage, server, RATE) as (sender, _):
            meter = Meter("limit", "rate=30, allowed " + ", ".join(str(phase.allowed) for phase in PHASES))
            sender.wake()
            rates = {
                f"rate_{number}_of_{phase.allowed}": await _phase(server, phase.allowed, seconds * phase.share)
                for number, phase in enumerate(PHASES, 1)
            }
            meter.stop()
            counts = await server.counts()
    return meter.row(counts, rates)


async def _phase(server: Telegram, allowed: int, seconds: float) -> float:
    await server.limit(per_second=allowed)
    await asyncio.sleep(2 * seconds / 3)
    before = (await server.counts()).accepted
    await asyncio.sleep(seconds / 3)
    return ((await server.counts()).accepted - before) / (seconds / 3)
