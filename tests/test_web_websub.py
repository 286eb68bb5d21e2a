"""Hubs (WebSub) over real HTTP: subscribed, verified, renewed, believed, doubted, silent and left."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.config import ListenAddress
from bot.ingest.formats.hub_links import HubLink
from bot.ingest.refresh import Ingest
from bot.ingest.rhythm import BESIDE_HUB
from bot.ingest.websub import GRACE, HubSubscriber
from bot.watching import Alarms, HubWatch
from bot.web import WebServer
from bot.web.incoming import Incoming, open_incoming
from storage import Storage
from storage.records import HubHealth, HubState, HubSubscription, Source
from tests.conftest import Clock
from tests.hub import LEASE, Hub, opened_hub
from tests.ingesting import FEED, add, opened
from tests.makers import NOON
from tests.site import Page, Site, rss
from tests.web import first_line, free_port

SHORT = timedelta(minutes=6)  # after which a feed is visited again
ATOM = "http://www.w3.org/2005/Atom"


@dataclass
class House:
    """A bot with a feed that names a hub."""

    ingest: Ingest
    incoming: Incoming
    site: Site
    hub: Hub
    clock: Clock

    @property
    def storage(self) -> Storage:
        return self.ingest.storage

    @property
    def hubs(self) -> HubSubscriber:
        assert self.incoming.hubs is not None
        return self.incoming.hubs

    def publish(self, *items: str, hub: str | None = None, headers: dict[str, str] | None = None) -> None:
        named = hub or self.hub.url
        links = f'<l:link xmlns:l="{ATOM}" rel="hub" href="{named}"/>' if named else ""
        self.site.pages["/feed"] = Page(rss(*items, extra=links), headers=FEED | (headers or {}))

    async def subscribed(self) -> Source:
        """A feed that was visited, and whose hub has verified the subscription."""
        self.publish("Old one")
        await add(self.ingest, f"{self.site.url}/feed")
        await self.visit()
        await self.ask()
        return await self.source()

    async def visit(self) -> None:
        self.clock.advance(seconds=SHORT.total_seconds())
        await self.ingest.refresh_due()

    async def ask(self) -> None:
        """Let the hubs be asked whose time has come, and wait until they have verified."""
        await self.hubs.step()
        await self.hub.settle()

    async def source(self) -> Source:
        [source] = await self.storage.sources.all()
        return source

    async def subscription(self) -> HubSubscription:
        [found] = await self.storage.hub_subscriptions.all()
        return found

    async def titles(self) -> list[str]:
        return sorted(article.text.title for article in await self.storage.articles.newest(limit=100))

    async def pushed(self) -> int:
        return (await self.storage.deliveries.stats(now=NOON)).fanouts_open


@pytest.fixture
async def house(storage: Storage, clock: Clock, site: Site) -> AsyncIterator[House]:
    address = ListenAddress("127.0.0.1", free_port())
    settings: dict[str, Any] = {"web": address, "public_url": f"http://{address}"}
    async with (
        opened_hub() as hub,
        opened(storage, clock, **settings) as ingest,
        open_incoming(storage, ingest.config, ingest, now=clock) as incoming,
    ):
        server = WebServer(address, incoming.routes)
        await server.start()
        try:
            yield House(ingest, incoming, site, hub, clock)
        finally:
            await server.stop()


# Subscribing


HUB_LINK = f'<l:link xmlns:l="{ATOM}" rel="hub" href="HUB"/>'
SELF_LINK = f'<l:link xmlns:l="{ATOM}" rel="self" href="/me"/>'
ENTRY = "<entry><title>A</title><id>1</id></entry>"
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "feed_url": "SITE/me",
    "hubs": [{"type": "rssCloud", "url": "SITE/no"}, {"type": "WebSub", "url": "HUB"}],
    "items": [{"id": "1", "title": "A"}],
}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (rss("A", extra=HUB_LINK + SELF_LINK), {}),
        (f'<feed xmlns="{ATOM}"><link rel="hub" href="HUB"/><link rel="self" href="/me"/>{ENTRY}</feed>', {}),
        (json.dumps(JSON_FEED), {}),
        (rss("A"), {"Link": '<HUB>; rel="hub", </me>; rel="self"'}),
        (rss("A", extra=HUB_LINK.replace("HUB", "SITE/no")), {"Link": "</me>; rel=self, <HUB>; rel=hub"}),
    ],
    ids=["rss", "atom", "json feed", "header", "header before document"],
)
async def test_a_hub_is_found_and_asked_for_the_topic_that_the_feed_names(
    house: House, body: str, headers: dict[str, str]
) -> None:
    def filled(text: str) -> str:
        return text.replace("HUB", house.hub.url).replace("SITE", house.site.url)

    house.site.pages["/feed"] = Page(
        filled(body), headers=FEED | {name: filled(one) for name, one in headers.items()}
    )
    await add(house.ingest, f"{house.site.url}/feed")
    await house.visit()
    assert (await house.source()).hub is HubHealth.ASKED
    await house.ask()
    asked = house.hub.last
    known = await house.subscription()
    assert asked == {
        "hub.mode": "subscribe",
        "hub.topic": f"{house.site.url}/me",
        "hub.callback": f"{house.ingest.config.public_url}/websub/{known.id}",
        "hub.secret": known.secret,
        "hub.lease_seconds": str(LEASE),
        "hub.verify": "async",
    }
    assert len(known.id) >= 32
    assert 32 <= len(known.secret) < 200
    assert house.hub.verified == [("subscribe", 200, True)]
    assert (known.state, known.lease_until) == (HubState.ACTIVE, house.clock() + timedelta(seconds=LEASE))
    assert (await house.source()).hub is HubHealth.UNPROVEN


async def test_a_feed_without_the_address_of_itself_is_asked_for_by_its_own_address(house: House) -> None:
    await house.subscribed()
    assert house.hub.last["hub.topic"] == f"{house.site.url}/feed"


async def test_a_hub_that_verifies_before_it_answers_and_one_that_sends_elsewhere(house: House) -> None:
    house.hub.verifies_first = True
    async with opened_hub() as front:
        front.location = house.hub.url
        house.publish("A", hub=front.url)
        await add(house.ingest, f"{house.site.url}/feed")
        await house.visit()
        await house.ask()
    assert (await house.subscription()).state is HubState.ACTIVE


async def test_a_hub_on_a_private_address_is_not_asked(storage: Storage, clock: Clock, site: Site) -> None:
    address = ListenAddress("127.0.0.1", free_port())
    settings: dict[str, Any] = {"web": address, "public_url": f"http://{address}", "allow_private": False}
    async with (
        opened_hub() as hub,
        opened(storage, clock, **settings) as ingest,
        open_incoming(storage, ingest.config, ingest, now=clock) as incoming,
    ):
        house = House(ingest, incoming, site, hub, clock)
        source = await add(ingest, "https://news.example/feed")
        await house.hubs.note_feed(source, HubLink(hub.url, "https://news.example/feed"), 0)
        await house.ask()
        assert hub.requests == []
        assert "private address" in ((await house.subscription()).last_error or "")


# Verifying


@pytest.mark.parametrize(
    "query",
    [
        {"hub.mode": "subscribe", "hub.challenge": "x"},
        {"hub.mode": "subscribe", "hub.topic": "https://other.example/", "hub.challenge": "x"},
        {"hub.mode": "subscribe", "hub.topic": "TOPIC"},
        {"hub.mode": "subscribe", "hub.topic": "TOPIC", "hub.challenge": "x" * 1_001},
        {"hub.mode": "unsubscribe", "hub.topic": "TOPIC", "hub.challenge": "x"},
        {"hub.mode": "publish", "hub.topic": "TOPIC", "hub.challenge": "x"},
        {},
    ],
)
async def test_what_the_bot_did_not_ask_for_is_not_verified(house: House, query: dict[str, str]) -> None:
    await house.subscribed()
    asked = {name: value.replace("TOPIC", house.hub.last["hub.topic"]) for name, value in query.items()}
    async with aiohttp.ClientSession() as client:
        for address in (house.hub.last["hub.callback"], house.ingest.config.public_url + "/websub/nobody"):
            async with client.get(address, params=asked) as answer:
                assert answer.status == 404
                assert "x" * 5 not in await answer.text()
    assert (await house.subscription()).state is HubState.ACTIVE


async def test_a_challenge_is_echoed_as_plain_text(house: House) -> None:
    await house.subscribed()
    query = {"hub.mode": "subscribe", "hub.topic": house.hub.last["hub.topic"], "hub.challenge": "<script>"}
    async with (
        aiohttp.ClientSession() as client,
        client.get(house.hub.last["hub.callback"], params=query) as answer,
    ):
        assert (await answer.text(), answer.content_type) == ("<script>", "text/plain")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_hub_that_denies_is_asked_again_a_day_later(house: House) -> None:
    house.hub.denies = "no room"
    await house.subscribed()
    known = await house.subscription()
    assert (known.state, known.last_error) == (HubState.REFUSED, "the hub refused: no room")
    assert (await house.source()).hub is HubHealth.REFUSED
    house.clock.advance(hours=23)
    await house.ask()
    assert len(house.hub.requests) == 1
    house.hub.denies = ""
    house.clock.advance(hours=2)
    await house.ask()
    assert (await house.subscription()).state is HubState.ACTIVE
    assert (await house.source()).hub is HubHealth.UNPROVEN


@pytest.mark.parametrize("trouble", ["refuses", "does not verify", "is away"])
async def test_a_hub_in_trouble_is_asked_again_with_growing_pauses(house: House, trouble: str) -> None:
    if trouble == "refuses":
        house.hub.status = 400
    house.hub.verifies = trouble != "does not verify"
    if trouble == "is away":
        house.publish("A", hub=f"http://127.0.0.1:{free_port()}/hub")
        await add(house.ingest, f"{house.site.url}/feed")
        await house.visit()
    else:
        await house.subscribed()
    for _ in range(60):
        await house.ask()
        house.clock.advance(minutes=5)
    known = await house.subscription()
    assert (known.state, known.attempts) == (HubState.REFUSED, 4)
    assert (await house.source()).hub is HubHealth.REFUSED
    reason = {
        "refuses": "status 400: one line of it",
        "does not verify": "did not verify",
        "is away": "no connection",
    }
    assert reason[trouble] in (known.last_error or "")
    if trouble != "is away":
        assert len(house.hub.requests) == 4


# Renewing


async def test_a_subscription_is_renewed_before_its_lease_ends(house: House) -> None:
    await house.subscribed()
    await house.hub.send(rss("New", "Old one"))
    for day in range(30):
        house.clock.advance(days=1)
        await house.ask()
        assert (await house.source()).hub is HubHealth.ALIVE
        known = await house.subscription()
        assert known.state is HubState.ACTIVE
        assert known.lease_until is not None
        assert known.lease_until > house.clock(), day
    assert 4 <= len(house.hub.requests) <= 5
    assert len({asked["hub.callback"] for asked in house.hub.requests}) == 1


async def test_a_lease_that_can_not_be_renewed_ends_and_the_feed_is_visited_as_usual(house: House) -> None:
    await house.subscribed()
    await house.hub.send(rss("New"))
    house.hub.status = 500
    house.clock.advance(days=11)
    await house.ask()
    source = await house.source()
    assert source.hub is HubHealth.ASKED
    assert source.due_at <= house.clock()
    house.hub.status = 202
    house.clock.advance(hours=2)
    await house.ask()
    assert (await house.source()).hub is HubHealth.UNPROVEN


@pytest.mark.parametrize(("told", "days"), [("60", 0.003), ("", 10), ("-5", 10), ("999999999", 90), ("1" * 30, 10)])
async def test_a_lease_has_its_bounds(house: House, told: str, days: float) -> None:
    house.hub.lease = told
    await house.subscribed()
    lease = (await house.subscription()).lease_until
    assert lease is not None
    assert (lease - house.clock()) / timedelta(days=1) == pytest.approx(days, abs=0.01)


# Receiving


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_signed_content_is_stored_and_pushed_and_proves_the_hub(house: House, method: str) -> None:
    source = await house.subscribed()
    assert await house.hub.send(rss("New", "Old one"), method=method) == 202
    assert (await house.titles(), await house.pushed()) == (["New", "Old one"], 1)
    assert (await house.source()).hub is HubHealth.ALIVE
    assert await house.hub.send(rss("New", "Old one"), method=method) == 202
    assert await house.titles() == ["New", "Old one"]
    changed = "<title>New, and corrected</title><guid>New</guid>"
    await house.hub.send(rss(changed, "Old one"))
    assert await house.titles() == ["New, and corrected", "Old one"]
    assert (await house.subscription()).deliveries == 3
    assert (await house.source()).due_at == source.due_at


@pytest.mark.parametrize(
    "signature",
    ["sha256=" + "0" * 64, "sha1=" + "0" * 40, "md5=" + "0" * 32, "sha256=", "", "sha256=" + "zz" * 32],
)
async def test_content_with_a_wrong_signature_is_acknowledged_and_does_nothing(house: House, signature: str) -> None:
    before = await house.subscribed()
    assert await house.hub.send(rss("Forged"), X_Hub_Signature=signature) == 202
    assert await house.titles() == ["Old one"]
    assert await house.source() == before


@pytest.mark.parametrize("body", ["", "  ", rss("Forged"), "<html>sorry</html>"])
async def test_a_call_without_a_signature_lets_the_feed_be_visited_once_a_minute(house: House, body: str) -> None:
    await house.subscribed()
    house.publish("New", "Old one")
    asked = house.site.asked("/feed")
    for _ in range(3):
        assert await house.hub.send(body, X_Hub_Signature=None) == 202
        await house.ingest.refresh_due()
        house.clock.advance(seconds=10)
    assert house.site.asked("/feed") == asked + 1
    assert await house.titles() == ["New", "Old one"]
    house.clock.advance(seconds=61)
    await house.hub.send(body, X_Hub_Signature=None)
    await house.ingest.refresh_due()
    assert house.site.asked("/feed") == asked + 2


@pytest.mark.parametrize("body", ["", "<html>sorry</html>", "\x00\x01", rss()])
async def test_signed_content_that_is_no_feed_lets_the_feed_be_visited(house: House, body: str) -> None:
    await house.subscribed()
    assert await house.hub.send(body) == 202
    assert (await house.source()).due_at == house.clock()


async def test_a_secret_that_others_could_read_on_its_way_proves_nothing(house: House) -> None:
    await house.subscribed()
    async with house.storage.database.transaction() as transaction:
        await transaction.execute("UPDATE hub_subscriptions SET topic = 'https://news.example/feed'")
    assert await house.hub.send(rss("Forged")) == 202
    assert await house.titles() == ["Old one"]
    assert (await house.source()).due_at == house.clock()


async def test_a_hub_may_send_many_times_at_once(house: House) -> None:
    await house.subscribed()
    answers = await asyncio.gather(*(house.hub.send(rss(f"Item {n}")) for n in range(30)))
    assert set(answers) == {202}
    assert len(await house.titles()) == 31


BOMB = (
    '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    "<rss><channel><title>t</title><item><title>Ferry &b;&f;</title><guid>x</guid></item></channel></rss>"
)


@pytest.mark.parametrize(
    "body", [BOMB, "[" * 100_000, '{"items": [' + "[" * 900, "<rss><channel>" + "<x>" * 5_000], ids=range(4)
)
async def test_hostile_content_expands_nothing_and_the_next_is_taken(house: House, body: str) -> None:
    await house.subscribed()
    assert await house.hub.send(body) == 202
    assert not any("haha" in title or "root" in title for title in await house.titles())
    assert await house.hub.send(rss("New")) == 202
    assert "New" in await house.titles()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Content-Length: 52428800\r\n", b"413"),
        ("Content-Length: 2\r\nContent-Encoding: gzip\r\n", b"415"),
        ("Content-Length: 2\r\nX-Hub-Signature: \u017fha256=" + "0" * 64 + "\r\n", b"202"),
    ],
    ids=["50 MB", "compressed", "no method"],
)
async def test_what_no_hub_sends_is_answered_at_once(house: House, head: str, status: bytes) -> None:
    await house.subscribed()
    address = urlsplit(house.hub.last["hub.callback"])
    request = f"POST {address.path} HTTP/1.1\r\nHost: x\r\n{head}\r\n" + ("" if status == b"413" else "{}")
    answer = await first_line(f"http://{address.netloc}", request.encode())
    assert answer.split()[1] == status
    assert await house.titles() == ["Old one"]


async def test_an_unknown_address_is_gone(house: House) -> None:
    await house.subscribed()
    form = house.hub.last | {"hub.callback": house.ingest.config.public_url + "/websub/nobody"}
    assert await house.hub.send(rss("New"), form=form) == 410


# Beside visits


async def test_a_feed_is_seldom_visited_while_its_hub_sends(house: House) -> None:
    await house.subscribed()
    await house.hub.send(rss("New", "Old one"))
    house.publish("New", "Old one")
    await house.visit()
    source = await house.source()
    assert source.due_at - house.clock() >= BESIDE_HUB
    assert source.hub is HubHealth.ALIVE


async def notices(storage: Storage) -> list[str]:
    rows = await storage.database.fetch("SELECT notice FROM deliveries WHERE kind = 'notice' ORDER BY id")
    return [json.loads(row["notice"])["key"] for row in rows]


async def test_a_hub_that_does_not_tell_what_a_visit_finds_is_silent_until_it_sends_again(house: House) -> None:
    watch = HubWatch(house.storage, Alarms(house.storage, house.ingest.config, house.clock))
    await house.subscribed()
    await house.hub.send(rss("New", "Old one"))
    house.publish("New", "Old one")
    await house.visit()
    house.publish("Untold", "New", "Old one")
    house.clock.advance(hours=4)
    await house.ingest.refresh_due()
    assert "Untold" in await house.titles()
    await house.ask()
    assert (await house.source()).hub is HubHealth.ALIVE  # it may be late
    house.clock.advance(seconds=GRACE.total_seconds() + 1)
    for _ in range(2):
        await house.ask()
        await watch()
    after = await house.source()
    assert (after.hub, after.due_at) == (HubHealth.SILENT, house.clock())
    assert await notices(house.storage) == ["alarm_hub_silent"]
    await house.ingest.refresh_due()
    assert (await house.source()).due_at - house.clock() < BESIDE_HUB
    await house.hub.send(rss("Told again", "Untold"))
    assert (await house.source()).hub is HubHealth.ALIVE
    await watch()
    assert await notices(house.storage) == ["alarm_hub_silent", "well_hub_silent"]


async def test_nothing_more_is_said_of_a_silent_hub_that_the_bot_leaves(house: House) -> None:
    watch = HubWatch(house.storage, Alarms(house.storage, house.ingest.config, house.clock))
    source = await house.subscribed()
    async with house.storage.database.transaction() as transaction:
        await transaction.execute("UPDATE sources SET hub = 'silent'")
        await transaction.execute("UPDATE hub_subscriptions SET told_at = 1")
    await watch()
    await house.storage.sources.remove(source.id)
    await watch()
    assert await notices(house.storage) == ["alarm_hub_silent"]
    assert await house.storage.alarms.all() == []


@pytest.mark.parametrize("late", ["content", "ping"])
async def test_a_hub_that_is_a_little_late_is_not_silent(house: House, late: str) -> None:
    await house.subscribed()
    await house.visit()
    house.publish("New", "Old one")
    if late == "ping":
        await house.hub.send("", X_Hub_Signature=None)
    await house.visit()
    assert await house.titles() == ["New", "Old one"]
    if late == "content":
        house.clock.advance(minutes=10)
        await house.hub.send(rss("New", "Old one"))
    house.clock.advance(hours=1)
    await house.ask()
    assert (await house.source()).hub is (HubHealth.ALIVE if late == "content" else HubHealth.UNPROVEN)


async def test_what_was_published_before_the_hub_knew_the_bot_is_not_missed(house: House) -> None:
    await house.subscribed()
    house.publish("New", "Old one")
    await house.visit()
    house.clock.advance(hours=1)
    await house.ask()
    assert await house.titles() == ["New", "Old one"]
    assert (await house.source()).hub is HubHealth.UNPROVEN


async def test_a_hub_that_has_never_sent_is_silent_without_a_word_to_anybody(house: House) -> None:
    await house.subscribed()
    await house.visit()
    house.publish("New", "Old one")
    await house.visit()
    house.clock.advance(hours=1)
    await house.ask()
    assert (await house.source()).hub is HubHealth.SILENT
    await HubWatch(house.storage, Alarms(house.storage, house.ingest.config, house.clock))()
    assert await notices(house.storage) == []


# Leaving


@pytest.mark.parametrize("why", ["removed", "paused", "no hub any more", "another hub"])
async def test_a_hub_is_left_when_it_is_not_wanted_any_more(house: House, why: str) -> None:
    source = await house.subscribed()
    first = house.hub.last
    match why:
        case "removed":
            await house.storage.sources.remove(source.id)
        case "paused":
            await house.storage.sources.set_paused(source.id, True, now=house.clock())
        case "no hub any more":
            house.site.pages["/feed"] = Page(rss("Old one"), headers=FEED)
            await house.visit()
        case "another hub":
            house.publish("Old one", hub=f"{house.hub.url}?second")
            await house.visit()
    await house.ask()
    await house.ask()
    left = next(asked for asked in house.hub.requests if asked["hub.mode"] == "unsubscribe")
    assert (left["hub.topic"], left["hub.callback"]) == (first["hub.topic"], first["hub.callback"])
    assert "hub.secret" not in left
    assert ("unsubscribe", 200, True) in house.hub.verified
    assert await house.hub.send(rss("Late"), form=first) == 410
    known = await house.storage.hub_subscriptions.all()
    assert [one.hub for one in known] == ([f"{house.hub.url}?second"] if why == "another hub" else [])
    if why in ("paused", "no hub any more"):
        assert (await house.source()).hub is None


async def test_a_hub_that_can_not_be_left_is_forgotten_after_some_attempts(house: House) -> None:
    source = await house.subscribed()
    house.hub.status = 500
    await house.storage.sources.remove(source.id)
    for _ in range(6):
        await house.ask()
        house.clock.advance(hours=2)
    assert [asked["hub.mode"] for asked in house.hub.requests].count("unsubscribe") == 3
    assert await house.storage.hub_subscriptions.all() == []


async def test_a_source_that_is_resumed_finds_its_hub_again_though_its_feed_has_not_changed(house: House) -> None:
    house.publish("Old one", headers={"ETag": '"1"'})
    source = await add(house.ingest, f"{house.site.url}/feed")
    await house.visit()
    await house.ask()
    await house.storage.sources.set_paused(source.id, True, now=house.clock())
    await house.ask()
    await house.storage.sources.set_paused(source.id, False, now=house.clock())
    await house.visit()
    await house.ask()
    assert (await house.source()).hub is HubHealth.UNPROVEN


@pytest.mark.only_sqlite  # on a server, another process may have the address
async def test_without_an_address_for_hubs_subscriptions_are_forgotten_and_a_new_address_is_told(
    house: House, storage: Storage, clock: Clock
) -> None:
    await house.subscribed()
    first = house.hub.last["hub.callback"]
    moved: dict[str, Any] = {"web": ListenAddress("127.0.0.1", 1), "public_url": "https://bot.example"}
    async with (
        opened(storage, clock, **moved) as ingest,
        open_incoming(storage, ingest.config, ingest, now=clock) as incoming,
    ):
        await incoming.ask_hubs()
    modes = [(asked["hub.mode"], asked["hub.callback"].partition("/websub")[0]) for asked in house.hub.requests[1:]]
    assert sorted(modes) == [
        ("subscribe", "https://bot.example"),
        ("unsubscribe", first.partition("/websub")[0]),
    ]
    async with opened(storage, clock) as ingest, open_incoming(storage, ingest.config, ingest, now=clock) as incoming:
        assert {route.name for route in incoming.routes} == {"hook"}
        await incoming.ask_hubs()
    assert await storage.hub_subscriptions.all() == []
    assert (await house.source()).hub is None
