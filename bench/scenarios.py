"""All scenarios by name; `python -m bench.scenarios NAME SIZE` runs one and prints a row of JSON a situation.

A process each, so that none inherits the memory, caches and sockets of another, and one that hangs can be ended.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable

from bench.archive import archive
from bench.backup import backup
from bench.broadcast import limit, paid, unlimited
from bench.commands import commands
from bench.doors import doors
from bench.enqueue import enqueue
from bench.fairness import fairness
from bench.feeds import feeds
from bench.inline import inline
from bench.kept import blocks, kept
from bench.killed import killed
from bench.lists import lists
from bench.matching import matching
from bench.newsroom import Size
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


async def main(name: str, size: Size) -> None:
    async for row in SCENARIOS[name](size):
        print(json.dumps(row.as_json()), flush=True)


if __name__ == "__main__":
    os.environ["PTB_TIMEDELTA"] = "true"  # as `newsbot run` does
    # Refusals are counted; the log of each would only be in the way.
    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("telegram.ext").setLevel(logging.CRITICAL)
    asyncio.run(main(sys.argv[1], Size(**json.loads(sys.argv[2]))))
