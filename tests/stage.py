"""The chat page in a browser, on a simulator without a bot: a test plays the bot, and drives the page."""

import asyncio
import io
import json
import os
import shutil
import threading
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from bot.sim import Chat, Hint, Simulator
from bot.sim.files import File

# The shell without windows needs half of the processor's time.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
FLAGS = """
    --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync
""".split()
BROWSER_TESTS = [  # the marks of a module whose tests need a browser
    pytest.mark.slow,
    # Where the page has to be tested, a missing browser is a failure and not a skip.
    pytest.mark.skipif(
        not CHROMIUM and not os.environ.get("CI"), reason="no Chromium here; on Debian: apt install chromium"
    ),
]
expect.set_options(timeout=15_000)
T = TypeVar("T")
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}


class Stage:
    """A simulator in a thread of its own, since the browser's driver blocks the test's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sim: Simulator) -> None:
        self._loop, self.sim = loop, sim
        self._offset = 0
        self.reader = sim.person("Sam", "en")
        self.arabic_reader = sim.person("ليلى", "ar")
        self.chat = sim.private(self.reader)
        self.arabic = sim.private(self.arabic_reader)
        self.group = sim.group("Newsroom", admins=[self.reader], topics=["Sports"])
        sim.list_on_page(self.chat, self.reader, Hint("You are Sam, a reader.", ("/latest", "/search ")))
        sim.list_on_page(self.arabic, self.arabic_reader, Hint("أنت ليلى.", ("/latest",)))
        sim.list_on_page(self.group, self.reader)
        self.channel = sim.channel("Headlines", admins=[self.reader])
        self.channel.members[sim.bot["id"]] = "administrator"
        sim.list_on_page(self.channel, self.reader)

    def do(self, action: Callable[[], T]) -> T:
        """Do this where the simulator runs. Returns what the action returns."""

        async def done() -> T:
            return action()

        return self.wait(done())

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def call(self, method: str, **values: Any) -> Any:
        """Call a method of the Bot API, as the bot does. Returns its result."""
        request = urllib.request.Request(
            f"{self.sim.url}/bot{self.sim.token}/{method}",
            json.dumps(values).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["result"]

    def next_update(self, kind: str) -> Any:
        """Return the next update of this kind, as a bot that polls for them gets it."""
        while True:
            for update in self.call("getUpdates", offset=self._offset, timeout=20, allowed_updates=[kind]):
                self._offset = update["update_id"] + 1
                if kind in update:
                    return update[kind]

    def send(self, text: str, chat: Chat | None = None, **more: Any) -> Any:
        return self.call("sendMessage", chat_id=(chat or self.chat).id, text=text, **more)

    def send_page(self, html: str, chat: Chat | None = None, *, is_rtl: bool = False, **more: Any) -> Any:
        rich = {"html": html, "is_rtl": is_rtl, "skip_entity_detection": True, **more}
        return self.call("sendRichMessage", chat_id=(chat or self.chat).id, rich_message=rich)

    def keep(self, name: str, content: bytes) -> File:
        """Keep a file, whose id the bot may then send."""
        return self.do(lambda: self.sim.files.keep_media(name, content))


@contextmanager
def staged() -> Iterator[Stage]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    sim = Simulator()
    try:
        asyncio.run_coroutine_threadsafe(sim.__aenter__(), loop).result(30)
        yield Stage(loop, sim)
        asyncio.run_coroutine_threadsafe(sim.__aexit__(None, None, None), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def launched_browser() -> Iterator[Browser]:
    assert CHROMIUM, "no Chromium here, and CI has to test the page"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@contextmanager
def shown(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """The page in a new browser profile. The first chat is open. An error of the page's scripts fails the test."""
    with browser.new_context(**({"locale": "en-GB"} | options)) as context:
        page = open_page(context, url)
        wrong: list[Error] = []
        page.on("pageerror", lambda error: wrong.append(error))
        yield page
        assert wrong == []


def open_page(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    expect(page.locator("#chats li").first).to_be_attached()
    return page


def picture(colour: str, size: tuple[int, int] = (900, 600)) -> bytes:
    """Returns a small JPEG."""
    drawn = Image.new("RGB", size, colour)
    ImageDraw.Draw(drawn).ellipse((size[0] // 3, size[1] // 4, 2 * size[0] // 3, 3 * size[1] // 4), fill="white")
    written = io.BytesIO()
    drawn.save(written, "JPEG", quality=60)
    return written.getvalue()
