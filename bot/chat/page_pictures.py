"""The pictures of pages: Telegram's files of known ones, and new ones, which are fetched once for all chats."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Final
from weakref import WeakValueDictionary

from telegram.ext import ExtBot

from bot import logs
from bot.config import Config
from bot.ingest.pictures import PictureFetcher
from bot.messages.message import PageFile
from bot.messages.notice import PICTURES_FAIL, PICTURES_WELL, Notice
from bot.notices import notify_admins
from storage import Storage
from storage.records import Article, PictureHealth

log = logs.get_logger(__name__)

TRIED_AGAIN_AFTER: Final = timedelta(hours=1)  # pictures that could not be had
ASKED_AGAIN_AFTER: Final = timedelta(hours=1)  # a server that did not know pages: it may have been updated
TURN_SECONDS: Final = 30.0  # for another chat that is opening the same new page
_NOTICES: Final = {PictureHealth.FAILING: PICTURES_FAIL, PictureHealth.WELL: PICTURES_WELL}


class PagePictures:
    """Gets the pictures of pages. `fetcher` fetches those that Telegram does not have yet."""

    def __init__(
        self, storage: Storage, config: Config, fetcher: PictureFetcher, bot: ExtBot[Any], now: Callable[[], datetime]
    ) -> None:
        self._storage = storage
        self._config = config
        self._fetcher = fetcher
        self._bot = bot
        self._now = now
        self._not_taken_until: datetime | None = None  # until then, the server is taken for one that knows no pages
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()  # by article

    @property
    def are_taken(self) -> bool:
        """Whether the server takes pages, as far as is known. A server that did not is asked again after a while."""
        return self._not_taken_until is None or self._now() >= self._not_taken_until

    def note_not_taken(self) -> None:
        """Show no pages for a while, since the server did not know them."""
        self._not_taken_until = self._now() + ASKED_AGAIN_AFTER

    async def known(self, addresses: Sequence[str]) -> dict[str, PageFile] | None:
        """Returns the files of these pictures, without those that failed lately. None: some of them are new."""
        known = await self._known(addresses)
        if known.keys() != set(addresses):
            return None
        return {address: PageFile(file_id) for address, file_id in known.items() if file_id is not None}

    @asynccontextmanager
    async def turn(self, article_id: int) -> AsyncIterator[None]:
        """Wait until no other chat is opening this article. A chat that takes very long keeps nobody waiting."""
        turn = self._turns.setdefault(article_id, asyncio.Lock())
        has_turn = False
        with suppress(TimeoutError):
            async with asyncio.timeout(TURN_SECONDS):
                has_turn = await turn.acquire()
        try:
            yield
        finally:
            if has_turn:
                turn.release()

    async def get(self, article: Article, addresses: Sequence[str]) -> dict[str, PageFile]:
        """Returns the files of those pictures of an article that can be had, and fetches what is new."""
        known = await self._known(addresses)
        found = await self._fetcher.get_all(address for address in addresses if address not in known)
        await self._note(article, found)
        return {address: PageFile(file_id) for address, file_id in known.items() if file_id is not None} | {
            address: PageFile(None, content) for address, content in found.items() if content is not None
        }

    async def uploaded(self, files: Mapping[str, str]) -> None:
        """Store the ids of files, by address, that Telegram has now."""
        await self._storage.pictures.put(self._bot.id, files, now=self._now())

    async def refused(self, files: Mapping[str, PageFile]) -> None:
        """Note the files, by address, without which Telegram took a page that it had refused with them.

        Files that Telegram had are forgotten, so they are fetched again for the next page. Of new files, the first
        half is left out for a while: which of them was bad is not known, and the next page tries the others.
        """
        await self._storage.pictures.forget(self._bot.id, [one for one, file in files.items() if file.file_id])
        new = [address for address, file in files.items() if not file.file_id]
        bad: dict[str, str | None] = dict.fromkeys(new[: (len(new) + 1) // 2])
        if bad:
            log.warning("pictures_refused", addresses=list(bad))
            await self._storage.pictures.put(self._bot.id, bad, now=self._now())

    async def _known(self, addresses: Sequence[str]) -> dict[str, str | None]:
        failed_since = self._now() - TRIED_AGAIN_AFTER
        return await self._storage.pictures.known(self._bot.id, addresses, failed_since=failed_since)

    async def _note(self, article: Article, found: Mapping[str, bytes | None]) -> None:
        """Store which pictures failed, and tell the administrators if all new ones of a public source do."""
        failed = {address: None for address, content in found.items() if content is None}
        if failed:
            await self._storage.pictures.put(self._bot.id, failed, now=self._now())
        if not found or article.source_id is None:
            return
        health = await self._storage.pictures.note_fetched(
            article.source_id, had=len(found) - len(failed), failed=len(failed)
        )
        source = await self._storage.sources.get(article.source_id) if health is not None else None
        if health is not None and source is not None and not source.private:
            notice = Notice(_NOTICES[health], {"source": source.shown_name})
            await notify_admins(self._storage, self._config, [notice], now=self._now())
