"""One text of several sources: a chat is told once, and the message comes to say who carries it as well."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.ingest.draft import Draft
from bot.ingest.prepare import category_names, prepare_texts
from bot.ingest.story_index import place_article
from bot.sim import Simulator
from storage import Storage
from storage.records import Died, DigestSnapshot, Edited, Lane, NewArticle, Reading, Rhythm, Sent, Timetable
from tests.conftest import Clock
from tests.delivering import sending, sends_per_chat, until, wait_until_settled
from tests.makers import NOON, reader, readers

REPORT = Draft(
    title="Harbour crane crosses Marsan in one night",
    body=(
        "A crane as tall as a house of twelve storeys was moved from the east to the west quay of Marsan in one"
        " night, on rails that had been laid for the purpose.\n\n"
        "The work was finished at half past four, an hour before the first container ship came in. Two streets stay"
        " closed until the rails are gone, and the buses go around by the old customs house.\n\n"
        "Buying a second crane would have cost the harbour company twenty times as much, its director Nadia Salem"
        " said."
    ),
    publisher="Coast Wire",
    categories=("Harbour",),
)
# Another headline and a dateline, and without its last paragraph.
REPRINT = replace(
    REPORT,
    title="Giant crane is moved by rail",
    body="MARSAN (Coast Wire) – " + REPORT.body.rpartition("\n\n")[0],
    publisher="Bay Herald",
    categories=("Economy",),
)
THIRD = replace(REPRINT, title="By rail through the night", publisher="Port Alba Post")


async def published(storage: Storage, draft: Draft, clock: Clock, *, lane: Lane | None = Lane.ALERT) -> int:
    """Store a report as ingest does; its id."""
    ((text, search, fingerprint),) = prepare_texts([draft])
    article = NewArticle(
        identity=f"{draft.publisher}: {draft.title}",
        text=text,
        search=search,
        categories=category_names(draft.categories),
        published_at=clock(),
        published_on=None,
        publisher=draft.publisher,
        lane=lane,
        fingerprint=fingerprint,
    )
    (article_id,) = (await storage.articles.store([article], now=clock(), decide=place_article)).added
    return article_id


async def nothing_open(storage: Storage) -> bool:
    return (await storage.deliveries.stats(now=NOON)).fanouts_open == 0


def edited(sim: Simulator) -> list[int]:
    return sorted(c.values["chat_id"] for c in sim.calls if c.method == "editMessageText" and c.status == 200)


async def test_who_got_the_first_is_told_by_an_edit_who_else_carries_it(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 3)
    await readers(storage, 3)
    await published(storage, REPORT, clock)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=3)
        assert "Also in" not in sim.chats[1].last.text
        clock.advance(minutes=3)
        await published(storage, REPRINT, clock)
        clock.advance(minutes=2)
        sender.wake()
        await sim.until(lambda: edited(sim) == [1, 2, 3])
    assert [len(sim.chats[n].messages) for n in (1, 2, 3)] == [1, 1, 1]
    assert sim.chats[2].last.text.splitlines()[-1] == "Also in: ⁨Bay Herald⁩"
    assert (await storage.deliveries.stats(now=clock())).deliveries == {
        "queued": 0,
        "sending": 0,
        "sent": 3,
        "dead": 0,
    }


async def test_who_did_not_get_the_first_gets_the_second(storage: Storage, sim: Simulator, clock: Clock) -> None:
    sim.crowd(1, 2)
    await readers(storage, 1)
    first = await published(storage, REPORT, clock)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1)
        clock.advance(minutes=1)
        await reader(storage, 2, now=clock())  # came after the first
        clock.advance(minutes=1)
        await published(storage, REPRINT, clock)
        sender.wake()
        await wait_until_settled(storage, sim, sent=2)
    assert sends_per_chat(sim) == {1: 1, 2: 1}
    assert sim.chats[2].last.text.startswith(REPRINT.title)
    assert sim.chats[2].last.text.splitlines()[-1] == "Also in: ⁨Coast Wire⁩"
    article = await storage.articles.get(first)
    assert article is not None
    assert (article.revision, article.shown) == (1, 2)  # its text is what it was


async def test_two_that_wait_together_are_one_message_that_names_both(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 2)
    await readers(storage, 2)
    await published(storage, REPORT, clock)
    clock.advance(seconds=1)
    await published(storage, REPRINT, clock)
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=2, queued=0)
    assert sends_per_chat(sim) == {1: 1, 2: 1}
    assert sim.chats[1].last.text.startswith(REPORT.title)
    assert "Also in: ⁨Bay Herald⁩" in sim.chats[1].last.text


async def test_where_the_first_could_not_be_sent_the_second_is(storage: Storage, clock: Clock) -> None:
    await readers(storage, 1)
    await published(storage, REPORT, clock)
    await storage.deliveries.expand(limit=10, now=clock())
    (claim,) = await storage.deliveries.claim(limit=1, now=clock())
    await storage.deliveries.settle([Died(claim, clock(), "refused")])
    second = await published(storage, REPRINT, clock)
    await storage.deliveries.expand(limit=10, now=clock())
    (claim,) = await storage.deliveries.claim(limit=1, now=clock())
    assert claim.article_id == second


async def test_copies_that_come_one_after_another_make_one_edit_in_ten_minutes(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    await published(storage, REPORT, clock)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1)
        for draft in (REPRINT, THIRD):
            clock.advance(seconds=20)
            await published(storage, draft, clock)
        clock.advance(minutes=2)
        sender.wake()
        await sim.until(lambda: edited(sim) == [1])
        assert sim.chats[1].last.text.splitlines()[-1] == "Also in: ⁨Bay Herald⁩ and ⁨Port Alba Post⁩"
        await published(storage, replace(THIRD, title="Night of the crane", publisher="Marsan Today"), clock)
        clock.advance(minutes=7)
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=0)
        assert edited(sim) == [1]
        clock.advance(minutes=4)
        sender.wake()
        await sim.until(lambda: edited(sim) == [1, 1])
    assert "Marsan Today" in sim.chats[1].last.text


async def test_a_source_that_reprints_itself_tells_nobody_anything(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    await published(storage, REPORT, clock)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1)
        await published(storage, replace(REPORT, title="The crane of Marsan, once more"), clock)
        clock.advance(minutes=5)
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert sends_per_chat(sim) == {1: 1}
    assert edited(sim) == []


async def test_a_copy_that_is_withdrawn_is_named_no_more(storage: Storage, sim: Simulator, clock: Clock) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    await published(storage, REPORT, clock)
    second = await published(storage, REPRINT, clock)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1, queued=0)
        assert "Bay Herald" in sim.chats[1].last.text
        await storage.articles.retract(second, now=clock())
        clock.advance(minutes=2)
        sender.wake()
        await sim.until(lambda: edited(sim) == [1])
    assert "Also in" not in sim.chats[1].last.text


async def test_what_an_administrator_takes_out_of_a_story_is_named_no_more(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    await published(storage, REPORT, clock)
    second = await published(storage, REPRINT, clock)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1, queued=0)
        assert await storage.stories.split(second, now=clock())
        clock.advance(minutes=2)
        sender.wake()
        await sim.until(lambda: edited(sim) == [1])
    assert "Also in" not in sim.chats[1].last.text


async def test_a_copy_that_was_split_off_by_mistake_is_named_again_ten_minutes_later_and_not_sent(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    first = await published(storage, REPORT, clock)
    second = await published(storage, REPRINT, clock)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1, queued=0)
        assert await storage.stories.split(second, now=clock())
        clock.advance(minutes=2)
        sender.wake()
        await wait_until_settled(
            storage, sim, sent=2, queued=0
        )  # the other one came, since it is none of its copies now
        await sim.until(lambda: edited(sim) == [1])
        alert = sim.chats[1].messages[0]
        assert "Also in" not in alert.text
        assert await storage.stories.merge(first, second, now=clock(), decide=place_article)
        clock.advance(minutes=5)
        sender.wake()
        await wait_until_settled(storage, sim, sent=2, queued=0)
        assert "Also in" not in alert.text
        clock.advance(minutes=6)
        sender.wake()
        await sim.until(lambda: len(edited(sim)) == 3)
    assert sim.chats[1].messages[0].text.splitlines()[-1] == "Also in: ⁨Bay Herald⁩"
    assert sim.chats[1].messages[1].text.splitlines()[-1] == "Also in: ⁨Coast Wire⁩"
    assert sends_per_chat(sim) == {1: 2}


async def test_a_copy_that_is_put_back_before_it_was_sent_is_sent_to_nobody_who_has_the_first(
    storage: Storage, clock: Clock
) -> None:
    await readers(storage, 1)
    first = await published(storage, REPORT, clock)
    second = await published(storage, REPRINT, clock)
    await storage.deliveries.expand(limit=10, now=clock())
    (claim,) = await storage.deliveries.claim(limit=1, now=clock())
    await storage.deliveries.settle([Sent(claim, clock(), 1, 1, clock())])
    assert await storage.stories.split(second, now=clock())
    while await storage.deliveries.expand(limit=10, now=clock()):
        pass
    assert await storage.stories.merge(first, second, now=clock(), decide=place_article)
    assert [one.article_id for one in await storage.deliveries.claim(limit=9, now=clock())] == []


async def test_a_broadcast_of_a_copy_passes_over_who_was_told_in_short_steps(storage: Storage, clock: Clock) -> None:
    """All have the first: the second makes no delivery, and each step reads no more chats than it is allowed to."""
    await readers(storage, 30)
    await published(storage, REPORT, clock)
    await storage.deliveries.expand(limit=100, now=clock())
    claims = await storage.deliveries.claim(limit=100, now=clock())
    await storage.deliveries.settle([Sent(claim, clock(), n, 1, clock()) for n, claim in enumerate(claims, 1)])
    await published(storage, REPRINT, clock)
    steps = 0
    while await storage.deliveries.expand(limit=10, now=clock()):
        steps += 1
    assert steps == 3
    assert await storage.deliveries.count_owed() == 0
    assert await storage.deliveries.next_send_at() is None


@pytest.mark.parametrize("grouped", [True, False])
async def test_digests_tell_a_text_once_whether_stories_are_grouped_or_not(
    storage: Storage, sim: Simulator, clock: Clock, grouped: bool
) -> None:
    """Neither the digest that both are in, nor the next one."""
    sim.crowd(1, 1)
    chat = await reader(storage, 1, now=NOON - timedelta(days=1))
    await storage.chats.set_timetable(
        chat.id, Timetable(rhythm=Rhythm.HOURLY), digest_at=NOON + timedelta(hours=1), now=NOON - timedelta(hours=2)
    )
    await storage.chats.set_reading(chat.id, Reading(grouped=grouped), now=NOON)
    for draft in (REPORT, REPRINT):
        await published(storage, draft, clock)
    async with sending(storage, sim, clock=clock) as sender:
        clock.advance(minutes=61)
        sender.wake()
        await wait_until_settled(storage, sim, sent=1, queued=0)
        assert sim.chats[1].last.text.startswith((REPORT.title, REPRINT.title))
        await published(storage, THIRD, clock)
        clock.advance(minutes=61)
        sender.wake()
        await sim.until(lambda: not sender._in_hand)
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert sends_per_chat(sim) == {1: 1}


async def test_a_copy_that_comes_while_messages_are_being_edited_edits_none_of_them_twice(
    storage: Storage, clock: Clock
) -> None:
    """Who was edited waits ten minutes for the next line; who was not yet gets both names at once."""
    await readers(storage, 2)
    first = await published(storage, REPORT, clock)
    await storage.deliveries.expand(limit=10, now=clock())
    claims = await storage.deliveries.claim(limit=10, now=clock())
    await storage.deliveries.settle([Sent(claim, clock(), n, 1, clock()) for n, claim in enumerate(claims, 1)])

    async def edited_next(revision: int) -> list[int]:
        """One step of the correction, and the edits that it led to."""
        await storage.deliveries.expand(limit=1, now=clock())
        claims = await storage.deliveries.claim(limit=10, now=clock())
        await storage.deliveries.settle([Edited(claim, clock(), revision, clock()) for claim in claims])
        return [claim.chat_id for claim in claims if claim.article_id == first]

    await published(storage, REPRINT, clock, lane=None)
    clock.advance(minutes=2)
    assert await edited_next(2) == [1]
    await published(storage, THIRD, clock, lane=None)
    assert await edited_next(3) == [2]
    assert [await edited_next(3) for _ in range(3)] == [[], [], []]
    clock.advance(minutes=9)
    assert await edited_next(3) == []
    clock.advance(minutes=2)
    assert [await edited_next(3) for _ in range(3)] == [[1], [], []]


async def test_a_text_that_a_catch_up_listed_is_no_alert_by_another_source(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    """But breaking news is, in a chat that has the headline among others only."""
    sim.crowd(1, 1)
    await readers(storage, 1)
    await published(storage, REPORT, clock)
    await storage.deliveries.expand(limit=10, now=clock())
    clock.advance(minutes=7 * 60)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1, queued=0)
        assert REPORT.title in sim.chats[1].last.text
        await published(storage, REPRINT, clock)
        sender.wake()
        await until(lambda: nothing_open(storage))
        await wait_until_settled(storage, sim, sent=1, queued=0)
        assert sends_per_chat(sim) == {1: 1}
        await published(storage, THIRD, clock, lane=Lane.BREAKING)
        sender.wake()
        await wait_until_settled(storage, sim, sent=2, queued=0)
    assert THIRD.title in sim.chats[1].last.text


async def test_what_was_taken_for_a_copy_and_is_none_comes_to_who_was_not_sent_it(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    """Whichever of the two they have. Who was sent neither of them wanted neither."""
    sim.crowd(1, 3)
    await readers(storage, 1)
    first = await published(storage, REPORT, clock)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1)
        clock.advance(minutes=1)
        await reader(storage, 2, now=clock())
        clock.advance(minutes=1)
        second = await published(storage, REPRINT, clock)
        sender.wake()
        await wait_until_settled(storage, sim, sent=2)
        assert sends_per_chat(sim) == {1: 1, 2: 1}
        clock.advance(minutes=5)
        await reader(storage, 3, now=clock())
        assert await storage.stories.split(first, now=clock())
        sender.wake()
        await wait_until_settled(storage, sim, sent=3, queued=0)
    assert sends_per_chat(sim) == {1: 2, 2: 1}
    assert sim.chats[1].last.text.startswith(REPRINT.title)
    assert await storage.deliveries.article_of_message(1, sim.chats[1].last.id) == second


async def caught_up(storage: Storage, chat: int, clock: Clock) -> None:
    """The one alert that this chat is owed piled up, and its catch-up was sent."""
    await storage.deliveries.expand(limit=10, now=clock())
    (claim,) = await storage.deliveries.claim(limit=1, now=clock())
    assert await storage.deliveries.merge_into_catch_up(
        claim, before=clock() + timedelta(minutes=1), least=1, now=clock()
    )
    (claim,) = await storage.deliveries.claim(limit=1, now=clock())
    found, count = await storage.articles.missed_headlines(
        chat, since=NOON, until=clock() + timedelta(hours=1), limit=9
    )
    snapshot = DigestSnapshot(tuple(headline.id for headline in found), count, Rhythm.ALERTS)
    await storage.deliveries.settle([Sent(claim, clock(), 1, 1, clock(), snapshot)])


async def test_what_a_catch_up_listed_does_not_come_again_when_its_copy_is_split_off(
    storage: Storage, clock: Clock
) -> None:
    chat = await reader(storage, 1)
    await published(storage, REPORT, clock)
    await caught_up(storage, chat.id, clock)
    second = await published(storage, REPRINT, clock)
    while await storage.deliveries.expand(limit=10, now=clock()):
        assert await storage.deliveries.claim(limit=9, now=clock()) == []
    assert await storage.stories.split(second, now=clock())
    sent: list[int | None] = []
    while await storage.deliveries.expand(limit=10, now=clock()):
        claims = await storage.deliveries.claim(limit=9, now=clock())
        await storage.deliveries.settle([Sent(claim, clock(), 2, 1, clock()) for claim in claims])
        sent += [claim.article_id for claim in claims]
    sent += [claim.article_id for claim in await storage.deliveries.claim(limit=9, now=clock())]
    assert sent == [second]


async def test_what_a_digest_told_is_told_when_its_group_has_another_number_as_well(
    storage: Storage, clock: Clock
) -> None:
    chat = await reader(storage, -5)
    await published(storage, REPORT, clock)
    await caught_up(storage, chat.id, clock)
    await storage.chats.migrate(-5, -1005, now=clock())
    clock.advance(minutes=5)
    await published(storage, REPRINT, clock)
    found, count = await storage.articles.missed_headlines(
        chat.id, since=NOON, until=clock() + timedelta(hours=1), limit=9
    )
    assert (found, count) == ([], 0)


async def test_a_text_that_was_withdrawn_does_not_come_again_by_another_source_unless_it_is_asked_for(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    first = await published(storage, REPORT, clock)
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1)
        second = await published(storage, REPRINT, clock)
        sender.wake()
        await until(lambda: nothing_open(storage))
        await storage.articles.retract(first, now=clock())
        sender.wake()
        await sim.until(lambda: edited(sim) == [1])
        await wait_until_settled(storage, sim, sent=1, queued=0)
        assert sends_per_chat(sim) == {1: 1}
        await storage.articles.push(second, Lane.BREAKING, now=clock())
        sender.wake()
        await wait_until_settled(storage, sim, sent=2, queued=0)
    assert REPRINT.title in sim.chats[1].last.text


async def test_what_is_no_news_any_more_is_not_sent_because_it_was_split(storage: Storage, clock: Clock) -> None:
    await readers(storage, 1)
    await published(storage, REPORT, clock)
    await storage.deliveries.expand(limit=10, now=clock())
    (claim,) = await storage.deliveries.claim(limit=1, now=clock())
    await storage.deliveries.settle([Sent(claim, clock(), 1, 1, clock())])
    second = await published(storage, REPRINT, clock)
    while await storage.deliveries.expand(limit=10, now=clock()):
        pass
    clock.advance(minutes=60 * 25)
    assert await storage.stories.split(second, now=clock())
    while await storage.deliveries.expand(limit=10, now=clock()):
        assert all(claim.message_id for claim in await storage.deliveries.claim(limit=1, now=clock()))
