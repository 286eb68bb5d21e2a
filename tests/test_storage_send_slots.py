"""A chat that is owed something always has a send slot, and each outcome is counted once, in any order of events."""

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from storage import Storage
from storage.records import (
    ChatState,
    Claim,
    DeliveryKind,
    Died,
    Dropped,
    Edited,
    Lane,
    Outcome,
    PutOff,
    Rhythm,
    Sent,
    Timetable,
    Unreachable,
)
from storage.topics.outbox import LOCKED
from tests.makers import NOON, new_article, reader, stored


class Newsroom:
    """Readers, groups and an operator who do what chance says, and a sender that has some deliveries in hand."""

    def __init__(self, storage: Storage, seed: int) -> None:
        self.storage = storage
        self.chance = random.Random(seed)
        self.now = NOON
        self.locked: list[Claim] = []
        self.arrived: set[int] = set()  # deliveries
        self.articles: list[int] = []

    async def something_happens(self) -> str:
        self.now += timedelta(seconds=self.chance.choice([0, 0, 1, 5]))
        sending = [self.publish, self.expand, self.expand, self.claim, self.settle, self.settle]
        coming_and_going = [self.leave, self.reactivate, self.reactivate, self.move, self.move]
        choosing = [self.choose, self.push, self.withdraw, self.gather]
        event: Callable[[], Awaitable[object]] = self.chance.choice(2 * sending + coming_and_going + choosing)
        await event()
        return event.__name__

    async def publish(self) -> None:
        lane = self.chance.choice([Lane.ALERT, Lane.BREAKING])
        self.articles += await stored(self.storage, new_article(f"{len(self.articles)}", lane=lane), now=self.now)

    async def expand(self) -> None:
        await self.storage.deliveries.expand(limit=self.chance.choice([1, 2]), now=self.now)

    async def claim(self) -> None:
        self.locked += await self.storage.deliveries.claim(limit=3, now=self.now)

    async def settle(self) -> None:
        if self.locked:
            claim = self.locked.pop(self.chance.randrange(len(self.locked)))
            outcome = self.chance.choice(self._outcomes(claim))
            if isinstance(outcome, Sent):
                self.arrived.add(claim.delivery_id)
            await self.storage.deliveries.settle([outcome])

    def _outcomes(self, claim: Claim) -> list[Outcome]:
        soon = self.now + timedelta(seconds=1)
        went: Outcome = Edited(claim, self.now, 2, soon) if claim.message_id else Sent(claim, self.now, 1, 1, soon)
        return [
            *[went] * 8,
            PutOff(claim, soon, "TimedOut"),
            PutOff(claim, soon + timedelta(seconds=20), "quiet hours", attempts=0, quiet=True),
            Dropped(claim, self.now),
            Died(claim, self.now, "refused"),
            Unreachable(claim, self.now, ChatState.GONE, "gone"),
            Unreachable(claim, self.now, ChatState.PAUSED, "closed", topic_only=claim.topic_id is not None),
        ]

    async def gather(self) -> None:
        alerts = [c for c in self.locked if (c.kind, c.lane) == (DeliveryKind.ALERT, Lane.ALERT) and not c.message_id]
        if alerts:
            claim = self.chance.choice(alerts)
            if await self.storage.deliveries.merge_into_catch_up(claim, before=self.now, least=2, now=self.now):
                self.locked.remove(claim)

    async def leave(self) -> None:
        await self.storage.chats.pause(await self._number(), state=ChatState.PAUSED, reason="blocked", now=self.now)

    async def reactivate(self) -> None:
        await self.storage.chats.resume(await self._number(), now=self.now)

    async def move(self) -> None:
        old = await self._number()
        if old < 0:
            await self.storage.chats.migrate(
                old, self.chance.choice([old - 100] * 5 + [await self._number("chat_id < 0")]), now=self.now
            )

    async def choose(self) -> None:
        chat, chats = await self._number(what="id"), self.storage.chats
        rhythm = Timetable(self.chance.choice([Rhythm.ALERTS, Rhythm.HOURLY]))
        choices: list[Callable[[], Awaitable[None]]] = [
            lambda: chats.unsubscribe_from_everything(chat, now=self.now),
            *[lambda: chats.subscribe_to_everything(chat, now=self.now)] * 4,
            lambda: chats.set_timetable(chat, rhythm, digest_at=None, now=self.now),
        ]
        await self.chance.choice(choices)()

    async def withdraw(self) -> None:
        if self.articles:
            await self.storage.articles.retract(self.chance.choice(self.articles), now=self.now)

    async def push(self) -> None:
        if self.articles:
            await self.storage.articles.push(self.chance.choice(self.articles), Lane.BREAKING, now=self.now)

    async def _number(self, which: str = "TRUE", what: str = "chat_id") -> int:
        rows = await self.storage.database.fetch(f"SELECT DISTINCT {what} AS number FROM chats WHERE {which}")
        return int(self.chance.choice([row["number"] for row in rows]))

    # What must hold at any moment

    async def wrong(self) -> list[str]:
        return [
            *[f"owed, and without a send slot: {chat}" for chat in await self._all(_WITHOUT_A_SLOT)],
            *[f"in hand for ever: {chat}" for chat in await self._all(_LOCKED) if chat not in await self._held()],
            *[f"marked, and did not arrive: {one}" for one in await self._all(_SENT) if one not in self.arrived],
        ]

    async def _all(self, sql: str) -> list[int]:
        return [row["it"] for row in await self.storage.database.fetch(sql, {"locked": LOCKED})]

    async def _held(self) -> set[int]:
        rows = await self.storage.database.fetch("SELECT id, chat_id FROM deliveries WHERE state = 'sending'")
        mine = {claim.delivery_id for claim in self.locked}
        return {row["chat_id"] for row in rows if row["id"] in mine}


_WITHOUT_A_SLOT = """
SELECT DISTINCT chat_id AS it FROM deliveries
WHERE state = 'queued' AND chat_id NOT IN (SELECT chat_id FROM send_slots)
"""
_LOCKED = "SELECT chat_id AS it FROM send_slots WHERE next_send_at = :locked"
_SENT = "SELECT id AS it FROM deliveries WHERE state = 'sent'"


@pytest.mark.parametrize("seed", range(8))
async def test_nobody_who_is_owed_is_without_a_turn_whatever_happens(storage: Storage, seed: int) -> None:
    for chat_id in (1, 2, 3, 4, -10, -20, -30):
        await reader(storage, chat_id)
    for topic in (5, 6):
        await reader(storage, -40, topic_id=topic)
    newsroom = Newsroom(storage, seed)
    happened: list[str] = []
    for _ in range(150):
        happened.append(await newsroom.something_happens())
        assert await newsroom.wrong() == [], happened[-10:]
