"""How fast articles reach their chats: what counts, what the chat wished, and when the promise is judged."""

from datetime import timedelta

import pytest

from storage import Storage
from storage.records import (
    ArticleReach,
    ChatState,
    Claim,
    Died,
    Lane,
    Outcome,
    PutOff,
    Sent,
    Unreachable,
    delay_step,
    longest_of_step,
)
from storage.topics.outbox import reopen_fanouts
from tests.makers import NOON, new_article, reader, readers, stored

PROMISE = timedelta(minutes=2)


async def claimed(storage: Storage, count: int) -> list[Claim]:
    await storage.deliveries.expand(limit=1_000, now=NOON)
    claims = await storage.deliveries.claim(limit=1_000, now=NOON + timedelta(days=1))
    assert len(claims) == count
    return sorted(claims, key=lambda claim: claim.chat_id)


def sent(claim: Claim, seconds: float) -> Sent:
    at = claim.queued_at + timedelta(seconds=seconds)
    return Sent(claim, at, claim.chat_id, 1, at)


async def reach_of(storage: Storage, article_id: int = 1) -> ArticleReach:
    found = await storage.reach.of_article(article_id)
    assert found
    return found


@pytest.mark.parametrize("seconds", [0, 0.05, 0.1, 0.11, 1, 59.9, 120, 86_400])
def test_a_delay_is_known_to_a_tenth(seconds: float) -> None:
    step = delay_step(seconds)
    assert longest_of_step(step) >= timedelta(seconds=seconds)
    assert step == 0 or longest_of_step(step - 1) < timedelta(seconds=seconds)


async def test_alerts_are_counted_while_they_are_sent(storage: Storage) -> None:
    await readers(storage, 10)
    await stored(storage, new_article("one"))
    claims = await claimed(storage, 10)
    assert (await reach_of(storage)).due == 10
    for number, claim in enumerate(claims):
        await storage.deliveries.settle([sent(claim, 20.0 * number)], promise=PROMISE)
    reach = await reach_of(storage)
    assert (reach.due, reach.sent, reach.in_time, reach.missed, reach.held, reach.waiting) == (10, 10, 7, 0, 0, 0)
    assert (reach.first, reach.last, reach.share) == (timedelta(), timedelta(seconds=180), 0.7)
    half, most = reach.within(0.5), reach.within(0.9)
    assert half
    assert most
    assert timedelta(seconds=80) <= half < timedelta(seconds=88)
    assert timedelta(seconds=160) <= most < timedelta(seconds=176)
    assert reach.within(1.0) == timedelta(seconds=180)
    assert [one.article_id for one in await storage.reach.newest(limit=5)] == [1]


async def test_an_outcome_that_is_stored_again_after_a_lost_answer_counts_once(storage: Storage) -> None:
    await readers(storage, 2)
    await stored(storage, new_article("one"))
    good, bad = await claimed(storage, 2)
    outcomes: list[Outcome] = [sent(good, 20), Died(bad, NOON, "gone")]
    for _ in range(2):
        await storage.deliveries.settle(outcomes)
    reach = await reach_of(storage)
    assert (reach.due, reach.sent, reach.missed) == (2, 1, 1)
    assert [row["sent"] for row in await storage.database.fetch("SELECT sent FROM throughput")] == [1]


async def test_an_outcome_that_is_stored_again_leaves_the_edit_that_waits_meanwhile(storage: Storage) -> None:
    await readers(storage, 1)
    await stored(storage, new_article("one"))
    [claim] = await claimed(storage, 1)
    await storage.deliveries.settle([sent(claim, 20)])
    await storage.articles.retract(1, now=NOON + timedelta(hours=1))
    await storage.deliveries.expand(limit=1_000, now=NOON + timedelta(hours=1))
    await storage.deliveries.settle([sent(claim, 20)])
    assert (await reach_of(storage)).sent == 1
    [edit] = await storage.deliveries.claim(limit=1, now=NOON + timedelta(days=2))
    assert (edit.delivery_id, edit.message_id) == (claim.delivery_id, claim.chat_id)


async def test_what_a_chat_wished_to_get_later_or_no_more_does_not_count(storage: Storage) -> None:
    await readers(storage, 5)
    await stored(storage, new_article("one"))
    quiet, left, unsubscribed, dead, good = await claimed(storage, 5)
    await storage.deliveries.settle(
        [
            PutOff(quiet, NOON + timedelta(hours=8), "on hold", attempts=0, quiet=True),
            Unreachable(left, NOON, ChatState.GONE, "blocked"),
            Died(dead, NOON, "wrong markup"),
            sent(good, 1),
        ]
    )
    reach = await reach_of(storage)
    assert (reach.due, reach.sent, reach.missed, reach.waiting) == (3, 1, 1, 1)
    await storage.deliveries.settle([PutOff(unsubscribed, NOON, "pace", attempts=0)])
    await storage.chats.unsubscribe_from_everything(unsubscribed.chat_row, now=NOON)
    [later] = await storage.deliveries.claim(limit=9, now=NOON + timedelta(days=2))
    await storage.deliveries.settle([sent(later, 8 * 3600)])
    reach = await reach_of(storage)
    assert (reach.due, reach.sent, reach.in_time, reach.missed, reach.held) == (2, 1, 1, 1, 1)
    assert reach.last == timedelta(seconds=1)


