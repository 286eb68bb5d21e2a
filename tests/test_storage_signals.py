"""Signals on PostgreSQL: what one process changes reaches the sender of another one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from bench.postgres import Server
from storage.errors import DatabaseUnreachable
from storage.postgres.channel import MOST_NUMBERS
from storage.postgres.connection import PostgresDatabase, open_postgres
from storage.postgres.signals import PostgresSignals
from tests.lossy_line import lossy_line


@dataclass
class Heard:
    """What the sender of a process was told."""

    chats: list[int] = field(default_factory=list)
    articles: list[int] = field(default_factory=list)
    wakes: int = 0
    anything: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def listen(self, signals: PostgresSignals) -> None:
        signals.on_chat = self._chat
        signals.on_article = self._article
        signals.on_wake = self._wake
        signals.on_anything = self._anything

    def _chat(self, chat: int) -> None:
        self.chats.append(chat)
        self.changed.set()

    def _article(self, article: int) -> None:
        self.articles.append(article)
        self.changed.set()

    def _wake(self) -> None:
        self.wakes += 1
        self.changed.set()

    def _anything(self) -> None:
        self.anything += 1
        self.changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@dataclass
class Two:
    """A process that talks and what its sender heard, and another process on the same database."""

    url: str
    talker: PostgresDatabase
    here: PostgresSignals
    other: PostgresDatabase
    there: PostgresSignals
    heard: Heard


@pytest.fixture
async def two(postgres: Server) -> AsyncIterator[Two]:
    url, heard = postgres.new_database(), Heard()
    talker, other = await open_postgres(url), await open_postgres(url)
    async with talker.transaction() as transaction:
        await transaction.execute("INSERT INTO term VALUES (1, 1, '', '', 0)")
    talker.epoch = 1
    here, there = PostgresSignals(url, talker), PostgresSignals(url, other)
    talker.on_changes, other.on_changes = here.changed, there.changed
    heard.listen(here)
    async with here.listening():
        await heard.until(lambda: heard.anything == 1)  # what was told before it listened
        yield Two(url, talker, here, other, there, heard)
    await talker.close()
    await other.close()
    postgres.drop_made()


async def change(database: PostgresDatabase, *chats: int) -> None:
    async with database.transaction() as transaction:
        for chat in chats:
            transaction.chat_changed(chat)


async def test_changes_of_another_process_reach_the_sender_together(two: Two) -> None:
    async with two.other.transaction() as transaction:
        transaction.chat_changed(7)
        transaction.chat_changed(5)
        transaction.article_changed(9)
    await two.heard.until(lambda: two.heard.wakes == 1)
    assert (two.heard.chats, two.heard.articles, two.heard.anything) == ([5, 7], [9], 1)


async def test_a_process_that_has_messages_to_send_wakes_the_sender_of_another(two: Two) -> None:
    two.there.wake()
    await two.there.flush()
    await two.heard.until(lambda: two.heard.wakes == 1)
    assert (two.heard.chats, two.heard.articles, two.heard.anything) == ([], [], 1)


async def test_a_change_is_told_although_its_process_never_learns_of_the_commit(two: Two, postgres: Server) -> None:
    """As if the process had died after its commit: the sender must not send what a reader has muted."""
    async with lossy_line(postgres.folder, loses=lambda commit: True) as line:
        database = await open_postgres(two.url.replace(str(postgres.folder), str(line.folder)))
        own: list[set[int]] = []
        database.on_changes = lambda changes: own.append(changes.chats)
        with pytest.raises(DatabaseUnreachable):
            await change(database, 7)
        await database.close()
        assert (line.lost, own) == (1, [{7}])
    await two.heard.until(lambda: two.heard.chats == [7])


async def test_a_change_that_is_undone_is_not_told(two: Two) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012  # the error is raised in the middle
        async with two.other.transaction() as transaction:
            transaction.chat_changed(7)
            raise RuntimeError("undo")
    await change(two.other, 5)
    await two.heard.until(lambda: two.heard.wakes == 1)
    assert two.heard.chats == [5]


async def test_very_many_changes_are_told_as_one(two: Two) -> None:
    await change(two.other, *range(MOST_NUMBERS + 1))
    await two.heard.until(lambda: two.heard.anything == 2)
    assert two.heard.chats == []


async def test_the_process_that_talks_tells_its_own_sender_without_the_server(two: Two) -> None:
    await change(two.talker, 3)
    two.here.wake()
    assert (two.heard.chats, two.heard.wakes) == ([3], 1)
    await two.here.flush()
    await two.talker.fetch("SELECT pg_notify('newsbot', 'strange') AS told")
    await two.heard.until(lambda: two.heard.anything == 2)
    assert two.heard.chats == [3]


async def test_a_lost_connection_is_made_again_and_what_was_missed_is_looked_for(two: Two) -> None:
    await two.talker.fetch(
        "SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    )
    await two.heard.until(lambda: two.heard.anything == 2)
    await change(two.other, 4)
    await two.heard.until(lambda: two.heard.chats == [4])
