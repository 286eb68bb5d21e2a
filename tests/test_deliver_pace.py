"""The pacer against Telegram's limits, with a clock that jumps."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut

from bot.deliver.pace import CHAT_BURST, GROUP_LIMIT, GROUP_RESERVE, Pacer
from bot.telegram_http import retry_after_seconds
from storage.records import Lane
from tests.moved_time import in_moved_time


class Telegram:
    """Stands at the transport: remembers when what was sent, and answers with the errors it was given."""

    def __init__(self, rate: float | None = 30.0) -> None:
        self.pacer = Pacer(rate)
        self.sent: list[tuple[float, int, Lane]] = []
        self.errors: list[Exception] = []

    async def send(self, chat: int, lane: Lane = Lane.ALERT, endpoint: str = "sendMessage") -> Any:
        async def transport() -> bool:
            self.sent.append((asyncio.get_running_loop().time(), chat, lane))
            if self.errors:
                raise self.errors.pop(0)
            return True

        given = None if lane == Lane.REPLY else lane
        return await self.pacer.process_request(transport, (), {}, endpoint, {"chat_id": chat}, given)

    @property
    def times(self) -> list[float]:
        return [at for at, _, _ in self.sent]

    def most_within(self, seconds: float, times: list[float] | None = None) -> int:
        times = self.times if times is None else times
        return max(sum(1 for later in times if at <= later < at + seconds) for at in times)


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_broadcast_is_evenly_spaced_just_below_the_limit() -> None:
    telegram = Telegram(30)

    async def broadcast() -> float:
        start = now()
        await asyncio.gather(*(telegram.send(chat) for chat in range(1, 301)))
        return now() - start

    took = in_moved_time(broadcast())
    assert telegram.most_within(1.0) <= 30
    assert took < 300 / 29
    gaps = [later - earlier for earlier, later in pairwise(telegram.times)]
    assert max(gaps) < 0.04


def test_idle_time_is_not_caught_up_with() -> None:
    telegram = Telegram(30)

    async def broadcast() -> None:
        await telegram.send(1)
        await asyncio.sleep(60)
        await asyncio.gather(*(telegram.send(chat) for chat in range(2, 102)))

    in_moved_time(broadcast())
    assert telegram.most_within(1.0) <= 30


def test_a_reply_overtakes_all_waiting_deliveries() -> None:
    telegram = Telegram(30)

    async def story() -> float:
        broadcast = [asyncio.create_task(telegram.send(chat)) for chat in range(1, 500)]
        await asyncio.sleep(1)
        asked = now()
        await telegram.send(9_999, Lane.REPLY)
        waited = now() - asked
        for task in broadcast:
            task.cancel()
        return waited

    assert in_moved_time(story()) < 0.05


@pytest.mark.parametrize("lanes", [(Lane.EDIT, Lane.DIGEST, Lane.ALERT, Lane.BREAKING, Lane.REPLY)])
def test_lanes_pass_in_their_order(lanes: tuple[Lane, ...]) -> None:
    telegram = Telegram(10)

    async def story() -> None:
        await asyncio.gather(*(telegram.send(chat, lane) for chat, lane in enumerate(lanes, 1)))

    in_moved_time(story())
    assert [lane for _, _, lane in telegram.sent] == sorted(lanes)


def test_without_a_rate_nothing_waits() -> None:
    telegram = Telegram(None)

    async def story() -> float:
        start = now()
        await asyncio.gather(*(telegram.send(chat) for chat in range(1, 1001)))
        return now() - start

    assert in_moved_time(story()) == 0


def test_a_private_chat_gets_a_short_burst_of_replies_then_one_a_second() -> None:
    telegram = Telegram(None)

    async def story() -> None:
        await asyncio.gather(*(telegram.send(7, Lane.REPLY) for _ in range(6)))

    in_moved_time(story())
    assert telegram.most_within(0.5) == CHAT_BURST
    assert telegram.most_within(10) == 6
    assert all(later - earlier > 1.0 for earlier, later in pairwise(telegram.times[CHAT_BURST - 1 :]))


def test_a_delivery_is_not_ready_within_a_second_of_the_last() -> None:
    telegram = Telegram(None)

    async def story() -> tuple[float, float]:
        await telegram.send(7)
        at_once = telegram.pacer.seconds_until_allowed(7)
        await asyncio.sleep(1.1)
        return at_once, telegram.pacer.seconds_until_allowed(7)

    at_once, later = in_moved_time(story())
    assert 1.0 < at_once < 1.1
    assert later == 0


def test_a_chats_second_begins_when_its_message_goes_however_long_it_waited() -> None:
    telegram = Telegram()

    async def story() -> float:
        telegram.pacer.hold("away")
        sending = asyncio.create_task(telegram.send(7))
        await asyncio.sleep(5)
        telegram.pacer.release("away")
        await sending
        return telegram.pacer.seconds_until_allowed(7)

    assert 1.0 < in_moved_time(story()) < 1.1


def test_a_groups_minute_begins_when_its_messages_go_however_long_they_waited() -> None:
    telegram = Telegram(100)

    async def story() -> None:
        telegram.pacer.hold("away")
        waiting = [asyncio.create_task(telegram.send(-100)) for _ in range(2)]
        await asyncio.sleep(50)
        telegram.pacer.release("away")
        await asyncio.gather(*waiting)
        for _ in range(GROUP_LIMIT):
            await telegram.send(-100, Lane.REPLY)

    in_moved_time(story())
    assert telegram.most_within(60.0) <= GROUP_LIMIT


def test_a_group_gets_no_more_than_its_minute_allows_and_keeps_places_for_replies() -> None:
    telegram = Telegram(None)

    async def deliveries() -> None:
        for _ in range(60):
            await asyncio.sleep(telegram.pacer.seconds_until_allowed(-100))
            await telegram.send(-100)

    async def story() -> float:
        task = asyncio.create_task(deliveries())
        await asyncio.sleep(40)  # the minute's places for deliveries are used up
        asked = now()
        await telegram.send(-100, Lane.REPLY)
        waited = now() - asked
        await task
        return waited

    assert in_moved_time(story()) < 1.1
    assert telegram.most_within(60.0) <= GROUP_LIMIT
    alone = [at for at, _, lane in telegram.sent if lane == Lane.ALERT]
    assert telegram.most_within(60.0, alone) == GROUP_LIMIT - GROUP_RESERVE


def test_a_refused_chat_waits_as_long_as_it_was_told_and_others_do_not() -> None:
    telegram = Telegram(None)
    telegram.errors = [RetryAfter(17)]

    async def story() -> tuple[float, float]:
        with pytest.raises(RetryAfter):
            await telegram.send(7)
        await telegram.send(8)
        return telegram.pacer.seconds_until_allowed(7), telegram.pacer.seconds_until_allowed(9)

    assert in_moved_time(story()) == (17, 0)


def test_a_reply_waits_out_the_flood_and_arrives() -> None:
    telegram = Telegram(None)
    telegram.errors = [RetryAfter(5)]

    async def story() -> None:
        assert await telegram.send(7, Lane.REPLY)

    in_moved_time(story())
    first, second = telegram.times
    assert second - first >= 5


def test_a_reply_does_not_wait_for_hours() -> None:
    telegram = Telegram(None)
    telegram.errors = [RetryAfter(7200)]

    async def story() -> float:
        with pytest.raises(RetryAfter):
            await telegram.send(7, Lane.REPLY)
        with pytest.raises(RetryAfter):
            await telegram.send(7, Lane.REPLY)
        return now()

    assert in_moved_time(story()) < 1_001
    assert len(telegram.sent) == 1


def test_a_reply_is_tried_again_when_the_server_fails() -> None:
    telegram = Telegram(None)
    telegram.errors = [NetworkError("Bad Gateway"), NetworkError("Bad Gateway")]

    async def story() -> None:
        assert await telegram.send(7, Lane.REPLY)

    in_moved_time(story())
    assert len(telegram.sent) == 3


@pytest.mark.parametrize("error", [BadRequest("chat not found"), TimedOut()])
def test_a_reply_that_was_refused_or_perhaps_accepted_is_not_repeated(error: Exception) -> None:
    telegram = Telegram(None)
    telegram.errors = [error]

    async def story() -> None:
        with pytest.raises(type(error)):
            await telegram.send(7, Lane.REPLY)

    in_moved_time(story())
    assert len(telegram.sent) == 1


class Limited(Telegram):
    """A server that takes so many messages in any one second, and may change its mind."""

    def __init__(self, allowed: int, rate: float | None = 30.0) -> None:
        super().__init__(rate)
        self.allowed = allowed
        self.accepted: list[float] = []
        self.refused: list[float] = []

    async def deliver(self, chat: int) -> None:
        """Until it is sent, as the sender does it."""
        while True:
            try:
                await self.pacer.process_request(self._take, (), {}, "sendMessage", {"chat_id": chat}, Lane.ALERT)
                return
            except RetryAfter as error:
                await asyncio.sleep(retry_after_seconds(error) + 0.05)

    async def _take(self) -> Any:
        await asyncio.sleep(0.05)  # on its way
        if sum(at > now() - 1 for at in self.accepted[-self.allowed :]) >= self.allowed:
            self.refused.append(now())
            raise RetryAfter(1)
        self.accepted.append(now())
        return True

    def accepted_between(self, start: float, end: float) -> float:
        """A second, on average."""
        return sum(start <= at < end for at in self.accepted) / (end - start)


@pytest.mark.parametrize(("rate", "lost"), [(30.0, 0.02), (1_000.0, 0.1)])
def test_the_rate_settles_at_what_the_server_allows(rate: float, lost: float) -> None:
    server = Limited(20, rate)

    async def broadcast() -> float:
        start = now()
        await asyncio.gather(*(server.deliver(chat) for chat in range(1, 2_001)))
        return now() - start

    took = in_moved_time(broadcast())
    assert took < 2_000 / 20 * 1.12
    assert len(server.refused) < lost * 2_000


def test_it_follows_a_server_that_changes_its_mind_and_comes_back_with_it() -> None:
    server = Limited(30)

    async def broadcast() -> float:
        start = now()
        deliveries = [asyncio.create_task(server.deliver(chat)) for chat in range(1, 5_001)]
        await asyncio.sleep(20)
        server.allowed = 15
        await asyncio.sleep(60)
        server.allowed = 30
        await asyncio.gather(*deliveries)
        return start

    start = in_moved_time(broadcast())
    assert server.accepted_between(start, start + 20) > 29
    assert 13 < server.accepted_between(start + 25, start + 80) <= 15
    assert server.accepted_between(start + 180, start + 190) > 29
    assert len(server.refused) < 0.02 * 5_000


def test_one_refused_chat_slows_nobody_down() -> None:
    telegram = Telegram(30)
    telegram.errors = [RetryAfter(3)]

    async def story() -> float:
        start = now()
        await asyncio.gather(*(telegram.send(chat) for chat in range(60)), return_exceptions=True)
        return now() - start

    assert in_moved_time(story()) < 60 / 28


def test_held_deliveries_wait_and_replies_pass() -> None:
    telegram = Telegram(30)

    async def story() -> tuple[int, int]:
        telegram.pacer.hold("test")
        deliveries = [asyncio.create_task(telegram.send(chat)) for chat in range(1, 6)]
        await asyncio.sleep(5)
        await telegram.send(9, Lane.REPLY)
        held = telegram.pacer.deliveries_waiting
        telegram.pacer.release("test")
        await asyncio.gather(*deliveries)
        return held, len(telegram.sent)

    assert in_moved_time(story()) == (5, 6)
    assert telegram.sent[0][2] == Lane.REPLY


@pytest.mark.parametrize("endpoint", ["answerCallbackQuery", "sendChatAction", "getChatMember"])
def test_what_telegram_does_not_count_as_a_message_passes_at_once(endpoint: str) -> None:
    telegram = Telegram(1)

    async def story() -> float:
        start = now()
        await asyncio.gather(*(telegram.send(7, Lane.REPLY, endpoint) for _ in range(20)))
        return now() - start

    assert in_moved_time(story()) == 0


def test_a_million_chats_do_not_stay_in_memory() -> None:
    telegram = Telegram(None)

    async def story() -> int:
        for chat in range(1, 50_001):
            await telegram.send(chat)
            if chat % 5_000 == 0:
                await asyncio.sleep(2)
        return len(telegram.pacer._chats)

    assert in_moved_time(story()) <= 20_000
