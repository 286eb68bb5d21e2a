"""Corrections and retractions: every message that was sent comes to show what its article says now."""

from typing import Any

import pytest

from bot.deliver.revisions import OLDEST_SECONDS
from bot.sim import Fault, Simulator
from storage import Storage
from storage.records import ChangedArticle, ChatState, Lane, SearchText, Text
from tests.conftest import Clock
from tests.delivering import sending, sends_per_chat, wait_until_settled
from tests.makers import new_article, reader, readers, stored
from tests.test_deliver_sender import assert_without_preview


async def change(storage: Storage, article_id: int, clock: Clock, **changes: Any) -> None:
    """Store another revision of an article, with another title, body, link."""
    article = await storage.articles.get(article_id)
    assert article is not None
    values = {name: getattr(article.text, name) for name in Text.__slots__} | changes
    revised = ChangedArticle(
        article_id=article_id,
        text=Text(**values),
        search=SearchText(title="x", body="y"),
        from_revision=article.revision,
    )
    await storage.articles.store([], [revised], now=clock())


def edits(sim: Simulator) -> list[int]:
    return [c.values["chat_id"] for c in sim.calls if c.method == "editMessageText" and c.status == 200]


async def test_a_changed_title_edits_every_message_in_place(storage: Storage, sim: Simulator, clock: Clock) -> None:
    sim.crowd(1, 30)
    await readers(storage, 30)
    (article,) = await stored(storage, new_article(title="Ferry stops"))
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=30)
        await change(storage, article, clock, title="Ferry sails again")
        clock.advance(minutes=2)
        sender.wake()
        await sim.until(lambda: len(edits(sim)) == 30)
    assert sorted(edits(sim)) == list(range(1, 31))
    assert all(len(sim.chats[n].messages) == 1 for n in range(1, 31))
    assert sim.chats[7].last.text.startswith("Ferry sails again\n")


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"summary": ("Quite another sentence.",)}, "Quite another sentence."),
        ({"url": "https://news.example/moved"}, "https://news.example/moved"),
        ({"image_url": "https://news.example/ferry.png"}, "https://news.example/ferry.png"),
        ({"summary": (), "lead": "What the publisher says of it."}, "What the publisher says of it."),
    ],
)
async def test_a_changed_summary_link_or_picture_edits_the_messages(
    storage: Storage, sim: Simulator, clock: Clock, changes: dict[str, Any], shown: str
) -> None:
    sim.crowd(1, 2)
    await readers(storage, 2)
    (article,) = await stored(storage, new_article())
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=2)
        await change(storage, article, clock, **changes)
        clock.advance(minutes=2)
        sender.wake()
        await sim.until(lambda: len(edits(sim)) == 2)
    assert all(shown in str(call.values) for call in sim.calls if call.method == "editMessageText")


async def test_a_fresh_alert_has_no_date_and_its_correction_has_one(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    (article,) = await stored(storage, new_article(published_at=clock()))
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1)
        assert "2026" not in sim.chats[1].last.text
        await change(storage, article, clock, title="Ferry stops again")
        clock.advance(minutes=2)
        sender.wake()
        await sim.until(lambda: len(edits(sim)) == 1)
    assert "1 March 2026, 12:00" in sim.chats[1].last.text


@pytest.mark.parametrize("changes", [{"body": "Quite another end."}, {"lead": "What stands behind the summary."}])
async def test_a_change_that_no_alert_shows_edits_nothing(
    storage: Storage, sim: Simulator, clock: Clock, changes: dict[str, Any]
) -> None:
    sim.crowd(1, 3)
    await readers(storage, 3)
    (article,) = await stored(storage, new_article())
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=3)
        await change(storage, article, clock, **changes)
        clock.advance(minutes=2)
        sender.wake()
        await stored(storage, new_article("next"), now=clock())
        sender.wake()
        await wait_until_settled(storage, sim, sent=6)
    assert not any(call.method == "editMessageText" for call in sim.calls)


async def test_ten_corrections_in_a_minute_make_one_edit(storage: Storage, sim: Simulator, clock: Clock) -> None:
    sim.crowd(1, 5)
    await readers(storage, 5)
    (article,) = await stored(storage, new_article())
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=5)
        for number in range(10):
            await change(storage, article, clock, title=f"Ferry stops, version {number}")
            clock.advance(seconds=5)
            sender.wake()
        clock.advance(minutes=1)
        sender.wake()
        await sim.until(lambda: len(edits(sim)) == 5)
    assert len(edits(sim)) == 5
    assert sim.chats[3].last.text.startswith("Ferry stops, version 9\n")


async def test_a_source_that_flips_its_text_at_every_fetch_is_damped(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    (article,) = await stored(storage, new_article())
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=1)
    rounds = 0
    for number in range(120):  # every five minutes, for ten hours
        await change(storage, article, clock, title=f"Version {number % 2} of the story")
        clock.advance(minutes=5)
        while await storage.deliveries.expand(limit=100, now=clock()):
            rounds += 1
    assert 2 <= rounds <= 8


async def test_what_changed_in_mid_send_is_corrected_as_well(storage: Storage, sim: Simulator, clock: Clock) -> None:
    sim.crowd(1, 40)
    await readers(storage, 40)
    (article,) = await stored(storage, new_article(title="Ferry stops"))
    async with sending(storage, sim, clock=clock, rate=60) as sender:
        await sim.until(lambda: len(sends_per_chat(sim)) >= 10)
        await change(storage, article, clock, title="Ferry sails again")
        await wait_until_settled(storage, sim, sent=40)
        clock.advance(minutes=2)
        sender.wake()
        await sim.until(lambda: all(sim.chats[n].last.text.startswith("Ferry sails again") for n in range(1, 41)))
    assert 0 < len(edits(sim)) < 40
    assert sum(sends_per_chat(sim).values()) == 40