async def test_a_failure_that_is_tried_again_later_does_count(storage: Storage) -> None:
    await readers(storage, 1)
    await stored(storage, new_article("one"))
    [claim] = await claimed(storage, 1)
    later = NOON + timedelta(hours=1)
    await storage.deliveries.settle([PutOff(claim, later, "broken", attempts=1, chat_at=NOON)])
    [again] = await storage.deliveries.claim(limit=9, now=later)
    await storage.deliveries.settle([sent(again, 3600)])
    reach = await reach_of(storage)
    assert (reach.due, reach.sent, reach.in_time, reach.held) == (1, 1, 0, 0)


async def test_an_alert_that_only_a_catch_up_lists_is_missed(storage: Storage) -> None:
    await readers(storage, 1)
    await stored(storage, new_article("one"), new_article("two"))
    [claim] = await claimed(storage, 1)
    before = NOON + timedelta(hours=1)
    assert await storage.deliveries.merge_into_catch_up(claim, before=before, least=1, now=before)
    for article in (1, 2):
        reach = await reach_of(storage, article)
        assert (reach.due, reach.sent, reach.missed, reach.waiting) == (1, 0, 1, 0)


async def test_the_promise_is_judged_when_its_time_is_over(storage: Storage) -> None:
    await readers(storage, 10)
    await stored(storage, new_article("kept"))
    claims = await claimed(storage, 10)
    await storage.deliveries.settle([sent(claim, 1) for claim in claims[:9]])
    await storage.deliveries.settle([sent(claims[9], 3000)])
    later = NOON + PROMISE
    assert await storage.reach.judge(promise=PROMISE, now=later - timedelta(seconds=1)) == []
    [judged] = await storage.reach.judge(promise=PROMISE, now=later)
    assert (judged.kept, judged.share, judged.judged_at, judged.promise) == (True, 0.9, later, PROMISE)
    assert await storage.reach.judge(promise=PROMISE, now=later) == []
    await stored(storage, new_article("broken"), now=later)
    await storage.deliveries.expand(limit=1_000, now=later)
    claims = await storage.deliveries.claim(limit=100, now=later + timedelta(days=1))
    await storage.deliveries.settle([sent(claim, 1) for claim in claims[:8]])
    [judged] = await storage.reach.judge(promise=PROMISE, now=later + PROMISE)
    assert (judged.article_id, judged.kept, judged.waiting) == (2, False, 2)
    assert await storage.reach.latest_verdicts(limit=5) == [False, True]
    summary = await storage.reach.summary(since=NOON)
    assert (summary.articles, summary.kept, summary.due, summary.in_time) == (2, 1, 20, 17)


async def test_an_article_that_still_spreads_is_judged_later_unless_it_is_late_already(storage: Storage) -> None:
    await readers(storage, 40)
    await stored(storage, new_article("one"))
    await storage.deliveries.expand(limit=20, now=NOON)
    claims = await storage.deliveries.claim(limit=100, now=NOON)
    assert 0 < len(claims) < 40
    await storage.deliveries.settle([sent(claim, 1) for claim in claims])
    later = NOON + PROMISE
    assert await storage.reach.judge(promise=PROMISE, now=later) == []
    while await storage.deliveries.expand(limit=20, now=later):
        pass
    [judged] = await storage.reach.judge(promise=PROMISE, now=later)
    assert (judged.kept, judged.due) == (False, 40)


async def test_what_becomes_due_later_by_a_story_or_a_person_is_not_promised(storage: Storage) -> None:
    await reader(storage, 1)
    await stored(storage, new_article("one"))
    [claim] = await claimed(storage, 1)
    await storage.deliveries.settle([sent(claim, 1)])
    await reader(storage, 2)
    async with storage.database.transaction() as transaction:
        await reopen_fanouts(transaction, [1], now=NOON + timedelta(hours=3))
    await storage.deliveries.expand(limit=100, now=NOON + timedelta(hours=3))
    [late] = await storage.deliveries.claim(limit=9, now=NOON + timedelta(hours=3))
    await storage.deliveries.settle([sent(late, 3 * 3600)])
    reach = await reach_of(storage)
    assert (reach.due, reach.sent, reach.held) == (1, 1, 1)


async def test_an_article_without_readers_gets_no_verdict(storage: Storage) -> None:
    await stored(storage, new_article("one"))
    await storage.deliveries.expand(limit=100, now=NOON)
    assert await storage.reach.judge(promise=PROMISE, now=NOON + PROMISE) == []
    assert (await reach_of(storage)).judged_at is not None
    assert await storage.reach.latest_verdicts(limit=5) == []
    assert (await storage.reach.summary(since=NOON)).articles == 0


async def test_breaking_news_that_were_an_alert_are_promised_anew(storage: Storage) -> None:
    await readers(storage, 2)
    await stored(storage, new_article("one"))
    later = NOON + timedelta(hours=1)
    await storage.articles.push(1, Lane.BREAKING, now=later)
    reach = await reach_of(storage)
    assert reach.lane is Lane.BREAKING
    assert reach.opened_at == later
