"""Who may call a hook: signatures and secrets, and calls that come again."""

import json
import threading
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.ingest import hook_signatures
from bot.ingest.hook_signatures import WINDOW
from storage import Storage
from storage.records import AuditAction, HookCounts, HookKind, Origin
from tests import senders
from tests.conftest import Clock
from tests.ingesting import opened
from tests.makers import NOON
from tests.senders import ARTICLE, SECRET, Door, bearer, opened_door, signed, titles
from tests.web import first_line

SECOND = timedelta(seconds=1)


@pytest.fixture
async def door(storage: Storage, clock: Clock) -> AsyncIterator[Door]:
    async with opened(storage, clock) as ingest, opened_door(ingest, clock) as door:
        yield door


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
