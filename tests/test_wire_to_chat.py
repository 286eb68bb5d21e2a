"""A wire at an address, all the way to a chat: pushed, corrected, held until its embargo ends, and retracted."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.ingest.discovery import preview_source
from bot.ingest.story_index import place_article
from bot.sim import Chat
from storage.records import Lane, Rhythm, SourceKind, Timetable
from tests.makers import reader
from tests.newsroom import Newsroom
from tests.site import Page, Site


@pytest.fixture
async def chat(room: Newsroom, site: Site) -> Chat:
    """A reader's chat, and a wire whose backlog is behind it."""
    private, _ = room.reader()
    await reader(room.storage, private.id)
    site.pages["/wire"] = Page(json.dumps([item("urn:old", "Older news")]))
    await room.storage.sources.add(f"{site.url}/wire", SourceKind.FEED, now=room.clock())
    await room.ingest.refresh_due()
    return private


def item(uri: str, headline: str, **more: Any) -> dict[str, Any]:
    text = f"{headline}, says the harbour office of Marsan in a letter to all who live beside the water."
    return {
        "uri": uri,
        "type": "text",
        "versioncreated": "2026-03-01T12:05:00Z",
        "headline": headline,
        "body_text": text,
        "version": "1",
    } | more


async def publish(room: Newsroom, site: Site, *items: dict[str, Any]) -> None:
    room.clock.advance(minutes=10)
    site.pages["/wire"] = Page(json.dumps(items))
    [visit] = await room.ingest.refresh_due()
    assert visit.error is None
    room.clock.advance(minutes=5)  # a correction waits a little for further ones


async def test_an_item_is_sent_corrected_and_taken_back(room: Newsroom, site: Site, chat: Chat) -> None:
    await publish(room, site, item("urn:1", "Ferry sails at noon", urgency=1))
    [article] = [one for one in await room.storage.articles.newest(limit=5) if one.text.title.startswith("Ferry")]
    assert article.lane is Lane.BREAKING
    async with room.sending():
        await room.sim.until(lambda: any("Ferry sails at noon" in message.text for message in chat.messages))
    sent = chat.last
    await publish(room, site, item("urn:1", "Ferry sails at one", version="2"))
    async with room.sending():
        await room.sim.until(lambda: "Ferry sails at one" in chat.last.text)
    await publish(room, site, {"uri": "urn:1", "version": "3", "pubstatus": "canceled"})
    async with room.sending():
        await room.sim.until(lambda: "🚫 Withdrawn" in chat.last.text)
    assert chat.last.id == sent.id
    assert not [one for one in await room.storage.articles.newest(limit=5) if one.text.title.startswith("Ferry")]


async def test_an_item_that_becomes_urgent_is_sent_once_to_those_who_do_not_have_it(
    room: Newsroom, site: Site, chat: Chat
) -> None:
    with_digests, _ = room.reader()
    own = await reader(room.storage, with_digests.id)
    tomorrow = room.clock() + timedelta(days=1)
    await room.storage.chats.set_timetable(own.id, Timetable(Rhythm.DAILY), digest_at=tomorrow, now=room.clock())
    await publish(room, site, item("urn:1", "Ferry waits in the storm", urgency=4))
    async with room.sending():
        await room.sim.until(lambda: any("Ferry waits" in message.text for message in chat.messages))
    sent = chat.last
    assert not with_digests.messages
    await publish(room, site, item("urn:1", "Ferry sinks in the storm", urgency=1, version="2"))
    await publish(room, site, item("urn:1", "Ferry sinks in the storm", urgency=1, version="3"))
    async with room.sending():
        await room.sim.until(lambda: "Ferry sinks" in chat.last.text and "⚡" in chat.last.text)
        await room.sim.until(lambda: bool(with_digests.messages))
    assert chat.last.id == sent.id
    assert ["Ferry sinks" in message.text for message in with_digests.messages] == [True]


async def test_an_item_waits_for_the_end_of_its_embargo(room: Newsroom, site: Site, chat: Chat) -> None:
    ends = room.clock() + timedelta(hours=2)
    await publish(room, site, item("urn:2", "Harvest begins", embargoed=ends.isoformat()))
    assert "Harvest begins" not in [one.text.title for one in await room.storage.articles.newest(limit=5)]
    await room.storage.desk.release_due(now=ends - timedelta(seconds=1), limit=9, decide=place_article)
    assert "Harvest begins" not in [one.text.title for one in await room.storage.articles.newest(limit=5)]
    await room.storage.desk.release_due(now=ends, limit=9, decide=place_article)
    assert "Harvest begins" in [one.text.title for one in await room.storage.articles.newest(limit=5)]


async def test_a_cancelled_item_never_leaves_its_embargo(room: Newsroom, site: Site, chat: Chat) -> None:
    ends = room.clock() + timedelta(hours=2)
    await publish(room, site, item("urn:2", "Harvest begins", embargoed=ends.isoformat()))
    await publish(room, site, {"uri": "urn:2", "version": "2", "pubstatus": "canceled"})
    await room.storage.desk.release_due(now=ends, limit=9, decide=place_article)
    assert "Harvest begins" not in [one.text.title for one in await room.storage.articles.newest(limit=5)]


async def test_whoever_adds_a_wire_sees_neither_withdrawals_nor_what_is_under_an_embargo(
    room: Newsroom, site: Site
) -> None:
    later = (room.clock() + timedelta(hours=2)).isoformat()
    held = item("urn:2", "Harvest begins", embargoed=later)
    site.pages["/wire"] = Page(
        json.dumps([item("urn:1", "Ferry sails"), held, {"uri": "urn:3", "pubstatus": "withheld"}])
    )
    found = await preview_source(room.ingest, f"{site.url}/wire")
    assert [draft.title for draft in found.drafts] == ["Ferry sails"]
    room.clock.advance(hours=2)
    found = await preview_source(room.ingest, f"{site.url}/wire")
    assert [draft.title for draft in found.drafts] == ["Ferry sails", "Harvest begins"]
