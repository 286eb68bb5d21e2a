"""A bot on the simulator for tests: handlers and polling as in production, with a clock that stands still."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from telegram.ext import ExtBot

from bot import chat
from bot.chat.admission import Admission
from bot.chat.context import HandlerContext
from bot.config import Config
from bot.deliver.pace import Pacer
from bot.deliver.sender import STOPPING, Sender
from bot.ingest.discovery import SourceFinder
from bot.ingest.draft import Draft
from bot.ingest.network.fetch import Fetcher
from bot.ingest.pictures import AT_ONCE, LARGEST_FETCHED, SECONDS, PictureFetcher
from bot.ingest.prepare import author_names, category_names, prepare_texts
from bot.ingest.refresh import Ingest
from bot.ingest.story_index import place_article
from bot.sim import Chat, Person, Shown, Simulator
from bot.telegram_http import AiohttpRequest
from storage import Storage
from storage.records import Lane, NewArticle, Source
from tests import ingesting
from tests.conftest import Clock
from tests.delivering import elected, without_chat_pace


@dataclass
class Newsroom:
    sim: Simulator
    storage: Storage
    clock: Clock
    config: Config
    pacer: Pacer
    bot: ExtBot[Any]
    inbox: chat.Inbox
    ingest: Ingest
    finder: SourceFinder
    pictures: chat.PagePictures

    def reader(self, language: str = "en", name: str = "Huda") -> tuple[Chat, Person]:
        person = self.sim.person(name, language)
        return self.sim.private(person), person

    def forum(self, admin: Person, title: str = "Readers") -> Chat:
        """A group with topics, in which the bot may manage them."""
        group = self.sim.group(title, admins=[admin], topics=["Other"])
        group.members[self.sim.bot["id"]] = "administrator"
        return group

    async def ask(self, chat: Chat, text: str, person: Person | None = None, **how: Any) -> Shown:
        """What the bot answers to that."""
        before = len(chat.messages)
        chat.say(text, person, **how)
        await self.sim.until(lambda: len(chat.messages) > before)
        if text.startswith("/start"):  # in a private chat, the keyboard follows in a second message
            await self.heard()
            return chat.messages[before]
        return chat.last

    async def press(self, chat: Chat, button: str, person: Person | None = None) -> Shown:
        """The message after its button was pressed, and what it said has been changed."""
        await self.heard()  # a further message of the answer is none to the press
        found = next(m for m in chat.messages[::-1] if button in m.buttons)
        before = len(self.sim.calls)
        await asyncio.wait_for(chat.press(button, person=person), 30)
        await self.sim.until(
            lambda: any(c.method in ("editMessageText", "sendMessage") for c in self.sim.calls[before:])
        )
        return next(m for m in chat.messages if m.id == found.id)

    async def quiet(self, chat: Chat, text: str, person: Person | None = None) -> None:
        """Say something that gets no answer: what follows it is answered, and nothing before."""
        before = len(chat.messages)
        chat.say(text, person)
        await self.ask(chat, "/help@newsbot", person)
        assert len(chat.messages) == before + 1, chat.last

    async def heard(self) -> None:
        """Everything that people did until now has been handled."""
        await self.sim.until(lambda: not self.sim.unconfirmed)
        await self.inbox.wait_until_settled()

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Meanwhile, what is owed is sent; the clock goes on, since chats wait for their turn."""
        begun = time.monotonic()

        def now() -> datetime:
            return self.clock() + timedelta(seconds=time.monotonic() - begun)

        async with elected(self.storage):
            sender = Sender(self.storage, self.bot, self.pacer, rate=None, paid_broadcast=False, now=now)
            sender.wake()
            try:
                yield
            finally:
                await sender.stop()
                self.pacer.release(STOPPING)  # the next sender has the same one

    async def publish(
        self, *drafts: Draft, lane: Lane | None = None, compared: bool = False, source: Source | None = None
    ) -> list[int]:
        """Store articles as if they were just published; their ids. Each is a story of its own, unless they are
        compared as ingest does it: many tests have one body for all.
        """
        ids: list[int] = []
        for draft, (text, search, fingerprint) in zip(drafts, prepare_texts(drafts), strict=True):
            article = NewArticle(
                identity=draft.title,
                text=text,
                search=search,
                categories=category_names(draft.categories),
                published_at=self.clock(),
                published_on=None,
                publisher=draft.publisher,
                source_id=source.id if source else None,
                private=source is not None and source.private,
                authors=author_names(draft.author),
                lane=lane,
                fingerprint=fingerprint,
            )
            ids += (
                await self.storage.articles.store(
                    [article], now=self.clock(), decide=place_article if compared else None
                )
            ).added
            self.clock.advance(minutes=1)
        return ids


@asynccontextmanager
async def newsroom(
    storage: Storage, clock: Clock, config: Config | None = None, *, find_seconds: float = 60, **fetching: Any
) -> AsyncIterator[Newsroom]:
    """`find_seconds` is the limit for an address that a person adds. `fetching` goes to the Ingest of the bot."""
    async with (
        Simulator(clock=lambda: clock().timestamp()) as sim,
        ingesting.opened(storage, clock, **fetching) as ingest,
        Fetcher(max_bytes=LARGEST_FETCHED, allow_private=True, seconds=SECONDS, at_once=AT_ONCE) as fetcher,
    ):
        pacer, polled = Pacer(None), AiohttpRequest()
        bot: ExtBot[Any] = ExtBot(
            sim.token,
            base_url=f"{sim.url}/bot",
            base_file_url=f"{sim.url}/file/bot",
            request=AiohttpRequest(),
            get_updates_request=polled,
            rate_limiter=pacer,
        )
        config = config or Config(commands_per_minute=0)  # tests ask more than people
        admission = Admission(config.commands_per_minute, steady=lambda: clock().timestamp(), exempt=config.admins)
        finder = SourceFinder(ingest, seconds=find_seconds)
        pictures = chat.PagePictures(storage, config, PictureFetcher(fetcher), bot, clock)
        context = HandlerContext(
            storage,
            config,
            admission,
            finder,
            pictures,
            now=clock,
            wake=lambda: None,
            published=chat.PublishedLanguages(storage, steady=lambda: clock().timestamp()),
        )
        with without_chat_pace():  # tests press faster than people
            async with bot, listening(bot, polled, context) as inbox:
                yield Newsroom(sim, storage, clock, context.config, pacer, bot, inbox, ingest, finder, pictures)
        assert sim.errors == []


@asynccontextmanager
async def listening(bot: ExtBot[Any], polled: AiohttpRequest, context: HandlerContext) -> AsyncIterator[chat.Inbox]:
    """Updates are polled and answered meanwhile."""
    inline = chat.make_inline_queries(bot, context, steady=time.monotonic)
    answerer = chat.make_answerer(bot, context)
    inbox = chat.Inbox(context.storage, answerer, context.admission, now=context.now, passing=inline.take)
    await inbox.resume()
    poller = chat.Poller(polled, bot.base_url, inbox, allowed_updates=chat.ALLOWED_UPDATES)
    polling = asyncio.create_task(poller.run())
    try:
        yield inbox
    finally:
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        await poller.finish()
        await inline.stop()
        await inbox.stop()
