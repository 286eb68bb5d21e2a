"""The self-test: each hour, an article goes all the way to the chat of one administrator, silently, and is withdrawn.

stored (ingest) → pushed (fan-out) → sent → withdrawn (the message is edited) → deleted

Nobody else can see the article: its source is private, and only that chat follows it, for some seconds. A failure is
told to the administrators, at the first run that fails and at the first one that goes all the way again.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot import logs
from bot.config import Config
from bot.ingest.decide import Push
from bot.ingest.draft import Draft
from bot.ingest.keep import Keeper
from bot.locale import Voice
from bot.messages.alarms import canary_texts
from bot.watching import Alarms
from storage import Storage
from storage.records import AlarmKind, CanaryChat, Lane

log = logs.get_logger(__name__)

EVERY_SECONDS: Final = 3600.0
FIRST_AFTER_SECONDS: Final = 60.0  # since the start
LOOK_SECONDS: Final = 0.2  # between two looks whether a stage is done
TITLE: Final = "Newsbot"
ORPHANS: Final = 10  # articles that are deleted after a run: its own, and what a killed run left
STORE, SEND, WITHDRAW = "store", "send", "withdraw"


class Canary:
    """A job. Call it often: it runs the test when an hour has passed."""

    def __init__(
        self,
        storage: Storage,
        config: Config,
        keeper: Keeper,
        bot: ExtBot[Any],
        alarms: Alarms,
        now: Callable[[], datetime],
        *,
        wake: Callable[[], None],
        silence: Callable[[int], None],
        on_ended: Callable[[str | None, float], None] = lambda failed_at, now: None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """`silence` lets the messages about an article come without a sound. `on_ended` is called after each run
        with the stage that failed, or None, and the time in seconds since 1970.
        """
        self._storage = storage
        self._config = config
        self._keeper = keeper
        self._bot = bot
        self._alarms = alarms
        self._now = now
        self._wake = wake
        self._silence = silence
        self._on_ended = on_ended
        self._steady = steady
        self._due = steady() + FIRST_AFTER_SECONDS
        self._stage = STORE
        self._is_cleared = False

    async def __call__(self) -> None:
        if not self._is_cleared:  # of what a killed run left: the test may be switched off since
            await self._clear()
            self._is_cleared = True
        if not self._config.canary or self._steady() < self._due:
            return
        self._due = self._steady() + EVERY_SECONDS
        await self.run()

    async def run(self) -> None:
        """Run the test once."""
        canary = await self._storage.canary.open(self._config.admins, title=TITLE, now=self._now())
        if canary is None:
            log.warning("canary_without_chat")
            return
        self._stage = STORE
        try:
            failed_at = None if await self._fly(canary) else self._stage
        except Exception:  # whatever stops the article is what the test is for
            log.exception("canary_stopped", stage=self._stage)
            failed_at = self._stage
        finally:
            await self._clear()
        log.info("canary", failed_at=failed_at)
        self._on_ended(failed_at, self._now().timestamp())
        if failed_at is None:
            await self._alarms.well(AlarmKind.CANARY)
        else:
            await self._alarms.tell(AlarmKind.CANARY, 0, {"stage": failed_at})

    async def _clear(self) -> None:
        await self._storage.canary.close()
        await self._storage.archive.prune_orphans(limit=ORPHANS)

    async def _fly(self, canary: CanaryChat) -> bool:
        """Returns whether the article went all the way. If not, `_stage` is where it failed, as after an error."""
        storage = self._storage
        kept = await self._keeper.keep([_draft(canary.language)], push=Push.NEVER, source=canary.source)
        if len(kept.stored.added) != 1:
            return False
        [article_id] = kept.stored.added
        self._stage = SEND
        self._silence(article_id)
        await storage.articles.push(article_id, Lane.BREAKING, now=self._now())
        self._wake()

        async def is_sent() -> bool:
            return (await storage.canary.state(article_id)).message_id is not None

        async def is_withdrawn() -> bool:
            return (await storage.canary.state(article_id)).is_current

        sent = await self._wait(is_sent)
        message_id = (await storage.canary.state(article_id)).message_id
        if sent:
            self._stage = WITHDRAW
        await storage.articles.retract(article_id, now=self._now())  # also an article that is too late
        self._wake()
        withdrawn = sent and await self._wait(is_withdrawn)
        if message_id is not None:
            await self._delete(canary.chat_id, message_id)
        return withdrawn

    async def _wait(self, is_done: Callable[[], Awaitable[bool]]) -> bool:
        """Returns whether a stage was done within the promised time."""
        ends = self._steady() + self._config.reach_seconds
        while not await is_done():
            if self._steady() >= ends:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True

    async def _delete(self, chat_id: int, message_id: int) -> None:
        try:
            await self._bot.delete_message(chat_id, message_id)
        except TelegramError as error:  # the message says that its article was withdrawn
            log.warning("canary_not_deleted", reason=error.message)


def _draft(language: str) -> Draft:
    title, body = canary_texts(Voice(language))
    return Draft(title=title, body=body, guid=f"canary-{uuid.uuid4()}", language=language)
