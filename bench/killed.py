"""Nothing lost: the sender in a process of its own, killed again and again in the middle of a broadcast.

`python -m bench.killed DATABASE URL RATE` is that process; a rate of 0 is no limit.
"""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

from bench.newsroom import Size, address, newsroom, now, publish, sending, wait_until_settled
from bench.rows import Meter, Row
from bench.telegram import Telegram, python, stop_process, telegram, telegram_at
from storage import Storage, open_storage

SEED = 20260301
SETTLING = 0.05  # seconds after a kill in which the server reads what was under way


async def killed(size: Size) -> AsyncIterator[Row]:
    """At the usual rate, where little is in flight; and without one, where most is."""
    yield await _killed("rate=30", size.broadcast, size.kills, rate=30, latest=0.05)
    yield await _killed("rate=0", size.broadcast, size.kills, rate=0, latest=0.005)


async def _killed(situation: str, count: int, kills: int, *, rate: int, latest: float) -> Row:
    """Killed at random messages, up to `latest` seconds after they arrived."""
    chance = random.Random(SEED)
    in_flight = [0]
    async with newsroom(count) as storage, telegram() as server:
        await publish(storage)
        meter = Meter("killed", f"{situation}, {kills} times")
        for reached in sorted(chance.sample(range(count), kills)):
            process = await python("bench.killed", address(storage), server.url, str(rate))
            await server.until(reached=reached + 1)
            await asyncio.sleep(chance.uniform(0, latest))
            process.kill()
            await process.wait()
            await asyncio.sleep(SETTLING)
            in_flight.append(await _not_committed(storage, server) - sum(in_flight))
        process = await python("bench.killed", address(storage), server.url, str(rate))
        await server.until(reached=count)
        await wait_until_settled(storage, count)
        await stop_process(process)
        meter.stop()
        counts = await server.counts()
    figures = {
        "kills": kills,
        "missing": count - counts.reached,
        "sent_twice": counts.twice,
        "in_flight_at_kills": sum(in_flight),
        "most_in_flight": max(in_flight),
    }
    return replace(meter.row(counts, figures), cpu_seconds=None, resident_mb=None)  # others did the work


async def _not_committed(storage: Storage, server: Telegram) -> int:
    """Messages that the server accepted and the database does not know of, of all lives so far."""
    sent = (await storage.deliveries.stats(now=now())).deliveries["sent"]
    return (await server.counts()).accepted - sent


async def main(database: str, url: str, rate: float) -> None:
    """Send what is owed until standard input ends."""
    loop = asyncio.get_running_loop()
    async with (
        open_storage(database) as storage,
        telegram_at(url) as server,
        sending(storage, server, rate or None) as (sender, _),
    ):
        sender.wake()
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
