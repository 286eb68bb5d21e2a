"""All scenarios by name; `python -m bench.scenarios NAME SIZE SERVER` runs one and prints a row of JSON a situation.

A process each, so that none inherits the memory, caches and sockets of another, and one that hangs can be ended.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench.archive import archive
from bench.backup import backup
from bench.broadcast import limit, paid, unlimited
from bench.commands import commands
from bench.doors import doors
from bench.enqueue import enqueue
from bench.fairness import fairness
from bench.feeds import feeds
from bench.growth import growth
from bench.inline import inline
from bench.kept import blocks, kept
from bench.killed import killed
from bench.lists import lists
from bench.matching import matching
from bench.newsroom import Size
from bench.postgres import BENCH, SERVER, Server
from bench.readers import readers
from bench.rows import Row
from bench.transport import stock, transport

SCENARIOS: dict[str, Callable[[Size], AsyncIterator[Row]]] = {
    scenario.__name__: scenario
    for scenario in (
        transport,
        stock,
        unlimited,
        paid,
        limit,
        readers,
        fairness,
        commands,
        inline,
        doors,
        enqueue,
        growth,
        matching,
        blocks,
        kept,
        killed,
        feeds,
        archive,
        backup,
        lists,
    )
}


# These use no database, or the file that only SQLite has: `newsbot backup` is for that.
ON_SQLITE: Final = ("transport", "stock", "backup")


async def main(name: str, size: Size, server: str) -> None:
    if server:
        SERVER.set(Server(Path(server), BENCH))
    async for row in SCENARIOS[name](size):
        database = "postgresql" if server else "sqlite"
        print(json.dumps(replace(row, database=database).as_json()), flush=True)


if __name__ == "__main__":
    os.environ["PTB_TIMEDELTA"] = "true"  # as `newsbot run` does
    # Refusals are counted; the log of each would only be in the way.
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("telegram.ext").setLevel(logging.CRITICAL)
    asyncio.run(main(sys.argv[1], Size(**json.loads(sys.argv[2])), sys.argv[3]))
