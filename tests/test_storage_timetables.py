"""When a chat is written to, in storage: what it is owed by its old timetable it is told by the new one."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from storage import Storage
from storage.records import Chat, ChatState, Claim, DeliveryKind, Lane, PutOff, Rhythm, Sent, Timetable
from tests.makers import NOON, exported, new_article, owed, reader, settings, stored, the

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAILY = Timetable(Rhythm.DAILY, hour=18)
EVENING = NOON + 6 * HOUR


async def choose(
    storage: Storage, chat: Chat, timetable: Timetable, *, now: datetime = NOON, digest_at: datetime | None = None
) -> None:
    due = digest_at or (EVENING if timetable.rhythm is not Rhythm.ALERTS else None)
    await storage.chats.set_timetable(chat.id, timetable, digest_at=due, now=now)


async def digest_of(storage: Storage, chat: Chat, *, at: datetime = EVENING) -> list[str]:
    """The titles that the chat's digest lists, when it is due."""
    (due,) = [due for due in await storage.deliveries.due_digests(limit=9, now=at) if due.chat_row == chat.id]
    found, _ = await storage.articles.missed_headlines(chat.id, since=due.since, until=at, limit=9)
    return sorted(one.title for one in found)


async def claimed(storage: Storage, *, at: datetime = NOON + MINUTE) -> list[Claim]:
    while await storage.deliveries.expand(limit=100, now=at):
        pass
    return await storage.deliveries.claim(limit=9, now=at)


@pytest.mark.parametrize(
    "timetable",
    [
        Timetable(Rhythm.WEEKLY, 23, 6, (22, 7), False),
        Timetable(Rhythm.HOURLY, 0, 0, (0, 6)),
        Timetable(quiet=(23, 8), breaking=False),
    ],
)
async def test_a_whole_timetable_is_kept(storage: Storage, timetable: Timetable) -> None:
    chat, _ = await reader(storage, 1), await reader(storage, 2)
    await choose(storage, chat, timetable)
    assert (await the(storage, 1)).timetable == timetable
    assert (await the(storage, 2)).timetable == Timetable()
    (settings, _) = await exported(storage)
    assert settings.digest_at == (EVENING if timetable.rhythm is not Rhythm.ALERTS else None)
    await choose(storage, chat, Timetable())
    assert (await the(storage, 1)).timetable == Timetable()
    assert await storage.deliveries.due_digests(limit=9, now=NOON + 99 * HOUR) == []


async def test_a_hold_that_a_reader_ends_while_it_is_decided_on_holds_nothing(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article("one"))
    await storage.chats.snooze(chat.id, EVENING, now=NOON)
    [claim] = await claimed(storage)
    await storage.chats.snooze(chat.id, NOON + MINUTE, now=NOON + MINUTE)
    await storage.deliveries.settle([PutOff(claim, EVENING, "on hold", attempts=0, quiet=True)])
    assert [one.delivery_id for one in await claimed(storage)] == [claim.delivery_id]


async def test_queued_alerts_go_into_the_first_digest(storage: Storage) -> None:
    chat, other = await reader(storage, 1), await reader(storage, -5, topic_id=3)
    topic = await reader(storage, -5, topic_id=4)
    await stored(storage, new_article("one"), new_article("two"))
    assert await owed(storage) == 6
    await choose(storage, chat, DAILY, now=NOON + HOUR)
    await choose(storage, topic, DAILY, now=NOON + HOUR)
    claims = await claimed(storage, at=NOON + HOUR)
    assert {claim.chat_row for claim in claims} == {other.id}
    assert await storage.deliveries.count_owed() == 2
    assert await digest_of(storage, chat) == ["Title one", "Title two"]
    assert await digest_of(storage, topic) == ["Title one", "Title two"]


async def test_an_article_whose_broadcast_has_not_reached_the_chat_goes_into_its_digest(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article())
    await choose(storage, chat, DAILY, now=NOON + HOUR)
    assert await owed(storage) == 0
    assert await digest_of(storage, chat) == ["Title one"]


async def test_a_digest_does_not_repeat_what_came_as_an_alert(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article("sent"), new_article("unsent"))
    (claim,) = await claimed(storage)
    await storage.deliveries.settle([Sent(claim, NOON + MINUTE, 7, 1, NOON + MINUTE)])
    await choose(storage, chat, DAILY, now=NOON + HOUR)
    assert await digest_of(storage, chat) == ["Title unsent"]
    assert await claimed(storage) == []


async def test_an_alert_in_hand_is_not_taken_from_the_sender(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article())
    (claim,) = await claimed(storage)
    await choose(storage, chat, DAILY, now=NOON + HOUR)
    assert await storage.deliveries.count_owed() == 1
    await storage.deliveries.settle([Sent(claim, NOON + MINUTE, 7, 1, NOON + MINUTE)])
    assert await digest_of(storage, chat) == []


