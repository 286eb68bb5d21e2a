"""Files in the chat: what people send, and what the bot hands out."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram import Document

from bot.backoff import Backoff
from bot.chat.downloads import ATTEMPTS, FileTooLarge, NotDownloaded, download
from bot.sim import Chat, Fault
from storage import Storage
from tests.conftest import Clock
from tests.newsroom import Newsroom, newsroom


@pytest.fixture
async def room(storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Newsroom]:
    monkeypatch.setattr("bot.chat.downloads.AFTER_FAILURE", Backoff(0.01, 0.02))
    async with newsroom(storage, clock) as opened:
        yield opened


# Downloads


def received(room: Newsroom, chat: Chat, content: bytes, **how: Any) -> Document:
    """The file as the bot is told of it."""
    raw = chat.send_file("feeds.opml", content, **how).raw["document"]
    document = Document.de_json(raw, room.bot)
    assert document
    return document


def asked(room: Newsroom) -> list[str]:
    """The calls for files."""
    return [call.method for call in room.sim.calls if call.method in ("getFile", "download")]


async def test_a_file_comes_as_it_was_sent(room: Newsroom) -> None:
    chat, _ = room.reader()
    content = bytes(range(256)) * 4
    assert await download(room.bot, received(room, chat, content), most=1024) == content


async def test_a_file_that_is_too_large_is_not_asked_for(room: Newsroom) -> None:
    chat, _ = room.reader()
    with pytest.raises(FileTooLarge):
        await download(room.bot, received(room, chat, b"x", told_size=50 * 2**20), most=1024)
    assert asked(room) == []


async def test_a_file_that_is_larger_than_it_says_is_not_read_to_its_end(room: Newsroom) -> None:
    chat, _ = room.reader()
    with pytest.raises(FileTooLarge):
        await download(room.bot, received(room, chat, b"x" * 1025, told_size=10), most=1024)
    assert asked(room) == ["getFile", "download"]


async def test_a_server_that_is_unwell_is_asked_again(room: Newsroom) -> None:
    chat, _ = room.reader()
    document = received(room, chat, b"<opml/>")
    room.sim.faults.add(Fault("server_error", method="getFile", times=2))
    assert await download(room.bot, document, most=1024) == b"<opml/>"
    room.sim.faults.add(Fault("reset_before", method="getFile", times=ATTEMPTS))
    with pytest.raises(NotDownloaded):
        await download(room.bot, document, most=1024)


async def test_a_file_that_telegram_does_not_give_is_asked_for_once(room: Newsroom) -> None:
    chat, _ = room.reader()
    document = received(room, chat, b"<opml/>")
    room.sim.faults.add(Fault("bad_request", method="getFile", text="file is too big"))
    with pytest.raises(NotDownloaded):
        await download(room.bot, document, most=1024)
    assert asked(room) == ["getFile"]
