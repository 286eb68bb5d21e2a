"""Who gets into the dashboard and who does not, over real HTTP: links, sessions, forms of other websites, editors."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from markupsafe import escape

from bot.config import Config, ListenAddress
from bot.desk import DeskCards
from bot.ingest.discovery import SourceFinder
from bot.jobs import Pruning
from bot.locale import Voice
from bot.logins import make_link
from bot.web import Route
from bot.web.dashboard import Parts, routes
from storage import Storage
from storage.errors import DatabaseBusy
from storage.records import Login, NewSource, SourceKind
from tests import ingesting
from tests.conftest import Clock
from tests.dashboard_news import REFUSED, fill
from tests.web import serving

ADMIN, EDITOR, READER = 99, 98, 97
FOR_EDITORS = {"start", "look", "logout", "logout_all", "unknown"} | {
    f"{page}{action}"
    for page, actions in {"article": ("", "_retract", "_breaking", "_split", "_merge"), "stories": ("",),
                          "story": ("",), "desk": ("", "_approve", "_hold", "_kill", "_restore")}.items()
    for action in actions
}  # fmt: skip


class Door:
    """A dashboard, and browsers that keep cookies."""

    def __init__(self, parts: Parts, url: str) -> None:
        self.parts = parts
        self.url = url
        self.storage = parts.storage

    async def link(self, user_id: int | None = ADMIN, *, name: str = "Nour", language: str = "en") -> str:
        login = Login(user_id=user_id, name=name, language=language, timezone="Asia/Beirut")
        made = await make_link(self.storage, self.parts.config, login, now=self.parts.now())
        assert made is not None
        return f"/dashboard/login/{made.rpartition('/')[2]}"

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[aiohttp.ClientSession]:
        async with aiohttp.ClientSession(self.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
            yield client

    @asynccontextmanager
    async def entered(
        self, user_id: int | None = ADMIN, *, language: str = "en"
    ) -> AsyncIterator[aiohttp.ClientSession]:
        async with self.browser() as client:
            assert await status(client, "POST", await self.link(user_id, language=language)) == 303
            yield client


async def status(client: aiohttp.ClientSession, method: str, path: str, **how: Any) -> int:
    async with client.request(method, path, allow_redirects=False, **how) as answer:
        await answer.read()
        return answer.status


async def text(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as answer:
        return await answer.text()


async def token(client: aiohttp.ClientSession, path: str = "/dashboard/stories") -> str:
    """The token that the forms of this session carry."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', await text(client, path))
    assert found is not None
    return found[1]