@pytest.mark.parametrize("breaking", [True, False])
async def test_breaking_news_wait_for_the_digest_only_where_the_reader_says_so(
    storage: Storage, breaking: bool
) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article(lane=Lane.BREAKING))
    assert await owed(storage) == 1
    await choose(storage, chat, replace(DAILY, breaking=breaking), now=NOON + HOUR)
    assert len(await claimed(storage, at=NOON + HOUR)) == int(breaking)
    assert await digest_of(storage, chat) == ([] if breaking else ["Title one"])


async def test_edits_and_notices_stay_owed_when_a_chat_turns_to_digests(storage: Storage) -> None:
    chat = await reader(storage, 1)
    (article,) = await stored(storage, new_article())
    (claim,) = await claimed(storage)
    await storage.deliveries.settle([Sent(claim, NOON, 7, 1, NOON)])
    await storage.articles.retract(article, now=NOON + MINUTE)
    await storage.deliveries.enqueue_notice([chat.id], "{}", lane=Lane.ALERT, now=NOON)
    await storage.deliveries.expand(limit=9, now=NOON + MINUTE)
    assert await storage.deliveries.count_owed() == 2
    await choose(storage, chat, DAILY, now=NOON + HOUR)
    assert await storage.deliveries.count_owed() == 2


async def test_from_digests_to_alerts_what_was_not_told_comes_at_once_in_one_message(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await choose(storage, chat, DAILY, now=NOON - HOUR)
    await stored(storage, new_article("one"), new_article("two"))
    assert await claimed(storage) == []
    await choose(storage, chat, Timetable(), now=NOON + HOUR)
    (claim,) = await claimed(storage, at=NOON + HOUR)
    assert (claim.kind, claim.lane, claim.since, claim.until) == (
        DeliveryKind.DIGEST, Lane.DIGEST, NOON - HOUR, NOON + HOUR
    )  # fmt: skip
    assert await storage.deliveries.count_owed() == 1
    assert await storage.deliveries.due_digests(limit=9, now=EVENING) == []
    await stored(storage, new_article("later"), now=NOON + 2 * HOUR)
    await storage.deliveries.settle([Sent(claim, NOON + HOUR, 7, 1, NOON + HOUR)])
    (later,) = await claimed(storage, at=NOON + 2 * HOUR)
    assert later.kind is DeliveryKind.ALERT


async def test_another_digest_begins_where_the_last_one_ended(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await choose(storage, chat, DAILY, now=NOON - HOUR)
    await stored(storage, new_article())
    await choose(storage, chat, Timetable(Rhythm.WEEKLY), now=NOON + HOUR, digest_at=NOON + 48 * HOUR)
    assert await storage.deliveries.due_digests(limit=9, now=EVENING) == []
    assert await digest_of(storage, chat, at=NOON + 48 * HOUR) == ["Title one"]


async def test_a_chat_that_left_and_gets_digests_now_is_told_what_it_missed(storage: Storage) -> None:
    chat = await reader(storage, -5)
    await storage.chats.pause(-5, state=ChatState.PAUSED, reason="no right", now=NOON - HOUR)
    await stored(storage, new_article())
    await choose(storage, chat, DAILY, now=NOON + HOUR)
    await storage.chats.resume(-5, now=NOON + 2 * HOUR)
    assert await digest_of(storage, chat) == ["Title one"]


async def test_a_chat_that_left_and_gets_alerts_now_is_told_when_it_is_back(storage: Storage) -> None:
    chat = await reader(storage, -5)
    await choose(storage, chat, DAILY, now=NOON - HOUR)
    await stored(storage, new_article())
    await storage.chats.pause(-5, state=ChatState.PAUSED, reason="no right", now=NOON + HOUR)
    await choose(storage, chat, Timetable(), now=NOON + 2 * HOUR)
    assert await storage.deliveries.count_owed() == 0
    await storage.chats.resume(-5, now=NOON + 3 * HOUR)
    (claim,) = await claimed(storage, at=NOON + 3 * HOUR)
    assert (claim.since, claim.until) == (NOON - HOUR, NOON + 3 * HOUR)


async def leaves(storage: Storage, chat: Chat) -> None:
    await storage.chats.pause(chat.chat_id, state=ChatState.PAUSED, reason="blocked", now=EVENING)


async def takes_alerts(storage: Storage, chat: Chat) -> None:
    await choose(storage, chat, Timetable(), now=EVENING)


async def takes_it_later(storage: Storage, chat: Chat) -> None:
    await choose(storage, chat, DAILY, now=EVENING, digest_at=EVENING + HOUR)


@pytest.mark.parametrize(("change", "owed_now"), [(leaves, 0), (takes_alerts, 1), (takes_it_later, 0)])
async def test_what_a_reader_chooses_while_a_digest_is_made_goes_before(
    storage: Storage, change: Callable[[Storage, Chat], Awaitable[None]], owed_now: int
) -> None:
    chat = await reader(storage, 1)
    await choose(storage, chat, DAILY)
    await stored(storage, new_article())
    due = await storage.deliveries.due_digests(limit=9, now=EVENING)
    await change(storage, chat)
    await storage.deliveries.enqueue_digests([(one, EVENING + 24 * HOUR) for one in due], now=EVENING)
    assert await storage.deliveries.count_owed() == owed_now
    await storage.chats.resume(1, now=EVENING + HOUR)
    # It is told once, by whichever is right now.
    claims = [claim for claim in await claimed(storage, at=EVENING + 2 * HOUR) if claim.since]
    assert len(claims) + len(await storage.deliveries.due_digests(limit=9, now=EVENING + 2 * HOUR)) == 1
    (since,) = [claim.since for claim in claims] or [await told_until(storage, EVENING + 2 * HOUR)]
    assert since is not None
    assert since <= NOON


async def told_until(storage: Storage, now: datetime) -> datetime:
    (due,) = await storage.deliveries.due_digests(limit=9, now=now)
    return due.since


async def put_off(storage: Storage, *, until: datetime, quiet: bool) -> None:
    """The chat's one delivery is claimed and put off."""
    (claim,) = await claimed(storage)
    await storage.deliveries.settle([PutOff(claim, until, "later", attempts=0, quiet=quiet)])


async def change_quiet_hours(storage: Storage, chat: Chat) -> None:
    await choose(storage, chat, Timetable(quiet=(0, 6)), now=NOON + HOUR)


async def change_time_zone(storage: Storage, chat: Chat) -> None:
    await storage.chats.set_timezone(chat.id, "Asia/Beirut", digest_at=None, now=NOON + HOUR)


async def import_again(storage: Storage, chat: Chat) -> None:
    await storage.settings.put([settings(chat_id=chat.chat_id)], now=NOON + HOUR)


CHANGES = [change_quiet_hours, change_time_zone, import_again]


@pytest.mark.parametrize("change", CHANGES)
async def test_other_hours_count_at_once_for_what_quiet_hours_held_back(
    storage: Storage, change: Callable[[Storage, Chat], Awaitable[None]]
) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article())
    await put_off(storage, until=EVENING, quiet=True)
    assert await claimed(storage, at=NOON + HOUR) == []
    await change(storage, chat)
    assert len(await claimed(storage, at=NOON + HOUR)) == 1


@pytest.mark.parametrize("change", CHANGES)
async def test_other_hours_do_not_shorten_a_flood_wait(
    storage: Storage, change: Callable[[Storage, Chat], Awaitable[None]]
) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article())
    await put_off(storage, until=EVENING, quiet=False)
    await change(storage, chat)
    assert await claimed(storage, at=NOON + HOUR) == []


