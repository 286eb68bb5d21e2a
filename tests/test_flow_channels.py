"""A channel as a source of a running bot, with kills in between."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sim import Simulator
from tests.processes import Newsbot, rows_of, until_stored

pytestmark = pytest.mark.slow
POSTS = 30


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator("1:token") as opened:
        yield opened


async def test_each_post_is_stored_once_though_the_bot_is_killed_between_them(
    sim: Simulator, tmp_path: Path, database_url: str
) -> None:
    newsbot = Newsbot(tmp_path, sim, NEWSBOT_DATABASE=database_url)
    channel = sim.channel("Marsan", username="marsan")
    channel.members[sim.bot["id"]] = "administrator"
    assert (await newsbot("source", "add", "@marsan"))[0] == 0
    expected = {f"Ferry number {number} sails" for number in range(POSTS)}
    left = iter(sorted(expected))

    def stored() -> list[Any]:
        return rows_of(database_url, "SELECT title, revision FROM articles")

    async def has_stored(number: int) -> None:
        await until_stored(database_url, "SELECT 1 FROM articles", rows=number)

    def post() -> None:
        channel.say(f"{next(left)}\n\nIt carries the mail of a day.")

    for _ in range(2):
        before = len(stored())
        async with newsbot.running() as process:
            for _ in range(POSTS // 3):
                post()
            # The others are received, half stored or not asked for yet.
            await has_stored(before + 3)
            process.kill()
            await process.wait()
    for _ in range(POSTS // 3):
        post()
    async with newsbot.running():
        await has_stored(POSTS)
    assert {title for title, _ in stored()} == expected
    assert [revision for _, revision in stored()] == [1] * POSTS
