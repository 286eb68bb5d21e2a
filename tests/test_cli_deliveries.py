"""What an operator does about deliveries that were given up: looks, tries again, lets go."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import open_storage
from storage.records import AlarmKind, Died, Lane, Sent
from tests.command_line import CommandLine
from tests.makers import NOON, new_article, reader, stored


async def died(folder: Path, chats: Sequence[int], reason: str = "wrong markup") -> list[int]:
    """An article whose delivery to each of these chats was given up, a minute apart; the deliveries' ids."""
    async with open_storage(f"sqlite:///{folder / 'news.db'}") as storage:
        for number in chats:
            await reader(storage, number, topic_id=7 if number < 0 else None)
        await reader(storage, 99)
        await stored(storage, new_article("one"))
        await storage.deliveries.expand(limit=100, now=NOON)
        claims = {claim.chat_id: claim for claim in await storage.deliveries.claim(limit=100, now=NOON)}
        await storage.deliveries.settle([Sent(claims.pop(99), NOON, 1, 1, NOON)])
        for minute, number in enumerate(chats):
            outcome = Died(claims[number], NOON + timedelta(minutes=minute), reason)
            await storage.deliveries.settle([outcome])
        return [claims[number].delivery_id for number in chats]


async def owed(folder: Path) -> list[tuple[int, int, Lane, int]]:
    async with open_storage(f"sqlite:///{folder / 'news.db'}") as storage:
        later = NOON + timedelta(days=40_000)
        claims = await storage.deliveries.claim(limit=100, now=later)
        return sorted((claim.delivery_id, claim.chat_id, claim.lane, claim.attempts) for claim in claims)


def test_dead_deliveries_are_listed_with_chat_article_reason_and_time(newsbot: CommandLine) -> None:
    newsbot.begin()
    assert newsbot.good("deliveries", "list") == "No delivery was given up.\n"
    assert json.loads(newsbot.good("deliveries", "list", "--json")) == []
    first, second = asyncio.run(died(newsbot.folder, [5, -6]))
    assert newsbot.good("deliveries", "list").splitlines() == [
        f"{second}  2026-03-01 12:01  -6/7  1 Title one  wrong markup",
        f"{first}  2026-03-01 12:00  5     1 Title one  wrong markup",
    ]
    assert newsbot.good("deliveries", "list", "--limit", "1").startswith(f"{second}  ")
    latest, _ = json.loads(newsbot.good("deliveries", "list", "--json"))
    assert latest == {
        "id": second, "chat_id": -6, "topic_id": 7, "kind": "alert", "article": 1, "title": "Title one",
        "reason": "wrong markup", "died": "2026-03-01T12:01:00Z",
    }  # fmt: skip


def test_a_retry_queues_them_again_as_if_they_were_new(newsbot: CommandLine) -> None:
    first, second = asyncio.run(died(newsbot.folder, [5, 6]))
    assert newsbot.good("deliveries", "retry", first, first) == "1 delivery queued again.\n"
    assert newsbot.stats()["deliveries"] == {"queued": 1, "sending": 0, "sent": 1, "dead": 1}
    assert newsbot.stats()["oldest_owed_seconds"] < 60
    assert asyncio.run(owed(newsbot.folder)) == [(first, 5, Lane.ALERT, 0)]
    assert newsbot.good("deliveries", "retry", "--all") == "1 delivery queued again.\n"
    assert newsbot.good("deliveries", "retry", "--all") == "0 deliveries queued again.\n"
    assert [one[0] for one in asyncio.run(owed(newsbot.folder))] == [second]


def test_a_drop_forgets_them_and_what_was_sent_stays(newsbot: CommandLine) -> None:
    first, *_ = asyncio.run(died(newsbot.folder, [5, 6, 7]))
    assert newsbot.good("deliveries", "drop", first) == "1 delivery dropped.\n"
    assert newsbot.stats()["deliveries"]["dead"] == 2
    assert newsbot.good("deliveries", "drop", "--all") == "2 deliveries dropped.\n"
    assert newsbot.stats()["deliveries"] == {"queued": 0, "sending": 0, "sent": 1, "dead": 0}
    assert asyncio.run(owed(newsbot.folder)) == []


@pytest.mark.parametrize("command", ["retry", "drop"])
def test_an_unknown_number_is_named_and_the_others_are_done(newsbot: CommandLine, command: str) -> None:
    [dead] = asyncio.run(died(newsbot.folder, [5]))
    [sent] = {1, 2} - {dead}
    status, said, complained = newsbot("deliveries", command, 77, sent, dead)
    assert status == 1
    assert said == f"1 delivery {'dropped' if command == 'drop' else 'queued again'}.\n"
    assert complained.splitlines() == [
        f"newsbot: delivery {number}: none of that number was given up; `newsbot deliveries list` shows them"
        for number in (sent, 77)
    ]
    assert newsbot.stats()["deliveries"]["sent"] == 1


@pytest.mark.parametrize("typed", ["retry", "drop", "retry 1 --all", "drop 1 --all"])
def test_neither_numbers_nor_all_or_both_is_a_usage_error(newsbot: CommandLine, typed: str) -> None:
    status, said, complained = newsbot("deliveries", *typed.split())
    assert (status, said) == (2, "")
    assert "expected the numbers that `newsbot deliveries list` shows, or --all" in complained
    assert not (newsbot.folder / "news.db").exists()


def test_stats_tell_whether_the_promise_was_kept_and_what_is_wrong(newsbot: CommandLine) -> None:
    newsbot.begin()
    newsbot.set(NEWSBOT_REACH_SECONDS="90")
    promise = {"promised_seconds": 90, "articles": 0, "kept": 0, "share_in_time": None}
    assert newsbot.stats()["reach"] == promise
    assert newsbot.stats()["alarms"] == []

    async def judged() -> None:
        now = datetime.now(UTC)
        async with open_storage(f"sqlite:///{newsbot.folder / 'news.db'}") as storage:
            for number in (1, 2):
                await reader(storage, number, now=now - timedelta(hours=1))
            await stored(storage, new_article("one"), now=now - timedelta(minutes=5))
            await storage.deliveries.expand(limit=100, now=now)
            for claim, seconds in zip(await storage.deliveries.claim(limit=9, now=now), (5, 200), strict=True):
                at = claim.queued_at + timedelta(seconds=seconds)
                await storage.deliveries.settle([Sent(claim, at, 1, 1, at)], promise=timedelta(seconds=90))
            await storage.reach.judge(promise=timedelta(seconds=90), now=now)
            await storage.alarms.begin(AlarmKind.REACH, 0, {"share": 50}, now=NOON)

    asyncio.run(judged())
    found = newsbot.stats()
    assert found["reach"] == promise | {"articles": 1, "share_in_time": 0.5}
    assert found["alarms"] == [
        {"kind": "reach", "subject": 0, "since": "2026-03-01T12:00:00Z", "detail": {"share": 50}}
    ]
    text = newsbot.good("stats")
    assert "0 of 1 articles reached 90 % of their chats within 90 s in the last day" in text
    assert "reach since 2026-03-01 12:00 UTC" in text
