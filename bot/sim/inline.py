"""Inline mode and guest mode: a person asks the bot in any chat, and an answer of the bot is posted there.

A server keeps an answer to an inline query: for the person if it is personal, otherwise for everybody who types the
same. Meanwhile the bot is not asked again.
"""

import asyncio
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.sim.markup import units
from bot.sim.refusal import Refusal, bad_request
from bot.sim.world import Chat, Json, Person, Server, Shown

QUERY_SECONDS: Final = 30.0  # for which a query may be answered
LONGEST_QUERY: Final = 256  # characters
KEPT_QUERIES: Final = 1_000  # answered ones, of which a result can be chosen
_TYPES: Final = {"private": "sender", "group": "group", "supergroup": "supergroup", "channel": "channel"}
_MENTION: Final = re.compile(r"(?<![\w@])@(\w{3,32})(?!\w)")


@dataclass(slots=True)
class InlineQuery:
    """What a person typed after the name of the bot. `answered` becomes the answer: results and next_offset."""

    id: str
    person: Person
    query: str
    offset: str
    chat: Chat
    asked_at: float
    answered: "asyncio.Future[Json]"


@dataclass(frozen=True, slots=True)
class _Guest:
    """A message that mentions the bot in a chat where it is no member."""

    chat: Chat
    message: Json


class InlineMode:
    """The inline queries and guest messages of one bot."""

    def __init__(self, sim: Server, clock: Callable[[], float]) -> None:
        self.on = True  # this and the next one: switches of the bot at BotFather
        self.guests_on = True
        self._sim = sim
        self._clock = clock
        self._numbers = itertools.count(1)
        self._queries: dict[str, InlineQuery] = {}
        self._kept: dict[tuple[int | None, str, str], tuple[float, Json]] = {}  # answers, with the end of each
        self._guests: dict[str, _Guest] = {}

    # Actions of people

    def ask(self, chat: Chat, person: Person, query: str = "", *, offset: str = "") -> InlineQuery:
        """A person types the name of the bot and a query in a chat. Raises ValueError if inline mode is off."""
        if not self.on or len(query) > LONGEST_QUERY:
            raise ValueError("a client sends no such query")
        asked = InlineQuery(
            f"inline{next(self._numbers)}",
            person,
            query,
            offset,
            chat,
            self._clock(),
            asyncio.get_running_loop().create_future(),
        )
        self._queries[asked.id] = asked
        for old in list(self._queries)[:-KEPT_QUERIES]:
            del self._queries[old]
        if (kept := self._kept_answer(asked)) is not None:
            asked.answered.set_result(kept)
            return asked
        update = {"id": asked.id, "from": person.to_json(), "query": query, "offset": offset}
        self._sim.update("inline_query", update | {"chat_type": _TYPES[chat.kind]})
        return asked

    def choose(self, query_id: str, result_id: str, chat: Chat, person: Person, *, topic: int | None = None) -> Shown:
        """The person chooses a result, which is posted in the chat. Raises ValueError if there is no such result."""
        asked = self._queries.get(query_id)
        answer = asked.answered.result() if asked is not None and asked.answered.done() else {"results": []}
        result = next((one for one in answer["results"] if one["id"] == result_id), None)
        if asked is None or asked.person != person or result is None:
            raise ValueError("there is no such result")
        return chat.share(result["message"] | {"via_bot": self._sim.bot}, person, topic=topic)

    def call_guest(self, chat: Chat, message: Json) -> None:
        """Tell the bot of a message in a chat where it is no member, if the message mentions the bot."""
        text = str(message.get("text", message.get("caption", "")))
        entities = mentions(text, self._sim.bot["username"])
        if not self.guests_on or not entities or chat.kind == "channel":
            return
        guest_id = f"guest{next(self._numbers)}"
        self._guests[guest_id] = _Guest(chat, message)
        name = "entities" if "text" in message else "caption_entities"
        seen = message | {name: [*message.get(name, []), *entities], "guest_query_id": guest_id}
        self._sim.update("guest_message", seen)

    # Answers of the bot

    def answer(self, query_id: str, answer: Json, *, cache_seconds: int, personal: bool) -> None:
        """Show the results of a query, and keep them. Raises Refusal if the query is unknown, answered or too old."""
        asked = self._queries.get(query_id)
        too_old = asked is None or self._clock() - asked.asked_at > QUERY_SECONDS
        if asked is None or too_old or asked.answered.done():
            raise _too_old()
        self._kept[(asked.person.id if personal else None, asked.query, asked.offset)] = (
            self._clock() + cache_seconds,
            answer,
        )
        asked.answered.set_result(answer)

    def answer_guest(self, guest_id: str, content: Json) -> Json:
        """Post the answer to a guest message. Returns it as a SentGuestMessage. Raises Refusal if it was answered."""
        guest = self._guests.pop(guest_id, None)
        if guest is None:
            raise bad_request("GUEST_QUERY_ID_INVALID")
        caller = {"guest_bot_caller_user": guest.message["from"]}
        shown = {name: value for name, value in content.items() if name not in ("text", "entities")}
        topic = guest.message.get("message_thread_id")
        guest.chat.accept(content["text"], content.get("entities", []), topic, None, shown | caller)
        return {"inline_message_id": f"message{guest_id}"}

    def _kept_answer(self, asked: InlineQuery) -> Json | None:
        for person in (asked.person.id, None):
            until, answer = self._kept.get((person, asked.query, asked.offset), (0.0, None))
            if answer is not None and until > self._clock():
                return answer
        return None


def mentions(text: str, username: str) -> list[Json]:
    """Returns the entities of a text that mention this username."""
    found = (one for one in _MENTION.finditer(text) if one[1].lower() == username.lower())
    return [{"type": "mention", "offset": units(text[: one.start()]), "length": units(one[0])} for one in found]


def _too_old() -> Refusal:
    return bad_request("query is too old and response timeout expired or query ID is invalid")
