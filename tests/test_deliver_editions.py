"""Digests follow corrections and retractions: nothing else in them changes, and numbers mean what they meant."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial

import pytest

from bot.deliver.sender import Sender
from bot.sim import Fault, Shown, Simulator
from storage import Storage
from storage.records import ChatKind, ChatState, DigestSnapshot, Lane, Rhythm, Sent, Timetable
from tests.conftest import Clock
from tests.delivering import choose_timetable, sending, sends_per_chat, unreached, until, wait_until_settled
from tests.makers import NOON, new_article, reader, stored
from tests.test_deliver_corrections import change, edits

HOUR = timedelta(hours=1)
HOURLY = Timetable(Rhythm.HOURLY)


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator() as opened:
        opened.crowd(1, 30)
        yield opened


async def told(storage: Storage, sim: Simulator, clock: Clock, *names: str, chats: Sequence[int] = (1,)) -> list[int]:
    """These chats were sent one digest each that lists these articles, the last one first. Their ids, as listed."""
    for chat in chats:
        await choose_timetable(storage, (await reader(storage, chat)).id, HOURLY, clock)
    articles = []
    for name in names:
        articles += await stored(storage, new_article(name, published_at=clock()), now=clock())
        clock.advance(minutes=1)
    clock.time = NOON + HOUR
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=len(chats), queued=0)
    return articles[::-1]


def headlines(message: Shown) -> list[str]:
    """The numbered lines of a digest."""
    return [line for line in message.text.split("\n") if line[:1].isdigit() and ". " in line]


async def corrected(storage: Storage, sim: Simulator, clock: Clock, *, edited: int) -> None:
    """What is owed by now goes out; so many edits in all."""
    while await storage.deliveries.expand(limit=100, now=clock()):
        pass
    async with sending(storage, sim, clock=clock):
        await sim.until(lambda: len(edits(sim)) >= edited)
        await wait_until_settled(storage, sim, queued=0)
    assert len(edits(sim)) == edited


async def test_a_withdrawn_headline_leaves_the_digests_that_showed_it_and_the_numbers_stay(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    third, second, first = await told(storage, sim, clock, "one", "two", "three", chats=[1, 2, 3])
    clock.advance(days=30)
    assert await storage.articles.retract(second, now=clock())
    await corrected(storage, sim, clock, edited=3)
    for chat in (1, 2, 3):
        (message,) = sim.chats[chat].messages
        assert headlines(message) == ["1. Title three", "3. Title one"]
        assert "2 articles" in message.text
        assert "🚫 1 article was withdrawn." in message.text
        assert message.buttons == ["1", "3"]
    assert [await storage.lists.article_at(1, n) for n in (1, 2, 3)] == [third, second, first]


async def test_a_digest_of_which_nothing_is_left_becomes_the_notice(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    for article in await told(storage, sim, clock, "one", "two"):
        await storage.articles.retract(article, now=clock())
    await corrected(storage, sim, clock, edited=1)
    told_of = "🚫 2 articles were withdrawn.\n\u200e\u20681 March 2026\u2069"
    assert sim.chats[1].last.text == f"{told_of}\n\nTitle two\n\nTitle one"
    assert [entity["type"] for entity in sim.chats[1].last.entities][-2:] == ["strikethrough", "strikethrough"]
    assert sim.chats[1].last.buttons == []


async def test_a_catch_up_follows_a_retraction_too(storage: Storage, sim: Simulator, clock: Clock) -> None:
    await reader(storage, 1)
    articles = [(await stored(storage, new_article(f"n{n}"), now=clock()))[0] for n in range(7)]
    clock.advance(hours=7)
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    await storage.articles.retract(articles[3], now=clock())
    await corrected(storage, sim, clock, edited=1)
    assert "What you missed" in sim.chats[1].last.text
    assert "Title n3" not in sim.chats[1].last.text
    assert len(headlines(sim.chats[1].last)) == 6


async def test_a_corrected_title_changes_and_nothing_else_in_the_digest_does(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    two, one = await told(storage, sim, clock, "one", "two")
    before = sim.chats[1].last.text
    # A late import falls into the stretch that it told of, the reader mutes what it shows and takes weekly digests.
    await stored(storage, new_article("late", published_at=NOON), now=NOON + timedelta(minutes=5))
    news = await storage.categories.find("news")
    assert news is not None
    await storage.chats.unsubscribe(1, news.id, now=clock())
    await choose_timetable(storage, 1, Timetable(Rhythm.WEEKLY), clock)
    await change(storage, one, clock, title="Ferry sails again")
    await change(storage, two, clock, body="Another text, of which the digest shows nothing.")
    clock.advance(minutes=2)
    await corrected(storage, sim, clock, edited=1)
    assert sim.chats[1].last.text == before.replace("Title one", "Ferry sails again")
    clock.advance(days=1)
    await corrected(storage, sim, clock, edited=1)


async def test_a_changed_summary_edits_no_digest_of_several(storage: Storage, sim: Simulator, clock: Clock) -> None:
    article, _ = await told(storage, sim, clock, "one", "two")
    await change(storage, article, clock, lead="Another lead.", url="https://news.example/moved")
    clock.advance(minutes=2)
    await corrected(storage, sim, clock, edited=0)
    assert [c.method for c in sim.calls if c.method != "getMe"] == ["sendMessage"]


async def test_ten_corrections_in_a_minute_make_one_edit_of_a_digest(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    article, _ = await told(storage, sim, clock, "one", "two")
    for number in range(10):
        await change(storage, article, clock, title=f"Version {number}")
        clock.advance(seconds=5)
        assert not await storage.deliveries.expand(limit=10, now=clock())
    clock.advance(minutes=1)
    await corrected(storage, sim, clock, edited=1)
    assert "1. Version 9" in sim.chats[1].last.text


async def test_a_source_that_flips_its_titles_is_damped_in_digests_as_well(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    (article,) = await told(storage, sim, clock, "one")
    rounds = 0
    for number in range(120):  # every five minutes, for ten hours
        await change(storage, article, clock, title=f"Version {number % 2} of the story")
        clock.advance(minutes=5)
        while await storage.deliveries.expand(limit=100, now=clock()):
            rounds += 1
    assert 2 <= rounds <= 8


@pytest.mark.slow
async def test_what_is_withdrawn_while_digests_wait_for_the_pace_is_not_sent_in_them(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    for chat in range(1, 21):
        await choose_timetable(storage, (await reader(storage, chat)).id, HOURLY, clock)
    wrong, _ = await stored(storage, new_article("wrong"), new_article("right"))
    clock.time = NOON + HOUR
    async with sending(storage, sim, clock=clock, rate=5):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 2)
        await storage.articles.retract(wrong, now=clock())
        before, waiting = len(sends_per_chat(sim)), unreached(sim, 20)
        await wait_until_settled(storage, sim, sent=20, queued=0)
    sent = [c.values["text"] for c in sim.calls if c.method == "sendMessage"]
    assert sum("Title wrong" in text for text in sent) <= before + 1  # and one that was on its way
    assert all("Title wrong" not in sim.chats[chat].last.text for chat in range(1, 21))
    assert "withdrawn" not in sim.chats[waiting].last.text  # it never showed it


async def test_what_is_withdrawn_while_a_digest_is_on_its_way_is_corrected_at_once(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await choose_timetable(storage, (await reader(storage, 1)).id, HOURLY, clock)
    wrong, _ = await stored(storage, new_article("wrong"), new_article("right"))
    clock.time = NOON + HOUR
    sim.faults.add(Fault("slow", method="sendMessage", seconds=0.5))
    async with sending(storage, sim, clock=clock):
        await sim.until(lambda: any(c.method == "sendMessage" for c in sim.calls))
        await storage.articles.retract(wrong, now=clock())
        while await storage.deliveries.expand(limit=10, now=clock()):  # its round is over before the message is there
            pass
        await sim.until(lambda: edits(sim) == [1])
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert "Title wrong" not in sim.chats[1].last.text
    assert "🚫 1 article was withdrawn" in sim.chats[1].last.text


async def all_wait(sender: Sender, count: int) -> bool:
    return sender._pacer.deliveries_waiting == count


async def test_retractions_in_digests_go_before_everything_that_is_owed(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    wrong, right = await told(storage, sim, clock, "one", "two", chats=range(1, 11))
    await change(storage, right, clock, title="A corrected title")
    clock.advance(minutes=2)
    while await storage.deliveries.expand(limit=100, now=clock()):
        pass  # the edits of the corrected title wait already, behind everything
    before = len(sim.calls)
    for chat in range(11, 21):
        await reader(storage, chat)
    await stored(storage, new_article("fire", lane=Lane.BREAKING), now=clock())
    await storage.articles.retract(wrong, now=clock())
    async with sending(storage, sim, clock=clock, rate=100, one_by_one=True) as sender:
        # What is ready first need not wait for the rest, and a digest is rendered from three answers of the database.
        sender._pacer.hold("rendering")
        await until(partial(all_wait, sender, 20))
        sender._pacer.release("rendering")
        await wait_until_settled(storage, sim, queued=0)
    methods = [c.method for c in sim.calls[before:] if c.method in ("sendMessage", "editMessageText")]
    assert sorted(methods) == ["editMessageText"] * 10 + ["sendMessage"] * 20
    # Two that pass together look once more at the database, and may be back in either order.
    assert max(place for place, method in enumerate(methods) if method == "editMessageText") <= 10
    assert headlines(sim.chats[7].messages[0]) == ["2. A corrected title"]


async def test_every_digest_is_found_a_few_at_a_time(storage: Storage, sim: Simulator, clock: Clock) -> None:
    for chat in range(1, 5):
        await reader(storage, chat)
    sea = new_article("sea", category="Sea", published_at=NOON)
    wrong, _ = await stored(storage, sea, new_article("land", category="Land", published_at=NOON))
    for chat in range(5, 15):  # three editions of 5, 3 and 2 digests
        await choose_timetable(storage, (await reader(storage, chat)).id, HOURLY, clock)
        category = await storage.categories.find("land" if chat > 11 else "sea") if chat > 9 else None
        if category:
            await storage.chats.unsubscribe(chat, category.id, now=NOON - HOUR)
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=8, queued=0)
        clock.time = NOON + HOUR
        await wait_until_settled(storage, sim, sent=18, queued=0)
    await storage.articles.retract(wrong, now=clock())
    rounds = 0
    while await storage.deliveries.expand(limit=3, now=clock()):
        rounds += 1
    assert rounds == 5
    await corrected(storage, sim, clock, edited=12)
    assert sorted(edits(sim)) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14]


async def test_a_digest_that_waits_for_its_correction_is_not_mistaken_for_the_next_one(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    wrong, _ = await told(storage, sim, clock, "one", "two")
    await storage.articles.retract(wrong, now=clock())
    while await storage.deliveries.expand(limit=10, now=clock()):
        pass
    clock.time = NOON + HOUR + timedelta(minutes=30)
    for name in ("three", "four"):
        await stored(storage, new_article(name, published_at=clock()), now=clock())
    clock.time = NOON + 2 * HOUR
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=2, queued=0)
    first, second = sim.chats[1].messages
    assert headlines(first) == ["2. Title one"]
    assert headlines(second) == ["1. Title four", "2. Title three"]


async def test_who_left_and_comes_back_has_its_digests_corrected_before_it_is_told_more(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    wrong, _ = await told(storage, sim, clock, "one", "two")
    await storage.chats.pause(1, state=ChatState.PAUSED, reason="blocked", now=clock())
    await storage.articles.retract(wrong, now=clock())
    await corrected(storage, sim, clock, edited=0)
    await stored(storage, new_article("three", published_at=clock()), now=clock())
    clock.advance(days=3)
    before = len(sim.calls)
    await storage.chats.resume(1, now=clock())
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=2, queued=0)
    assert [c.method for c in sim.calls[before:] if c.method != "getMe"] == ["editMessageText", "sendMessage"]
    assert "Title two" not in sim.chats[1].messages[0].text


async def test_a_digest_that_the_chat_deleted_is_no_error(storage: Storage, sim: Simulator, clock: Clock) -> None:
    wrong, right = await told(storage, sim, clock, "one", "two", chats=[1, 2])
    sim.faults.add(Fault("bad_request", method="editMessageText", chat_id=2, text="message to edit not found"))
    await storage.articles.retract(wrong, now=clock())
    await corrected(storage, sim, clock, edited=1)
    await storage.articles.retract(right, now=clock())
    await corrected(storage, sim, clock, edited=2)
    assert edits(sim) == [1, 1]
    assert (await storage.deliveries.stats(now=clock())).deliveries["dead"] == 0


async def test_a_digest_of_a_group_that_moved_stays_as_it_is(storage: Storage, sim: Simulator, clock: Clock) -> None:
    group = sim.group("Readers", basic=True)
    await choose_timetable(storage, (await reader(storage, group.id)).id, HOURLY, clock)
    (wrong,) = await stored(storage, new_article())
    clock.time = NOON + HOUR
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    await storage.chats.migrate(group.id, -1005, now=clock())
    await storage.articles.retract(wrong, now=clock())
    await corrected(storage, sim, clock, edited=0)


async def test_a_digest_that_went_out_as_plain_text_is_corrected_as_well(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.faults.add(Fault("bad_request", method="sendMessage", text="Bad Request: can't parse entities"))
    two, one = await told(storage, sim, clock, "one", "two")
    assert [await storage.lists.article_at(1, n) for n in (1, 2)] == [two, one]
    await storage.articles.retract(two, now=clock())
    await corrected(storage, sim, clock, edited=1)
    assert "Title two" not in sim.chats[1].last.text


async def test_a_channels_digest_follows_too(storage: Storage, sim: Simulator, clock: Clock) -> None:
    channel = sim.channel("Wire")
    channel.members[sim.bot["id"]] = "administrator"
    chat = await reader(storage, channel.id, kind=ChatKind.CHANNEL)
    await choose_timetable(storage, chat.id, HOURLY, clock)
    wrong, _ = await stored(storage, new_article("wrong"), new_article("right"))
    clock.time = NOON + HOUR
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1, queued=0)
    await storage.articles.retract(wrong, now=clock())
    await corrected(storage, sim, clock, edited=1)
    assert headlines(channel.last) == ["1. Title right"]
    assert "🚫 1 article was withdrawn" in channel.last.text


async def test_chats_that_are_told_the_same_share_an_edition_and_it_goes_with_the_last_of_them(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    (article,) = await told(storage, sim, clock, "one", chats=range(1, 11))
    await stored(storage, new_article("another", lane=None, published_at=clock()), now=clock())
    assert (await storage.database.fetch("SELECT count(*) AS n FROM digest_snapshots"))[0]["n"] == 1
    clock.advance(days=100)
    # The articles of a digest stay as long as it does: it could not be corrected without them. Others go.
    assert await storage.archive.prune(before=clock() - timedelta(days=90), limit=1) == 1
    assert await storage.articles.get(article) is not None
    assert await storage.deliveries.prune(before=clock() - timedelta(days=90), limit=9) == 9
    assert await storage.digest_snapshots.get(1) is not None
    assert await storage.deliveries.prune(before=clock() - timedelta(days=90), limit=9) == 1
    assert await storage.digest_snapshots.get(1) is None
    assert (await storage.database.fetch("SELECT count(*) AS n FROM digest_snapshot_articles"))[0]["n"] == 0
    assert await storage.archive.prune(before=clock() - timedelta(days=90), limit=10) == 1
    assert await storage.articles.get(article) is None


async def test_what_one_catch_up_told_the_next_one_does_not_repeat(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    await reader(storage, 1)
    await stored(storage, new_article("one"), new_article("two"), now=clock())  # at once, as a refresh does
    clock.advance(hours=7)
    await storage.deliveries.expand(limit=9, now=clock())  # the broadcast of the other one is still to come
    alert, digest = Lane.ALERT, Lane.DIGEST
    for lane in (alert, digest):
        (claim,) = await storage.deliveries.claim(limit=9, now=clock())
        assert claim.lane is lane
        if lane is alert:
            assert await storage.deliveries.merge_into_catch_up(claim, before=clock(), least=1, now=clock())
    found, count = await storage.articles.missed_headlines(1, since=NOON, until=clock(), limit=9)
    snapshot = DigestSnapshot(tuple(one.id for one in found), count, Rhythm.ALERTS)
    assert count == 2
    await storage.deliveries.settle([Sent(claim, clock(), 7, 2, clock(), snapshot)])
    async with sending(storage, sim, clock=clock):
        while await storage.deliveries.expand(limit=9, now=clock()):
            pass
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert not sends_per_chat(sim)
