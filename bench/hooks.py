"""Sends articles to a hook, so many a second: `python -m bench.hooks ADDRESS SECRET PER_SECOND`.

It ends with its standard input, and prints what came of the calls as JSON: how many were sent, the answers by their
status, and how long those that were accepted took in milliseconds. The articles are a week old, so they are stored
and not pushed. Half of the calls bring a new article, a quarter correct one, and a quarter repeat one.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from bench.archive_texts import ArchiveTexts

AT_ONCE = 600  # connections: more than the bot lets wait, so that calls wait there and not here
MOST = 10_000_000  # articles; they end earlier


class Articles:
    """The articles that are sent, each a little different from the one before it."""

    def __init__(self, seed: int = 7) -> None:
        self._chance = random.Random(seed)
        self._texts = ArchiveTexts().articles(MOST)  # words as frequent as words are: else all would be one story
        self._published = (datetime.now(UTC) - timedelta(days=7)).isoformat()
        self._sent: list[dict[str, Any]] = []

    def next(self) -> dict[str, Any]:
        kind = self._chance.random()
        if kind < 0.5 or not self._sent:
            self._sent.append(self._new(len(self._sent)))
            return self._sent[-1]
        article = self._chance.choice(self._sent[-200:])
        if kind < 0.75:
            article |= {"version": article["version"] + 1, "body": next(self._texts)["body"]}
        return article

    def _new(self, number: int) -> dict[str, Any]:
        return next(self._texts) | {
            "id": number,
            "version": 1,
            "url": f"https://newsroom.example/{number}",
            "published": self._published,
        }


async def send(address: str, secret: str, per_second: float, stop: asyncio.Event) -> dict[str, Any]:
    """Call the hook until `stop` is set. The calls do not wait for one another, as those of many editors."""
    articles, answers, waits = Articles(), Counter[int](), list[float]()
    calls: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as client:

        async def call(article: bytes) -> None:
            headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
            begun = time.monotonic()
            try:
                async with client.post(address, data=article, headers=headers) as answer:
                    answers[answer.status] += 1
                    if answer.status == 202:
                        waits.append(1000 * (time.monotonic() - begun))
            except aiohttp.ClientError:
                answers[0] += 1

        begun, number = time.monotonic(), 0
        while not stop.is_set():
            calls.add(task := asyncio.create_task(call(json.dumps(articles.next()).encode())))
            task.add_done_callback(calls.discard)
            number += 1
            await asyncio.sleep(max(0.0, begun + number / per_second - time.monotonic()))
        seconds = time.monotonic() - begun
        await asyncio.gather(*calls)
    return {
        "sent": number,
        "per_second": round(number / seconds, 1),
        "answers": {str(status): count for status, count in sorted(answers.items())},
        "p50_ms": _quantile(waits, 0.5),
        "p99_ms": _quantile(waits, 0.99),
    }


def _quantile(values: Sequence[float], share: float) -> float | None:
    return round(sorted(values)[int(share * (len(values) - 1))], 1) if values else None


async def main(address: str, secret: str, per_second: float) -> None:
    stop = asyncio.Event()
    sending = asyncio.create_task(send(address, secret, per_second, stop))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    stop.set()
    print(json.dumps(await sending), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
