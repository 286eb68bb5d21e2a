"""Hooks over real HTTP: who is let in, what is refused and why, and that nothing comes in twice or by halves."""

import asyncio
import json
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.desk import DeskReleases
from bot.ingest import hook_signatures
from bot.ingest.draft import Draft
from bot.ingest.errors import WorkerError
from bot.ingest.hook_signatures import WINDOW
from bot.ingest.hooks import REFUSALS_EVERY
from bot.ingest.keep import STORED_AT_ONCE, Kept
from bot.ingest.waiting_calls import FEW, WaitingCalls
from bot.ingest.worker import WorkerProcess
from storage import Storage
from storage.records import AuditAction, HookCounts, HookKind, Lane, Origin
from tests import senders
from tests.conftest import Clock
from tests.ingesting import Here, opened
from tests.makers import NOON
from tests.senders import LARGEST, SECRET, Answer, Door, bearer, opened_door, signed
from tests.web import first_line

ARTICLE = {"id": "ferry", "title": "Ferry sails at noon", "body": "It left the harbour at noon.", "version": 1}
SECOND = timedelta(seconds=1)


@pytest.fixture
async def door(storage: Storage, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    monkeypatch.setattr("bot.web.hooks.SECONDS", 60.0)  # for a machine that is busy with other tests
    async with opened(storage, clock) as ingest, opened_door(ingest, clock) as door:
        yield door


async def titles(storage: Storage) -> list[str]:
    return sorted(article.text.title for article in await storage.articles.newest(limit=2000))


async def pushed(storage: Storage) -> int:
    return (await storage.deliveries.stats(now=NOON)).fanouts_open


# Who is let in


@pytest.mark.parametrize(
    ("kind", "sign"),
    [
        (HookKind.GENERIC, signed),
        (HookKind.GHOST, signed),
        (HookKind.GHOST, senders.ghost),
        (HookKind.GHOST, senders.old_ghost),
        (HookKind.WORDPRESS, senders.wordpress),
        (HookKind.SUPERDESK, senders.superdesk),
    ],
)
async def test_a_call_is_let_in_by_its_signature_and_only_by_a_right_one(
    door: Door, kind: HookKind, sign: Callable[..., dict[str, str]]
) -> None:
    await door.add(kind)
    body = b"{}"  # which no kind can read: the answer tells who was let in
    assert (await door.post(body, sign(body, NOON))).status == 422
    wrong = [sign(body, NOON, "another secret"), sign(b"{} ", NOON), sign(body, NOON) | {"X-Newsbot-Timestamp": "1"}]
    if "X-Newsbot-Signature" not in wrong[0]:
        wrong.pop()
        # A right secret beside a wrong signature does not help.
        wrong.append(wrong[0] | bearer())
    for headers in wrong:
        assert (await door.post(body, headers)).status == 401


async def test_the_signature_of_another_program_is_none(door: Door) -> None:
    await door.add(HookKind.GENERIC)
    for sign in (senders.ghost, senders.wordpress, senders.superdesk):
        assert (await door.post(ARTICLE, sign(json.dumps(ARTICLE).encode(), NOON))).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {SECRET}"},
        bearer("wrong"),
        bearer(SECRET[:-1]),
        {"X-Newsbot-Signature": "sha256=zz", "X-Newsbot-Timestamp": "1"},
        {"X-Newsbot-Signature": "sha256=" + "0" * 64},
        {"X-Newsbot-Signature": "sha256=" + "0" * 64, "X-Newsbot-Timestamp": "9" * 12},
        {"X-Superdesk-Signature": "sha1=" + "0" * 40},
    ],
)
async def test_strangers_get_one_answer_whether_the_hook_exists_or_not(
    door: Door, storage: Storage, headers: dict[str, str]
) -> None:
    await door.add()
    known, unknown = await door.post(ARTICLE, headers), await door.post(ARTICLE, headers, name="nobody")
    assert (known.status, known.body) == (unknown.status, unknown.body) == (401, unknown.body)
    assert "Bearer SECRET" in known.body["error"]
    assert known.headers["WWW-Authenticate"] == "Bearer"
    assert await titles(storage) == []


