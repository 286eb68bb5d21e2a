"""What goes wrong without an error is told once, and once more when it is well again; a restart repeats nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest

from bot.config import Config
from bot.ingest.rhythm import measure_gap
from bot.messages.notice import Notice, notice_message
from bot.watching import Alarms, QueueWatch, ReachWatch, SourceWatch
from storage import Storage
from storage.records import AlarmKind, ArticleReach, Sent, Source, SourceKind, Visit
from tests.conftest import Clock
from tests.makers import NOON, new_article, readers, stored

ADMIN = 900
CONFIG = Config(admins=(ADMIN,), reach_seconds=60)


async def told(storage: Storage) -> list[Notice]:
    """The notices that the administrator is owed, the oldest first."""
    rows = await storage.database.fetch("SELECT notice FROM deliveries WHERE kind = 'notice' ORDER BY id")
    return [Notice.from_json(row["notice"]) for row in rows]


async def keys(storage: Storage) -> list[str]:
    return [notice.key for notice in await told(storage)]


def shown(notice: Notice, language: str = "en") -> str:
    return re.sub("[\u200e\u200f\u2066-\u2069]", "", notice_message(notice, language=language).html)


async def send(storage: Storage, name: str, clock: Clock, seconds: float) -> None:
    """An article that reaches all chats after so many seconds."""
    await stored(storage, new_article(name, title=f"Title <{name}>"), now=clock())
    await storage.deliveries.expand(limit=100, now=clock())
    at = clock() + timedelta(seconds=seconds)
    for claim in await storage.deliveries.claim(limit=100, now=at):
        await storage.deliveries.settle([Sent(claim, at, 1, 1, at)], promise=timedelta(seconds=60))


async def test_slow_alerts_are_told_once_and_three_good_articles_end_it(storage: Storage, clock: Clock) -> None:
    await readers(storage, 10)
    judged: list[ArticleReach] = []

    def watch() -> ReachWatch:  # as a process that has just started
        return ReachWatch(storage, CONFIG, Alarms(storage, CONFIG, clock), clock, on_judged=judged.append)

    for name, seconds in [("good", 5), ("slow", 61), ("slower", 90)]:
        await send(storage, name, clock, seconds)
        clock.advance(seconds=100)
        await watch()()
    assert await keys(storage) == ["alarm_reach"]
    [notice] = await told(storage)
    assert shown(notice) == (
        "⚠️ Alerts are slow: Title &lt;slow&gt; reached only 0% of its chats within 60 seconds; 90% was promised."
    )
    assert [reach.kept for reach in judged] == [True, False, False]
    for name in ("a", "b"):
        await send(storage, name, clock, 5)
        clock.advance(seconds=100)
        await watch()()
    assert await keys(storage) == ["alarm_reach"]
    await send(storage, "c", clock, 5)
    clock.advance(seconds=100)
    await watch()()
    await watch()()
    assert await keys(storage) == ["alarm_reach", "well_reach"]
    assert await storage.alarms.all() == []


async def test_a_queue_that_stands_still_is_told_after_ten_minutes_of_running(storage: Storage, clock: Clock) -> None:
    await readers(storage, 3)
    await stored(storage, new_article("one"), now=clock())
    clock.advance(hours=3)  # the bot was down
    seconds = 0.0
    watch = QueueWatch(storage, Alarms(storage, CONFIG, clock), clock, steady=lambda: seconds)
    await watch()
    assert await keys(storage) == []
    seconds = 600.0
    clock.advance(minutes=10)
    await watch()
    await watch()
    assert await keys(storage) == ["alarm_stuck"]
    [notice] = await told(storage)
    assert shown(notice) == (
        "⚠️ Messages are waiting (3), and none was sent in the last 10 minutes. The log says why."
    )
    await storage.deliveries.expand(limit=100, now=clock())
    [claim, *_] = await storage.deliveries.claim(limit=1, now=clock())
    await storage.deliveries.settle([Sent(claim, clock(), 1, 1, clock())])
    await watch()
    assert await keys(storage) == ["alarm_stuck", "well_stuck"]


async def test_an_empty_queue_and_one_that_waits_as_chats_wish_do_not_stand_still(
    storage: Storage, clock: Clock
) -> None:
    seconds = 6000.0
    watch = QueueWatch(storage, Alarms(storage, CONFIG, clock), clock, steady=lambda: seconds)
    watch._started = 0.0
    await watch()
    await readers(storage, 1)
    await stored(storage, new_article("one"), now=clock())
    clock.advance(minutes=5)
    await watch()  # it has waited for five minutes only
    assert await keys(storage) == []


async def visited(storage: Storage, source_id: int, clock: Clock, *, added: int = 0) -> None:
    source = await storage.sources.get(source_id)
    assert source
    learned = measure_gap(source, added, clock())
    await storage.sources.record_visits(
        Visit(
            source_id=source_id,
            due_at=clock(),
            visited_at=clock(),
            succeeded_at=clock(),
            newest_at=learned.newest_at if added else None,
            usual_gap=learned.usual_gap,
            gaps=learned.gaps,
        )
    )


@pytest.fixture
async def daily(storage: Storage, clock: Clock) -> Source:
    """A source that has published once a day for a week."""
    source, _ = await storage.sources.add(
        "https://news.example/feed", SourceKind.FEED, now=clock(), title="Daily <Herald>"
    )
    for _ in range(8):
        await visited(storage, source.id, clock, added=1)
        clock.advance(days=1)
    return source


async def test_a_source_that_falls_silent_is_told_and_told_when_it_speaks(
    storage: Storage, clock: Clock, daily: Source
) -> None:
    async def look(**step: float) -> list[str]:
        clock.advance(**step)
        await visited(storage, daily.id, clock)
        await SourceWatch(storage, Alarms(storage, CONFIG, clock), clock)()
        return await keys(storage)

    assert await look(hours=47) == []
    assert await look(hours=2) == ["alarm_source_silent"]
    assert await look(hours=30) == ["alarm_source_silent"]
    [notice] = await told(storage)
    assert shown(notice) == (
        "⚠️ Daily &lt;Herald&gt; has published nothing for 3 days, and is usually silent for 24 hours at most. See"
        " whether its address is still right."
    )
    clock.advance(hours=1)
    await visited(storage, daily.id, clock, added=2)
    assert await look(minutes=1) == ["alarm_source_silent", "well_source_silent"]
    assert await look(minutes=1) == ["alarm_source_silent", "well_source_silent"]


async def test_while_the_bot_is_stopped_no_source_is_silent(storage: Storage, clock: Clock, daily: Source) -> None:
    clock.advance(days=30)
    await SourceWatch(storage, Alarms(storage, CONFIG, clock), clock)()
    assert await keys(storage) == []
    assert daily.id


async def test_a_hook_that_falls_silent_is_told_though_nobody_visits_it(storage: Storage, clock: Clock) -> None:
    source, _ = await storage.sources.add("hook:newsroom", SourceKind.HOOK, now=clock())
    for _ in range(8):
        await visited(storage, source.id, clock, added=1)
        clock.advance(hours=6)
    clock.advance(days=9)  # the bot was stopped, and the newsroom could not reach it

    def started() -> SourceWatch:
        return SourceWatch(storage, Alarms(storage, CONFIG, clock), clock)

    watch = started()
    for hours, expected in ((17, []), (2, ["alarm_source_silent"]), (40, ["alarm_source_silent"])):
        clock.advance(hours=hours)
        await watch()
        assert await keys(storage) == expected
    watch = started()  # a restart repeats nothing, and does not make the source speak
    for hours in (0, 20):
        clock.advance(hours=hours)
        await watch()
        assert await keys(storage) == ["alarm_source_silent"]
    await visited(storage, source.id, clock, added=1)
    await watch()
    assert await keys(storage) == ["alarm_source_silent", "well_source_silent"]


async def test_the_password_in_the_address_of_a_silent_source_is_not_told(storage: Storage, clock: Clock) -> None:
    source, _ = await storage.sources.add("https://me:secret@news.example/feed", SourceKind.FEED, now=clock())
    for _ in range(8):
        await visited(storage, source.id, clock, added=1)
        clock.advance(days=1)
    clock.advance(days=9)
    await visited(storage, source.id, clock)
    await SourceWatch(storage, Alarms(storage, CONFIG, clock), clock)()
    [notice] = await told(storage)
    assert "news.example/feed" in shown(notice)
    assert "secret" not in notice.to_json()


@pytest.mark.parametrize("ends", ["removed", "paused", "failing"])
async def test_a_silent_source_that_ends_otherwise_is_forgotten_without_a_word(
    storage: Storage, clock: Clock, daily: Source, ends: str
) -> None:
    clock.advance(days=4)
    await visited(storage, daily.id, clock)
    watch = SourceWatch(storage, Alarms(storage, CONFIG, clock), clock)
    await watch()
    if ends == "removed":
        await storage.sources.remove(daily.id)
    elif ends == "paused":
        await storage.sources.set_paused(daily.id, True, now=clock())
    else:
        await storage.sources.record_visits(Visit(source_id=daily.id, due_at=clock(), error="gone"))
    await watch()
    assert await keys(storage) == ["alarm_source_silent"]
    assert await storage.alarms.all() == []


def source_with(**changes: Any) -> Source:
    values: dict[str, Any] = {
        "id": 1, "url": "u", "kind": SourceKind.FEED, "title": None, "category": None, "every_seconds": None,
        "due_at": NOON, "refreshed_at": NOON, "etag": None, "last_modified": None, "failures": 0, "last_error": None,
    }  # fmt: skip
    return Source(**(values | changes))


def test_a_weekend_counts_as_usual_for_weeks() -> None:
    source = source_with(newest_at=NOON)
    now = NOON
    for hours in [8, 16, 8, 16, 8, 64, 8, 16, 8, 16, 8, 16, 8]:  # a night is 16 hours, a weekend 64
        now += timedelta(hours=hours)
        source = measure_gap(source, 1, now)
    assert source.gaps == 13
    assert timedelta(hours=48) < source.usual_gap < timedelta(hours=64)
    assert measure_gap(source, 0, now + timedelta(days=9)) == source
    assert measure_gap(source_with(refreshed_at=None), 30, now).newest_at is None


ALL: dict[AlarmKind, dict[str, str | int]] = {
    AlarmKind.REACH: {"title": "T", "share": 40, "seconds": 120},
    AlarmKind.STUCK: {"owed": 3, "seconds": 600},
    AlarmKind.SOURCE_SILENT: {"source": "S", "seconds": 90_000, "usual": 20_000},
    AlarmKind.HUB_SILENT: {"source": "S"},
    AlarmKind.CANARY: {"stage": "send"},
}


@pytest.mark.parametrize("prefix", ["alarm_", "well_"])
@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("kind", AlarmKind)
def test_every_alarm_has_words_in_both_languages(kind: AlarmKind, language: str, prefix: str) -> None:
    stored_notice = Notice.from_json(Notice(f"{prefix}{kind.value}", ALL[kind]).to_json())
    text = shown(stored_notice, language)
    assert text[0] == ("⚠" if prefix == "alarm_" else "✅")
    assert ("ا" in text) == (language == "ar")


async def test_a_kill_between_notice_and_record_loses_no_alarm(
    storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    async def killed(*_: Any, **__: Any) -> bool:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(storage.alarms, "begin", killed)
        with pytest.raises(Killed):
            await Alarms(storage, CONFIG, clock).tell(AlarmKind.CANARY, 0, {"stage": "send"})
    assert await keys(storage) == ["alarm_canary"]
    await Alarms(storage, CONFIG, clock).tell(AlarmKind.CANARY, 0, {"stage": "send"})
    assert await storage.alarms.get(AlarmKind.CANARY)
