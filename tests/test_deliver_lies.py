"""A server that lies: what refuses everybody at once is the server's fault, and ends when the server is well.

Each lie is told to everybody for a while: to every method, as a proxy's page is, or only to those that send, while
the server answers that it is well. No delivery dies of it, no chat is left, and everybody gets the message once.
"""

import json
import math
from collections import Counter
from typing import Any

import pytest

from bot.sim import Fault, Simulator
from storage import Storage
from tests.delivering import sending, wait_until_settled
from tests.makers import NOON, new_article, readers, stored

READERS = 20
ENOUGH = 12  # requests that the lie is told to


def says(status: int, body: Any, **headers: str) -> Fault:
    text = body if isinstance(body, str) else json.dumps(body)
    return Fault("answer", status=status, text=text, headers=headers)


def html(status: int) -> Fault:
    page = "<html><head><title>Access denied</title></head><body>chat not found</body></html>"
    return Fault("answer", status=status, text=page, headers={"Content-Type": "text/html"})


def refusal(status: int, description: Any = None, **parameters: Any) -> Fault:
    answer: dict[str, Any] = {"ok": False, "error_code": status}
    answer |= {} if description is None else {"description": description}
    answer |= {"parameters": parameters} if parameters else {}
    return says(status, answer)


def accepts(result: Any) -> Fault:
    return says(200, {"ok": True, "result": result})


def raw(*lines: str) -> Fault:
    return Fault("raw", text="\r\n".join(lines))


LIES = {
    "400 without a description": refusal(400),
    "400 whose description is a number": refusal(400, 7),
    "400 whose description is empty": refusal(400, ""),
    "400 in words that are not known": refusal(400, "Bad Request: the server is confused"),
    "400 with a page": html(400),
    "400 with nothing": says(400, ""),
    "400 with a list": says(400, []),
    "400 whose parameters are a list": says(
        400, {"ok": False, "error_code": 400, "description": "Bad Request: no", "parameters": [1]}
    ),
    "400 that moves a person's chat": refusal(400, "Bad Request: moved", migrate_to_chat_id=-1001234567890),
    "400 that moves to a word": refusal(400, "Bad Request: moved", migrate_to_chat_id="abc"),
    "401": refusal(401, "Unauthorized"),
    "401 with a page": html(401),
    "402 with a page": html(402),
    "403 without a description": refusal(403),
    "403 in words that are not known": refusal(403, "Forbidden: maintenance"),
    "403 with a page": html(403),
    "403 with nothing": says(403, ""),
    "404": refusal(404, "Not Found"),
    "404 with a page": html(404),
    "404 with nothing": says(404, ""),
    "405": refusal(405, "Method Not Allowed"),
    "407 with a page": html(407),
    "408": refusal(408, "Request Timeout"),
    "409": refusal(409, "Conflict: terminated by other getUpdates request"),
    "413 with a page": html(413),
    "429 without a time": refusal(429, "Too Many Requests"),
    "429 whose time is a string": refusal(429, "Too Many Requests: retry after 1", retry_after="1"),
    "429 whose time is a list": refusal(429, "Too Many Requests", retry_after=[1]),
    "429 whose time is negative": refusal(429, "Too Many Requests", retry_after=-5),
    "429 whose time is a lifetime": refusal(429, "Too Many Requests", retry_after=10**12),
    "429 whose time is no number": refusal(429, "Too Many Requests", retry_after="soon"),
    "429 with a page": html(429),
    "500": refusal(500, "Internal Server Error"),
    "500 with nothing": says(500, ""),
    "502 with a page": html(502),
    "503": says(503, "Service Unavailable"),
    "504 with a page": html(504),
    "599": says(599, {}),
    "a redirect": says(302, "", Location="http://127.0.0.1:9/"),
    "a redirect for good": says(301, "", Location="/elsewhere"),
    "not modified": says(304, ""),
    "accepted with nothing": says(200, ""),
    "accepted with a page": html(200),
    "no content": says(204, ""),
    "half of an answer": says(200, '{"ok": true, "result": {"message_i'),
    "a list": says(200, []),
    "a word": says(200, '"ok"'),
    "null": says(200, None),
    "very deep lists": says(200, "[" * 100_000),
    "ok without a result": says(200, {"ok": True}),
    "a refusal that is called a success": says(
        200, {"ok": False, "error_code": 400, "description": "chat not found"}
    ),
    "the result is a list": accepts([]),
    "the result is true": accepts(True),
    "the result is null": accepts(None),
    "the result is a word": accepts("sent"),
    "the result is empty": accepts({}),
    "the message has a word for a number": accepts({"message_id": "12"}),
    "the message has no number": accepts({"message_id": None}),
    "the message has a number beyond all": accepts({"message_id": 10**30}),
    "the message has half a number": accepts({"message_id": 1.5}),
    "no HTTP": raw("220 mail.example ESMTP", ""),
    "fewer bytes than promised": raw("HTTP/1.1 200 OK", "Content-Length: 900", "", '{"ok": true'),
    "two lengths": raw("HTTP/1.1 200 OK", "Content-Length: 2", "Content-Length: 3", "", "{}"),
    "chunks that are none": raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "", "zz", "{}"),
    "packed that is not": says(200, '{"ok": true}', **{"Content-Encoding": "gzip"}),
    "a header without end": raw("HTTP/1.1 200 OK", "X: " + "x" * 100_000, "", "{}"),
    "a connection that ends": Fault("reset_before"),
}


pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture(autouse=True)
def unlearning(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a 429 teaches about the rate is shown in test_deliver_pace.py. To unlearn it takes a minute."""
    monkeypatch.setattr("bot.deliver.gate.REFUSED_CHATS", 1_000)


async def told(sim: Simulator, lie: Fault, method: str | None) -> None:
    """Tell everybody this lie for a while."""
    lie.times, lie.method = math.inf, method
    sim.faults.add(lie)
    sends = ("sendMessage", "editMessageText")
    before = len(sim.calls)
    await sim.until(lambda: sum(call.method in sends for call in sim.calls[before:]) >= ENOUGH or method is None)


def arrived(sim: Simulator) -> Counter[int]:
    return Counter({number: len(chat.messages) for number, chat in sim.chats.items() if chat.messages})


async def nobody_is_lost(storage: Storage) -> None:
    assert (await storage.deliveries.stats(now=NOON)).chats == {"active": READERS, "paused": 0, "gone": 0}
    assert {row["chat_id"] for row in await storage.database.fetch("SELECT chat_id FROM chats")} == set(
        range(1, READERS + 1)
    )


@pytest.mark.parametrize("method", [None, "sendMessage"], ids=["everything", "sending"])
@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_that_everybody_is_told_costs_nobody_a_message(
    storage: Storage, sim: Simulator, lie: str, method: str | None
) -> None:
    sim.crowd(1, READERS)
    await readers(storage, READERS)
    await stored(storage, new_article())
    async with sending(storage, sim):
        await told(sim, LIES[lie], method)
        await sim.until(lambda: len(sim.calls) >= ENOUGH)
        assert not arrived(sim)
        sim.faults.clear()
        await wait_until_settled(storage, sim, sent=READERS, dead=0, queued=0)
    assert arrived(sim) == Counter(dict.fromkeys(range(1, READERS + 1), 1))
    await nobody_is_lost(storage)