@pytest.mark.parametrize(
    "header",
    [
        b"Authorization: Bearer \xff\xfe",
        b"Authorization: Bearer \xed\xa0\x80",
        "Authorization: Bearer سرّ".encode(),
        "X-Superdesk-Signature: \u017fha1=".encode() + b"0" * 40,  # a letter whose capital is S, as that of s is
        "X-Newsbot-Signature: \u017fha256=".encode() + b"0" * 64 + b"\r\nX-Newsbot-Timestamp: 1",
        "X-Ghost-Signature: \u017fha256=".encode() + b"0" * 64 + b", t=1",
        b"X-WP-Webhook-Signature: \xff",
    ],
)
async def test_bytes_that_are_no_text_are_a_wrong_secret(door: Door, header: bytes) -> None:
    await door.add()
    head = b"POST /hooks/newsroom HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n" + header + b"\r\n\r\n{}"
    assert (await first_line(door.url, head)).startswith(b"HTTP/1.1 401 ")


async def test_the_digests_of_a_long_body_do_not_hold_up_the_event_loop(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a stranger could hold up the whole bot by long bodies with many signatures."""
    threads: list[int] = []
    check = hook_signatures.check_sender

    def noted(*proof: Any) -> str | None:
        threads.append(threading.get_ident())
        return check(*proof)

    monkeypatch.setattr("bot.ingest.hooks.check_sender", noted)
    await door.add()
    for size in (10, 500_000):
        assert (await door.post(b" " * size, bearer("wrong"))).status == 401
    assert threads[0] == threading.get_ident()
    assert threads[1] != threading.get_ident()


async def test_a_former_secret_is_valid_as_long_as_the_operator_let_it_be(
    door: Door, storage: Storage, clock: Clock
) -> None:
    await door.add()
    await storage.hooks.replace_secret("newsroom", "the-new-secret", former_until=NOON + SECOND)
    for secret in (SECRET, "the-new-secret"):
        assert (await door.post(ARTICLE, bearer(secret))).status == 202
    clock.advance(seconds=1)
    assert (await door.post(ARTICLE)).status == 401
    assert (await door.post(ARTICLE, bearer("the-new-secret"))).status == 202


async def test_a_removed_hook_is_unknown_and_a_paused_one_says_so(door: Door, storage: Storage) -> None:
    await door.add()
    [source] = await storage.sources.all()
    await storage.sources.set_paused(source.id, True, now=NOON)
    answer = await door.post(ARTICLE)
    assert (answer.status, answer.body["error"]) == (403, "this hook is paused")
    await storage.sources.remove(source.id)
    assert (await door.post(ARTICLE)).status == 401


async def test_a_call_costs_as_much_work_whether_its_hook_exists_or_not(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[int] = []
    digest = hook_signatures._digest

    def counted(secret: bytes, signed: bytes, method: str = "sha256") -> bytes:
        computed.append(len(signed) // 64)  # blocks
        return digest(secret, signed, method)

    monkeypatch.setattr(hook_signatures, "_digest", counted)
    for kind in HookKind:
        await door.add(kind, kind.value)
    await door.ingest.storage.hooks.replace_secret("ghost", "another", former_until=NOON + SECOND)
    body = json.dumps(ARTICLE).encode()
    for sign in (signed, senders.ghost, senders.wordpress, senders.superdesk, lambda *_: bearer("wrong")):
        work = []
        for name in (*HookKind, "nobody"):
            computed.clear()
            assert (await door.post(body, sign(body, NOON, "wrong"), name=name)).status == 401
            work.append(list(computed))
        assert work[0]
        assert all(one == work[0] for one in work)


# Again


async def test_a_signed_call_that_comes_again_gets_the_first_answer_and_changes_nothing(
    door: Door, storage: Storage
) -> None:
    await door.add()
    old, new = ({"id": "ferry", "title": title, "body": "All of it."} for title in ("Ferry waits", "Ferry sails"))
    body = json.dumps(old).encode()
    call = signed(body, NOON)
    assert (await door.post(body, call)).counts == (1, 0, 0, 0)
    assert (await door.post(new)).counts == (0, 1, 0, 0)
    # Whoever has recorded the first call can't bring its text back.
    assert (await door.post(body, call)).counts == (1, 0, 0, 0)
    assert await titles(storage) == ["Ferry sails"]
    [hook] = await storage.hooks.all()
    assert hook.counts == HookCounts(stored=1, changed=1)


@pytest.mark.parametrize("sign", [signed, senders.ghost])
@pytest.mark.parametrize("apart", [WINDOW + SECOND, -WINDOW - SECOND])
async def test_a_signature_is_valid_for_five_minutes(
    door: Door, sign: Callable[..., dict[str, str]], apart: timedelta
) -> None:
    await door.add(HookKind.GHOST)
    refused = await door.post(b"{}", sign(b"{}", NOON + apart))
    assert refused.status == 403
    assert "expected at most 300 s between them" in refused.body["error"]
    almost = apart - SECOND if apart > timedelta() else apart + SECOND
    assert (await door.post(b"{}", sign(b"{}", NOON + almost))).status == 422


async def test_signatures_are_forgotten_when_their_time_is_over(door: Door, storage: Storage, clock: Clock) -> None:
    await door.add()
    body = json.dumps(ARTICLE).encode()
    for _ in range(5):
        assert (await door.post(body, signed(body, door.clock()))).status == 202
        clock.advance(minutes=4)
    kept = await storage.database.fetch("SELECT count(*) AS n FROM hook_calls")
    assert kept[0]["n"] == 3


async def test_an_article_is_known_by_its_id_and_its_version(door: Door, storage: Storage) -> None:
    await door.add()
    again = ARTICLE | {"title": "Ferry sails late"}
    assert (await door.post(ARTICLE)).counts == (1, 0, 0, 0)
    assert (await door.post(ARTICLE)).counts == (0, 0, 0, 1)
    assert (await door.post(again)).counts == (0, 0, 0, 1)
    assert (await door.post(again | {"version": 3})).counts == (0, 1, 0, 0)
    assert (await door.post(ARTICLE | {"version": 2})).counts == (0, 0, 0, 1)
    assert await titles(storage) == ["Ferry sails late"]
    assert (await door.post({"id": "ferry", "withdrawn": True, "version": 4})).counts == (0, 0, 1, 0)
    assert (await door.post({"id": "ferry", "withdrawn": True, "version": 4})).counts == (0, 0, 0, 1)
    assert await titles(storage) == []
    assert (await door.post(again | {"version": 5})).counts == (1, 0, 0, 0)
    [entry] = await storage.audit.page(limit=9)
    assert (entry.action, entry.actor.origin, entry.actor.name) == (AuditAction.RETRACT, Origin.HOOK, "newsroom")
    assert entry.name == "Ferry sails late"


# What is pushed


async def test_an_article_of_a_hook_that_needs_approval_waits_for_an_editor(door: Door, storage: Storage) -> None:
    await door.add()
    [source] = await storage.sources.all()
    await storage.sources.set_desk(source.id, True)
    assert (await door.post(ARTICLE)).counts == (1, 0, 0, 0)
    assert (await titles(storage), await storage.desk.count(most=9)) == ([], 1)


async def test_an_embargoed_article_waits_is_corrected_and_withdrawn_before_anybody_sees_it(
    door: Door, storage: Storage
) -> None:
    await door.add()
    held = ARTICLE | {"embargo": "2026-03-02T06:00:00Z"}
    assert (await door.post(held)).counts == (1, 0, 0, 0)
    assert (await titles(storage), await pushed(storage)) == ([], 0)
    assert (await door.post(held)).counts == (0, 0, 0, 1)
    assert (await door.post(held | {"title": "Ferry sails late", "version": 2})).counts == (0, 1, 0, 0)
    [waiting] = await storage.desk.page(limit=9)
    assert waiting.article.text.title == "Ferry sails late"
    assert (await door.post({"id": "ferry", "withdrawn": True})).counts == (0, 0, 1, 0)
    assert await storage.desk.count(most=9) == 0


async def test_the_first_call_is_no_backlog(door: Door, storage: Storage) -> None:
    await door.add(category="Harbour")
    old = {"id": "old", "title": "Bridge opens", "body": "Long ago.", "published": "2026-02-01"}
    assert (await door.post([ARTICLE, old])).counts == (2, 0, 0, 0)
    assert await pushed(storage) == 1
    assert {article.category and article.category.name for article in await storage.articles.newest(limit=9)} == {
        "Harbour"
    }


@pytest.mark.parametrize("breaking", ["source", "article"])
async def test_breaking_news_is_pushed_as_such(door: Door, storage: Storage, breaking: str) -> None:
    await door.add(breaking=breaking == "source")
    await door.post(ARTICLE | {"breaking": breaking == "article"})
    assert [article.lane for article in await storage.articles.newest(limit=9)] == [Lane.BREAKING]


async def test_of_one_call_no_more_are_pushed_than_of_one_visit_but_many_calls_are(
    door: Door, storage: Storage
) -> None:
    await door.add()
    many = [{"id": n, "title": f"Ship {n} sails", "body": f"Ship {n} left the harbour."} for n in range(12)]
    assert (await door.post(many)).counts == (12, 0, 0, 0)
    assert await pushed(storage) == 10
    later = [ARTICLE | {"id": f"b{n}", "title": f"Boat {n} lands", "body": f"Boat {n} is here."} for n in range(12)]
    answers = await asyncio.gather(*(door.post(one) for one in later))
    assert {answer.counts for answer in answers} == {(1, 0, 0, 0)}
    assert await pushed(storage) == 22


async def test_a_scheduled_post_of_wordpress_goes_out_once_at_its_time(
    door: Door, storage: Storage, clock: Clock
) -> None:
    await door.add(HookKind.WORDPRESS)
    post = {"id": 41, "title": {"rendered": "Ferry sails"}, "content": {"rendered": "<p>It left.</p>"}}
    post |= {
        "date_gmt": "2026-03-01T13:00:00",
        "modified_gmt": "2026-03-01T11:00:00",
        "link": "https://wp.example/41",
    }
    assert (await door.post(post | {"status": "future"})).counts == (1, 0, 0, 0)
    releases = DeskReleases(storage, clock, lambda: None)
    await releases()
    assert await titles(storage) == []
    clock.advance(hours=1)
    await releases()
    assert (await titles(storage), await pushed(storage)) == (["Ferry sails"], 1)
    # WordPress publishes it a moment later, and its plugin calls again.
    published = post | {"status": "publish", "modified_gmt": "2026-03-01T13:00:02"}
    assert (await door.post(published)).counts == (0, 0, 0, 1)
    assert (await titles(storage), await pushed(storage)) == (["Ferry sails"], 1)


async def test_a_scheduled_post_that_its_editor_publishes_now_goes_out_now(door: Door, storage: Storage) -> None:
    await door.add(HookKind.WORDPRESS)
    post = {"id": 41, "title": {"rendered": "Ferry sails"}, "content": {"rendered": "<p>It left.</p>"}}
    future = {"status": "future", "date_gmt": "2026-03-01T13:00:00", "modified_gmt": "2026-03-01T11:00:00"}
    await door.post(post | future)
    now = {"status": "publish", "date_gmt": "2026-03-01T12:00:00", "modified_gmt": "2026-03-01T12:00:00"}
    await door.post(post | now)
    await DeskReleases(storage, door.clock, lambda: None)()
    assert (await titles(storage), await pushed(storage)) == (["Ferry sails"], 1)


# What is refused


@pytest.mark.parametrize(
    ("kind", "body", "content_type", "status", "reason"),
    [
        (
            HookKind.GENERIC,
            b"a=1",
            "application/x-www-form-urlencoded",
            415,
            "Content-Type is application/x-www-form",
        ),
        (HookKind.GENERIC, b"PK", "application/zip", 415, "expected application/json"),
        (HookKind.GHOST, b"<rss/>", "application/xml", 415, "expected application/json"),
        (HookKind.GENERIC, b"<rss/>", "application/json", 422, "this is no JSON"),
        (HookKind.GENERIC, b"\xff\xfe\x00{", "application/json", 422, "this is no JSON"),
        (HookKind.GENERIC, b"{}", "application/rss+xml", 422, "expected"),
        (HookKind.GENERIC, b"", "application/json", 422, "this is no JSON"),
        (HookKind.GENERIC, b"[" * 200_000, "application/json", 422, "nested too deeply"),
        (
            HookKind.GENERIC,
            b'{"title": ' + b"[" * 900 + b"]" * 900 + b"}",
            "application/json",
            422,
            '"title" is a list',
        ),
        (HookKind.GENERIC, b"7", "application/json", 422, "this is a number; expected an object"),
        (HookKind.GENERIC, b'{"id": "a"}', "application/json", 422, 'no title; expected a text under "title"'),
        (HookKind.GENERIC, b'[{"title": "a"}, {"title": 7}]', "application/json", 422, 'item 2: "title" is a number'),
        (HookKind.GENERIC, b'{"title": "a", "version": []}', "application/json", 422, '"version" is a list'),
        (HookKind.GENERIC, b'{"title": "a", "version": -1}', "application/json", 422, '"version" is -1; expected'),
        (HookKind.GENERIC, b'{"title": "a", "version": NaN}', "application/json", 422, '"version" is nan; expected'),
        (HookKind.GENERIC, b'{"id": ' + b"9" * 5000 + b"}", "application/json", 422, "a number has too many digits"),
        (HookKind.GENERIC, b'{"title": "a", "breaking": "no"}', "application/json", 422, '"breaking" is a text'),
        (HookKind.GENERIC, b'{"title": "a", "embargo": "soon"}', "application/json", 422, "is no date"),
        (HookKind.GENERIC, b'{"withdrawn": true}', "application/json", 422, 'without "id" and "url"'),
        (HookKind.GENERIC, b'{"items": [7]}', "application/feed+json", 422, "item 1: this is a number"),
        (
            HookKind.GENERIC,
            b'{"items": [{"id": "1"}]}',
            "application/feed+json",
            422,
            "item 1: neither title nor text",
        ),
        (HookKind.GENERIC, json.dumps([{"title": "a"}] * 501).encode(), "application/json", 422, "at most 500"),
        (HookKind.GHOST, b'{"member": {}}', "application/json", 422, '"post": there is none (but "member")'),
        (HookKind.GHOST, b'{"post": {}}', "application/json", 422, '"post.previous.id"'),
        (HookKind.WORDPRESS, b'{"title": "a"}', "application/json", 422, 'post 1, "id"'),
    ],
)
async def test_a_body_that_can_not_be_read_is_refused_with_a_reason_and_stores_nothing(
    door: Door, storage: Storage, kind: HookKind, body: bytes, content_type: str, status: int, reason: str
) -> None:
    await door.add(kind)
    answer = await door.post(body, content_type=content_type)
    assert answer.status == status, answer
    assert reason in answer.body["error"]
    assert "\n" not in answer.body["error"]
    assert await titles(storage) == []


async def test_entities_of_xml_are_not_expanded(door: Door, storage: Storage) -> None:
    await door.add()
    bomb = (
        '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        "<rss><channel><item><guid>1</guid><title>Ferry &b;&f; sails</title></item></channel></rss>"
    )
    assert (await door.post(bomb.encode(), content_type="application/rss+xml")).status == 202
    [title] = await titles(storage)
    assert "haha" not in title
    assert "root" not in title


async def test_one_bad_article_refuses_the_others_of_its_call(door: Door, storage: Storage) -> None:
    await door.add()
    assert (await door.post([ARTICLE, {"title": ""}])).status == 422
    assert await titles(storage) == []
    assert (await door.post([ARTICLE])).counts == (1, 0, 0, 0)


async def test_fifty_megabytes_are_not_read(door: Door) -> None:
    await door.add()
    secret = f"Authorization: Bearer {SECRET}\r\n"
    head = f"POST /hooks/newsroom HTTP/1.1\r\nHost: x\r\n{secret}Content-Length: 52428800\r\n\r\n"
    assert (await first_line(door.url, head.encode())).startswith(b"HTTP/1.1 413 ")
    assert (await door.post(b" " * (LARGEST + 1))).status == 413
    unsigned = b"POST /hooks/newsroom HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\nConnection: close\r\n\r\n"
    assert (await first_line(door.url, unsigned)).startswith(b"HTTP/1.1 401 ")  # before its body is read


async def test_a_slow_sender_is_given_up(door: Door, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.hooks.SECONDS", 0.05)
    async with opened_door(door.ingest, door.clock) as slow:
        await slow.add()
        secret = f"Authorization: Bearer {SECRET}\r\n"
        head = f"POST /hooks/newsroom HTTP/1.1\r\nHost: x\r\n{secret}Content-Length: 99\r\n\r\n"
        assert (await first_line(slow.url, head.encode() + b'{"title"')).startswith(b"HTTP/1.1 408 ")
    assert await titles(storage) == []


async def test_a_thousand_calls_at_once_are_stored_once_each_or_asked_to_come_back(
    door: Door, storage: Storage
) -> None:
    await door.add()
    left = [{"id": n, "title": f"Ship {n} sails", "body": f"Ship {n} left.", "version": 1} for n in range(1000)]
    rounds = 0
    while left:
        rounds += 1
        answers: list[Answer] = await asyncio.gather(*(door.post(one) for one in left))
        assert {answer.status for answer in answers} <= {202, 503}
        assert all(answer.headers["Retry-After"] == "5" for answer in answers if answer.status == 503)
        left = [one for one, answer in zip(left, answers, strict=True) if answer.status == 503]
        assert rounds < 20
    assert len(await titles(storage)) == 1000
    [hook] = await storage.hooks.all()
    assert (hook.counts.stored, hook.counts.changed) == (1000, 0)


async def test_a_call_that_would_wait_for_long_is_asked_to_come_back_and_is_stored_then(
    storage: Storage, clock: Clock
) -> None:
    seconds = 0.0
    waiting = WaitingCalls(lambda: seconds)
    async with opened(storage, clock) as ingest, opened_door(ingest, clock, waiting=waiting) as door:
        await door.add()
        [hook] = await storage.hooks.all()
        with ExitStack() as before:
            for _ in range(FEW):
                before.enter_context(waiting.enter(1, hook.source_id))
            seconds = 7.5
            refused = await door.post(ARTICLE)
            assert (refused.status, refused.headers["Retry-After"]) == (503, "8")
            assert await titles(storage) == []
            # Strangers learn nothing from it.
            assert (await door.post(ARTICLE, bearer("wrong"))).status == 401
            assert (await door.post(ARTICLE, name="other")).status == 401
            # The body of this one never comes: refusing hundreds a second must cost next to nothing.
            head = f"POST /hooks/newsroom HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\n"
            head += "Content-Length: 9\r\n\r\n"
            assert b" 503 " in await first_line(door.url, head.encode())
        assert (await door.post(ARTICLE)).counts == (1, 0, 0, 0)
        assert [result for _, result in door.called] == ["busy", "refused", "refused", "busy", "stored"]


class Ticking(Clock):
    """It moves when it is asked, so each transaction has a time of its own."""

    def __call__(self) -> datetime:
        self.advance(milliseconds=1)
        return self.time


async def test_many_articles_are_stored_few_at_a_time_so_that_others_write_in_between(
    storage: Storage, clock: Clock
) -> None:
    async with opened(storage, Ticking()) as ingest, opened_door(ingest, clock) as door:
        await door.add()
        first = [{"id": n, "title": f"Ship {n} sails", "body": f"Ship {n} left.", "version": 1} for n in range(23)]
        assert (await door.post(first)).counts == (23, 0, 0, 0)
        both = [one | {"version": 2, "title": f"Ship {one['id']} is back"} for one in first[:9]]
        more = [{"id": n, "title": f"Train {n} leaves", "body": f"Train {n} left."} for n in range(100, 107)]
        assert (await door.post(both + more)).counts == (7, 9, 0, 0)
    rows = await storage.database.fetch(
        "SELECT max(stored_at, changed_at) AS at, count(*) AS n FROM articles GROUP BY at"
    )
    assert sum(row["n"] for row in rows) == 30
    assert max(row["n"] for row in rows) <= STORED_AT_ONCE


async def test_versions_that_come_at_once_end_with_the_last_one(door: Door, storage: Storage) -> None:
    await door.add()
    versions = [ARTICLE | {"version": n, "title": f"Ferry sails, report {n}"} for n in range(1, 21)]
    answers = await asyncio.gather(*(door.post(one) for one in [*versions[10:], *versions[:10]]))
    assert {answer.status for answer in answers} == {202}
    assert sum(answer.counts[0] for answer in answers) == 1
    assert await titles(storage) == ["Ferry sails, report 20"]


async def test_corrections_without_versions_that_come_at_once_are_all_counted(door: Door, storage: Storage) -> None:
    await door.add()
    texts = [{"id": "ferry", "title": f"Ferry sails, report {n}", "body": "It left."} for n in range(6)]
    answers = [answer.counts for answer in await asyncio.gather(*(door.post(one) for one in texts))]
    assert sorted(answers) == [*[(0, 1, 0, 0)] * 5, (1, 0, 0, 0)]
    assert len(await titles(storage)) == 1


async def test_a_body_that_ends_its_process_harms_no_other_of_its_piece(storage: Storage, clock: Clock) -> None:
    class Poisoned(Here):
        async def run(self, work: Any, *args: Any, **named: Any) -> Any:
            if "poison" in str(args):
                raise WorkerError("the process ended")
            return await super().run(work, *args, **named)

    async with opened(storage, clock, Poisoned()) as ingest, opened_door(ingest, clock) as door:
        await door.add()
        calls = [{"id": n, "title": f"Ship {n} sails", "body": "poison" if n == 3 else "It left."} for n in range(8)]
        answers = await asyncio.gather(*(door.post(one) for one in calls))
        assert [answer.status for answer in answers] == [422 if n == 3 else 202 for n in range(8)]
        assert "it can't be read in time" in answers[3].body["error"]
    assert len(await titles(storage)) == 7


async def test_a_call_that_meets_a_mistake_of_ours_harms_no_other_that_is_stored_beside_it(
    door: Door, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = door.ingest.keeper.keep

    async def mistaken(drafts: Sequence[Draft], **named: Any) -> Kept:
        if any(draft.body == "mistake" for draft in drafts):
            raise LookupError
        return await keep(drafts, **named)

    monkeypatch.setattr(door.ingest.keeper, "keep", mistaken)
    await door.add()
    calls = [{"id": n, "title": f"Ship {n} sails", "body": "mistake" if n == 3 else "It left."} for n in range(8)]
    answers = await asyncio.gather(*(door.post(one) for one in calls))
    assert [answer.status for answer in answers] == [500 if n == 3 else 202 for n in range(8)]
    assert len(await titles(storage)) == 7


async def test_storage_that_takes_nothing_is_told_and_the_call_may_come_again(door: Door, storage: Storage) -> None:
    await door.add()
    long = ARTICLE | {"body": "far out " * 50_000}
    async with storage.database.transaction() as transaction:
        await transaction.fetch("PRAGMA max_page_count = 60")
    answer = await door.post(long)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.body == {"error": "the articles can't be stored now"}
    async with storage.database.transaction() as transaction:
        await transaction.fetch("PRAGMA max_page_count = 1000000")
    assert (await door.post(long)).counts == (1, 0, 0, 0)


async def test_a_hook_remembers_its_calls_and_why_the_last_one_was_refused(
    door: Door, storage: Storage, clock: Clock
) -> None:
    await door.add()
    await door.post(ARTICLE)
    clock.advance(minutes=1)
    for _ in range(3):
        await door.post({})
    [hook] = await storage.hooks.all()
    assert (hook.calls, hook.called_at, hook.failed_at) == (1, NOON, NOON + timedelta(minutes=1))
    assert hook.last_error is not None
    assert "no title" in hook.last_error
    assert hook.refused == 1  # strangers can't keep the database busy: the others are counted with the next
    clock.advance(seconds=REFUSALS_EVERY.total_seconds())
    await door.post({})
    [hook] = await storage.hooks.all()
    assert hook.refused == 4
    [source] = await storage.sources.all()
    assert source.refreshed_at == NOON
    assert door.called == [("generic", "stored"), *[("generic", "refused")] * 4]


def examples(language: str) -> list[str]:
    """The programs of a language in docs/hooks.md."""
    text = (Path(__file__).parent.parent / "docs/hooks.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    ("program", "code"),
    [*(("bash", code) for code in examples("bash")), *((sys.executable, code) for code in examples("python"))],
    ids=["bearer", "signed by the shell", "signed by Python"],
)
async def test_the_examples_of_the_manual_work(storage: Storage, program: str, code: str) -> None:
    async with opened(storage, Clock(datetime.now(UTC))) as ingest, opened_door(ingest, ingest.now) as door:
        await door.add()
        process = await asyncio.create_subprocess_exec(
            program,
            "-c",
            code,
            env=os.environ | {"URL": f"{door.url}/hooks/newsroom", "SECRET": SECRET},
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        assert json.loads(said) == {"stored": 1, "changed": 0, "withdrawn": 0, "unchanged": 0}


async def test_a_call_does_not_wait_for_the_feeds_that_are_read(storage: Storage, clock: Clock) -> None:
    async with (
        WorkerProcess(processes=1) as worker,
        opened(storage, clock, worker) as ingest,
        opened_door(ingest, clock) as door,
    ):
        await door.add()
        feeds = [asyncio.create_task(worker.run(sum, range(1_000_000))) for _ in range(1_000)]
        await feeds[0]
        assert (await door.post(ARTICLE)).counts == (1, 0, 0, 0)
        assert not feeds[-1].done()
        for feed in feeds:
            feed.cancel()
        await asyncio.gather(*feeds, return_exceptions=True)


async def test_a_document_that_ends_its_worker_is_refused_and_harms_no_other_call(
    storage: Storage, clock: Clock
) -> None:
    async with (
        WorkerProcess(seconds=20) as worker,
        opened(storage, clock, worker) as ingest,
        opened_door(ingest, clock) as door,
    ):
        await door.add()
        deep = b"<rss><channel><item><title>Ferry</title>" + b"<x>" * 200_000 + b"</rss>"
        statuses = [answer.status for answer in await asyncio.gather(
            door.post(deep, content_type="application/rss+xml"), door.post(ARTICLE)
        )]  # fmt: skip
        assert statuses[1] == 202
        assert statuses[0] in (202, 422)
    assert "Ferry sails at noon" in await titles(storage)
