"""What people ask: nobody waits for the hundreds of commands of another, and none is lost in a kill.

`python -m bench.commands DATABASE URL` is the bot of the kills: it runs until standard input ends.
"""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

from bench.killed import SEED
from bench.newsroom import Size, address, newsroom, publish, subscribe
from bench.readers import CHATS, EVERY, RATE, wait_until_answered
from bench.rows import Meter, Row
from bench.server import READERS
from bench.telegram import TOKEN, python, stop_process, telegram
from bot import app
from bot.config import Config, Secret

TYPED = 1_100  # commands of one person who has no limit
FLOOD = 300  # commands of one person who has the limit of the settings
PERSON = 7  # who types them in a private chat
GROUP = -7  # or in a group
COMMANDS = 120  # around the kills, of a person each
COMMAND_EVERY = 0.1  # seconds
KILLS = 6
PATIENCE = 120.0  # seconds for the answers after the last kill
SETTLING = 1.0  # seconds


async def commands(size: Size) -> AsyncIterator[Row]:
    """How long readers wait: alone, beside one who types by the hundred, and whether a kill loses what they asked."""
    asked, flood, typed = int(size.seconds / EVERY), min(FLOOD, size.chats), min(TYPED, size.chats)
    kills = min(KILLS, size.kills)
    yield await _beside("/latest, alone", None, 0, asked)
    yield await _beside(f"/latest, beside {flood:,} of one person", PERSON, flood, asked)
    yield await _beside(f"/latest, beside {typed:,} without a limit", PERSON, typed, asked, unlimited=True)
    yield await _beside(f"/latest, beside {typed:,} in one group", GROUP, typed, asked, unlimited=True)
    yield await _killed(f"{COMMANDS} commands, killed {kills} times", kills)


async def _beside(situation: str, other: int | None, typed: int, asked: int, *, unlimited: bool = False) -> Row:
    async with newsroom(0) as storage, telegram(per_second=RATE, per_chat=4, per_group=20) as server:
        await subscribe(storage, READERS, CHATS, subscribed=False)
        await publish(storage)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            config = config_of(address(storage), server.url)
            tasks.create_task(app.run(replace(config, commands_per_minute=0) if unlimited else config, stop=stop))
            try:
                if other is not None:
                    await server.readers(first=other, chats=1, every=0, count=typed, text="/latest")
                    await server.until(accepted=1)
                before = (await server.counts()).accepted
                meter = Meter("commands", situation)
                await server.readers(first=READERS, chats=CHATS, every=EVERY, count=asked, text="/latest")
                await wait_until_answered(server, asked)
                meter.stop()
                counts = await server.counts()
            finally:
                stop.set()
    return meter.row(counts, {"asked": asked, "answered": len(counts.waits)}, before=before)


async def _killed(situation: str, kills: int) -> Row:
    """Killed at random moments while people ask, and started again at once."""
    chance = random.Random(SEED)
    async with newsroom(0) as storage, telegram() as server:
        await publish(storage)
        meter = Meter("commands", situation)
        database = address(storage)
        process = await python("bench.commands", database, server.url)
        await server.readers(first=READERS, chats=COMMANDS, every=COMMAND_EVERY, count=COMMANDS, text="/latest")
        for reached in sorted(chance.sample(range(1, COMMANDS - 10), kills)):
            async with asyncio.timeout(PATIENCE):
                await server.until(answered=reached)
            process.kill()
            await process.wait()
            process = await python("bench.commands", database, server.url)
        async with asyncio.timeout(PATIENCE):
            counts = await server.until(answered=COMMANDS)
        await asyncio.sleep(SETTLING)  # an answer that comes twice is on its way
        counts = await server.counts()
        await stop_process(process)
        meter.stop()
        left = await storage.inbox.stats()
    figures = {
        "kills": kills,
        "missing": COMMANDS - counts.answered,
        "answered_twice": counts.twice,
        "left_in_inbox": left.waiting,
        "set_aside": left.set_aside,
    }
    return replace(meter.row(counts, figures), cpu_seconds=None, resident_mb=None)  # others did the work


def config_of(database: str, url: str) -> Config:
    return Config(token=Secret(TOKEN), api_url=url, database=database, rate=float(RATE))


async def main(database: str, url: str) -> None:
    """Run the bot until standard input ends."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(app.run(config_of(database, url), stop=stop))
    await loop.run_in_executor(None, sys.stdin.read)
    stop.set()
    await running


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
