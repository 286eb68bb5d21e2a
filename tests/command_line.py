"""The command line in the test's own process, in a folder of its own."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pytest

from bot import cli
from storage import open_storage
from tests.ingesting import Here

Served = TypeVar("Served")


@dataclass
class CommandLine:
    """`newsbot …` in this process: exit status, what it said, what it complained of."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        self.monkeypatch.chdir(self.folder)
        self.monkeypatch.setattr("bot.process.WorkerProcess", Here)
        self.set(NEWSBOT_DATABASE=f"sqlite:///{self.folder / 'news.db'}", NEWSBOT_ALLOW_PRIVATE_HOSTS="true")

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self.monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str | Path | int) -> tuple[int, str, str]:
        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "argv", ["newsbot", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said, complained = self.capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said, complained

    def begin(self) -> None:
        """Let there be an empty database."""
        asyncio.run(self._open())

    async def _open(self) -> None:
        async with open_storage(f"sqlite:///{self.folder / 'news.db'}"):
            pass

    def good(self, *arguments: str | Path | int) -> str:
        status, said, complained = self(*arguments)
        assert (status, complained) == (0, ""), said
        return said

    def stats(self) -> Any:
        return json.loads(self.good("stats", "--json"))

    def articles(self, *arguments: str) -> Any:
        return json.loads(self.good("articles", "list", "--json", *arguments))


@contextmanager
def beside(context: AbstractAsyncContextManager[Served]) -> Iterator[Served]:
    """A server in an event loop of another thread: a command has a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(10)
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def line(title: str, **values: str) -> str:
    return json.dumps({"title": title, "body": f"All that is known of it: {title}."} | values, ensure_ascii=False)
