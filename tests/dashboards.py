"""The dashboard for tests: its server runs in a thread, since the browser's driver blocks the test's own thread."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, Page

from bot import logins
from bot.config import Config, ListenAddress
from bot.desk import DeskCards
from bot.ingest.discovery import SourceFinder
from bot.ingest.refresh import Ingest
from bot.web import WebServer
from bot.web.dashboard import Parts, routes
from storage import Storage, open_storage
from storage.records import Login
from tests import ingesting, site
from tests.conftest import Clock
from tests.web import free_port

T = TypeVar("T")
ADMIN, EDITOR = 99, 98  # Telegram's numbers


class Office:
    """A dashboard with its database, and a website whose feeds it may add."""

    storage: Storage
    ingest: Ingest
    site: site.Site
    config: Config
    parts: Parts

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.woken = 0
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def start(self, **settings: Any) -> None:
        self._thread.start()
        self.run(self._open(settings))

    def stop(self) -> None:
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        """Run this where the server runs. Returns its result."""
        return asyncio.run_coroutine_threadsafe(story, self._loop).result(60)

    @property
    def url(self) -> str:
        return f"http://{self.config.web}"

    def link(self, user_id: int | None = ADMIN, *, language: str = "en", name: str = "Nour") -> str:
        """Returns a new link for a person."""
        login = Login(user_id=user_id, name=name, language=language, timezone="Asia/Beirut")
        link = self.run(logins.make_link(self.storage, self.config, login, now=self.clock()))
        assert link is not None
        return link

    def enter(self, page: Page, user_id: int | None = ADMIN, **person: Any) -> None:
        """Log in with this browser."""
        page.goto(self.link(user_id, **person))
        page.get_by_role("button").click()
        page.wait_for_selector("footer")

    async def _open(self, settings: dict[str, Any]) -> None:
        values: dict[str, Any] = {
            "admins": (ADMIN,),
            "editors": (EDITOR,),
            "web": ListenAddress("127.0.0.1", free_port()),
            "allow_private_hosts": True,
        }
        self.config = Config(**(values | settings))
        self.storage = await self._stack.enter_async_context(open_storage(f"sqlite:///{self._folder / 'office.db'}"))
        self.site = await self._stack.enter_async_context(site.serving())
        self.ingest = await self._stack.enter_async_context(ingesting.opened(self.storage, self.clock))
        self.parts = Parts(
            self.storage,
            self.config,
            self.ingest,
            SourceFinder(self.ingest),
            DeskCards(self.storage, rate=30, now=self.clock),
            self.clock,
            self._note_wake,
        )
        assert self.config.web is not None
        server = WebServer(self.config.web, routes(self.parts), proxies=self.config.proxies)
        await server.start()
        self._stack.push_async_callback(server.stop)

    def _note_wake(self) -> None:
        self.woken += 1


@contextmanager
def opened(folder: Path, **settings: Any) -> Iterator[Office]:
    office = Office(folder)
    office.start(**settings)
    try:
        yield office
    finally:
        office.stop()


@contextmanager
def browsing(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page in a new profile. An error of a script, and what the policy of the page forbids, fail the test."""
    with browser.new_context(**({"locale": "en-GB"} | options)) as context:
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda told: wrong.append(told.text) if "Content Security" in told.text else None)
        yield page
        assert wrong == []
