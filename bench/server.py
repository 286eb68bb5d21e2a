"""A Bot API server that does next to nothing, so that a measurement is of the bot: `python -m bench.server`.

It prints its port, answers what the bot asks at its start, messages and getUpdates, and ends with its standard input.
Its limits are off until the bench sets them. What the bench asks has paths of its own (JSON both ways):

    /bench/limits   these limits hold from now on, as `Limits` takes them
    /bench/counts   what was seen until now
    /bench/until    {"accepted": 1500}, {"reached": 300} or {"answered": 120}: the same, as soon as so many are
    /bench/readers  people ask something from now on, one after another, as `Readers.ask` takes it
"""

import asyncio
import json
import math
import re
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

ME = {"id": 1, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
READERS = 10**9  # the ids of chats in which readers ask begin here; below are subscribers
STATUS = {None: b"200 OK", 403: b"403 Forbidden", 429: b"429 Too Many Requests"}  # by the answer's error code
COUNTED = ("sendMessage", "editMessageText")
CHAT_SECONDS = 3.0  # in which a chat may get so many: the short burst that Telegram allows
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_CHAT = re.compile(rb"(?:^|&)chat_id=(-?\d+)")
_OFFSET = re.compile(rb"(?:^|&)offset=(\d+)")
_INLINE = re.compile(rb"(?:^|&)inline_query_id=\d+-(\d+)")
AT_ONCE = 100  # updates in one answer, as Telegram gives them


class Window:
    """What happened within the last so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque()

    def count(self, now: float) -> int:
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        return len(self._times)

    def note(self, now: float) -> None:
        self._times.append(now)

    def room_in(self, now: float, most: int) -> float:
        """Seconds until one more fits."""
        return self._times[-most] + self._seconds - now if self.count(now) >= most else 0.0


@dataclass
class Limits:
    """None is no limit."""

    per_second: int | None = None  # over all chats
    per_chat: int | None = None  # in 3 seconds
    per_group: int | None = None  # a minute
    flood: dict[str, float] = field(default_factory=dict)  # chat id: seconds for which it may not be written to
    blocked_every: int | None = None  # chats whose ids this divides have blocked the bot


class Flood:
    """Sliding windows over what was accepted. A refused message does not count."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._blocked: dict[int, float] = {}
        self._all = Window(1.0)
        self._chats: dict[int, Window] = {}
        self._groups: dict[int, Window] = {}

    def set(self, limits: Limits) -> None:
        self.limits = limits
        self._blocked = {int(chat): _now() + seconds for chat, seconds in limits.flood.items()}

    def wait(self, chat: int, now: float) -> int:
        """Take this message, or say for how many seconds to wait."""
        limits = self.limits
        windows: list[tuple[Window, int]] = []
        if limits.per_second is not None:
            windows.append((self._all, limits.per_second))
        if limits.per_chat is not None:
            windows.append((self._chats.setdefault(chat, Window(CHAT_SECONDS)), limits.per_chat))
        if limits.per_group is not None and chat < 0:
            windows.append((self._groups.setdefault(chat, Window(60.0)), limits.per_group))
        wait = max([self._blocked.get(chat, 0.0) - now, *(window.room_in(now, most) for window, most in windows)])
        if wait > 0:
            return max(1, math.ceil(wait))
        for window, _ in windows:
            window.note(now)
        return 0


class Seen:
    """What the bench asks for."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused = 0
        self.most_in_a_second = 0  # accepted or refused
        self.first_at = self.last_at = 0.0  # accepted
        self.chats: Counter[int] = Counter()  # messages accepted, by chat
        self.reached = 0  # private chats of subscribers that got something
        self.answered = 0  # chats of readers that got something
        self._second = Window(1.0)

    def record_message(self, chat: int, now: float, *, refused: bool) -> None:
        self._second.note(now)
        self.most_in_a_second = max(self.most_in_a_second, self._second.count(now))
        if refused:
            self.refused += 1
            return
        self.accepted += 1
        self.first_at, self.last_at = self.first_at or now, now
        self.chats[chat] += 1
        self.reached += 0 < chat < READERS and self.chats[chat] == 1
        self.answered += chat >= READERS and self.chats[chat] == 1


class Readers:
    """People who ask something, each in a chat of their own, and how long they wait for the answer."""

    def __init__(self) -> None:
        self.waits: list[float] = []  # milliseconds from the update being handed out to the message's arrival
        self.asked = 0
        self._numbers = iter(range(1, 2**40))
        self._updates: list[dict[str, Any]] = []  # that are not confirmed yet
        self._waiting_since: dict[int, float] = {}
        self._hand_out: Callable[[list[dict[str, Any]]], None] | None = None
        self._asking: list[asyncio.Task[None]] = []

    def ask(
        self, *, first: int, chats: int, every: float, count: int, text: str = "", queries: Sequence[str] = ()
    ) -> None:
        """Each types the text, or a query after the name of the bot: the queries are taken in turn."""
        texts = queries or [text]
        self._asking.append(asyncio.create_task(self._ask(first, chats, every, count, texts, inline=bool(queries))))

    async def _ask(
        self, first: int, chats: int, every: float, count: int, texts: Sequence[str], *, inline: bool
    ) -> None:
        for number in range(count):
            chat, text = first + number % chats, texts[number % len(texts)]
            self._updates.append(self._query(chat, text) if inline else self._update(chat, text))
            self.asked += 1
            if every:
                self._hand_over()
                await asyncio.sleep(every)
        self._hand_over()

    def poll(self, hand_out: Callable[[list[dict[str, Any]]], None], seconds: float, offset: int) -> None:
        """Call it with the next updates: now, or as soon as there are any, or with none after so many seconds.

        Those before the offset are confirmed, and not given again.
        """
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        self._hand_out = hand_out
        self._hand_over()
        asyncio.get_running_loop().call_later(seconds, self._give_up, hand_out)

    def record_answer(self, chat: int, now: float) -> None:
        since = self._waiting_since.pop(chat, None)
        if since is not None:
            self.waits.append(1000 * (now - since))

    def _hand_over(self) -> None:
        if self._updates and self._hand_out is not None:
            updates = self._updates[:AT_ONCE]
            hand_out, self._hand_out = self._hand_out, None
            chats = [_asker(update) for update in updates]
            self._waiting_since |= {chat: _now() for chat in chats if chat >= READERS}
            hand_out(updates)

    def _give_up(self, hand_out: Callable[[list[dict[str, Any]]], None]) -> None:
        if self._hand_out is hand_out:
            self._hand_out = None
            hand_out([])

    def _query(self, person: int, text: str) -> dict[str, Any]:
        """An inline query. Its id ends with the person."""
        number = next(self._numbers)
        sender = {"id": person, "is_bot": False, "first_name": "Reader", "language_code": "en"}
        query = {"id": f"{number}-{person}", "from": sender, "query": text, "offset": "", "chat_type": "group"}
        return {"update_id": number, "inline_query": query}

    def _update(self, chat: int, text: str) -> dict[str, Any]:
        number = next(self._numbers)
        message = {
            "message_id": number,
            "date": int(time.time()),
            "chat": {"id": chat} | _kind(chat),
            "from": {"id": abs(chat), "is_bot": False, "first_name": "Reader", "language_code": "en"},
            "text": text,
            "entities": [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}],
        }
        return {"update_id": number, "message": message}


class BotApi:
    """What is the same for all connections."""

    def __init__(self) -> None:
        self.flood = Flood()
        self.seen = Seen()
        self.readers = Readers()
        self._numbers = iter(range(1, 2**40))
        self._until: list[tuple[str, int, Callable[[object], None]]] = []

    def call(self, method: str, body: bytes, answer: Callable[[object], None]) -> None:
        """Answer a method of the Bot API, now or later."""
        if method in COUNTED:
            answer(self._message(body))
        elif method == "answerInlineQuery":
            asked = _INLINE.search(body)
            self.readers.record_answer(int(asked[1]) if asked else 0, _now())
            answer({"ok": True, "result": True})
        elif method == "getUpdates":
            asked = re.search(rb"(?:^|&)timeout=(\d+)", body)
            seconds = float(asked[1]) if asked else 0.0
            offset = _OFFSET.search(body)
            self.readers.poll(
                lambda updates: answer({"ok": True, "result": updates}), seconds, int(offset[1]) if offset else 0
            )
        else:
            answer({"ok": True, "result": ME if method == "getMe" else True})

    def _message(self, body: bytes) -> object:
        now = _now()
        asked = _CHAT.search(body)
        chat = int(asked[1]) if asked else 0
        every = self.flood.limits.blocked_every
        if every is not None and chat % every == 0:
            return {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
        wait = self.flood.wait(chat, now)
        self.seen.record_message(chat, now, refused=wait > 0)
        if wait:
            return {
                "ok": False,
                "error_code": 429,
                "description": f"Too Many Requests: retry after {wait}",
                "parameters": {"retry_after": wait},
            }
        self.readers.record_answer(chat, now)
        if self._until:
            self._tell()
        message = {"message_id": next(self._numbers), "date": int(time.time()), "chat": {"id": chat} | _kind(chat)}
        return {"ok": True, "result": message | {"from": ME, "text": "x"}}

    def ask(self, question: str, body: bytes, answer: Callable[[object], None]) -> None:
        """What the bench wants of us."""
        values = json.loads(body or b"{}")
        match question:
            case "limits":
                self.flood.set(Limits(**values))
                answer({})
            case "readers":
                self.readers.ask(**values)
                answer({})
            case "until":
                ((what, number),) = values.items()
                self._until.append((what, number, answer))
                self._tell()
            case _:
                answer(self._counts())

    def _tell(self) -> None:
        seen = self.seen
        reached = {"accepted": seen.accepted, "reached": seen.reached, "answered": seen.answered}
        due = [one for one in self._until if reached[one[0]] >= one[1]]
        self._until = [one for one in self._until if one not in due]
        for _, _, answer in due:
            answer(self._counts())

    def _counts(self) -> dict[str, object]:
        seen = self.seen
        return {
            "accepted": seen.accepted,
            "refused": seen.refused,
            "most_in_a_second": seen.most_in_a_second,
            "first_at": seen.first_at,
            "last_at": seen.last_at,
            "reached": seen.reached,
            "twice": sum(count - 1 for count in seen.chats.values()),
            "asked": self.readers.asked,
            "answered": seen.answered,
            "waits": self.readers.waits,
        }


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, for one client that is known to be well-behaved."""

    def __init__(self, api: BotApi) -> None:
        self._api = api

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + int(length[1] if length else 0)
            if len(self._received) < whole:
                return
            body, self._received = self._received[end + 4 : whole], self._received[whole:]
            place, name = head.split(b" ", 2)[1].decode().rsplit("/", 1)
            if place == "/bench":
                self._api.ask(name, body, self._answer)
            else:
                self._api.call(name, body, self._answer)

    def _answer(self, answer: object) -> None:
        said = json.dumps(answer).encode()
        status = STATUS[answer.get("error_code") if isinstance(answer, dict) else None]
        self._transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(said), said)
        )


def _asker(update: dict[str, Any]) -> int:
    """The chat that asks, or the person of an inline query."""
    number: int = update["message"]["chat"]["id"] if "message" in update else update["inline_query"]["from"]["id"]
    return number


def _kind(chat: int) -> dict[str, Any]:
    return {"type": "private", "first_name": "Reader"} if chat > 0 else {"type": "supergroup", "title": "Readers"}


def _now() -> float:
    return time.monotonic()  # the same for all processes of this machine


async def main() -> None:
    loop = asyncio.get_running_loop()
    api = BotApi()
    server = await loop.create_server(lambda: Connection(api), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
