"""Terms of a process that talks: it stands by, talks, is superseded, and is stopped at any moment."""

import asyncio
from collections.abc import Callable

import pytest

from bot.terms import hold_terms
from bot.web.health import Readiness
from storage.errors import DatabaseUnreachable, Superseded


class Elections:
    """A `Leadership` whose elections the test decides."""

    hand_over_seconds = 1.0

    def __init__(self) -> None:
        self.epochs: asyncio.Queue[int] = asyncio.Queue()
        self.lost = asyncio.Event()
        self.releases = 0

    async def acquire(self, *, on_standing_by: Callable[[str], None]) -> int:
        on_standing_by("another")
        self.lost.clear()
        return await self.epochs.get()

    async def until_lost(self) -> None:
        await self.lost.wait()

    def is_sure(self) -> bool:
        return not self.lost.is_set()

    async def release(self) -> None:
        self.releases += 1


class Bot:
    """Talks until its term ends, and says so."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[asyncio.Event] = asyncio.Queue()
        self.ended = 0

    async def talk(self, ending: asyncio.Event) -> None:
        self.begun.put_nowait(ending)
        await ending.wait()
        self.ended += 1


@pytest.fixture
def elections() -> Elections:
    return Elections()


@pytest.fixture
def bot() -> Bot:
    return Bot()


async def writable() -> None:
    """The database takes writes."""


async def test_a_process_that_was_superseded_stands_by_and_may_be_elected_again(
    elections: Elections, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "bot")
    readiness, stopped = Readiness(writable), asyncio.get_running_loop().create_future()
    holding = asyncio.create_task(hold_terms(elections, bot.talk, readiness, stopped))
    async with asyncio.timeout(30):
        for epoch in (4, 9):
            await asyncio.sleep(0)
            assert await readiness.reasons() == ["standing by: another process talks"]
            elections.epochs.put_nowait(epoch)
            ending = await bot.begun.get()
            assert await readiness.reasons() == []
            elections.lost.set()
            await ending.wait()
            while not readiness.standing_by:
                await asyncio.sleep(0)
        stopped.set_result(None)
        await holding
    assert bot.ended == 2
    events = [record.getMessage() for record in caplog.records]
    assert events == ["standing_by", "talking", "superseded"] * 2 + ["standing_by"]


async def test_a_process_that_is_stopped_while_it_talks_gives_its_term_back(elections: Elections, bot: Bot) -> None:
    stopped = asyncio.get_running_loop().create_future()
    holding = asyncio.create_task(hold_terms(elections, bot.talk, Readiness(writable), stopped))
    elections.epochs.put_nowait(1)
    async with asyncio.timeout(30):
        await bot.begun.get()
        stopped.set_result(None)
        await holding
    assert bot.ended == 1
    assert elections.releases


async def test_an_error_of_the_talk_ends_the_process_and_gives_the_term_back(elections: Elections) -> None:
    async def refused(ending: asyncio.Event) -> None:
        raise ValueError("the token is refused")

    elections.epochs.put_nowait(1)
    with pytest.raises(ValueError, match="token"):
        await hold_terms(elections, refused, Readiness(writable), asyncio.get_running_loop().create_future())
    assert elections.releases


async def test_a_database_that_goes_away_at_the_start_of_a_term_does_not_end_the_process(
    elections: Elections, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.terms.AGAIN_SECONDS", 0.0)
    failures = [DatabaseUnreachable("no answer"), Superseded("another talks")]

    async def talk(ending: asyncio.Event) -> None:
        if failures:
            raise failures.pop()
        await bot.talk(ending)

    stopped = asyncio.get_running_loop().create_future()
    for epoch in (1, 2, 3):
        elections.epochs.put_nowait(epoch)
    holding = asyncio.create_task(hold_terms(elections, talk, Readiness(writable), stopped))
    async with asyncio.timeout(30):
        await bot.begun.get()
        stopped.set_result(None)
        await holding
    assert bot.ended == 1
