"""The server: Bot API calls in, updates out, and the chat page's own small interface beside them."""

import asyncio
import itertools
import json
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web

from bot.sim.faults import Fault, Faults
from bot.sim.limits import Flood, Limits
from bot.sim.methods import call, understood
from bot.sim.refusal import Refusal, bad_request, forbidden, too_many
from bot.sim.world import Chat, Json, Person, Query

DEFAULT_UPDATES: Final = frozenset(  # all but those that a bot has to ask for
    "message edited_message channel_post edited_channel_post callback_query my_chat_member".split()
)
LONGEST_POLL: Final = 50.0  # seconds
FUTURE: Final = 10  # an offset that is further ahead of the last update is not taken for one
FIRST_TOPIC: Final = 2  # 1 is "General"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the bot, for tests."""

    method: str
    values: Json
    at: float
    status: int


class Simulator:
    """`async with Simulator() as sim`: `sim.url` is the bot's NEWSBOT_API_URL, `sim.token` its token."""

    def __init__(
        self,
        token: str = "1:simulated",
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.token = token
        self.bot: Json = {
            "id": int(token.split(":")[0]),
            "is_bot": True,
            "first_name": "Newsbot",
            "username": "newsbot",
        }
        self.clock = clock
        self.flood = Flood(limits or Limits.off(), clock)
        self.faults = Faults()
        self.chats: dict[int, Chat] = {}
        self.people: dict[int, Person] = {}
        self.menus: dict[tuple[str, str], list[Json]] = {}
        self.calls: list[Call] = []
        self.errors: list[str] = []  # refusals that were not asked for
        self.shown: list[tuple[Chat, Person]] = []  # what the page lists
        self.listeners: set[asyncio.Queue[Json]] = set()
        self._host, self._port = host, port
        self._crowd = range(0)
        self._numbers = itertools.count(1_000)
        self._updates: list[tuple[int, Any]] = []  # with the number by which each is confirmed
        self._update_ids = itertools.count(1)
        self._last_update = 0
        self._allowed = DEFAULT_UPDATES
        self._news = asyncio.Event()
        self.polls_begun = 0
        self._changed = asyncio.Condition()
        self._queries: dict[str, tuple[Chat, asyncio.Future[Json]]] = {}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        from bot.sim.page_api import add_page

        application = web.Application(client_max_size=2**20)
        application.router.add_route("*", "/bot{token}/{method}", self._answer)
        add_page(application, self)
        self._runner = web.AppRunner(application, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.polls_begun += 1  # whoever polls is let go
        self._news.set()
        for listener in self.listeners:
            listener.put_nowait({"kind": "end"})
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    # The world

    def person(self, name: str, language_code: str | None = "en", user_id: int | None = None) -> Person:
        person = Person(user_id or next(self._numbers), name, language_code)
        self.people[person.id] = person
        return person

    def private(self, person: Person, *, started: bool = True) -> Chat:
        chat = Chat(self, person.id, "private", person.first_name, started=started, person=person)
        chat.members = {person.id: "member"}
        return self.add_chat(chat)

    def group(
        self, title: str, *, admins: Sequence[Person] = (), topics: list[str] | None = None, basic: bool = False
    ) -> Chat:
        number = next(self._numbers)
        chat = Chat(self, -number if basic else -(10**12) - number, "group" if basic else "supergroup", title)
        chat.members = {self.bot["id"]: "member"} | {person.id: "administrator" for person in admins}
        if topics is not None:
            chat.topics = dict(enumerate(topics, FIRST_TOPIC))
        return self.add_chat(chat)

    def channel(self, title: str, *, admins: Sequence[Person] = ()) -> Chat:
        chat = Chat(self, -(10**12) - next(self._numbers), "channel", title)
        chat.members = {person.id: "administrator" for person in admins}
        return self.add_chat(chat)

    def add_chat(self, chat: Chat) -> Chat:
        self.chats[chat.id] = chat
        return chat

    def crowd(self, first: int, count: int) -> None:
        """Private chats of that many people, all of whom started the bot; each is made at its first message."""
        self._crowd = range(first, first + count)

    def list_on_page(self, chat: Chat, viewer: Person) -> None:
        self.shown.append((chat, viewer))

    def chat(self, chat_id: int) -> Chat:
        if chat_id not in self.chats and chat_id in self._crowd:
            self.private(Person(chat_id, f"Reader {chat_id}"))
        try:
            return self.chats[chat_id]
        except KeyError:
            raise bad_request("chat not found") from None

    def user(self, user_id: int) -> Json:
        if user_id == self.bot["id"]:
            return self.bot
        person = self.people.get(user_id)
        return person.to_json() if person else {"id": user_id, "is_bot": False, "first_name": "Somebody"}

    def menu(self, chat: Chat, person: Person) -> list[Json]:
        """The commands that the person is offered in the chat: the narrowest scope, then his language."""
        scopes = ["all_private_chats"] if chat.kind == "private" else ["all_group_chats"]
        for scope in [*scopes, "default"]:
            for language in (person.language_code or "", ""):
                found = self.menus.get((json.dumps({"type": scope}), language))
                if found:
                    return found
        return []

    def unix_time(self) -> int:
        return int(self.clock())

    # What is going on

    @property
    def unconfirmed(self) -> int:
        """How many updates the bot has not said yet that it has."""
        return len(self._updates)

    def update(self, name: str, payload: Json) -> None:
        """Something the bot is to hear of."""
        if name in self._allowed:
            self.give({name: json.loads(json.dumps(payload))})

    def give(self, update: Any, *, number: int | None = None) -> int:
        """Give the bot an update as it stands here, whatever that is; its number.

        An object without a number of its own gets one. `number` is by which the update is confirmed, where that is
        another than stands in it.
        """
        number = next(self._update_ids) if number is None else number
        self._last_update = max(self._last_update, number)
        self._updates.append((number, {"update_id": number, **update} if isinstance(update, dict) else update))
        self._news.set()
        return number

    def query(self, chat: Chat, message: Json, person: Person, data: str) -> Query:
        """A pressed button."""
        number = str(next(self._numbers))
        answered: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._queries[number] = (chat, answered)
        self.update(
            "callback_query",
            {"id": number, "from": person.to_json(), "message": message, "chat_instance": str(chat.id), "data": data},
        )
        return Query(number, answered)

    def answer(self, query_id: str, text: str | None, show_alert: bool) -> None:
        chat, answered = self._queries.pop(query_id, (None, None))
        if chat is None or answered is None:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if not answered.done():
            answered.set_result({"text": text, "show_alert": show_alert})
        self.tell(
            {"kind": "answer", "chat_id": chat.id, "query_id": query_id, "text": text, "show_alert": show_alert}
        )

    def show(self, kind: str, chat: Chat, message: Json) -> None:
        if self.listeners and any(listed is chat for listed, _ in self.shown):
            self.tell({"kind": kind, "message": message})

    def tell(self, event: Json) -> None:
        """An event for every open page."""
        for listener in self.listeners:
            listener.put_nowait(event)

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until what the bot does makes the condition true; it is looked at after each of its calls."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    # The Bot API

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            if request.match_info["token"] != self.token:
                raise Refusal(401, "Unauthorized")
            values = understood(method, await _given(request))
            fault = self.faults.next_for(method, values)
            result = await self._with_fault(request, fault, method, values)
            status = 200
            answer: Json = {"ok": True, "result": result}
        except Refusal as refusal:
            status, answer = refusal.code, refusal.to_json()
            if not refusal.planned and refusal.code not in (401, 429):
                self.errors.append(f"{method}: {refusal.description}")
        except _Broken:
            await self._note(method, {}, 0)
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        except _Instead as instead:
            await self._note(method, {}, instead.answer.status)
            return instead.answer
        await self._note(method, locals().get("values", {}), status)
        return web.json_response(answer, status=status)

    async def _note(self, method: str, values: Json, status: int) -> None:
        self.calls.append(Call(method, values, self.clock(), status))
        async with self._changed:
            self._changed.notify_all()

    async def _with_fault(self, request: web.Request, fault: Fault | None, method: str, values: Json) -> Any:
        kind = fault.kind if fault else None
        if fault is not None and kind in ("too_many", "forbidden", "bad_request"):
            refusals = {"too_many": too_many(math.ceil(fault.seconds)), "forbidden": forbidden(fault.text)}
            refusal = refusals.get(kind, bad_request(fault.text))
            refusal.planned = True
            raise refusal
        if kind == "server_error":
            page = "<html><body><h1>502 Bad Gateway</h1></body></html>"
            raise _Instead(web.Response(status=502, text=page, content_type="text/html"))
        if fault is not None and kind == "answer":
            headers = {"Content-Type": "application/json"} | fault.headers
            raise _Instead(web.Response(status=fault.status, body=fault.text.encode(), headers=headers))
        if fault is not None and kind == "raw":
            if request.transport is not None:
                request.transport.write(fault.text.encode())
                request.transport.close()
            raise _Broken
        if kind == "reset_before":
            raise _Broken
        if fault is not None and kind == "slow":
            await asyncio.sleep(fault.seconds)
        result = await self._get_updates(values) if method == "getUpdates" else call(self, method, values)
        if kind == "reset_after":
            raise _Broken
        if kind == "no_answer":
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            raise _Broken
        return result

    async def _get_updates(self, values: Json) -> list[Json]:
        self.polls_begun += 1
        mine = self.polls_begun
        if values.get("allowed_updates") is not None:
            self._allowed = frozenset(values["allowed_updates"]) or DEFAULT_UPDATES
        offset = values.get("offset", 0)
        if offset > self._last_update + FUTURE:
            offset = 0  # as Telegram does: it begins with the first update that it has, and forgets none
        self._updates = [update for update in self._updates if update[0] >= offset]
        async with self._changed:
            self._changed.notify_all()
        self._news.set()  # an older poll that still waits learns that it is not the only one
        loop = asyncio.get_running_loop()
        end = loop.time() + min(LONGEST_POLL, values.get("timeout", 0))
        while not self._updates and mine == self.polls_begun and loop.time() < end:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    await self._news.wait()
        if mine != self.polls_begun:
            conflict = Refusal(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            )
            conflict.planned = True
            raise conflict
        return [update for _, update in self._updates[: values.get("limit", 100)]]


class _Broken(Exception):
    """The connection is to be broken instead of an answer."""


class _Instead(Exception):
    """Another answer than the method's."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__()
        self.answer = answer


async def _given(request: web.Request) -> dict[str, str]:
    given = dict(request.query)
    if request.content_type == "application/json":
        for name, value in (await request.json()).items():
            given[name] = value if isinstance(value, str) else json.dumps(value)
    else:
        for name, value in (await request.post()).items():
            if not isinstance(value, str):
                raise bad_request("files are not known here")
            given[name] = value
    return given
