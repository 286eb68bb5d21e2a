"""The self-test goes the whole way to one administrator, is seen by nobody else, and leaves nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telegram.ext import ExtBot

from bot.canary import EVERY_SECONDS, FIRST_AFTER_SECONDS, Canary
from bot.config import Config
from bot.deliver.sender import Sender
from bot.messages.notice import Notice
from bot.sim import Chat, Simulator
from bot.telegram_http import AiohttpRequest
from bot.watching import Alarms
from storage import Storage
from storage.records import AlarmKind, Viewer
from tests.conftest import Clock
from tests.delivering import sending, until
from tests.ingesting import opened
from tests.makers import reader

TABLES = "articles sources follows deliveries reach fanouts article_keys private_articles_text".split()


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as opened_sim:
        yield opened_sim
        assert opened_sim.errors == []


@pytest.fixture
async def admin(storage: Storage, sim: Simulator) -> Chat:
    chat = sim.private(sim.person("Huda", "en"))
    await reader(storage, chat.id, now=datetime.now(UTC) - timedelta(days=1))
    return chat


def now() -> datetime:
    return datetime.now(UTC)


class Now(Clock):
    """The real time."""

    def __call__(self) -> datetime:
        return now()


class Runs:
    """What came of the runs."""

    def __init__(self) -> None:
        self.failed_at: list[str | None] = []

    def __call__(self, failed_at: str | None, _: float) -> None:
        self.failed_at.append(failed_at)


@asynccontextmanager
async def canary_on(
    storage: Storage,
    sim: Simulator,
    sender: Sender | None,
    runs: Runs,
    *admins: int,
    reach: float = 20.0,
    steady: Callable[[], float] | None = None,
    canary: bool = True,
) -> AsyncIterator[Canary]:
    config = Config(admins=admins, canary=canary, reach_seconds=reach)
    bot: ExtBot[Any] = ExtBot(
        sim.token, base_url=f"{sim.url}/bot", request=AiohttpRequest(), get_updates_request=AiohttpRequest()
    )
    async with bot, opened(storage, Now()) as ingest:
        options: dict[str, Any] = {"steady": steady} if steady else {}
        yield Canary(
            storage,
            config,
            ingest.keeper,
            bot,
            Alarms(storage, config, now),
            now,
            wake=sender.wake if sender else lambda: None,
            silence=sender.silence if sender else lambda article_id: None,
            on_ended=runs,
            **options,
        )


async def rows(storage: Storage) -> dict[str, int]:
    return {table: (await storage.database.fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in TABLES}


async def notices(storage: Storage) -> list[str]:
    found = await storage.database.fetch("SELECT notice FROM deliveries WHERE kind = 'notice' ORDER BY id")
    return [Notice.from_json(row["notice"]).key for row in found]


async def test_it_goes_all_the_way_silently_and_leaves_nothing(storage: Storage, sim: Simulator, admin: Chat) -> None:
    other = sim.private(sim.person("Sami", "en"))
    await reader(storage, other.id, now=now() - timedelta(days=1))
    before, runs = await rows(storage), Runs()
    async with sending(storage, sim, clock=now) as sender, canary_on(storage, sim, sender, runs, admin.id) as canary:
        await canary.run()
    assert runs.failed_at == [None]
    calls = [(call.method, call.values) for call in sim.calls if call.method in ("sendMessage", "editMessageText")]
    assert [method for method, _ in calls] == ["sendMessage", "editMessageText"]
    assert {values["chat_id"] for _, values in calls} == {admin.id}
    assert calls[0][1]["disable_notification"] is True
    assert "Self-test" in calls[0][1]["text"]
    assert "Withdrawn by" in calls[1][1]["text"]
    assert (admin.messages, other.messages) == ([], [])
    assert await rows(storage) == before
    assert await storage.alarms.all() == []


async def test_nobody_else_can_see_it_while_it_is_under_way(storage: Storage, sim: Simulator, admin: Chat) -> None:
    other = await reader(storage, 5, now=now() - timedelta(days=1))
    runs = Runs()
    async with canary_on(storage, sim, None, runs, admin.id, reach=2.0) as canary:
        running = asyncio.create_task(canary.run())

        async def is_pushed() -> bool:
            return (await rows(storage))["fanouts"] == 1

        await until(is_pushed)
        viewer = Viewer(chat_row=other.id, at=now())
        assert await storage.articles.newest(limit=9) == []
        assert await storage.articles.page(limit=9, viewer=viewer) == []
        assert (await storage.search.source_names(viewer=viewer)) == []
        while await storage.deliveries.expand(limit=100, now=now()):
            pass
        owed = await storage.database.fetch("SELECT chat_id FROM deliveries WHERE kind = 'alert'")
        assert [row["chat_id"] for row in owed] == [admin.id]
        await running


async def test_a_failure_is_told_once_and_so_is_the_end_of_it(storage: Storage, sim: Simulator, admin: Chat) -> None:
    runs = Runs()
    for _ in range(2):
        async with canary_on(storage, sim, None, runs, admin.id, reach=0.3) as canary:  # nothing sends
            await canary.run()
    assert runs.failed_at == ["send", "send"]
    assert await notices(storage) == ["alarm_canary"]
    async with sending(storage, sim, clock=now) as sender, canary_on(storage, sim, sender, runs, admin.id) as canary:
        await canary.run()
        await canary.run()
    assert runs.failed_at == ["send", "send", None, None]
    assert await notices(storage) == ["alarm_canary", "well_canary"]
    assert (await rows(storage))["sources"] == 0


async def test_an_error_under_way_is_a_failure_of_its_stage(
    storage: Storage, sim: Simulator, admin: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the text is no text")

    runs = Runs()
    async with sending(storage, sim, clock=now) as sender, canary_on(storage, sim, sender, runs, admin.id) as canary:
        for owner, name, stage in ((canary._keeper, "keep", "store"), (storage.articles, "retract", "withdraw")):
            with monkeypatch.context() as broken:
                broken.setattr(owner, name, fail)
                await canary.run()
            assert runs.failed_at.pop() == stage
        assert await notices(storage) == ["alarm_canary"]
        await canary.run()
    assert runs.failed_at == [None]
    assert await notices(storage) == ["alarm_canary", "well_canary"]
    assert (await rows(storage))["sources"] == 0


async def test_quiet_hours_a_snooze_and_a_limit_do_not_make_it_fail(
    storage: Storage, sim: Simulator, admin: Chat
) -> None:
    later = int((now() + timedelta(hours=5)).timestamp() * 1000)
    async with storage.database.transaction() as transaction:
        await transaction.execute(
            "UPDATE chats SET snoozed_until = :later, most_a_day = 1, alerts_since = :later, alerts_sent = 9,"
            " quiet_from = 0, quiet_to = 24",
            {"later": later},
        )
    runs = Runs()
    async with sending(storage, sim, clock=now) as sender, canary_on(storage, sim, sender, runs, admin.id) as canary:
        await canary.run()
    assert runs.failed_at == [None]


@pytest.mark.parametrize("wanted", [True, False])
async def test_what_a_killed_run_left_is_cleared_at_the_next_start(
    storage: Storage, sim: Simulator, admin: Chat, wanted: bool
) -> None:
    runs = Runs()
    async with canary_on(storage, sim, None, runs, admin.id, reach=20) as canary:
        running = asyncio.create_task(canary.run())

        async def is_pushed() -> bool:
            return (await rows(storage))["fanouts"] == 1

        await until(is_pushed)
        canary._storage.canary.close = killed  # type: ignore[method-assign]  # a kill at this moment
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        del canary._storage.canary.close
    assert (await rows(storage))["sources"] == 1
    async with canary_on(storage, sim, None, runs, admin.id, canary=wanted) as canary:
        await canary()
    left = await rows(storage)
    assert (left["sources"], left["follows"]) == (0, 0)  # so the fan-out that is left finds nobody
    async with sending(storage, sim, clock=now) as sender, canary_on(storage, sim, sender, runs, admin.id) as canary:
        await canary.run()
    assert runs.failed_at == [None]
    assert [call.method for call in sim.calls].count("sendMessage") == 1


async def killed() -> None:
    """Nothing is cleared by a process that was killed."""


@pytest.mark.parametrize("why", ["no_admin", "never_started", "no_breaking_news", "stopped"])
async def test_without_a_suitable_chat_nothing_is_tested(
    storage: Storage, sim: Simulator, admin: Chat, why: str
) -> None:
    admins: tuple[int, ...] = (admin.id,)
    if why == "no_admin":
        admins = ()
    elif why == "never_started":
        admins = (12345,)
    elif why == "no_breaking_news":
        async with storage.database.transaction() as transaction:
            await transaction.execute("UPDATE chats SET breaking = FALSE")
    else:
        async with storage.database.transaction() as transaction:
            await transaction.execute("UPDATE chats SET stopped_at = 1")
    runs = Runs()
    async with canary_on(storage, sim, None, runs, *admins) as canary:
        await canary.run()
    assert runs.failed_at == []
    assert not await storage.canary.has_chat(admins)
    assert (await rows(storage))["sources"] == 0
    assert await storage.alarms.get(AlarmKind.CANARY) is None


async def test_it_runs_a_minute_after_the_start_and_then_each_hour_if_it_is_wanted(
    storage: Storage, sim: Simulator, admin: Chat
) -> None:
    seconds, runs = [0.0], Runs()
    async with sending(storage, sim, clock=now) as sender:
        for wanted in (False, True):
            seconds[0] = 0.0
            async with canary_on(
                storage, sim, sender, runs, admin.id, steady=lambda: seconds[0], canary=wanted
            ) as canary:
                for moment in (0, FIRST_AFTER_SECONDS, FIRST_AFTER_SECONDS + 10, FIRST_AFTER_SECONDS + EVERY_SECONDS):
                    seconds[0] = moment
                    await canary()
    assert runs.failed_at == [None, None]
