"""The order of updates: one after another within a chat, chats beside each other."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

from telegram import Update
from telegram.ext import BaseUpdateProcessor

AT_ONCE: Final = 1_024  # updates taken up; one chat's wait for each other among these


class SerialPerChat(BaseUpdateProcessor):
    """A slow command holds up nobody but its own chat, and a chat's answers keep the order of its questions."""

    def __init__(self) -> None:
        super().__init__(AT_ONCE)
        self._chats: dict[int, tuple[asyncio.Lock, int]] = {}  # with how many hold or want the lock

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        chat = update.effective_chat if isinstance(update, Update) else None
        if chat is None:
            await coroutine
            return
        lock, users = self._chats.get(chat.id, (asyncio.Lock(), 0))
        self._chats[chat.id] = (lock, users + 1)
        try:
            async with lock:
                await coroutine
        finally:
            lock, users = self._chats[chat.id]
            if users == 1:
                del self._chats[chat.id]
            else:
                self._chats[chat.id] = (lock, users - 1)