async def test_a_chat_in_hand_is_not_claimed_twice_because_its_quiet_hours_changed(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article("one"), new_article("two"))
    await put_off(storage, until=NOON + HOUR, quiet=True)
    assert len(await claimed(storage, at=NOON + HOUR)) == 1
    await change_quiet_hours(storage, chat)
    assert await claimed(storage, at=NOON + HOUR) == []


async def test_a_new_time_zone_moves_the_next_digest(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await choose(storage, chat, DAILY)
    await storage.chats.set_timezone(chat.id, "America/New_York", digest_at=EVENING + 5 * HOUR, now=NOON)
    assert await storage.deliveries.due_digests(limit=9, now=EVENING) == []
    assert len(await storage.deliveries.due_digests(limit=9, now=EVENING + 5 * HOUR)) == 1


async def test_an_imported_chat_with_digests_is_told_what_comes_after(storage: Storage) -> None:
    await stored(storage, new_article("before"), now=NOON - HOUR)
    daily = settings(timetable=DAILY, digest_at=EVENING)
    await storage.settings.put([daily], now=NOON - MINUTE)
    await stored(storage, new_article("after"))
    await storage.settings.put([daily], now=NOON + MINUTE)
    assert await digest_of(storage, await the(storage, 1)) == ["Title after"]


async def test_an_import_that_turns_alerts_into_digests_and_back_loses_nothing(storage: Storage) -> None:
    await storage.settings.put([settings()], now=NOON - MINUTE)
    await stored(storage, new_article())
    assert await owed(storage) == 1
    await storage.settings.put([settings(timetable=DAILY, digest_at=EVENING)], now=NOON + MINUTE)
    assert await storage.deliveries.count_owed() == 0
    assert await digest_of(storage, await the(storage, 1)) == ["Title one"]
    await storage.settings.put([settings()], now=NOON + HOUR)
    (claim,) = await claimed(storage, at=NOON + HOUR)
    assert (claim.kind, claim.until) == (DeliveryKind.DIGEST, NOON + HOUR)
    assert claim.since is not None
    assert claim.since <= NOON