def set_as_here(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the environment be that of the bot, so that the page of settings offers the check."""
    for name in [name for name in os.environ if name.startswith("NEWSBOT_")]:
        monkeypatch.delenv(name)
    config = door.parts.config
    monkeypatch.setenv("NEWSBOT_ADMINS", str(config.admins[0]))
    monkeypatch.setenv("NEWSBOT_EDITORS", str(config.editors[0]))
    monkeypatch.setenv("NEWSBOT_WEB", str(config.web))


@asynccontextmanager
async def opened(storage: Storage, clock: Clock, **settings: Any) -> AsyncIterator[Door]:
    values: dict[str, Any] = {"admins": (ADMIN,), "editors": (EDITOR,), "web": ListenAddress("127.0.0.1", 8081)}
    config = Config(**(values | settings))
    async with ingesting.opened(storage, clock) as ingest:
        cards = DeskCards(storage, rate=30, now=clock)
        parts = Parts(storage, config, ingest, SourceFinder(ingest), cards, clock, lambda: None)
        async with serving(routes(parts)) as (server, _):
            yield Door(parts, server.url)


@pytest.fixture
async def door(storage: Storage, clock: Clock) -> AsyncIterator[Door]:
    async with opened(storage, clock) as it:
        yield it


@pytest.fixture
async def source(storage: Storage, clock: Clock) -> int:
    added, _ = await storage.sources.add("https://wire.example/feed", SourceKind.FEED, now=clock(), title="Wire")
    return added.id


async def is_paused(storage: Storage, source: int) -> bool:
    found = await storage.sources.get(source)
    assert found is not None
    return found.paused


# Links


class Busy:
    """A database that another process holds for too long."""

    async def fetch(self, sql: str, values: object = None) -> list[Any]:
        raise DatabaseBusy("another process holds it")

    def transaction(self, *, durable: bool = True) -> Any:
        raise DatabaseBusy("another process holds it")


async def test_whoever_logs_in_while_the_database_is_away_reads_so_and_can_log_in_later(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await door.link()
    async with door.browser() as person, door.browser() as other:
        assert await status(person, "POST", link) == 303
        link = await door.link(EDITOR)
        with monkeypatch.context() as broken:
            broken.setattr(door.storage.logins, "_database", Busy())
            for client, method, path in ((other, "GET", link), (other, "POST", link), (person, "GET", "/dashboard")):
                async with client.request(method, path) as answer:
                    assert (answer.status, "The database can&#39;t be used now" in await answer.text()) == (503, True)
        assert await status(other, "POST", link) == 303
        assert await status(person, "GET", "/dashboard") == 200


async def test_a_link_is_shown_often_and_used_once(door: Door) -> None:
    link = await door.link()
    async with door.browser() as scanner, door.browser() as person, door.browser() as late:
        assert [await status(scanner, method, link) for method in ("GET", "HEAD", "GET")] == [200, 200, 200]
        assert await status(scanner, "GET", "/dashboard") == 401
        assert await status(person, "POST", link) == 303
        assert await status(person, "GET", "/dashboard") == 200
        assert [await status(late, method, link) for method in ("POST", "GET")] == [410, 410]
        assert await status(late, "GET", "/dashboard") == 401


async def test_a_link_ends_after_ten_minutes_and_with_the_next_one(door: Door, clock: Clock) -> None:
    async with door.browser() as client:
        first = await door.link()
        second, other = await door.link(), await door.link(EDITOR)
        assert await status(client, "POST", first) == 410
        clock.advance(minutes=9, seconds=59)
        assert await status(client, "GET", second) == 200
        clock.advance(seconds=1)
        assert await status(client, "POST", second) == 410
        assert await status(client, "POST", other) == 410
        assert await status(client, "POST", "/dashboard/login/guessed") == 410


async def test_a_link_of_somebody_who_is_no_editor_any_more_opens_nothing(door: Door) -> None:
    async with door.browser() as client:
        assert await status(client, "POST", await door.link(READER)) == 410
        assert await status(client, "GET", "/dashboard") == 401


async def test_the_database_holds_no_secret(door: Door) -> None:
    link = await door.link()
    async with door.entered() as client:
        cookie = next(iter(client.cookie_jar)).value
        rows = [
            *await door.storage.database.fetch("SELECT * FROM dashboard_links"),
            *await door.storage.database.fetch("SELECT * FROM dashboard_sessions"),
        ]
        kept = [str(dict(row)) for row in rows]
        assert len(kept) == 1  # the second link replaced the first, and was used
        assert not any(cookie in row or link.rpartition("/")[2] in row for row in kept)


@pytest.mark.parametrize("user_id", [ADMIN, None], ids=["chat", "command line"])
async def test_whoever_types_on_the_server_is_an_administrator(door: Door, user_id: int | None) -> None:
    async with door.entered(user_id) as client:
        assert await status(client, "GET", "/dashboard/settings") == 200


# Sessions


async def test_a_session_ends_when_it_is_not_used_and_after_a_week(door: Door, clock: Clock) -> None:
    async with door.entered() as idle, door.entered() as busy:
        for _ in range(15):
            clock.advance(hours=11)
            assert await status(busy, "GET", "/dashboard/now") == 200
        clock.advance(hours=3, seconds=1)
        assert await status(busy, "GET", "/dashboard") == 401
        assert await status(idle, "GET", "/dashboard") == 401


async def test_an_idle_session_ends_after_twelve_hours(door: Door, clock: Clock) -> None:
    async with door.entered() as client:
        clock.advance(hours=12)
        assert await status(client, "GET", "/dashboard") == 200
        clock.advance(hours=12, seconds=1)
        assert await status(client, "GET", "/dashboard") == 401


async def test_a_page_that_is_left_open_keeps_no_session_alive(door: Door, clock: Clock) -> None:
    async with door.entered() as client:
        for _ in range(2):
            clock.advance(hours=6)
            assert await status(client, "GET", "/dashboard/now/live") == 200
        clock.advance(seconds=1)
        assert await status(client, "GET", "/dashboard/now/live") == 401


async def test_logging_out_ends_this_session_or_all(door: Door) -> None:
    async with door.entered() as one, door.entered() as two, door.entered() as three, door.entered(EDITOR) as editor:
        async with one.post("/dashboard/logout", data={"csrf": await token(one)}) as answer:
            assert "You are logged out." in await answer.text()
        assert [await status(each, "GET", "/dashboard/stories") for each in (one, two, three)] == [401, 200, 200]
        mine, theirs = await door.link(), await door.link(EDITOR)
        assert await status(two, "POST", "/dashboard/logout-everywhere", data={"csrf": await token(two)}) == 303
        assert [await status(two, "GET", link) for link in (mine, theirs)] == [410, 200]
        assert [await status(each, "GET", "/dashboard/stories") for each in (two, three, editor)] == [401, 401, 200]


async def test_a_session_ends_with_the_rights_of_its_person(storage: Storage, clock: Clock) -> None:
    async with opened(storage, clock) as before, before.entered(EDITOR) as client:
        [cookie] = list(client.cookie_jar)
        async with opened(storage, clock, editors=()) as after, aiohttp.ClientSession(after.url) as later:
            sent = {"Cookie": f"{cookie.key}={cookie.value}"}
            assert await status(later, "GET", "/dashboard/stories", headers=sent) == 401
        assert await status(client, "GET", "/dashboard/stories") == 401  # also with the rights that it had


async def test_a_person_has_ten_sessions_at_most(door: Door, clock: Clock) -> None:
    async with door.entered() as first:
        for number in range(10):
            clock.advance(minutes=1)
            await begin_session(door, f"session {number}")
        assert await status(first, "GET", "/dashboard") == 401


async def test_whoever_logs_in_for_the_eleventh_time_is_in_though_the_clock_was_set_back(
    door: Door, clock: Clock
) -> None:
    for number in range(10):
        await begin_session(door, f"session {number}")
    clock.advance(hours=-1)
    async with door.entered() as client:
        assert await status(client, "GET", "/dashboard") == 200


async def begin_session(door: Door, session: str) -> None:
    await door.link()
    [link] = await door.storage.database.fetch("SELECT hash FROM dashboard_links")
    assert await door.storage.logins.use_link(link["hash"], session, now=door.parts.now()) is not None


async def test_old_links_and_sessions_are_deleted(door: Door, clock: Clock) -> None:
    await door.link(EDITOR)
    async with door.entered():
        clock.advance(days=8)
        await Pruning(door.storage, door.parts.config, clock)()
        for table in ("dashboard_links", "dashboard_sessions"):
            assert await door.storage.database.fetch(f"SELECT 1 FROM {table}") == []


@pytest.mark.parametrize(
    ("public", "name", "secure"),
    [("https://news.example", "__Host-newsbot-session", True), ("http://news.example", "newsbot-session", False)],
)
async def test_the_cookie_is_for_tls_only_where_there_is_tls(
    storage: Storage, clock: Clock, public: str, name: str, secure: bool
) -> None:
    async with opened(storage, clock, public_url=public) as door, door.browser() as client:
        link = await door.link()
        async with client.post(link, allow_redirects=False) as answer:
            cookie = answer.cookies[name]
        assert (bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"]) == (secure, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


# Who may open what


def pages(parts: Parts) -> list[Route]:
    outside = ("dashboard_static", "dashboard_link", "dashboard_login")
    return [route for route in routes(parts) if route.name not in outside]


def filled(path: str) -> str:
    return re.sub(r"\{\w+(:[^}]*)?\}", "1", path)


async def test_no_page_and_no_form_works_without_a_session(door: Door, source: int) -> None:
    async with door.browser() as client:
        for route in pages(door.parts):
            assert await status(client, route.method, filled(route.path)) == 401, route.name
            forged = {"Cookie": "newsbot-session=guessed"}
            assert await status(client, route.method, filled(route.path), headers=forged) == 401, route.name


async def test_editors_open_their_pages_and_no_others(door: Door, source: int) -> None:
    async with door.entered(EDITOR) as client:
        csrf = await token(client)
        for route in pages(door.parts):
            name = route.name.removeprefix("dashboard_")
            if name in ("logout", "logout_all"):
                continue
            sent = {"data": {"csrf": csrf}} if route.method == "POST" else {}
            got = await status(client, route.method, filled(route.path), **sent)
            assert (got != 403) == (name in FOR_EDITORS), (name, got)
        assert not await is_paused(door.storage, source)
        shown = await text(client, "/dashboard/stories")
        assert "/dashboard/desk" in shown
        assert "/dashboard/audit" not in shown


async def test_every_form_needs_the_token_of_its_session(door: Door, source: int) -> None:
    async with door.entered() as client, door.entered(EDITOR) as other:
        strange = await token(other)
        for route in pages(door.parts):
            if route.method == "POST":
                for data in ({}, {"csrf": ""}, {"csrf": strange}, {"csrf": "ÿ"}):
                    assert await status(client, "POST", filled(route.path), data=data) == 403, route.name
        assert not await is_paused(door.storage, source)
        pause = f"/dashboard/sources/{source}/pause"
        assert await status(client, "POST", pause, data={"csrf": await token(client)}) == 303
        assert await is_paused(door.storage, source)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}],
    ids=str,
)  # fmt: skip
async def test_forms_of_other_websites_do_nothing(door: Door, source: int, headers: dict[str, str]) -> None:
    async with door.entered() as client, door.browser() as stranger:
        data = {"csrf": await token(client)}
        assert await status(client, "POST", f"/dashboard/sources/{source}/pause", data=data, headers=headers) == 403
        assert not await is_paused(door.storage, source)
        link = await door.link()
        assert await status(stranger, "POST", link, headers=headers) == 403
        assert await status(stranger, "POST", link, headers={"Origin": door.url}) == 303


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--y"),
        ("multipart/form-data", b"--y"),
        ("application/x-www-form-urlencoded; charset=none", b"csrf=1"),
        ("application/x-www-form-urlencoded", b"csrf=\xff"),
    ],
)
async def test_a_body_that_is_no_form_is_refused(door: Door, kind: str, body: bytes) -> None:
    async with door.entered() as client:
        assert await status(client, "POST", "/dashboard/look", data=body, headers={"Content-Type": kind}) == 400


async def test_every_page_forbids_scripts_frames_and_copies(door: Door) -> None:
    async with door.entered() as client:
        paths = ["/dashboard", "/dashboard/sources", "/dashboard/nothing", "/dashboard/login/x"]
        for path in paths:
            async with client.get(path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["Referrer-Policy"] == "same-origin"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Cache-Control"] == "no-store"
                shown = await answer.text()
                assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|javascript:", shown)


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/dashboardx", "/dashboard/\\evil", "/dashboard/\r\nX: 1"]
)
async def test_the_browser_is_sent_to_no_other_website(door: Door, address: str) -> None:
    async with door.entered() as client:
        data = {"csrf": await token(client), "to": address, "theme": "dark"}
        async with client.post("/dashboard/look", data=data, allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/dashboard"


@pytest.mark.parametrize(
    "path",
    ["articles/7", "articles/x", "articles/99999999999999999999", "articles/-1", "sources/7", "stories/7", "nothing",
     "sources/1%2F2", "stories?before=x&id=1", "stories?before=2026-01-01"],
)  # fmt: skip
async def test_what_is_not_there_is_a_page_that_says_so(door: Door, path: str) -> None:
    async with door.entered() as client:
        assert await status(client, "GET", f"/dashboard/{path}") == 404
        assert Voice("en").say("There is no such page.") in await text(client, f"/dashboard/{path}")


async def test_every_page_of_a_filled_newsroom_opens_and_names_no_private_person(door: Door, clock: Clock) -> None:
    news = await fill(door.storage, clock)
    private = NewSource(url="https://user:secret@private.example/feed")
    chat = (await door.storage.chats.get(1000)) or pytest.fail("no chat")
    await door.storage.sources.add_private(private, chat_row=chat.id, now=clock())
    paths = ["now", "now/live", "sources", "sources?state=readers", f"sources/{news.source}", "sources/add",
             "stories",
             f"articles/{news.hostile}?chat=1001", f"stories/{news.arabic}", "desk", "chats", "dead", "categories",
             "settings", "audit"]  # fmt: skip
    async with door.entered() as client:
        for path in paths:
            assert await status(client, "GET", f"/dashboard/{path}") == 200, path
            shown = await text(client, f"/dashboard/{path}")
            assert "<script>alert" not in shown
            assert "private person" not in shown
            assert "secret" not in shown.replace("secrets are hidden", "")


async def test_what_a_reader_follows_privately_is_not_shown(door: Door, clock: Clock) -> None:
    """Its number can be guessed, its messages fail, and it is among the last that were sent."""
    news = await fill(door.storage, clock)
    async with door.storage.database.transaction() as transaction:
        await transaction.execute("UPDATE articles SET private = TRUE WHERE id = :id", {"id": news.hostile})
        await transaction.execute("UPDATE articles SET title = 'A private feed' WHERE id = :id", {"id": news.hostile})
    number = news.hostile
    async with door.entered() as admin:
        for path in ("now", "dead"):
            shown = await text(admin, f"/dashboard/{path}")
            assert str(escape(REFUSED)) in shown
            assert "A private feed" not in shown
        for path in (f"articles/{number}", f"stories/{number}"):
            assert await status(admin, "GET", f"/dashboard/{path}") == 404
        data = {"csrf": await token(admin), "shown_revision": "1", "other": str(number)}
        for action in ("retract", "breaking", "split", "merge"):
            assert await status(admin, "POST", f"/dashboard/articles/{number}/{action}", data=data) == 404
        async with admin.post(f"/dashboard/articles/{news.other}/merge", data=data) as answer:
            assert answer.url.query["did"] == "no-such-article"


async def test_secrets_are_masked_in_the_settings(storage: Storage, clock: Clock) -> None:
    from bot.config import DatabaseAddress, Secret

    database = DatabaseAddress("postgresql://reporter:never-shown@db.example/news")
    secrets = {"token": Secret("123456:never-shown"), "database": database}
    async with opened(storage, clock, **secrets) as door, door.entered() as client:
        shown = await text(client, "/dashboard/settings")
        assert "NEWSBOT_TOKEN" in shown
        assert "postgresql://reporter@db.example/news" in shown
        assert "never-shown" not in shown


async def test_links_behind_a_proxy_that_takes_off_a_path_lead_back(storage: Storage, clock: Clock) -> None:
    async with opened(storage, clock, public_url="https://news.example/bot") as door, door.browser() as client:
        host = {"Host": "news.example"}
        link = await door.link()
        async with client.post(link, headers=host, allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/bot/dashboard"
        async with client.get(link, headers=host) as answer:
            assert 'href="/bot/dashboard' in await answer.text()
