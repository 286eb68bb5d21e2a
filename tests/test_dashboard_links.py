"""The ways to the dashboard: /dashboard in a chat, `newsbot dashboard link`, and the link that the demo prints."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.config import Config, ListenAddress
from bot.logins import hash_of
from storage import Storage, open_storage
from tests.command_line import CommandLine
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom
from tests.test_chat_editors import ADMIN, EDITOR, person

LINK = re.compile(r"http://127\.0\.0\.1:8081/dashboard/login/([A-Za-z0-9_-]{43})")
CONFIG = Config(
    admins=(ADMIN,), editors=(EDITOR,), commands_per_minute=0, web=ListenAddress("0.0.0.0", 8081)
)  # everywhere, so here as well


@pytest.fixture
async def room(storage: Storage, clock: Clock) -> AsyncIterator[Newsroom]:
    async with newsroom(storage, clock, CONFIG) as opened:
        yield opened


@pytest.mark.parametrize("number", [ADMIN, EDITOR], ids=["administrator", "editor"])
async def test_staff_get_a_link_of_their_own(room: Newsroom, number: int) -> None:
    chat, _ = person(room, number, "Mona", "ar")
    answer = await room.ask(chat, "/dashboard")
    found = LINK.search(answer.text)
    assert found is not None
    assert "10 دقائق" in answer.text
    login = await room.storage.logins.use_link(hash_of(found[1]), "session", now=room.clock())
    assert login is not None
    assert (login.user_id, login.name, login.language) == (number, "Mona", "ar")


async def test_readers_and_groups_get_no_link(room: Newsroom) -> None:
    reader, _ = person(room, 5, "Rami")
    assert "Only administrators and editors" in (await room.ask(reader, "/dashboard")).text
    _, admin = person(room, ADMIN, "Sami")
    group = room.sim.group("Newsroom", admins=[admin])
    answer = await room.ask(group, "/dashboard@newsbot", admin)
    assert "in our private chat" in answer.text
    assert not LINK.search(answer.text)


async def test_the_command_says_what_is_missing_without_a_server(storage: Storage, clock: Clock) -> None:
    async with newsroom(storage, clock, Config(admins=(ADMIN,), commands_per_minute=0)) as room:
        chat, _ = person(room, ADMIN, "Sami")
        assert "NEWSBOT_WEB" in (await room.ask(chat, "/dashboard")).text


async def test_a_public_address_with_tls_is_a_button(storage: Storage, clock: Clock) -> None:
    config = Config(admins=(ADMIN,), commands_per_minute=0, web=CONFIG.web, public_url="https://news.example/bot")
    async with newsroom(storage, clock, config) as room:
        chat, _ = person(room, ADMIN, "Sami")
        answer = await room.ask(chat, "/dashboard")
        assert "/dashboard/login/" not in answer.text
        [[button]] = answer.raw["reply_markup"]["inline_keyboard"]
        assert button["url"].startswith("https://news.example/bot/dashboard/login/")


def test_the_command_line_makes_a_link(newsbot: CommandLine) -> None:
    newsbot.begin()
    status, _, complained = newsbot("dashboard", "link")
    assert (status, "NEWSBOT_WEB" in complained) == (1, True)
    newsbot.set(NEWSBOT_WEB="8081")
    found = LINK.search(newsbot.good("dashboard", "link"))
    assert found is not None

    async def is_open() -> bool:
        async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
            return await storage.logins.is_open(hash_of(found[1]), now=datetime.now(UTC))

    assert asyncio.run(is_open())