async def test_a_withdrawn_article_is_never_sent_and_what_was_sent_becomes_a_notice(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 60)
    await readers(storage, 60)
    (article,) = await stored(storage, new_article(title="Ferry stops"))
    async with sending(storage, sim, clock=clock, rate=60):
        await sim.until(lambda: len(sends_per_chat(sim)) >= 10)
        assert await storage.articles.retract(article, now=clock())
        told = set(sends_per_chat(sim))
        await sim.until(lambda: all("🚫 Withdrawn" in sim.chats[n].last.text for n in told))
        await wait_until_settled(storage, sim, queued=0, sending=0)
    # What was on its way at that instant, or had looked just before, may have arrived; it was corrected, too.
    assert len(sends_per_chat(sim)) <= len(told) + 1 + 60 * OLDEST_SECONDS
    for chat_id in sends_per_chat(sim):
        assert "🚫 Withdrawn" in sim.chats[chat_id].last.text
        assert [entity["type"] for entity in sim.chats[chat_id].last.entities][:1] == ["strikethrough"]
        assert sim.chats[chat_id].last.buttons == []
    assert not await storage.articles.retract(article, now=clock())


async def test_retractions_go_before_everything_that_is_owed(storage: Storage, sim: Simulator, clock: Clock) -> None:
    sim.crowd(1, 20)
    await readers(storage, 20)
    (wrong,) = await stored(storage, new_article("wrong"))
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=20)
    before = len(sim.calls)
    await stored(storage, new_article("next", lane=Lane.BREAKING))
    await storage.articles.retract(wrong, now=clock())
    clock.advance(minutes=1)
    async with sending(storage, sim, clock=clock, rate=100):
        await wait_until_settled(storage, sim, sent=40, queued=0)
    methods = [c.method for c in sim.calls[before:] if c.method in ("sendMessage", "editMessageText")]
    assert methods == ["editMessageText"] * 20 + ["sendMessage"] * 20


async def test_refused_preview_of_a_correction_costs_only_the_preview(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    (article,) = await stored(storage, new_article(title="Ferry stops"))
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1)
        assert sim.chats[1].last.raw["link_preview_options"]["url"]
        sim.faults.add(Fault("bad_request", method="editMessageText", text="WEBPAGE_URL_INVALID"))
        await change(storage, article, clock, title="Ferry sails again")
        clock.advance(minutes=2)
        sender.wake()
        await sim.until(lambda: len(edits(sim)) == 1)
    assert sim.chats[1].last.text.startswith("Ferry sails again")
    assert_without_preview(sim.chats[1].last)


async def test_a_message_that_the_chat_deleted_is_no_error(storage: Storage, sim: Simulator, clock: Clock) -> None:
    sim.crowd(1, 3)
    await readers(storage, 3)
    (article,) = await stored(storage, new_article())
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=3)
        sim.faults.add(
            Fault("bad_request", method="editMessageText", chat_id=2, text="Bad Request: message to edit not found")
        )
        await storage.articles.retract(article, now=clock())
        clock.advance(minutes=1)
        sender.wake()
        await sim.until(lambda: len(edits(sim)) == 2)
        await wait_until_settled(storage, sim, sent=3, dead=0, queued=0)
    assert sorted(edits(sim)) == [1, 3]


async def test_a_reader_who_stopped_still_gets_the_correction_of_what_they_have(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    (article,) = await stored(storage, new_article())
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1)
        await storage.articles.retract(article, now=clock())
        await storage.deliveries.expand(limit=10, now=clock())
        await storage.chats.unsubscribe_from_everything(1, now=clock())
        clock.advance(minutes=1)
        sender.wake()
        await sim.until(lambda: edits(sim) == [1])


async def test_who_left_and_comes_back_is_corrected_then(storage: Storage, sim: Simulator, clock: Clock) -> None:
    sim.crowd(1, 1)
    await readers(storage, 1)
    (article,) = await stored(storage, new_article())
    async with sending(storage, sim, clock=clock) as sender:
        await wait_until_settled(storage, sim, sent=1)
        await storage.chats.pause(1, state=ChatState.PAUSED, reason="blocked", now=clock())
        await storage.articles.retract(article, now=clock())
        while await storage.deliveries.expand(limit=10, now=clock()):
            pass
        assert edits(sim) == []
        clock.advance(days=3)
        await storage.chats.resume(1, now=clock())
        sender.wake()
        await sim.until(lambda: edits(sim) == [1])
        await wait_until_settled(storage, sim, sent=1, queued=0)
    assert "🚫 Withdrawn" in sim.chats[1].last.text


async def test_an_article_made_breaking_overtakes_what_is_owed_and_is_marked(
    storage: Storage, sim: Simulator, clock: Clock
) -> None:
    sim.crowd(1, 1)
    await reader(storage, 1)
    await stored(storage, new_article("first"))
    (late,) = await stored(storage, new_article("late"), now=clock())
    while await storage.deliveries.expand(limit=10, now=clock()):
        pass
    await storage.articles.push(late, Lane.BREAKING, now=clock())
    async with sending(storage, sim, clock=clock):
        await wait_until_settled(storage, sim, sent=2)
    assert [m.text.split("\n")[0] for m in sim.chats[1].messages] == ["⚡ Title late", "Title first"]
