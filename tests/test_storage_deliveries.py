"""What is owed, whose turn it is, and what became of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from storage import Storage
from storage.records import (
    CategoryName,
    ChatKind,
    ChatState,
    Claim,
    DeliveryKind,
    Died,
    Edited,
    Lane,
    Outcome,
    PutOff,
    Rhythm,
    Sent,
    Throughput,
    Timetable,
    Unreachable,
)
from tests.makers import NOON, new_article, reader, readers, stored

LATER = NOON + timedelta(seconds=1)


async def expand_all(storage: Storage, *, limit: int = 100) -> None:
    while await storage.deliveries.expand(limit=limit, now=NOON):
        pass


async def claim(storage: Storage, *, limit: int = 100, now: datetime = NOON) -> list[Claim]:
    return await storage.deliveries.claim(limit=limit, now=now)


def sent(claim: Claim, message_id: int = 1) -> Sent:
    return Sent(claim, NOON, message_id, 1, LATER)


async def owed_to(storage: Storage) -> list[int]:
    """Chats that get something now, all of it sent, one round after another."""
    chats: list[int] = []
    now = NOON
    while await storage.deliveries.count_ready_chats(now=now, limit=1):
        claims = await claim(storage, now=now)
        chats += [one.chat_id for one in claims]
        now += timedelta(seconds=2)
        await storage.deliveries.settle([replace(sent(one), next_at=now) for one in claims])
    return sorted(chats)


# Who is owed


async def test_everybody_who_wants_it_is_owed_it_once(storage: Storage) -> None:
    await stored(storage, new_article("sport", category="Sport"), new_article("law", category="Law"))
    law = await storage.categories.find("law")
    assert law is not None
    await reader(storage, 1)
    listed = await reader(storage, 2, everything=False)
    await storage.chats.subscribe(listed.id, law.id, now=NOON - timedelta(hours=2))
    muted = await reader(storage, 3)
    await storage.chats.unsubscribe(muted.id, law.id, now=NOON - timedelta(hours=2))
    await reader(storage, 4, everything=False)
    await expand_all(storage)
    assert await owed_to(storage) == [1, 1, 2, 3]


async def test_a_subscription_made_after_the_article_is_stored_is_not_owed_it(storage: Storage) -> None:
    await stored(storage, new_article())
    await reader(storage, 1, now=NOON + timedelta(seconds=1))
    await expand_all(storage)
    assert await owed_to(storage) == []


async def test_an_article_without_a_category_goes_to_those_who_want_everything(storage: Storage) -> None:
    await stored(storage, new_article("other", category="Law", lane=None))
    law = await storage.categories.find("law")
    assert law is not None
    await reader(storage, 1)
    listed = await reader(storage, 2, everything=False)
    await storage.chats.subscribe(listed.id, law.id, now=NOON - timedelta(hours=2))
    await stored(storage, new_article(category=None))
    await expand_all(storage)
    assert await owed_to(storage) == [1]


async def test_an_article_that_is_not_pushed_is_owed_to_nobody(storage: Storage) -> None:
    await reader(storage, 1)
    await stored(storage, new_article(lane=None))
    assert await storage.deliveries.expand(limit=10, now=NOON) == 0


@pytest.mark.parametrize("chunk", [1, 3, 7, 100])
async def test_a_fanout_is_expanded_in_chunks_and_every_chat_is_reached_once(storage: Storage, chunk: int) -> None:
    await readers(storage, 10)
    await stored(storage, new_article())
    steps = []
    while step := await storage.deliveries.expand(limit=chunk, now=NOON):
        steps.append(step)
    assert max(steps) <= chunk
    assert await owed_to(storage) == list(range(1, 11))


async def test_many_fan_outs_for_a_few_chats_are_expanded_together_lane_by_lane(storage: Storage) -> None:
    await readers(storage, 2)
    await stored(storage, *(new_article(f"{n}") for n in range(3)), new_article("b", lane=Lane.BREAKING))
    made = [await storage.deliveries.expand(limit=100, now=NOON) for _ in range(3)]
    assert made == [2, 6, 0]


async def test_a_chunk_ends_at_its_limit_also_in_the_middle_of_the_second_fan_out(storage: Storage) -> None:
    minute = timedelta(minutes=1)
    await reader(storage, 1)
    await stored(storage, new_article("a"))
    for number in (2, 3):
        await reader(storage, number, now=NOON + minute)
    await stored(storage, new_article("b"), now=NOON + 2 * minute)
    made = [await storage.deliveries.expand(limit=3, now=NOON) for _ in range(3)]
    assert made == [3, 1, 0]
    assert await owed_to(storage) == [1, 1, 2, 3]


async def test_a_chunk_that_is_half_full_leaves_the_next_fan_out_to_the_next_chunk(storage: Storage) -> None:
    await readers(storage, 3)
    await stored(storage, new_article("a"), new_article("b"))
    made = [await storage.deliveries.expand(limit=4, now=NOON) for _ in range(3)]
    assert made == [3, 3, 0]
    assert await owed_to(storage) == [1, 1, 2, 2, 3, 3]


async def test_the_better_lane_then_the_older_article_is_owed_first(storage: Storage) -> None:
    await reader(storage, 1)
    ids = await stored(
        storage,
        new_article("young", published_at=NOON - timedelta(minutes=1)),
        new_article("old", published_at=NOON - timedelta(minutes=9)),
        new_article("breaking", lane=Lane.BREAKING),
    )
    await expand_all(storage)
    order = []
    now = NOON
    while claims := await claim(storage, now=now):
        order += [one.article_id for one in claims]
        now += timedelta(seconds=2)
        await storage.deliveries.settle([replace(sent(one), next_at=now) for one in claims])
    assert order == [ids[2], ids[1], ids[0]]


async def test_each_topic_of_a_group_is_owed_its_own_message(storage: Storage) -> None:
    await reader(storage, -5, topic_id=7)
    await reader(storage, -5, topic_id=8)
    await stored(storage, new_article())
    await expand_all(storage)
    [first] = await claim(storage)
    await storage.deliveries.settle([sent(first)])
    [second] = await claim(storage, now=LATER)
    assert {first.topic_id, second.topic_id} == {7, 8}


# Whose turn


async def test_a_chat_that_is_owed_much_holds_one_place(storage: Storage) -> None:
    await reader(storage, -100, kind=ChatKind.GROUP)
    await stored(storage, *(new_article(f"{n}") for n in range(50)))
    await expand_all(storage)
    await readers(storage, 5)
    await stored(storage, new_article("last"), now=NOON)
    await expand_all(storage)
    assert sorted(one.chat_id for one in await claim(storage, limit=6)) == [-100, 1, 2, 3, 4, 5]


async def test_a_chat_in_hand_is_not_claimed_again_until_its_outcome(storage: Storage) -> None:
    await reader(storage, 1)
    await stored(storage, new_article("a"), new_article("b"))
    await expand_all(storage)
    [first] = await claim(storage)
    assert await claim(storage, now=NOON + timedelta(days=1)) == []
    await storage.deliveries.settle([sent(first)])
    assert await claim(storage) == []  # its next turn is a second later
    [second] = await claim(storage, now=LATER)
    assert second.article_id != first.article_id


async def test_one_chat_put_off_delays_only_itself(storage: Storage) -> None:
    await readers(storage, 2)
    await stored(storage, new_article("a"))
    await expand_all(storage)
    first, second = await claim(storage)
    minute = NOON + timedelta(minutes=1)
    await storage.deliveries.settle([PutOff(first, minute, "flood", attempts=0), sent(second)])
    assert await claim(storage, now=minute - timedelta(seconds=1)) == []
    assert await storage.deliveries.next_send_at() == minute
    [again] = await claim(storage, now=minute)
    assert (again.delivery_id, again.attempts) == (first.delivery_id, 0)


async def test_a_failed_attempt_is_counted(storage: Storage) -> None:
    await reader(storage, 1)
    await stored(storage, new_article())
    await expand_all(storage)
    [one] = await claim(storage)
    await storage.deliveries.settle([PutOff(one, NOON, "TimedOut")])
    [again] = await claim(storage)
    assert again.attempts == 1


async def test_after_a_kill_what_was_in_hand_is_owed_again(storage: Storage) -> None:
    await readers(storage, 3)
    await stored(storage, new_article())
    await expand_all(storage)
    claims = await claim(storage)
    await storage.deliveries.settle([sent(claims[0])])
    assert await storage.deliveries.recover(now=NOON) == 2
    assert {one.chat_id for one in await claim(storage)} == {one.chat_id for one in claims[1:]}


async def test_a_flood_wait_outlives_a_restart(storage: Storage) -> None:
    await reader(storage, 1)
    await stored(storage, new_article("a"))
    await expand_all(storage)
    [refused] = await claim(storage)
    told = NOON + timedelta(hours=9)
    await storage.deliveries.settle([PutOff(refused, told, "flood", attempts=0)])
    await storage.deliveries.recover(now=LATER)
    await stored(storage, new_article("b", lane=Lane.BREAKING), now=LATER)  # which does not shorten it either
    await expand_all(storage)
    assert await claim(storage, now=told - timedelta(seconds=1)) == []
    assert len(await claim(storage, now=told)) == 1


async def test_a_clock_that_goes_back_does_not_silence_chats(storage: Storage) -> None:
    await reader(storage, 1)
    await stored(storage, new_article("a"), new_article("b"))
    await expand_all(storage)
    [one] = await claim(storage)
    await storage.deliveries.settle([sent(one)])
    hour_ago = NOON - timedelta(hours=1)
    assert await claim(storage, now=hour_ago + timedelta(seconds=1)) == []
    await storage.deliveries.correct_times(now=hour_ago, by=timedelta(hours=1))
    assert len(await claim(storage, now=hour_ago + timedelta(seconds=1))) == 1


async def test_who_subscribed_by_a_clock_that_was_ahead_is_owed_what_comes_after_it_went_back(
    storage: Storage,
) -> None:
    await reader(storage, 1, now=NOON + timedelta(hours=1))
    listed = await reader(storage, 2, everything=False, now=NOON + timedelta(hours=1))
    await stored(storage, new_article("old", lane=None))
    category = await storage.categories.find("news")
    assert category is not None
    await storage.chats.subscribe(listed.id, category.id, now=NOON + timedelta(hours=1))
    await storage.deliveries.correct_times(now=NOON, by=timedelta(hours=1))
    await stored(storage, new_article("new"), now=LATER)
    await expand_all(storage)
    assert await owed_to(storage) == [1, 2]


async def test_a_clock_that_was_set_back_while_we_were_down_does_not_silence_chats(storage: Storage) -> None:
    await reader(storage, 1)
    await stored(storage, new_article("a"), new_article("b"))
    await expand_all(storage)
    [one] = await claim(storage)
    await storage.deliveries.settle([sent(one)])
    hour_ago = NOON - timedelta(hours=1)
    await storage.deliveries.recover(now=hour_ago)
    assert len(await claim(storage, now=hour_ago + timedelta(seconds=11))) == 1
    await storage.deliveries.recover(now=hour_ago)  # a second start takes nothing more back
    assert await storage.metrics.since(hour_ago + timedelta(seconds=11)) == Throughput(0, 0)


# What a reader says late is honoured


async def test_a_late_stop_takes_back_what_is_queued(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article("a"), new_article("b"))
    await expand_all(storage)
    await storage.chats.unsubscribe_from_everything(chat.id, now=NOON)
    assert await owed_to(storage) == []
    stats = await storage.deliveries.stats(now=NOON)
    assert stats.deliveries["queued"] == 0


async def test_a_category_muted_after_the_fan_out_is_not_sent(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article("law", category="Law"), new_article("sport", category="Sport"))
    await expand_all(storage)
    law = await storage.categories.find("law")
    assert law is not None
    await storage.chats.unsubscribe(chat.id, law.id, now=NOON)
    assert await owed_to(storage) == [1]


# What became of it


async def test_a_sent_delivery_knows_its_message(storage: Storage) -> None:
    await reader(storage, 1)
    [article_id] = await stored(storage, new_article())
    await expand_all(storage)
    [one] = await claim(storage)
    await storage.deliveries.settle([sent(one, message_id=77)])
    assert await storage.deliveries.article_of_message(1, 77) == article_id
    assert await storage.deliveries.article_of_message(1, 78) is None


async def test_a_chat_that_left_is_paused_and_owed_nothing_until_it_is_back(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article("a"), new_article("b"))
    await expand_all(storage)
    [one] = await claim(storage)
    await storage.deliveries.settle([Unreachable(one, NOON, ChatState.PAUSED, "bot was blocked by the user")])
    assert await owed_to(storage) == []
    paused = await storage.chats.get(1)
    assert paused is not None
    assert (paused.state, paused.everything) == (ChatState.PAUSED, True)
    hour = NOON + timedelta(hours=1)
    assert await storage.chats.resume(1, now=hour)
    await stored(storage, new_article("c"), now=hour)
    await expand_all(storage)
    assert len(await claim(storage, now=hour)) == 1
    assert chat.id == paused.id


async def test_a_closed_topic_ends_that_topic_only(storage: Storage) -> None:
    await reader(storage, -5, topic_id=7)
    await reader(storage, -5)
    await stored(storage, new_article())
    await expand_all(storage)
    [first] = await claim(storage)
    await storage.deliveries.settle([Unreachable(first, NOON, ChatState.PAUSED, "TOPIC_CLOSED", topic_only=True)])
    [second] = await claim(storage, now=LATER)
    assert second.topic_id != first.topic_id


async def test_a_dead_delivery_is_counted_and_not_tried_again(storage: Storage) -> None:
    await reader(storage, 1)
    await stored(storage, new_article())
    await expand_all(storage)
    [one] = await claim(storage)
    await storage.deliveries.settle([Died(one, NOON, "message is too long")])
    assert await owed_to(storage) == []
    assert (await storage.deliveries.stats(now=NOON)).deliveries == {"queued": 0, "sending": 0, "sent": 0, "dead": 1}


async def test_who_leaves_while_a_message_is_on_its_way_costs_nobody_else_theirs(storage: Storage) -> None:
    await readers(storage, 2)
    await stored(storage, new_article())
    await storage.deliveries.expand(limit=1, now=NOON)
    [on_its_way] = await claim(storage)
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="bot was blocked by the user", now=NOON)
    await storage.deliveries.expand(limit=1, now=NOON)  # whatever this delivery is numbered
    await storage.deliveries.settle([sent(on_its_way)])
    [other] = await claim(storage)
    assert other.chat_id == 2


async def test_what_arrived_just_before_its_chat_left_is_not_told_again_when_it_is_back(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article())
    await expand_all(storage)
    [on_its_way] = await claim(storage)
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="bot was blocked by the user", now=NOON)
    await storage.deliveries.settle([sent(on_its_way)])
    assert await storage.chats.resume(1, now=LATER)
    [catch_up] = await claim(storage, now=LATER)
    assert catch_up.since is not None
    assert catch_up.until is not None
    _, found = await storage.articles.missed_headlines(chat.id, since=catch_up.since, until=catch_up.until, limit=5)
    assert found == 0


async def test_the_alert_that_a_chat_refused_is_told_when_it_is_back(storage: Storage) -> None:
    chat = await reader(storage, 1)
    await stored(storage, new_article())
    await expand_all(storage)
    [refused] = await claim(storage, now=LATER)
    await storage.deliveries.settle([Unreachable(refused, LATER, ChatState.PAUSED, "bot was blocked by the user")])
    assert await storage.chats.resume(1, now=LATER)
    [catch_up] = await claim(storage, now=LATER)
    assert catch_up.since is not None
    assert catch_up.until is not None
    _, found = await storage.articles.missed_headlines(chat.id, since=catch_up.since, until=catch_up.until, limit=5)
    assert found == 1


async def test_what_was_put_off_after_its_chat_left_is_dropped_and_the_chat_has_its_turn_when_it_is_back(
    storage: Storage,
) -> None:
    await reader(storage, 1)
    await stored(storage, new_article("a"))
    await expand_all(storage)
    [on_its_way] = await claim(storage)
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="bot was blocked by the user", now=NOON)
    await storage.deliveries.settle([PutOff(on_its_way, NOON, "TimedOut")])
    assert await claim(storage) == []
    assert (await storage.deliveries.stats(now=NOON)).deliveries["queued"] == 0
    await storage.chats.resume(1, now=LATER)
    assert [one.kind for one in await claim(storage, now=LATER)] == [DeliveryKind.DIGEST]


@pytest.mark.parametrize("what", ["sent", "put off", "unreachable"])
async def test_a_group_that_moves_while_a_message_is_on_its_way_has_its_next_turn(
    storage: Storage, what: str
) -> None:
    await reader(storage, -5)
    await stored(storage, new_article("a"), new_article("b"))
    await expand_all(storage)
    [on_its_way] = await claim(storage)
    await storage.chats.migrate(-5, -1005, now=NOON)
    outcomes: dict[str, Outcome] = {
        "sent": sent(on_its_way),
        "put off": PutOff(on_its_way, LATER, "TimedOut"),
        "unreachable": Unreachable(on_its_way, NOON, ChatState.GONE, "group chat was deactivated"),
    }
    await storage.deliveries.settle([outcomes[what]])
    [following] = await claim(storage, now=LATER)
    assert following.chat_id == -1005
    assert (following.article_id == on_its_way.article_id) is (what != "sent")


async def test_a_group_that_moves_while_an_edit_is_on_its_way_has_its_next_turn(storage: Storage) -> None:
    await reader(storage, -5)
    [article] = await stored(storage, new_article("a"))
    await expand_all(storage)
    [first] = await claim(storage)
    await storage.deliveries.settle([sent(first)])
    await storage.articles.retract(article, now=NOON)
    await expand_all(storage)
    [edit] = await claim(storage, now=LATER)
    await stored(storage, new_article("b"))
    await expand_all(storage)
    await storage.chats.migrate(-5, -1005, now=NOON)
    await storage.deliveries.settle([Edited(edit, LATER, 2, LATER)])
    [following] = await claim(storage, now=LATER)
    assert (following.chat_id, following.message_id) == (-1005, None)


async def test_a_group_with_a_new_number_is_sent_what_it_was_owed(storage: Storage) -> None:
    await reader(storage, -5)
    await stored(storage, new_article("a"), new_article("b"))
    await expand_all(storage)
    [one] = await claim(storage)
    await storage.chats.migrate(-5, -1005, now=NOON)
    await storage.deliveries.settle([PutOff(replace(one, chat_id=-1005), NOON, "migrated", attempts=0)])
    assert await owed_to(storage) == [-1005, -1005]
    assert await storage.chats.get(-5) is None


async def test_where_the_new_number_is_known_already_the_later_settings_win_and_nothing_is_sent_twice(
    storage: Storage,
) -> None:
    old = await reader(storage, -5)
    new = await reader(storage, -1005)
    await storage.chats.set_language(new.id, "ar", now=NOON)
    await storage.chats.set_language(old.id, "en", now=NOON - timedelta(hours=1))
    await stored(storage, new_article())
    await expand_all(storage)
    await storage.chats.migrate(-5, -1005, now=NOON)
    chat = await storage.chats.get(-1005)
    assert chat is not None
    assert chat.language == "ar"
    assert await owed_to(storage) == [-1005]


async def test_a_notice_is_owed_like_an_alert(storage: Storage) -> None:
    chat = await reader(storage, 1, everything=False)
    await storage.deliveries.enqueue_notice([chat.id], '{"key": "overload"}', lane=Lane.ALERT, now=NOON)
    [one] = await claim(storage)
    assert (one.kind, one.notice, one.article_id) == (DeliveryKind.NOTICE, '{"key": "overload"}', None)


# Figures


async def test_stats_count_by_state_and_say_how_old_the_oldest_is(storage: Storage) -> None:
    await readers(storage, 4)
    await stored(storage, new_article("a"))
    await storage.deliveries.expand(limit=2, now=NOON)
    [one, _] = await claim(storage, limit=2)
    await storage.deliveries.settle([sent(one)])
    stats = await storage.deliveries.stats(now=NOON + timedelta(seconds=90))
    assert stats.chats == {"active": 4, "paused": 0, "gone": 0}
    assert stats.deliveries == {"queued": 0, "sending": 1, "sent": 1, "dead": 0}
    assert (stats.fanouts_open, stats.chats_left, stats.oldest_owed_seconds) == (1, 2, 90)
    assert await storage.deliveries.count_owed() == 3


async def test_nothing_owed_has_no_age(storage: Storage) -> None:
    stats = await storage.deliveries.stats(now=NOON)
    assert stats.oldest_owed_seconds is None
    assert await storage.deliveries.next_send_at() is None


async def test_category_names_are_made_once(storage: Storage) -> None:
    await stored(storage, new_article("a", category="Law"), new_article("b", category="LAW"))
    names = [name for name, _ in await storage.categories.names()]
    assert names == ["Law"]
    assert await storage.categories.set_alias(CategoryName("Justice", "justice"), CategoryName("Law", "law"))
    found = await storage.categories.find("justice")
    assert found is not None
    assert found.name == "Law"


async def test_a_fanout_that_few_of_very_many_want_goes_on_in_short_steps(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer is held for so many chats at once, whether they want it or not; nobody is passed over."""
    monkeypatch.setattr("storage.topics.outbox.CHATS_LOOKED_AT", 10)
    await readers(storage, 45)
    for chat_id in range(1, 46):
        if chat_id not in (7, 30, 31, 45):
            chat = await storage.chats.get(chat_id)
            assert chat is not None
            await storage.chats.set_timetable(chat.id, Timetable(Rhythm.DAILY), digest_at=None, now=NOON)
    await stored(storage, new_article())
    assert (await storage.deliveries.stats(now=NOON)).chats_left == 4
    steps = 0
    while await storage.deliveries.expand(limit=100, now=NOON):
        steps += 1
    assert steps == 5
    assert sorted(one.chat_id for one in await storage.deliveries.claim(limit=100, now=NOON)) == [7, 30, 31, 45]
