"""Signals between the processes on a PostgreSQL database, by LISTEN and NOTIFY."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import psycopg

from storage.database import Changes
from storage.errors import StorageError
from storage.postgres.channel import CHANNEL, message
from storage.postgres.connection import Connection, PostgresDatabase, connect
from storage.signals import Signals

log = logging.getLogger(__name__)

AGAIN_SECONDS: Final = 1.0  # after the connection was lost
CONNECT_SECONDS: Final = 5.0
_FAILURES: Final = (psycopg.Error, StorageError, OSError, TimeoutError)


class PostgresSignals(Signals):
    """Signals that also reach the sender of another process.

    Each transaction tells its own changes: see `PostgresTransaction.commit`.
    """

    def __init__(self, url: str, database: PostgresDatabase) -> None:
        super().__init__()
        self._url = url
        self._database = database
        self._telling: asyncio.Task[None] | None = None
        self._is_lost = False  # the log tells of a loss once
        self._again = False  # whether messages became due since the last word was sent

    # To the others

    def wake(self) -> None:
        super().wake()
        if self._database.epoch is not None:  # the sender is in this process
            return
        self._again = True
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        text = message(self._database.process, Changes())
        while self._again:
            self._again = False
            with suppress(StorageError):  # the sender looks each second
                await self._database.fetch(
                    "SELECT pg_notify(:channel, :message) AS told", {"channel": CHANNEL, "message": text}
                )

    async def flush(self) -> None:
        if self._telling is not None:
            await self._telling

    # From the others

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            line: Connection | None = None
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    line = await connect(self._url, process=self._database.process)
                    await line.execute(f"LISTEN {CHANNEL}")
                self._is_lost = False
                self.on_anything()  # what was told before nobody heard
                async for told in line.notifies():
                    self._hear(told.payload)
            except _FAILURES as error:
                if not self._is_lost:
                    log.warning("signals_lost", extra={"values": {"reason": str(error) or type(error).__name__}})
                self._is_lost = True
            finally:
                if line is not None:
                    with suppress(*_FAILURES):
                        await line.close()
            await asyncio.sleep(AGAIN_SECONDS)

    def _hear(self, text: str) -> None:
        try:
            told = json.loads(text)
            sender = told["from"]
            chats = [int(one) for one in told.get("chats", ())]
            articles = [int(one) for one in told.get("articles", ())]
            anything = bool(told.get("anything"))
        except (ValueError, TypeError, KeyError, AttributeError):  # of a program that is no Newsbot, or a newer one
            sender, chats, articles, anything = "", [], [], True
        if sender == self._database.process:
            return
        for chat in chats:
            self.on_chat(chat)
        for article in articles:
            self.on_article(article)
        if anything:
            self.on_anything()
        self.on_wake()
