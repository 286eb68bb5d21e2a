"""What a hook refuses, and why: bodies that can not be read, are too long, or never end."""

import json
from collections.abc import AsyncIterator

import pytest

from storage import Storage
from storage.records import HookKind
from tests.conftest import Clock
from tests.ingesting import opened
from tests.senders import ARTICLE, LARGEST, SECRET, Door, opened_door, titles
from tests.web import first_line


@pytest.fixture
async def door(storage: Storage, clock: Clock) -> AsyncIterator[Door]:
    async with opened(storage, clock) as ingest, opened_door(ingest, clock) as door:
        yield door


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


async def test_a_slow_sender_is_given_up(door: Door, storage: Storage) -> None:
    async with opened_door(door.ingest, door.clock, seconds=0.05) as slow:
        await slow.add()
        secret = f"Authorization: Bearer {SECRET}\r\n"
        head = f"POST /hooks/newsroom HTTP/1.1\r\nHost: x\r\n{secret}Content-Length: 99\r\n\r\n"
        assert (await first_line(slow.url, head.encode() + b'{"title"')).startswith(b"HTTP/1.1 408 ")
    assert await titles(storage) == []
