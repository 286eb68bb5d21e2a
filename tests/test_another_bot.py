"""A database belongs to one bot: another one is refused, or gets it with all chats paused."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bot import app
from bot.config import Config, Secret
from bot.errors import AnotherBot
from bot.instance_lock import single_instance_lock
from bot.sim import Simulator
from storage import Storage, open_storage
from storage.records import BotAccount, ChatState, Sent
from storage.topics import bot_account
from tests.command_line import CommandLine, beside
from tests.makers import NOON, new_article, reader, stored
from tests.test_app import checked
from tests.test_storage_inbox import update

FORMER = BotAccount(bot_id=12, username="former")
NEW = BotAccount(bot_id=13, username="newsbot")
TOKEN = "13:secret"


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(TOKEN) as opened:
        yield opened


def config(sim: Simulator, folder: Path) -> Config:
    return Config(token=Secret(TOKEN), api_url=sim.url, database=f"sqlite:///{folder / 'news.db'}", rate=0)


async def test_a_start_with_the_token_of_another_bot_is_refused(sim: Simulator, tmp_path: Path) -> None:
    async with open_storage(f"sqlite:///{tmp_path / 'news.db'}") as storage:
        await storage.bot_accounts.remember(FORMER)
    with pytest.raises(
        AnotherBot, match=r"database is that of @former, .* token of @newsbot: .*`newsbot replace-bot`"
    ):
        await asyncio.wait_for(app.run(config(sim, tmp_path), stop=asyncio.Event()), 30)
    with single_instance_lock(tmp_path / "news.db"):
        pass
    assert {call.method for call in sim.calls} == {"getMe"}


async def test_the_first_bot_is_recorded_and_a_new_token_of_it_is_fine(sim: Simulator, tmp_path: Path) -> None:
    for _ in range(2):
        stop, polled = asyncio.Event(), sim.polls_begun
        running = asyncio.create_task(app.run(config(sim, tmp_path), stop=stop))
        await sim.until(partial(_polled_again, sim, polled), 30)
        stop.set()
        await running
        async with open_storage(f"sqlite:///{tmp_path / 'news.db'}") as storage:
            assert await storage.bot_accounts.get() == NEW


def _polled_again(sim: Simulator, polled: int) -> bool:
    return sim.polls_begun > polled


async def test_a_bot_keeps_its_database_and_may_change_its_name(storage: Storage) -> None:
    assert await storage.bot_accounts.get() is None
    assert await storage.bot_accounts.remember(FORMER) == FORMER
    renamed = BotAccount(bot_id=12, username="renamed")
    assert await storage.bot_accounts.remember(renamed) == renamed
    assert await storage.bot_accounts.remember(NEW) == renamed


async def test_a_new_bot_gets_the_chats_paused_and_nothing_that_the_former_one_numbered(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot_account, "CHATS_AT_ONCE", 2)
    monkeypatch.setattr(bot_account, "DELIVERIES_AT_ONCE", 2)
    await storage.bot_accounts.remember(FORMER)
    for chat_id in range(1, 6):
        await reader(storage, chat_id)
    await stored(storage, new_article("sent"))
    await storage.deliveries.expand(limit=10, now=NOON)
    claims = await storage.deliveries.claim(limit=10, now=NOON)
    await storage.deliveries.settle(
        [Sent(claim, NOON, 100 + claim.chat_id, revision=1, next_at=NOON) for claim in claims]
    )
    await stored(storage, new_article("queued"))
    await storage.deliveries.expand(limit=10, now=NOON)
    await storage.inbox.receive([update(7), update(8)], now=NOON)
    await storage.inbox.settle([8], [], now=NOON)

    assert await storage.bot_accounts.replace(NEW, now=NOON) == 5

    assert await storage.bot_accounts.get() == NEW
    assert (await storage.deliveries.stats(now=NOON)).chats == {"active": 0, "paused": 5, "gone": 0}
    assert await storage.deliveries.claim(limit=10, now=NOON) == []
    assert await storage.deliveries.article_of_message(3, 103) is None  # a message of the new bot may have the number
    assert len(await storage.inbox.receive([update(7), update(8)], now=NOON)) == 2
    assert (await storage.inbox.stats()).last_reason == "the bot was replaced before it answered"
    # A chat that starts the new bot goes on, with what it missed.
    assert await storage.chats.resume(3, now=NOON)
    chat = await storage.chats.get(3)
    assert chat is not None
    assert chat.state is ChatState.ACTIVE
    [claim] = await storage.deliveries.claim(limit=10, now=NOON)
    assert claim.chat_id == 3


def test_the_operator_gives_the_database_to_the_new_bot(newsbot: CommandLine) -> None:
    asyncio.run(_used_by_former(newsbot.folder))
    with beside(Simulator(TOKEN)) as sim:
        newsbot.set(NEWSBOT_TOKEN=TOKEN, NEWSBOT_API_URL=sim.url)
        status, said = checked(newsbot)
        assert status == 1
        assert [line for line in said if line.startswith("wrong  bot: the database is that of @former, and ")] != []
        with single_instance_lock(newsbot.folder / "news.db"):
            assert newsbot("replace-bot")[0] == 1
        assert newsbot.good("replace-bot").splitlines() == [
            "The database was that of @former, and is that of @newsbot now.",
            "1 chat paused. Each continues when it starts @newsbot or adds it.",
        ]
        assert checked(newsbot)[0] == 0
        assert newsbot.good("replace-bot") == "The database is that of @newsbot already.\n"


async def _used_by_former(folder: Path) -> None:
    async with open_storage(f"sqlite:///{folder / 'news.db'}") as storage:
        await storage.bot_accounts.remember(FORMER)
        await reader(storage, 1)
