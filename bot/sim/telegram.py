"""The state of the simulated Telegram: its people and chats, and the updates that wait for the bot.

This module does not use HTTP. `simulator` serves this state to the bot, `methods` changes it for the bot's calls, and
`page_api` shows it on the chat page.
"""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.sim.fetching import Fetcher
from bot.sim.files import File, Files, Links
from bot.sim.inline import InlineMode
from bot.sim.limits import Flood, Limits
from bot.sim.refusal import bad_request
from bot.sim.versions import NEWEST, Version
from bot.sim.webhooks import Webhook
from bot.sim.world import Chat, Json, Person, Query

DEFAULT_UPDATES: Final = frozenset(  # without the kinds that a bot has to ask for
    "message edited_message channel_post edited_channel_post inline_query callback_query my_chat_member".split()
)
FIRST_TOPIC: Final = 2  # topic 1 is "General"


@dataclass(frozen=True, slots=True)
class Hint:
    """What the page tells a visitor about a chat: who the visitor is there, and texts to try.

    `who` is a text, or the name of a part that the page describes in the language of the chat, such as "reader".
    A text that ends with a space, or begins with the name of the bot, is put into the text field, so that the visitor
    goes on. Any other text is sent.
    """

    who: str = ""
    tries: tuple[str, ...] = ()

    def to_json(self) -> Json:
        return {"who": self.who, "tries": list(self.tries)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """What the page offers beside the chats: a tour, a choice of languages, and the dashboard of the bot."""

    languages: Mapping[str, str]  # names by code
    speak: Callable[[str], Awaitable[None]]  # lets the people whom the visitor plays speak this language
    open_dashboard: Callable[[], Awaitable[str]]  # returns an address that logs in once


class Telegram:
    """People, chats, command menus, and a queue of updates for one bot."""

    def __init__(self, bot: Json, limits: Limits, clock: Callable[[], float]) -> None:
        self.bot = bot
        self.clock = clock
        self.flood = Flood(limits, clock)
        self.chats: dict[int, Chat] = {}
        self.people: dict[int, Person] = {}
        self.files = Files()
        self.fetcher = Fetcher(self.files, clock)
        self.version: Version = NEWEST
        self.inline = InlineMode(self, clock)
        self.links = Links(clock)
        self.menus: dict[tuple[str, str], list[Json]] = {}
        self.shown: list[tuple[Chat, Person]] = []  # the chats on the page, each with its viewer
        self.hints: dict[int, Hint] = {}  # by the id of a chat on the page
        self.tour: Tour | None = None
        self.page_opens = asyncio.Event()  # the page shows its chats from then on
        self.page_opens.set()
        self.spoken = ""  # the language that was chosen for the page
        self.listeners: set[asyncio.Queue[Json]] = set()
        self._crowd = range(0)
        self._numbers = itertools.count(1_000)
        self._updates: list[tuple[int, Any]] = []  # each with the update id that confirms it
        self._first = 1  # the first update, and the first message of each chat
        self._update_ids = itertools.count(self._first)
        self._last_update = 0
        self._allowed = DEFAULT_UPDATES
        self._news = asyncio.Event()
        self._queries: dict[str, tuple[Chat, asyncio.Future[Json]]] = {}
        self.webhook = Webhook(self, self.unix_time)
        self.pressed: dict[str, tuple[int, int, float]] = {}  # by query: chat, person and time of a pressed button

    # The world

    def person(self, name: str, language_code: str | None = "en", user_id: int | None = None) -> Person:
        person = Person(user_id or next(self._numbers), name, language_code)
        self.people[person.id] = person
        return person

    def speak(self, person: Person, language_code: str) -> None:
        """The person chooses another language for all of Telegram. Later updates tell it to the bot."""
        speaking = replace(self.people[person.id], language_code=language_code)
        self.people[person.id] = speaking
        self.shown = [(chat, speaking if viewer.id == person.id else viewer) for chat, viewer in self.shown]
        for chat in self.chats.values():
            if chat.person is not None and chat.person.id == person.id:
                chat.person = speaking

    def private(self, person: Person, *, started: bool = True) -> Chat:
        chat = Chat(self, person.id, "private", person.first_name, started=started, person=person)
        chat.members = {person.id: "member"}
        return self.add_chat(chat)

    def between(self, one: Person, other: Person) -> Chat:
        """Add the private chat of two people, as `one` sees it. The bot gets nothing of it but guest messages."""
        chat = Chat(self, other.id, "private", other.first_name, person=one, without_bot=True)
        chat.members = {one.id: "member", other.id: "member"}
        return chat

    def group(
        self, title: str, *, admins: Sequence[Person] = (), topics: list[str] | None = None, basic: bool = False
    ) -> Chat:
        number = next(self._numbers)
        chat = Chat(self, -number if basic else -(10**12) - number, "group" if basic else "supergroup", title)
        chat.members = {self.bot["id"]: "member"} | {person.id: "administrator" for person in admins}
        if topics is not None:
            chat.topics = dict(enumerate(topics, FIRST_TOPIC))
        return self.add_chat(chat)

    def channel(self, title: str, *, admins: Sequence[Person] = (), username: str | None = None) -> Chat:
        """Make a channel. With a username, it is public."""
        chat = Chat(self, -(10**12) - next(self._numbers), "channel", title, username=username)
        chat.members = {person.id: "administrator" for person in admins}
        return self.add_chat(chat)

    def count_from(self, first: int) -> None:
        """Number updates, and messages of chats that are added later, from here on.

        A bot that remembers an earlier simulator takes none of them for one that it knows.
        """
        self._first, self._update_ids = first, itertools.count(first)

    def add_chat(self, chat: Chat) -> Chat:
        chat.counter = itertools.count(self._first)
        self.chats[chat.id] = chat
        return chat

    def crowd(self, first: int, count: int) -> None:
        """Add private chats of `count` people who all started the bot. Their ids begin with `first`.

        Each chat is created at its first message.
        """
        self._crowd = range(first, first + count)

    def list_on_page(self, chat: Chat, viewer: Person, hint: Hint | None = None) -> None:
        self.shown.append((chat, viewer))
        self.hints[chat.id] = hint or Hint()

    def chat(self, chat_id: int | str) -> Chat:
        """Returns the chat with that number, or the public channel with that "@name". Raises Refusal."""
        if isinstance(chat_id, str):
            named = (one for one in self.chats.values() if one.username and f"@{one.username}" == chat_id)
            chat_id = next((one.id for one in named), 0)
        if chat_id not in self.chats and chat_id in self._crowd:
            self.private(Person(chat_id, f"Reader {chat_id}"))
        try:
            return self.chats[chat_id]
        except KeyError:
            raise bad_request("chat not found") from None

    def keep(self, name: str, content: bytes, *, told_size: int | None = None) -> File:
        """Keep a document that is sent, so that it can be downloaded."""
        return self.files.keep_document(name, content, told_size=told_size)

    def content_of(self, file_id: str) -> bytes:
        """Returns the bytes of a file. Tests examine them. Raises LookupError if there is no such file."""
        file = self.files.get(file_id)
        if file is None:
            raise LookupError(file_id)
        return file.content

    def user(self, user_id: int) -> Json:
        if user_id == self.bot["id"]:
            return self.bot
        person = self.people.get(user_id)
        return person.to_json() if person else {"id": user_id, "is_bot": False, "first_name": "Somebody"}

    def menu(self, chat: Chat, person: Person) -> list[Json]:
        """Returns the commands that the person sees in the chat: first by narrowest scope, then by language."""
        kind = "all_private_chats" if chat.kind == "private" else "all_group_chats"
        for scope in ({"type": "chat", "chat_id": chat.id}, {"type": kind}, {"type": "default"}):
            for language in (person.language_code or "", ""):
                found = self.menus.get((json.dumps(scope, sort_keys=True), language))
                if found:
                    return found
        return []

    def unix_time(self) -> int:
        return int(self.clock())

    # Updates and events

    @property
    def unconfirmed(self) -> int:
        """The number of updates that the bot has not confirmed yet."""
        return len(self._updates)

    def update(self, name: str, payload: Json) -> None:
        """Give the bot an update of this kind, if the bot allows that kind."""
        if name in self._allowed:
            self.give({name: json.loads(json.dumps(payload))})

    def call_guest(self, chat: Chat, message: Json) -> None:
        self.inline.call_guest(chat, message)

    def give(self, update: Any, *, number: int | None = None) -> int:
        """Give the bot this update as it is, even if it is invalid. Returns the update id that confirms it.

        An object without an update id gets one. `number` is the id that confirms the update, if it differs from the
        id in the update itself.
        """
        number = next(self._update_ids) if number is None else number
        self._last_update = max(self._last_update, number)
        self._updates.append((number, {"update_id": number, **update} if isinstance(update, dict) else update))
        self._news.set()
        self.webhook.wake()
        return number

    def waiting_updates(self) -> list[tuple[int, Any]]:
        """Returns the updates that the bot has not confirmed, in order, each with the number that confirms it."""
        return list(self._updates)

    async def confirm(self, number: int) -> None:
        """The bot has this update."""
        self._updates = [update for update in self._updates if update[0] != number]

    def drop(self) -> None:
        """Forget the updates that wait for the bot."""
        self._updates = []

    def allow(self, kinds: list[str] | None) -> None:
        """Give the bot only updates of these kinds from now on. None: as before. Empty: the usual kinds."""
        if kinds is not None:
            self._allowed = frozenset(kinds) or DEFAULT_UPDATES

    def allowed_kinds(self) -> list[str]:
        """Returns the kinds that the bot asked for, or [] for the usual ones."""
        return [] if self._allowed == DEFAULT_UPDATES else sorted(self._allowed)

    def query(self, chat: Chat, message: Json, person: Person, data: str) -> Query:
        """Give the bot a callback query for a pressed button."""
        number = str(next(self._numbers))
        answered: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._queries[number] = (chat, answered)
        self.pressed[number] = (chat.id, person.id, self.clock())
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
        receiver = message.get("receiver_user", {}).get("id")  # the only person who sees it
        if self.listeners and any(one is chat and receiver in (None, viewer.id) for one, viewer in self.shown):
            self.tell({"kind": kind, "message": message})

    def tell(self, event: Json) -> None:
        """Send an event to every open page."""
        for listener in self.listeners:
            listener.put_nowait(event)
